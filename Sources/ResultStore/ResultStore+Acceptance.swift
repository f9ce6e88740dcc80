public import Model

extension ResultStore {
  /// What people accepted of runs of an environment, sorted by kind and run.
  public func acceptances(
    project: String, environment: String
  ) throws(StoreError) -> [Acceptance] {
    var found: [Acceptance] = []
    try driver.query(
      "SELECT kind, run_id, reason, accepted_by, accepted_at, expires_at FROM acceptance"
        + " WHERE project = $1 AND environment = $2 ORDER BY kind, run_id",
      [.text(project), .text(environment)]
    ) { row throws(StoreError) in
      found.append(
        Acceptance(
          kind: try RunColumns.code(row, 0) { Acceptance.Kind(rawValue: $0) },
          runID: try row.text(1), reason: try row.text(2), acceptedBy: row.textOrNil(3),
          acceptedAt: UnixNanos(try row.integer(4)),
          expiresAt: try row.integerOrNil(5).map { UnixNanos($0) }))
    }
    return found
  }

  /// Stores an acceptance, over one of the same kind and run, which need not be stored.
  public func setAcceptance(
    _ acceptance: Acceptance, project: String, environment: String
  ) throws(StoreError) {
    try driver.execute(
      "INSERT INTO acceptance (project, environment, kind, run_id, reason, accepted_by,"
        + " accepted_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        + " ON CONFLICT (project, environment, kind, run_id) DO UPDATE SET"
        + " reason = excluded.reason, accepted_by = excluded.accepted_by,"
        + " accepted_at = excluded.accepted_at, expires_at = excluded.expires_at",
      [
        .text(project), .text(environment), .text(acceptance.kind.rawValue),
        .text(acceptance.runID), .text(acceptance.reason), SQLValue(acceptance.acceptedBy),
        SQLValue(acceptance.acceptedAt), SQLValue(acceptance.expiresAt),
      ])
  }

  /// Forgets an acceptance, if there is one.
  public func removeAcceptance(
    _ kind: Acceptance.Kind, runID: String, project: String, environment: String
  ) throws(StoreError) {
    try driver.execute(
      "DELETE FROM acceptance WHERE project = $1 AND environment = $2 AND kind = $3"
        + " AND run_id = $4",
      [.text(project), .text(environment), .text(kind.rawValue), .text(runID)])
  }

  /// Forgets a waiver, if there is one.
  public func removeWaiver(
    _ id: String, project: String, environment: String
  ) throws(StoreError) {
    try driver.execute(
      "DELETE FROM waiver WHERE project = $1 AND environment = $2 AND id = $3",
      [.text(project), .text(environment), .text(id)])
  }
}
