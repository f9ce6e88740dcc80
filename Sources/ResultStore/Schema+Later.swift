// What later versions of the schema add; `Schema.steps` says which.
extension Schema {
  /// Version 3: who accepted a waiver, runs and change points that were accepted, and leases.
  static let acceptances = [
    "ALTER TABLE waiver ADD COLUMN accepted_by TEXT",
    """
    CREATE TABLE acceptance (project TEXT{C} NOT NULL, environment TEXT{C} NOT NULL,
      kind TEXT{C} NOT NULL, run_id TEXT{C} NOT NULL, reason TEXT NOT NULL, accepted_by TEXT,
      accepted_at BIGINT NOT NULL, expires_at BIGINT,
      PRIMARY KEY (project, environment, kind, run_id))
    """,
    """
    CREATE TABLE lease (target TEXT{C} NOT NULL PRIMARY KEY, holder TEXT{C} NOT NULL,
      host TEXT NOT NULL, pid BIGINT NOT NULL, run_url TEXT, taken_at BIGINT NOT NULL,
      expires_at BIGINT NOT NULL)
    """,
  ]

  /// Version 4: a trend reads one metric of many runs. All that it needs is in the index, and what
  /// lies beside each other there is read together.
  static let trendIndexes = [
    "CREATE INDEX cell_metric ON cell (metric, run, profile, scenario, region, log_value, n)"
  ]
}
