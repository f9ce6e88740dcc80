import Model

/// Packs the values of finished runs into blocks, so that a trend over thousands of runs reads a
/// row for each metric and block and not one for each metric and run.
///
/// A block holds `runsMax` runs of one environment. It repeats what `cell`, `rate` and `figure`
/// have, is written once, and never changed: a run says itself in which block it is, if it is in
/// one, so that one that is removed is asked for no more, and one that is in none is read from the
/// tables.
struct BlockSealer {
  /// Runs of a block.
  static let runsMax = 256
  /// Runs of an environment that are in no block before some are packed: the latest are asked for
  /// most, and are removed most.
  static let looseMax = 384

  let driver: any Driver
  var runs = BlockSealer.runsMax
  var loose = BlockSealer.looseMax

  /// Finished runs of an environment that are in no block, the earliest keys first.
  private static let unpacked =
    "FROM run WHERE block IS NULL AND project = $1 AND environment = $2 AND finished = 1"

  /// True if an environment has so many runs in no block that some are to be packed.
  func isDue(project: String, environment: String) throws(StoreError) -> Bool {
    let count = try driver.number(
      "SELECT COUNT(*) \(BlockSealer.unpacked)", [.text(project), .text(environment)])
    return count ?? 0 >= loose
  }

  /// Environments with so many runs in no block that some are to be packed.
  func loosePlaces() throws(StoreError) -> [LooseRuns] {
    var places: [LooseRuns] = []
    try driver.query(
      "SELECT project, environment, COUNT(*) FROM run WHERE block IS NULL AND finished = 1"
        + " GROUP BY project, environment HAVING COUNT(*) >= \(loose)"
        + " ORDER BY project, environment", []
    ) { row throws(StoreError) in
      places.append(
        LooseRuns(
          project: try row.text(0), environment: try row.text(1), count: Int(try row.integer(2))))
    }
    return places
  }

  /// Packs the earliest runs of an environment until fewer are in no block than that, each block
  /// in a transaction of its own. Calls `each` with the number of runs after each block. O(values
  /// of runs).
  func seal(
    project: String, environment: String, _ each: (Int) -> Void = { _ in }
  ) throws(StoreError) {
    try removeOrphans()
    while try driver.transaction({ () throws(StoreError) in
      // Two that pack at once would take the same runs.
      try driver.lockSchema()
      return try sealNext(project: project, environment: environment)
    }) { each(runs) }
  }

  /// Packs the earliest runs of an environment inside the open transaction; false if it has too few
  /// that are in no block.
  func sealNext(project: String, environment: String) throws(StoreError) -> Bool {
    guard try isDue(project: project, environment: environment) else { return false }
    try pack(try next(project: project, environment: environment).map(\.key))
    return true
  }

  /// A run that is in no block.
  struct LooseRun {
    var key: Int64
    var runID: String
  }

  /// The earliest runs of an environment that are in no block, as many as a block has at most.
  func next(project: String, environment: String) throws(StoreError) -> [LooseRun] {
    var found: [LooseRun] = []
    try driver.query(
      "SELECT key, run_id \(BlockSealer.unpacked) ORDER BY key LIMIT \(runs)",
      [.text(project), .text(environment)]
    ) { row throws(StoreError) in
      found.append(LooseRun(key: try row.integer(0), runID: try row.text(1)))
    }
    return found
  }

  /// The values that the tables have of runs, whose keys ascend, in a series of these runs.
  func read(_ keys: [Int64], into runs: RunSeries) throws(StoreError) -> RunSeries {
    var series = runs
    let query = PartsQuery(driver: driver, keys: keys, parts: RunParts())
    try query.fill(&series, at: RunPlaces(keys), cells: CellNames())
    return series
  }

  /// Writes a block of runs, whose keys ascend.
  private func pack(_ keys: [Int64]) throws(StoreError) {
    let unknown = RunSeries.Run(runID: "", branch: "", commit: "", startedAt: UnixNanos(0))
    let series = try read(
      keys, into: RunSeries([RunSeries.Run](repeating: unknown, count: keys.count)))
    let places = try SeriesNames(driver).keys(of: series.ids)
    let block = try newNumber()
    let columns = series.columns
    try driver.bulkInsert(
      into: "block_value", ["block", "series", "data"], count: columns.count
    ) { i, row in
      row.big(block)
      row.big(places[i])
      row.bytes(BlockColumn.bytes(values: columns[i].values, counts: columns[i].counts))
    }
    for (place, key) in keys.enumerated() {
      try driver.execute(
        "UPDATE run SET block = $1, block_place = $2 WHERE key = $3",
        [.integer(block), SQLValue(place), .integer(key)])
    }
  }

