public import Model

/// What an environment's runs are measured against, frozen by its first usable run of main.
public struct EnvironmentReference: Sendable, Equatable {
  /// The project's name.
  public var project: String
  /// The environment's key.
  public var environment: String
  /// Median output tokens of each scenario.
  public var referenceTokens: [String: Double]
  /// A larger gap is a stall.
  public var stallGap: Nanos
  /// The run that froze them.
  public var frozenBy: String

  /// A reference.
  public init(
    project: String, environment: String, referenceTokens: [String: Double], stallGap: Nanos,
    frozenBy: String
  ) {
    self.project = project
    self.environment = environment
    self.referenceTokens = referenceTokens
    self.stallGap = stallGap
    self.frozenBy = frozenBy
  }
}

/// A project's environment in a store.
public struct StoredEnvironment: Sendable, Equatable {
  /// The project's name.
  public var project: String
  /// The environment's key.
  public var environment: String
  /// Runs in it, of whatever kind.
  public var runs: Int
}

extension ResultStore {
  /// Every environment that has runs, sorted.
  public func environments() throws(StoreError) -> [StoredEnvironment] {
    var found: [StoredEnvironment] = []
    try driver.query(
      "SELECT project, environment, COUNT(*) FROM run GROUP BY project, environment"
        + " ORDER BY project, environment", []
    ) { row throws(StoreError) in
      found.append(
        StoredEnvironment(
          project: try row.text(0), environment: try row.text(1),
          runs: Int(try row.integer(2))))
    }
    return found
  }

  /// How many finished runs an environment has of each branch, the most first.
  public func branches(
    project: String, environment: String
  ) throws(StoreError) -> [(branch: String, runs: Int)] {
    var found: [(branch: String, runs: Int)] = []
    try driver.query(
      "SELECT branch, COUNT(*) FROM run WHERE project = $1 AND environment = $2"
        + " AND finished = 1 GROUP BY branch ORDER BY COUNT(*) DESC, branch",
      [.text(project), .text(environment)]
    ) { row throws(StoreError) in found.append((try row.text(0), Int(try row.integer(1)))) }
    return found
  }

  /// The frozen reference of an environment, nil before its first usable run of main.
  public func environment(
    project: String, key: String
  ) throws(StoreError) -> EnvironmentReference? {
    var found: EnvironmentReference?
    try driver.query(
      "SELECT n_ref, stall_gap_ns, frozen_by FROM environment"
        + " WHERE project = $1 AND environment = $2", [.text(project), .text(key)]
    ) { row throws(StoreError) in
      found = EnvironmentReference(
        project: project, environment: key, referenceTokens: try RunColumns.numbers(row, 0),
        stallGap: Nanos(try row.integer(1)), frozenBy: try row.text(2))
    }
    return found
  }

  /// Freezes a reference unless one is frozen, and returns the one that holds.
  public func freeze(_ reference: EnvironmentReference) throws(StoreError) -> EnvironmentReference {
    try driver.execute(
      "INSERT INTO environment (project, environment, n_ref, stall_gap_ns, frozen_by)"
        + " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
      [
        .text(reference.project), .text(reference.environment),
        SQLValue(RunColumns.numbers(reference.referenceTokens)), SQLValue(reference.stallGap),
        .text(reference.frozenBy),
      ])
    return try environment(project: reference.project, key: reference.environment) ?? reference
  }

  /// The waivers of an environment, sorted by id.
  public func waivers(project: String, environment: String) throws(StoreError) -> [Waiver] {
    var found: [Waiver] = []
    try driver.query(
      "SELECT id, metric, profile, scenario, reason, accepted_at, expires_at, accepted_by"
        + " FROM waiver WHERE project = $1 AND environment = $2 ORDER BY id",
      [.text(project), .text(environment)]
    ) { row throws(StoreError) in
      found.append(
        Waiver(
          id: try row.text(0), metric: row.textOrNil(1), profile: row.textOrNil(2),
          scenario: row.textOrNil(3), reason: try row.text(4), acceptedBy: row.textOrNil(7),
          acceptedAt: UnixNanos(try row.integer(5)),
          expiresAt: try row.integerOrNil(6).map { UnixNanos($0) }))
    }
    return found
  }

  /// Stores a waiver, over one of the same id.
  public func setWaiver(
    _ waiver: Waiver, project: String, environment: String
  ) throws(StoreError) {
    try driver.execute(
      "INSERT INTO waiver (project, environment, id, metric, profile, scenario, reason,"
        + " accepted_at, expires_at, accepted_by)"
        + " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        + " ON CONFLICT (project, environment, id) DO UPDATE SET metric = excluded.metric,"
        + " profile = excluded.profile, scenario = excluded.scenario, reason = excluded.reason,"
        + " accepted_at = excluded.accepted_at, expires_at = excluded.expires_at,"
        + " accepted_by = excluded.accepted_by",
      [
        .text(project), .text(environment), .text(waiver.id), SQLValue(waiver.metric),
        SQLValue(waiver.profile), SQLValue(waiver.scenario), .text(waiver.reason),
        SQLValue(waiver.acceptedAt), SQLValue(waiver.expiresAt), SQLValue(waiver.acceptedBy),
      ])
  }
}
