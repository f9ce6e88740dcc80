public import Model

/// A stored run as a query gives it.
public struct StoredRun: Sendable, Equatable {
  /// Its key inside the store.
  let key: Int64
  /// When it was stored, by the database server's clock; of an imported run its start.
  public let storedAt: UnixNanos
  /// The run, with what was asked of it.
  public var record: RunRecord
}

/// Which figures are read with a run.
public enum FigureSelection: Sendable, Equatable {
  /// None: the gate does not need them.
  case none
  /// Those of these names.
  case named([String])
  /// All.
  case all
}

/// What is read of each run beside its header; nil: all.
public struct RunParts: Sendable, Equatable {
  /// Latencies of cells.
  public var latencies: [LatencyMetric]?
  /// Rates of profiles.
  public var rates: [RateMetric]?
  /// Figures that are reported.
  public var figures: FigureSelection
  /// The objectives' figures.
  public var hasObjectives: Bool
  /// The client's figures on itself; without them the header has none.
  public var hasSelfCheck: Bool
  /// Only latencies, rates and figures of this profile.
  public var profile: String?
  /// Only latencies and figures of this scenario; empty for figures of whole profiles.
  public var scenario: String?
  /// Only latencies and figures of this region.
  public var region: String?

  /// Parts; by default all.
  public init(
    latencies: [LatencyMetric]? = nil, rates: [RateMetric]? = nil,
    figures: FigureSelection = .all, hasObjectives: Bool = true, hasSelfCheck: Bool = true,
    profile: String? = nil, scenario: String? = nil, region: String? = nil
  ) {
    self.latencies = latencies
    self.rates = rates
    self.figures = figures
    self.hasObjectives = hasObjectives
    self.hasSelfCheck = hasSelfCheck
    self.profile = profile
    self.scenario = scenario
    self.region = region
  }

  /// The header without the client's figures, and nothing else.
  public static let outline = RunParts(
    latencies: [], rates: [], figures: .none, hasObjectives: false, hasSelfCheck: false)

  /// What the gate judges by, without figures.
  public static let judged = RunParts(figures: .none)
}

extension ResultStore {
  /// Adds parts to runs that were read without them. O(runs).
  public func fill(_ found: inout [StoredRun], _ parts: RunParts) throws(StoreError) {
    if found.isEmpty { return }
    var places: [Int64: Int] = [:]
    for (i, run) in found.enumerated() { places[run.key] = i }
    // Not slices of `found`: while one is held, a change copies them all.
    let keys = found.map(\.key).sorted()
    func queries(_ batches: [[Int64]]) -> [PartsQuery] {
      batches.map { PartsQuery(driver: driver, keys: $0, places: places, parts: parts) }
    }
    for query in queries(PartsQuery.batches(keys)) {
      if parts.latencies != [] { try query.latencies(into: &found) }
      if parts.rates != [] { try query.rates(into: &found) }
      if parts.hasObjectives { try query.objectives(into: &found) }
    }
    switch parts.figures {
    case .none, .named([]): break
    case .all:
      for query in queries(PartsQuery.batches(keys)) { try query.figures(nil, into: &found) }
    case .named(let names):
      for query in queries(PartsQuery.batches(keys)) { try query.figures(names, into: &found) }
    }
    for i in found.indices { found[i].record.sortCells() }
  }
}

/// The rows that belong to some runs.
private struct PartsQuery {
  let driver: any Driver
  /// Ascending.
  let keys: [Int64]
  /// Indices of runs by their keys.
  let places: [Int64: Int]
  let parts: RunParts

  /// Runs whose parts are asked for in one statement, where these lie beside each other.
  private static let rangeMax = 2_000
  /// Keys in a list of a statement at most: SQLite looks each of them up by its name, one name
  /// after the other.
  private static let listMax = 250

  /// Keys for one statement each: ranges where most of the runs between are wanted, else lists.
  static func batches(_ keys: [Int64]) -> [[Int64]] {
    cut(keys, rangeMax).flatMap { isDense($0) ? [$0] : lists($0) }
  }

  static func lists(_ keys: [Int64]) -> [[Int64]] { cut(keys, listMax) }

  private static func cut(_ keys: [Int64], _ size: Int) -> [[Int64]] {
    stride(from: 0, to: keys.count, by: size).map { Array(keys[$0..<min($0 + size, keys.count)]) }
  }

  /// True if most of the runs between the first key and the last are wanted: then all of these are
  /// read, and the others' rows passed over.
  private static func isDense(_ keys: [Int64]) -> Bool {
    guard let first = keys.first, let last = keys.last else { return false }
    return last - first < 2 * Int64(keys.count)
  }

  private func isOfRuns(_ bound: inout [SQLValue], column: String) -> String {
    guard PartsQuery.isDense(keys) else {
      return isIn(column, keys.map { .integer($0) }, &bound)
    }
    bound += [.integer(keys[0]), .integer(keys[keys.count - 1])]
    return "\(column) BETWEEN $\(bound.count - 1) AND $\(bound.count)"
  }

  /// `column IN ($1, …)` with the values bound behind those that are there.
  private func isIn(_ column: String, _ values: [SQLValue], _ bound: inout [SQLValue]) -> String {
    let places = (1...values.count).map { "$\($0 + bound.count)" }
    bound += values
    return "\(column) IN (\(places.joined(separator: ", ")))"
  }

