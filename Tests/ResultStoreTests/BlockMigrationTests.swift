import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("Stores of before blocks are migrated")
struct BlockMigrationTests {
  @Test(
    "Stores of versions 4 and 5 keep their runs, and say how far their migration is",
    arguments: StoreKind.available, [4, 5])
  func migrated(kind: StoreKind, version: Int) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    let records = try earlier(store, kind, version)
    let told = Locked<[MigrationProgress]>([])
    let migration = try ResultStore.migrate(place.location) { progress in
      told.withLock { $0.append(progress) }
    }
    #expect(migration == Migration(from: version, to: Schema.known, packed: 256))
    let packed = MigrationProgress(work: .blocks, runs: 256, of: 390)
    #expect(told.withLock { $0.last } == packed)
    let isSaid = told.withLock { $0.contains { $0.work == .figures } }
    #expect(isSaid == (version == 5 && kind == .sqlite))
    let migrated = try place.open()
    #expect(try migrated.runs(RunFilter()) == records)
    try BothWays.expectEqual(migrated, RunFilter())
    // A run that goes takes its figures along, and the same figure of a run is there once.
    try migrated.deleteRun("run-1")
    #expect(try migrated.driver.number("SELECT COUNT(*) FROM figure") == 2 * 389)
    #expect(throws: StoreError.self) {
      try migrated.driver.execute(
        "INSERT INTO figure (run, profile, scenario, region, name, value, n)"
          + " SELECT run, profile, scenario, region, name, value, n FROM figure")
    }
    try BothWays.expectEqual(migrated, RunFilter())
  }

  @Test(
    "Blocks that were thrown away are made again by a migration of a store that needs no other",
    arguments: StoreKind.available)
  func again(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    _ = try earlier(store, kind, 4)
    let known = Schema.known
    _ = try ResultStore.migrate(place.location)
    #expect(try ResultStore.migrate(place.location) == Migration(from: known, to: known))
    try store.driver.execute("UPDATE run SET block = NULL")
    try store.driver.execute("DELETE FROM block_value")
    let again = try ResultStore.migrate(place.location)
    #expect(again == Migration(from: known, to: known, packed: 256))
    #expect(try place.open().checkBlocks() == BlockCheck(blocks: 1, runs: 256))
  }

  @Test(
    "A row that cannot be read keeps no store from being migrated, and no other runs from blocks",
    arguments: StoreKind.available)
  func damagedRow(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    _ = try earlier(store, kind, 4, environments: ["a", "b"])
    try store.driver.execute(
      "INSERT INTO cell (run, profile, scenario, region, metric, log_value, n)"
        + " SELECT key, 'sustained', 'short', '', 'x', 0, 1 FROM run WHERE run_id = 'run-a-3'")
    let migration = try ResultStore.migrate(place.location)
    #expect(migration.from == 4 && migration.to == Schema.known)
    guard case .damaged = migration.notPacked else {
      Issue.record("\(String(describing: migration.notPacked))")
      return
    }
    let migrated = try place.open()
    for (environment, count) in [("a", 0), ("b", 256)] {
      let packed = try migrated.driver.number(
        "SELECT COUNT(block) FROM run WHERE environment = $1", [.text(environment)])
      #expect(packed == Int64(count))
    }
    try BothWays.expectEqual(migrated, RunFilter(environment: "b"))
    // It is written as any other.
    try migrated.checkWritable()
    try migrated.importRun(RunRecord(header: Build.header(runID: "next")))
  }

  /// Makes a store of an earlier version with 390 runs of each environment, which it gives back.
  private func earlier(
    _ store: ResultStore, _ kind: StoreKind, _ version: Int, environments: [String] = [""]
  ) throws -> [RunRecord] {
    let names = environments.flatMap { environment in
      (0..<390).map { i in (environment, i) }
    }
    let records = names.map { environment, i in
      var header = Build.header(
        runID: environment.isEmpty ? "run-\(i)" : "run-\(environment)-\(i)",
        startedAt: UnixNanos(Int64(i)))
      header.environment = environment
      return RunRecord(
        header: header,
        figures: ["goodput", "ttft.p99"].map {
          ReportFigure(
            profile: "sustained", scenario: "short", name: $0, value: Double(i), n: i)
        })
    }
    for record in records { try store.importRun(record) }
    // What version 6 added is taken away, and what was before it put back.
    let driver = store.driver
    for sql in [
      "DROP TABLE block_value", "DROP TABLE series", "DROP INDEX run_block",
      "ALTER TABLE run DROP COLUMN block", "ALTER TABLE run DROP COLUMN block_place",
      "DELETE FROM schema_version WHERE version > 4",
    ] { try driver.execute(sql) }
    if version == 5 {
      for sql in BlockMigrationTests.figuresByName(kind) { try driver.execute(sql) }
      try driver.execute(
        "INSERT INTO schema_version (version, min_reader, release) VALUES (5, 1, '0.1.0')")
    }
    return records
  }

  /// What version 5 made of the figures.
  private static func figuresByName(_ kind: StoreKind) -> [String] {
    switch kind {
    case .sqlite:
      [
        """
        CREATE TABLE figure_by_name (run BIGINT NOT NULL REFERENCES run (key) ON DELETE CASCADE,
          profile TEXT NOT NULL, scenario TEXT NOT NULL, region TEXT NOT NULL,
          name TEXT NOT NULL, value DOUBLE PRECISION NOT NULL, n BIGINT NOT NULL,
          PRIMARY KEY (name, profile, scenario, region, run)) WITHOUT ROWID
        """,
        """
        INSERT INTO figure_by_name (run, profile, scenario, region, name, value, n)
          SELECT run, profile, scenario, region, name, value, n FROM figure
        """,
        "DROP TABLE figure", "ALTER TABLE figure_by_name RENAME TO figure",
        "CREATE INDEX figure_run ON figure (run)",
      ]
    case .postgres:
      [
        """
        ALTER TABLE figure DROP CONSTRAINT figure_pkey,
          ADD PRIMARY KEY (name, profile, scenario, region, run) INCLUDE (value, n)
        """,
        "CREATE INDEX figure_run ON figure USING brin (run)",
      ]
    }
  }
}
