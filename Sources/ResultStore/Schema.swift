import Model

/// The tables, their versions, and who may change them.
enum Schema {
  /// The version that this streamgate writes.
  static let known = version(of: steps)

  /// One step; steps only add, so that clients down to `minReader` go on.
  struct Step: Sendable {
    var version: Int
    /// The lowest version a client must know to read the tables after this step.
    var minReader: Int
    /// The first streamgate that knows this version.
    var release: String
    /// What is done to the rows after the statements, in the same transaction; it is given the
    /// version that the store had.
    var work: (@Sendable (any Driver, Int, MigrationReporter) throws(StoreError) -> Void)?
    /// What is done once the tables are there for good, as well as it can be: only what is derived
    /// from other rows, without which every client goes on.
    var afterwards: (@Sendable (any Driver, inout Migration, MigrationReporter) -> Void)?
    var statements: @Sendable (Dialect) -> [String]
  }

  static let steps = [
    Step(version: 1, minReader: 1, release: "0.1.0") { dialect in
      dialect.prologue + tables + dialect.epilogue
    },
    // A client of version 1 takes such a run for one that is not usable, which it is.
    Step(version: 2, minReader: 1, release: "0.1.0") { dialect in
      ["ALTER TABLE run ADD COLUMN exploration TEXT"] + dialect.explorationViews
    },
    // A client of version 2 knows no accepted run and takes no lease.
    Step(version: 3, minReader: 1, release: "0.1.0") { _ in acceptances },
    Step(version: 4, minReader: 1, release: "0.1.0") { dialect in
      trendIndexes + dialect.trendViews
    },
    // Version 5 laid figures by name. No release had it: version 6 takes it back.
    Step(version: 6, minReader: 1, release: "0.1.0", work: layFigures, afterwards: packRuns) {
      dialect in blocks + dialect.blockLayout
    },
  ]

  private static func version(of steps: [Step]) -> Int { steps.map(\.version).max() ?? 0 }

  /// Where a store stands; nil without tables.
  struct State {
    var version: Int
    var minReader: Int
    var release: String
  }

  /// Makes sure that the tables can be used for `access`, or says why not.
  static func prepare(
    _ driver: any Driver, for access: StoreAccess, steps: [Step] = steps,
    report: @escaping MigrationReporter = { _ in }
  ) throws(StoreError) {
    let known = version(of: steps)
    guard let state = try state(of: driver) else {
      guard access == .write else { throw .missing(store: driver.store) }
      _ = try migrate(driver, steps: steps, report: report)
      return
    }
    guard state.minReader <= known else {
      throw .schemaTooNew(
        store: driver.store, found: state.version, known: known, version: state.release)
    }
    guard state.version < known else { return }
    // A file is this client's own; a database has others, whom a person asks first.
    guard access == .write, driver is SQLiteDriver else {
      throw .schemaTooOld(store: driver.store, found: state.version, known: known)
    }
    _ = try migrate(driver, steps: steps, report: report)
  }

  /// Brings the tables to the known version, in one transaction, and then derives from the rows
  /// what that version has besides.
  static func migrate(
    _ driver: any Driver, steps: [Step] = steps,
    report: @escaping MigrationReporter = { _ in }
  ) throws(StoreError) -> Migration {
    let known = version(of: steps)
    var migration = try driver.transaction { () throws(StoreError) in
      try driver.lockSchema()
      let state = try state(of: driver)
      if let state, state.minReader > known {
        throw .schemaTooNew(
          store: driver.store, found: state.version, known: known, version: state.release)
      }
      let from = state?.version ?? 0
      for step in steps where step.version > from {
        for statement in step.statements(driver.dialect) {
          try driver.execute(
            statement.replacing("{C}", with: driver.dialect.byteOrder)
              .replacing("{now}", with: driver.dialect.now)
              .replacing("{bytes}", with: driver.dialect.bytes))
        }
        try step.work?(driver, from, report)
        try driver.execute(
          "INSERT INTO schema_version (version, min_reader, release) VALUES ($1, $2, $3)",
          [SQLValue(step.version), SQLValue(step.minReader), .text(step.release)])
      }
      return Migration(from: from, to: max(from, known))
    }
    // Of a store that was migrated before too, for then it may not have come to its end.
    for step in steps { step.afterwards?(driver, &migration, report) }
    return migration
  }

  static func state(of driver: any Driver) throws(StoreError) -> State? {
    var isThere = false
    try driver.query(driver.dialect.tableExists, [.text("schema_version")]) { _ in
      isThere = true
    }
    guard isThere else { return nil }
    var state: State?
    try driver.query(
      "SELECT version, min_reader, release FROM schema_version ORDER BY version DESC LIMIT 1", []
    ) { row throws(StoreError) in
      state = State(
        version: Int(try row.integer(0)), minReader: Int(try row.integer(1)),
        release: try row.text(2))
    }
    return state
  }

