public import Model

/// Which runs are wanted; nil: whatever it is.
public struct RunFilter: Sendable, Equatable {
  /// The project's name.
  public var project: String?
  /// The environment's key.
  public var environment: String?
  /// The branch.
  public var branch: String?
  /// The commit that was judged.
  public var commit: String?
  /// Finished or not.
  public var isFinished: Bool?
  /// Usable or not.
  public var isUsable: Bool?
  /// The latest so many.
  public var limit: Int?

  /// A filter; by default every run.
  public init(
    project: String? = nil, environment: String? = nil, branch: String? = nil,
    commit: String? = nil, isFinished: Bool? = nil, isUsable: Bool? = nil, limit: Int? = nil
  ) {
    self.project = project
    self.environment = environment
    self.branch = branch
    self.commit = commit
    self.isFinished = isFinished
    self.isUsable = isUsable
    self.limit = limit
  }

  /// Conditions on table `run`, and their values.
  fileprivate var conditions: (sql: String, values: [SQLValue]) {
    var terms: [String] = []
    var values: [SQLValue] = []
    func require(_ column: String, _ value: SQLValue?) {
      guard let value else { return }
      values.append(value)
      terms.append("\(column) = $\(values.count)")
    }
    require("project", project.map { .text($0) })
    require("environment", environment.map { .text($0) })
    require("branch", branch.map { .text($0) })
    require("commit_id", commit.map { .text($0) })
    require("finished", isFinished.map { SQLValue($0) })
    require("usable", isUsable.map { SQLValue($0) })
    return (terms.isEmpty ? "" : " WHERE " + terms.joined(separator: " AND "), values)
  }
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

extension ResultStore {
  /// The runs that a filter lets through, the earliest stored first, without samples.
  ///
  /// Six queries, whatever the number of runs; an imported run counts as stored at its start.
  public func runs(
    _ filter: RunFilter, figures: FigureSelection = .all
  ) throws(StoreError) -> [RunRecord] {
    let (conditions, values) = filter.conditions
    var sql =
      "SELECT key, \(RunColumns.names.joined(separator: ", ")) FROM run\(conditions)"
      + " ORDER BY stored_at DESC, run_id DESC"
    if let limit = filter.limit { sql += " LIMIT \(max(0, limit))" }
    var found: [(key: Int64, record: RunRecord)] = []
    try driver.query(sql, values) { row throws(StoreError) in
      let header = try RunColumns.header(row, from: 1)
      found.append((try row.integer(0), RunRecord(header: header)))
    }
    found.reverse()
    try readFigures(into: &found, figures)
    return found.map { $0.record }
  }

  /// When each run of an environment was stored, by the database server's clock; an imported run
  /// counts as stored at its start. By run id.
  public func storedTimes(
    project: String, environment: String
  ) throws(StoreError) -> [String: UnixNanos] {
    var times: [String: UnixNanos] = [:]
    try driver.query(
      "SELECT run_id, stored_at FROM run WHERE project = $1 AND environment = $2",
      [.text(project), .text(environment)]
    ) { row throws(StoreError) in times[try row.text(0)] = UnixNanos(try row.integer(1)) }
    return times
  }

  /// The run of that id, or the only one whose id begins so; without samples.
  public func record(_ idOrPrefix: String) throws(StoreError) -> RunRecord {
    var matches: [(key: Int64, record: RunRecord)] = []
    // A range and not LIKE, whose meaning differs: nothing that begins so is above the last
    // scalar of Unicode behind it.
    try driver.query(
      "SELECT key, \(RunColumns.names.joined(separator: ", ")) FROM run"
        + " WHERE run_id >= $1 AND run_id <= $2 ORDER BY run_id LIMIT 10",
      [.text(idOrPrefix), .text(idOrPrefix + "\u{10FFFF}")]
    ) { row throws(StoreError) in
      matches.append((try row.integer(0), RunRecord(header: try RunColumns.header(row, from: 1))))
    }
    if let exact = matches.first(where: { $0.record.header.runID == idOrPrefix }) {
      matches = [exact]
    }
    guard !matches.isEmpty, !idOrPrefix.isEmpty else { throw .unknownRun(idOrPrefix) }
    guard matches.count == 1 else {
      throw .ambiguousRun(idOrPrefix, matches: matches.map { $0.record.header.runID })
    }
    try readFigures(into: &matches, .all)
    return matches[0].record
  }

