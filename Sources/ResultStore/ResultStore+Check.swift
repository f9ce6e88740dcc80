import Model

/// The state of a store.
public struct StoreCheck: Sendable, Equatable {
  /// Version of the tables.
  public var schemaVersion: Int
  /// The version that this streamgate writes.
  public var knownVersion: Int
  /// Runs.
  public var runs: Int
  /// Ids of runs that were begun and never finished, at most 20: recording now, or killed.
  public var unfinished: [String]
  /// Leases on endpoints that are held now.
  public var leases: [Lease]
  /// Requests.
  public var samples: Int
  /// Requests whose run is gone.
  public var orphans: Int
  /// The values of many runs in a row.
  public var blocks: BlockCheck
  /// What the database finds wrong with itself.
  public var problems: [String]
  /// Why the store cannot be written; nil if it can.
  public var notWritable: StoreError?
}

extension ResultStore {
  /// Looks the store over. O(samples and values of runs).
  public func check() throws(StoreError) -> StoreCheck {
    let state = try Schema.state(of: driver)
    var unfinished: [String] = []
    try driver.query(
      "SELECT run_id FROM run WHERE finished = 0 ORDER BY run_id LIMIT 20", []
    ) { row throws(StoreError) in unfinished.append(try row.text(0)) }
    var notWritable: StoreError?
    do {
      try checkWritable()
    } catch {
      notWritable = error
    }
    return StoreCheck(
      schemaVersion: state?.version ?? 0, knownVersion: Schema.known,
      runs: Int(try driver.number("SELECT COUNT(*) FROM run") ?? 0), unfinished: unfinished,
      leases: try leases(),
      samples: Int(try driver.number("SELECT COUNT(*) FROM sample") ?? 0),
      orphans: Int(
        try driver.number(
          "SELECT COUNT(*) FROM sample WHERE run NOT IN (SELECT key FROM run)") ?? 0),
      blocks: try checkBlocks(), problems: try driver.integrityProblems(), notWritable: notWritable)
  }
}