  /// Version 1. `{C}` and `{now}` stand for the dialect's own; times are nanoseconds.
  static let tables = [
    """
    CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY, min_reader BIGINT NOT NULL,
      release TEXT NOT NULL, migrated_at BIGINT NOT NULL DEFAULT ({now}))
    """,
    """
    CREATE TABLE environment (project TEXT{C} NOT NULL, environment TEXT{C} NOT NULL,
      n_ref TEXT NOT NULL, stall_gap_ns BIGINT NOT NULL, frozen_by TEXT NOT NULL,
      frozen_at BIGINT NOT NULL DEFAULT ({now}), PRIMARY KEY (project, environment))
    """,
    """
    CREATE TABLE run (key BIGINT NOT NULL PRIMARY KEY, run_id TEXT{C} NOT NULL UNIQUE,
      project TEXT{C} NOT NULL, commit_id TEXT{C} NOT NULL, tested_commit TEXT,
      branch TEXT{C} NOT NULL, environment TEXT{C} NOT NULL, plan_digest TEXT NOT NULL,
      started_at BIGINT NOT NULL, stored_at BIGINT NOT NULL DEFAULT ({now}),
      timeout_ns BIGINT NOT NULL, profiles TEXT NOT NULL, scenarios TEXT NOT NULL,
      regions TEXT NOT NULL, unstreamed_scenarios TEXT NOT NULL, n_ref TEXT NOT NULL,
      stall_gap_ns BIGINT, token_unit TEXT NOT NULL, usable SMALLINT NOT NULL,
      unusable_reason TEXT, finished SMALLINT NOT NULL, pair_id TEXT, self_check TEXT,
      aborted TEXT, verdict TEXT, version TEXT NOT NULL)
    """,
    "CREATE INDEX run_place ON run (project, environment, stored_at)",
    """
    CREATE TABLE sample (run BIGINT NOT NULL, profile SMALLINT NOT NULL,
      scenario SMALLINT NOT NULL, region SMALLINT, stage SMALLINT NOT NULL,
      turn SMALLINT NOT NULL, warmup SMALLINT NOT NULL, seq BIGINT NOT NULL,
      intended_ns BIGINT NOT NULL, sent_ns BIGINT, request_sent_ns BIGINT, headers_ns BIGINT,
      first_byte_ns BIGINT, first_choice_ns BIGINT, first_token_ns BIGINT,
      first_answer_ns BIGINT, last_token_ns BIGINT, done_ns BIGINT, end_ns BIGINT,
      outcome SMALLINT NOT NULL, usage_output_tokens BIGINT, usage_input_tokens BIGINT,
      usage_cached_tokens BIGINT, content_events BIGINT NOT NULL, burst_events BIGINT NOT NULL,
      body_bytes BIGINT NOT NULL, gap_p50_ns BIGINT, gap_p99_ns BIGINT, gap_max_ns BIGINT,
      gap_max_at_ns BIGINT, connection_reused SMALLINT NOT NULL, http_status SMALLINT,
      transport_code BIGINT, evidence_offset BIGINT, excerpt TEXT, finish_reason TEXT,
      retry_after_ns BIGINT, detail TEXT)
    """,
    """
    CREATE TABLE cell (run BIGINT NOT NULL REFERENCES run (key) ON DELETE CASCADE,
      profile TEXT{C} NOT NULL, scenario TEXT{C} NOT NULL, region TEXT{C} NOT NULL,
      metric TEXT{C} NOT NULL, log_value DOUBLE PRECISION NOT NULL, n BIGINT NOT NULL,
      PRIMARY KEY (run, profile, scenario, region, metric))
    """,
    """
    CREATE TABLE rate (run BIGINT NOT NULL REFERENCES run (key) ON DELETE CASCADE,
      profile TEXT{C} NOT NULL, metric TEXT{C} NOT NULL, k BIGINT NOT NULL, n BIGINT NOT NULL,
      PRIMARY KEY (run, profile, metric))
    """,
    """
    CREATE TABLE objective (run BIGINT NOT NULL REFERENCES run (key) ON DELETE CASCADE,
      position SMALLINT NOT NULL, objective TEXT NOT NULL, value DOUBLE PRECISION,
      n BIGINT NOT NULL, PRIMARY KEY (run, position))
    """,
    """
    CREATE TABLE figure (run BIGINT NOT NULL REFERENCES run (key) ON DELETE CASCADE,
      profile TEXT{C} NOT NULL, scenario TEXT{C} NOT NULL, region TEXT{C} NOT NULL,
      name TEXT{C} NOT NULL, value DOUBLE PRECISION NOT NULL, n BIGINT NOT NULL,
      PRIMARY KEY (run, profile, scenario, region, name))
    """,
    """
    CREATE TABLE look (project TEXT{C} NOT NULL, environment TEXT{C} NOT NULL,
      commit_id TEXT{C} NOT NULL, series BIGINT NOT NULL, look BIGINT NOT NULL,
      run BIGINT NOT NULL REFERENCES run (key) ON DELETE CASCADE, verdict TEXT NOT NULL,
      restart_reason TEXT, result TEXT, judged_at BIGINT NOT NULL DEFAULT ({now}),
      PRIMARY KEY (project, environment, commit_id, series, look))
    """,
    """
    CREATE TABLE waiver (project TEXT{C} NOT NULL, environment TEXT{C} NOT NULL,
      id TEXT{C} NOT NULL, metric TEXT, profile TEXT, scenario TEXT, reason TEXT NOT NULL,
      accepted_at BIGINT NOT NULL, expires_at BIGINT, PRIMARY KEY (project, environment, id))
    """,
  ]
}

/// How far a migration is: it may have thousands of runs to go through.
public struct MigrationProgress: Sendable, Equatable {
  /// What it does with them.
  public enum Work: String, Sendable {
    /// Writes the figures anew, run by run.
    case figures
    /// Packs their values into blocks.
    case blocks
  }

  /// What it does.
  public var work: Work
  /// Runs that it went through.
  public var runs: Int
  /// Runs that there are.
  public var of: Int
}

/// Is told how far a migration is.
public typealias MigrationReporter = @Sendable (MigrationProgress) -> Void

/// What a migration did: schema versions, 0 for none.
public struct Migration: Sendable, Equatable {
  /// The version that was found.
  public var from: Int
  /// The version that is there now.
  public var to: Int
  /// Runs whose values were packed into blocks.
  public var packed = 0
  /// Why the values of some runs were not packed into blocks, nil if none were to be or all were.
  /// They are read from the tables, and the next run tries again.
  public var notPacked: StoreError?
}