  private func readFigures(
    into found: inout [(key: Int64, record: RunRecord)], _ selection: FigureSelection
  ) throws(StoreError) {
    if found.isEmpty { return }
    var index: [Int64: Int] = [:]
    for (i, run) in found.enumerated() { index[run.key] = i }
    let keys = found.map { SQLValue.integer($0.key) }
    for start in stride(from: 0, to: keys.count, by: ResultStore.keysMax) {
      let some = Array(keys[start..<min(start + ResultStore.keysMax, keys.count)])
      try readCells(of: some, index, &found)
      try readRates(of: some, index, &found)
      try readObjectives(of: some, index, &found)
      try readFigures(of: some, selection, index, &found)
    }
    for i in found.indices { found[i].record.sortCells() }
  }

  /// Keys bound in one statement.
  private static let keysMax = 500

  private func list(_ count: Int, after bound: Int = 0) -> String {
    "(" + (1...count).map { "$\($0 + bound)" }.joined(separator: ", ") + ")"
  }

  private func readCells(
    of keys: [SQLValue], _ index: [Int64: Int], _ found: inout [(key: Int64, record: RunRecord)]
  ) throws(StoreError) {
    var values: [(Int64, LatencyValue)] = []
    try driver.query(
      "SELECT run, profile, scenario, region, metric, log_value, n FROM cell"
        + " WHERE run IN \(list(keys.count))", keys
    ) { row throws(StoreError) in
      let value = LatencyValue(
        key: try row.cell(1), metric: try RunColumns.code(row, 4) { LatencyMetric(rawValue: $0) },
        logValue: try row.double(5), n: Int(try row.integer(6)))
      values.append((try row.integer(0), value))
    }
    for (key, value) in values {
      if let i = index[key] { found[i].record.latencies.append(value) }
    }
  }

  private func readRates(
    of keys: [SQLValue], _ index: [Int64: Int], _ found: inout [(key: Int64, record: RunRecord)]
  ) throws(StoreError) {
    var values: [(Int64, RateCount)] = []
    try driver.query(
      "SELECT run, profile, metric, k, n FROM rate WHERE run IN \(list(keys.count))", keys
    ) { row throws(StoreError) in
      let value = RateCount(
        profile: try row.text(1), rate: try RunColumns.code(row, 2) { RateMetric(rawValue: $0) },
        k: Int(try row.integer(3)), n: Int(try row.integer(4)))
      values.append((try row.integer(0), value))
    }
    for (key, value) in values {
      if let i = index[key] { found[i].record.rates.append(value) }
    }
  }

  private func readObjectives(
    of keys: [SQLValue], _ index: [Int64: Int], _ found: inout [(key: Int64, record: RunRecord)]
  ) throws(StoreError) {
    var values: [(Int64, ObjectiveFigure)] = []
    try driver.query(
      "SELECT run, objective, value, n FROM objective WHERE run IN \(list(keys.count))"
        + " ORDER BY run, position", keys
    ) { row throws(StoreError) in
      let value = ObjectiveFigure(
        objective: try row.text(1), value: try row.doubleOrNil(2), n: Int(try row.integer(3)))
      values.append((try row.integer(0), value))
    }
    for (key, value) in values {
      if let i = index[key] { found[i].record.objectives.append(value) }
    }
  }

  private func readFigures(
    of keys: [SQLValue], _ selection: FigureSelection, _ index: [Int64: Int],
    _ found: inout [(key: Int64, record: RunRecord)]
  ) throws(StoreError) {
    var condition = ""
    var bound = keys
    switch selection {
    case .none, .named([]): return
    case .all: break
    case .named(let names):
      condition = " AND name IN \(list(names.count, after: keys.count))"
      bound += names.map { .text($0) }
    }
    var values: [(Int64, ReportFigure)] = []
    try driver.query(
      "SELECT run, profile, scenario, region, name, value, n FROM figure"
        + " WHERE run IN \(list(keys.count))\(condition)", bound
    ) { row throws(StoreError) in
      let key = try row.cell(1)
      let value = ReportFigure(
        profile: key.profile, scenario: key.scenario, region: key.region,
        name: try row.text(4), value: try row.double(5), n: Int(try row.integer(6)))
      values.append((try row.integer(0), value))
    }
    for (key, value) in values {
      if let i = index[key] { found[i].record.figures.append(value) }
    }
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
