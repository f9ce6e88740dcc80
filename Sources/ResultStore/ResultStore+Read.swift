public import Model

/// Which runs are wanted; nil: whatever it is.
public struct RunFilter: Sendable, Equatable {
  /// The project's name.
  public var project: String?
  /// The environment's key.
  public var environment: String?
  /// The branch.
  public var branch: String?
  /// With `branch`: or a branch whose name begins so.
  public var branchPrefix: String?
  /// The commit that was judged.
  public var commit: String?
  /// Finished or not.
  public var isFinished: Bool?
  /// Usable or not.
  public var isUsable: Bool?
  /// Stored at this time or later.
  public var since: UnixNanos?
  /// The latest so many.
  public var limit: Int?
  /// So many of the latest are passed over.
  public var skip = 0

  /// A filter; by default every run.
  public init(
    project: String? = nil, environment: String? = nil, branch: String? = nil,
    commit: String? = nil, isFinished: Bool? = nil, isUsable: Bool? = nil,
    since: UnixNanos? = nil, limit: Int? = nil, skip: Int = 0
  ) {
    self.project = project
    self.environment = environment
    self.branch = branch
    self.commit = commit
    self.isFinished = isFinished
    self.isUsable = isUsable
    self.since = since
    self.limit = limit
    self.skip = skip
  }

  /// Conditions on table `run`, and their values.
  private var conditions: (sql: String, values: [SQLValue]) {
    var terms: [String] = []
    var values: [SQLValue] = []
    func require(_ column: String, _ value: SQLValue?, _ relation: String = "=") {
      guard let value else { return }
      values.append(value)
      terms.append("\(column) \(relation) $\(values.count)")
    }
    require("project", project.map { .text($0) })
    require("environment", environment.map { .text($0) })
    if let branch, let branchPrefix {
      // A range and not LIKE, as in `record`.
      values += [.text(branch), .text(branchPrefix), .text(branchPrefix + "\u{10FFFF}")]
      let n = values.count
      terms.append("(branch = $\(n - 2) OR (branch >= $\(n - 1) AND branch <= $\(n)))")
    } else {
      require("branch", branch.map { .text($0) })
    }
    require("commit_id", commit.map { .text($0) })
    require("finished", isFinished.map { SQLValue($0) })
    require("usable", isUsable.map { SQLValue($0) })
    require("stored_at", since.map { SQLValue($0) }, ">=")
    return (terms.isEmpty ? "" : " WHERE " + terms.joined(separator: " AND "), values)
  }

  /// A statement for columns of the runs, the latest stored first, and its values.
  func selecting(_ columns: String) -> (sql: String, values: [SQLValue]) {
    let (conditions, values) = conditions
    var sql = "SELECT \(columns) FROM run\(conditions) ORDER BY stored_at DESC, run_id DESC"
    // A limit that is no limit, since SQLite has no OFFSET without one.
    if limit != nil || skip > 0 {
      sql += " LIMIT \(max(0, limit ?? Int(Int32.max))) OFFSET \(max(0, skip))"
    }
    return (sql, values)
  }
}

extension ResultStore {
  /// The runs that a filter lets through, the earliest stored first, without samples.
  ///
  /// At most six queries for each 500 runs; an imported run counts as stored at its start.
  public func runs(
    _ filter: RunFilter, figures: FigureSelection = .all
  ) throws(StoreError) -> [RunRecord] {
    try runs(filter, parts: RunParts(figures: figures)).map(\.record)
  }

  /// The same with no more of each run than is needed, and with when it was stored.
  public func runs(_ filter: RunFilter, parts: RunParts) throws(StoreError) -> [StoredRun] {
    let names = RunColumns.selected(selfCheck: parts.hasSelfCheck)
    let (sql, values) = filter.selecting("key, stored_at, \(names)")
    var found: [StoredRun] = []
    found.reserveCapacity(min(filter.limit ?? 0, ResultStore.reservedMax))
    var reader = HeaderReader()
    try driver.query(sql, values, isBounded: true) { row throws(StoreError) in
      found.append(
        StoredRun(
          key: try row.integer(0), storedAt: UnixNanos(try row.integer(1)),
          record: RunRecord(header: try reader.header(row, from: 2))))
    }
    found.reverse()
    try fill(&found, parts)
    return found
  }

  /// Runs that room is made for before they are read.
  private static let reservedMax = 10_000

  /// The run of that id, or the only one whose id begins so; without samples.
  public func record(_ idOrPrefix: String) throws(StoreError) -> RunRecord {
    var matches: [StoredRun] = []
    var reader = HeaderReader()
    // A range and not LIKE, whose meaning differs: nothing that begins so is above the last
    // scalar of Unicode behind it.
    try driver.query(
      "SELECT key, stored_at, \(RunColumns.selected(selfCheck: true)) FROM run"
        + " WHERE run_id >= $1 AND run_id <= $2 ORDER BY run_id LIMIT 10",
      [.text(idOrPrefix), .text(idOrPrefix + "\u{10FFFF}")]
    ) { row throws(StoreError) in
      matches.append(
        StoredRun(
          key: try row.integer(0), storedAt: UnixNanos(try row.integer(1)),
          record: RunRecord(header: try reader.header(row, from: 2))))
    }
    if let exact = matches.first(where: { $0.record.header.runID == idOrPrefix }) {
      matches = [exact]
    }
    guard !matches.isEmpty, !idOrPrefix.isEmpty else { throw .unknownRun(idOrPrefix) }
    guard matches.count == 1 else {
      throw .ambiguousRun(idOrPrefix, matches: matches.map { $0.record.header.runID })
    }
    try fill(&matches, RunParts())
    return matches[0].record
  }
}