  /// Removes the blocks whose runs are all gone. The last one takes its block along, but not where
  /// a streamgate removes it that knows no blocks, and not where the last two go at once.
  private func removeOrphans() throws(StoreError) {
    try driver.execute(
      "DELETE FROM block_value WHERE block IN (SELECT block FROM block_value"
        + " EXCEPT SELECT block FROM run WHERE block IS NOT NULL)")
  }

  /// A number that no block has, nor had one that is gone: the database's clock, or more. Whoever
  /// reads runs first and then their blocks must not find another one's values under the number.
  private func newNumber() throws(StoreError) -> Int64 {
    let greatest = try driver.number(
      "SELECT MAX(block) FROM (SELECT MAX(block) AS block FROM run"
        + " UNION ALL SELECT MAX(block) FROM block_value"
        + " UNION ALL SELECT \(driver.dialect.now)) AS numbers")
    return (greatest ?? 0) + 1
  }
}

/// The store's numbers for what a column holds.
struct SeriesNames {
  let driver: any Driver

  init(_ driver: any Driver) {
    self.driver = driver
  }

  /// What a number stands for.
  private enum Kind: Int64 {
    case latency = 0, rate = 1, figure = 2
  }

  /// The numbers of columns, which are made where they are new. O(columns that the store knows).
  func keys(of ids: [RunSeries.ColumnID]) throws(StoreError) -> [Int64] {
    var known: [RunSeries.ColumnID: Int64] = [:]
    try read("") { known[$1] = $0 }
    var next = (known.values.max() ?? 0) + 1
    var new: [(key: Int64, id: RunSeries.ColumnID)] = []
    let keys = ids.map { id in
      if let key = known[id] { return key }
      defer { next += 1 }
      new.append((next, id))
      return next
    }
    try driver.bulkInsert(
      into: "series", ["key", "kind", "profile", "scenario", "region", "name"], count: new.count
    ) { i, row in
      let (kind, cell, name) = SeriesNames.texts(new[i].id)
      row.big(new[i].key)
      row.small(Int(kind.rawValue))
      row.cell(cell)
      row.text(name)
    }
    return keys
  }

  /// The numbers of the columns that are wanted of runs; figures by name.
  func wanted(_ parts: RunParts) throws(StoreError) -> [(key: Int64, id: RunSeries.ColumnID)] {
    var (terms, bound): ([String], [SQLValue]) = ([], [])
    func add(_ kind: Kind, _ names: [String]?, _ cell: [(String, String?)]) {
      if names == [] { return }
      var term = "kind = \(kind.rawValue)"
      for (column, name) in cell {
        guard let name else { continue }
        bound.append(.text(name))
        term += " AND \(column) = $\(bound.count)"
      }
      if let names {
        let places = names.indices.map { "$\($0 + 1 + bound.count)" }
        bound += names.map { .text($0) }
        term += " AND name IN (\(places.joined(separator: ", ")))"
      }
      terms.append(term)
    }
    let profile = ("profile", parts.profile)
    let cell = [profile, ("scenario", parts.scenario), ("region", parts.region)]
    add(.latency, parts.latencies?.map(\.rawValue), cell)
    add(.rate, parts.rates?.map(\.rawValue), [profile])
    switch parts.figures {
    case .none: break
    case .named(let names): add(.figure, names, cell)
    case .all: add(.figure, nil, cell)
    }
    var found: [(key: Int64, id: RunSeries.ColumnID)] = []
    if terms.isEmpty { return found }
    try read(" WHERE " + terms.joined(separator: " OR "), bound) { found.append(($0, $1)) }
    return found
  }

  private func read(
    _ condition: String, _ bound: [SQLValue] = [], _ each: (Int64, RunSeries.ColumnID) -> Void
  ) throws(StoreError) {
    try driver.query(
      "SELECT key, kind, profile, scenario, region, name FROM series" + condition, bound,
      isBounded: true
    ) { row throws(StoreError) in
      let id: RunSeries.ColumnID
      switch Kind(rawValue: try row.integer(1)) {
      case .latency:
        id = .latency(
          try row.cell(2), try RunColumns.code(row, 5) { LatencyMetric(rawValue: $0) })
      case .rate:
        id = .rate(
          profile: try row.text(2), try RunColumns.code(row, 5) { RateMetric(rawValue: $0) })
      case .figure: id = .figure(try row.cell(2), name: try row.text(5))
      case nil: throw row.damaged(1, "is no kind of series")
      }
      each(try row.integer(0), id)
    }
  }

  private static func texts(_ id: RunSeries.ColumnID) -> (Kind, CellKey, name: String) {
    switch id {
    case .latency(let key, let metric): (.latency, key, metric.rawValue)
    case .rate(let profile, let rate):
      (.rate, CellKey(profile: profile, scenario: ""), rate.rawValue)
    case .figure(let key, let name): (.figure, key, name)
    }
  }
}
