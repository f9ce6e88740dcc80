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

  /// Version 6: values of many runs in one row (`BlockSealer`).
  static let blocks = [
    "ALTER TABLE run ADD COLUMN block BIGINT", "ALTER TABLE run ADD COLUMN block_place SMALLINT",
    "CREATE INDEX run_block ON run (block, project, environment, finished)",
    """
    CREATE TABLE series (key BIGINT NOT NULL PRIMARY KEY, kind SMALLINT NOT NULL,
      profile TEXT{C} NOT NULL, scenario TEXT{C} NOT NULL, region TEXT{C} NOT NULL,
      name TEXT{C} NOT NULL, UNIQUE (kind, name, profile, scenario, region))
    """,
    """
    CREATE TABLE block_value (block BIGINT NOT NULL, series BIGINT NOT NULL, data {bytes} NOT NULL,
      PRIMARY KEY (block, series))
    """,
  ]

  /// Lays the figures of a store of version 5 run by run again, as the tables of version 1 do.
  static func layFigures(
    _ driver: any Driver, from: Int, _ report: MigrationReporter
  ) throws(StoreError) {
    guard from == 5 else { return }
    let runs = Int(try driver.number("SELECT COUNT(*) FROM run") ?? 0)
    try driver.layFiguresByRun { report(MigrationProgress(work: .figures, runs: $0, of: runs)) }
  }

  /// Packs the runs of every environment that has enough of them in no block, each block in a
  /// transaction of its own. One row that cannot be read keeps the runs of its environment from
  /// being packed, and no others.
  static func packRuns(
    _ driver: any Driver, _ migration: inout Migration, _ report: MigrationReporter
  ) {
    do {
      let runs = Int(try driver.number("SELECT COUNT(*) FROM run") ?? 0)
      let sealer = BlockSealer(driver: driver)
      for place in try sealer.loosePlaces() {
        do {
          try sealer.seal(project: place.project, environment: place.environment) { packed in
            migration.packed += packed
            report(MigrationProgress(work: .blocks, runs: migration.packed, of: runs))
          }
        } catch {
          migration.notPacked = migration.notPacked ?? error
        }
      }
    } catch {
      migration.notPacked = migration.notPacked ?? error
    }
  }
}