  private func condition(
    _ column: String, _ names: [String]?, _ bound: inout [SQLValue], runs: String = "run"
  ) -> String {
    let condition = isOfRuns(&bound, column: runs)
    guard let names else { return condition }
    return condition + " AND " + isIn(column, names.map { .text($0) }, &bound)
  }

  /// ` AND …` for the profile, scenario and region that are wanted.
  private func cells(_ bound: inout [SQLValue]) -> String {
    var condition = ""
    for (column, name) in [
      ("profile", parts.profile), ("scenario", parts.scenario), ("region", parts.region),
    ] {
      if let name { condition += " AND " + isIn(column, [.text(name)], &bound) }
    }
    return condition
  }

  private func place(_ row: Row) throws(StoreError) -> Int? { places[try row.integer(0)] }

  func latencies(into found: inout [StoredRun]) throws(StoreError) {
    var bound: [SQLValue] = []
    var condition = condition("metric", parts.latencies?.map(\.rawValue), &bound)
    condition += cells(&bound)
    var rows: [(Int, LatencyValue)] = []
    try driver.query(
      "SELECT run, profile, scenario, region, metric, log_value, n FROM cell WHERE \(condition)",
      bound, isBounded: true
    ) { row throws(StoreError) in
      let value = LatencyValue(
        key: try row.cell(1), metric: try RunColumns.code(row, 4) { LatencyMetric(rawValue: $0) },
        logValue: try row.double(5), n: Int(try row.integer(6)))
      if let i = try place(row) { rows.append((i, value)) }
    }
    for (i, value) in rows { found[i].record.latencies.append(value) }
  }

  func rates(into found: inout [StoredRun]) throws(StoreError) {
    var bound: [SQLValue] = []
    var condition = condition("metric", parts.rates?.map(\.rawValue), &bound)
    if let profile = parts.profile {
      condition += " AND " + isIn("profile", [.text(profile)], &bound)
    }
    var rows: [(Int, RateCount)] = []
    try driver.query(
      "SELECT run, profile, metric, k, n FROM rate WHERE \(condition)", bound, isBounded: true
    ) { row throws(StoreError) in
      let value = RateCount(
        profile: try row.text(1), rate: try RunColumns.code(row, 2) { RateMetric(rawValue: $0) },
        k: Int(try row.integer(3)), n: Int(try row.integer(4)))
      if let i = try place(row) { rows.append((i, value)) }
    }
    for (i, value) in rows { found[i].record.rates.append(value) }
  }

  func objectives(into found: inout [StoredRun]) throws(StoreError) {
    var bound: [SQLValue] = []
    let condition = condition("", nil, &bound)
    var rows: [(Int, ObjectiveFigure)] = []
    try driver.query(
      "SELECT run, objective, value, n FROM objective WHERE \(condition) ORDER BY run, position",
      bound, isBounded: true
    ) { row throws(StoreError) in
      let value = ObjectiveFigure(
        objective: try row.text(1), value: try row.doubleOrNil(2), n: Int(try row.integer(3)))
      if let i = try place(row) { rows.append((i, value)) }
    }
    for (i, value) in rows { found[i].record.objectives.append(value) }
  }

  /// Figures; of some names run by run and by all columns of the key, so that a run's hundreds of
  /// others are not looked at.
  func figures(_ names: [String]?, into found: inout [StoredRun]) throws(StoreError) {
    var bound: [SQLValue] = []
    // In SQLite a cross join keeps its order: from each run to its figures.
    let source = names == nil ? "figure" : "run r CROSS JOIN figure"
    var condition = condition("name", names, &bound, runs: names == nil ? "run" : "r.key")
    if names != nil { condition += " AND figure.run = r.key" }
    condition += cells(&bound)
    if names != nil {
      func all(
        _ column: String, _ wanted: String?, _ name: (RunHeader) -> [String]
      ) -> String {
        if wanted != nil { return "" }
        let names = Set(
          keys.flatMap { key in places[key].map { name(found[$0].record.header) } ?? [] } + [""])
        return " AND " + isIn(column, names.sorted().map { .text($0) }, &bound)
      }
      condition += all("profile", parts.profile, \.profiles)
      condition += all("scenario", parts.scenario, \.scenarios)
      condition += all("region", parts.region, \.regions)
    }
    var rows: [(Int, ReportFigure)] = []
    try driver.query(
      "SELECT figure.run, profile, scenario, region, name, value, n FROM \(source)"
        + " WHERE \(condition)",
      bound, isBounded: names != nil
    ) { row throws(StoreError) in
      let key = try row.cell(1)
      let value = ReportFigure(
        profile: key.profile, scenario: key.scenario, region: key.region,
        name: try row.text(4), value: try row.double(5), n: Int(try row.integer(6)))
      if let i = try place(row) { rows.append((i, value)) }
    }
    for (i, value) in rows { found[i].record.figures.append(value) }
  }
}

extension Row {
  /// Profile, scenario and region in three columns.
  fileprivate func cell(_ column: Int) throws(StoreError) -> CellKey {
    let region = try text(column + 2)
    return CellKey(
      profile: try text(column), scenario: try text(column + 1),
      region: region.isEmpty ? nil : region)
  }
}
