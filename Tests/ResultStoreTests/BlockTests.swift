import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("Values of many runs are packed into blocks")
struct BlockTests {
  private static let parts = [
    RunParts(latencies: [.ttftP50, .tpotP50], rates: [], figures: .none),
    RunParts(latencies: [], rates: [.error], figures: .named(["ttft.p95", "'", "ttft_p50"])),
    RunParts(figures: .named(["ttft.p95"])),
    RunParts(),
    RunParts.outline,
  ]

  /// A store that packs four runs as soon as there are six.
  private func open(_ place: TestStore) throws -> ResultStore {
    let store = try place.open()
    (store.sealer.runs, store.sealer.loose) = (4, 6)
    return store
  }

  private func record(_ i: Int, _ random: inout RandomRun) -> RunRecord {
    var record = random.record(runID: "run-\(i)")
    (record.header.project, record.header.environment) = ("project", "environment")
    record.header.isFinished = true
    // What other runs have not.
    record.figures.append(
      ReportFigure(
        profile: record.header.profiles.first ?? "", scenario: "", name: i == 3 ? "'" : "ttft.p95",
        value: -1, n: i << 33))
    record.sortCells()
    return record
  }

  /// What a series says, run by run, of those that the store reads from `cell`, `rate` and `figure`
  /// and of those that it reads from blocks.
  private func expectEqual(_ store: ResultStore, _ filter: RunFilter) throws {
    for parts in BlockTests.parts {
      let records = try store.runs(filter, parts: parts).map(\.record)
      #expect(lines(try store.series(filter, parts: parts)) == lines(RunSeries(records)))
    }
  }

  private func lines(_ series: RunSeries) -> [String] {
    var lines = series.runs.map(\.runID)
    for (id, column) in zip(series.ids, series.columns) {
      #expect(column.values.contains { !$0.isNaN }, "a column of nothing: \(id)")
      for (run, value) in column.values.enumerated() where !value.isNaN {
        lines.append("\(id) \(run) \(value) \(column.counts[run])")
      }
    }
    return lines.sorted()
  }

  private func packed(_ store: ResultStore) throws -> [Int64] {
    var blocks: [Int64] = []
    try store.driver.query("SELECT block FROM run WHERE block IS NOT NULL ORDER BY key", []) {
      row throws(StoreError) in blocks.append(try row.integer(0))
    }
    return blocks
  }

  @Test(
    "A trend from blocks is what it is from the tables, whatever was removed",
    arguments: StoreKind.available, 0..<3 as Range<UInt64>)
  func equal(kind: StoreKind, seed: UInt64) throws {
    let place = try TestStore(kind)
    let store = try open(place)
    var random = RandomRun(seed: seed)
    for i in 0..<15 { try store.importRun(record(i, &random)) }
    #expect(try packed(store) == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3])
    for filter in [RunFilter(), RunFilter(limit: 5), RunFilter(limit: 4, skip: 3)] {
      try expectEqual(store, filter)
    }
    // One of the first block; all of the last one, whose number and keys the next runs take.
    for i in [2] + Array(8..<15) { try store.deleteRun("run-\(i)") }
    #expect(try packed(store) == [1, 1, 1, 2, 2, 2, 2])
    #expect(try store.driver.number("SELECT MAX(block) FROM block_value") == 2)
    try expectEqual(store, RunFilter())
    for i in 20..<27 {
      try store.importRun(record(i, &random))
      try expectEqual(store, RunFilter())
    }
    #expect(try packed(store).last == 3)
  }

  @Test(
    "Runs are packed beside those of their environment, and only when they are finished",
    arguments: StoreKind.available)
  func environments(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try open(place)
    var random = RandomRun(seed: 1)
    for i in 0..<10 {
      var run = record(i, &random)
      run.header.environment = i % 2 == 0 ? "a" : "b"
      if i == 4 { _ = try store.beginRun(run.header) } else { try store.importRun(run) }
    }
    #expect(try packed(store).isEmpty)
    for i in 10..<14 {
      var run = record(i, &random)
      (run.header.environment, run.samples) = ("a", nil)
      _ = try store.beginRun(run.header)
      try store.finishRun(run)
    }
    let ids = [0, 2, 6, 8].map { "run-\($0)" }
    for id in ids {
      let block = try store.driver.number(
        "SELECT block FROM run WHERE run_id = $1", [.text(id)])
      #expect(block == 1)
    }
    #expect(try packed(store).count == 4)
    try expectEqual(store, RunFilter())
  }

  @Test("A block that is damaged is said, and not read as numbers")
  func damaged() throws {
    let place = try TestStore(.sqlite)
    let store = try open(place)
    var random = RandomRun(seed: 2)
    for i in 0..<6 { try store.importRun(record(i, &random)) }
    for damage in ["x'02'", "x'0200'", "x''", "x'07'", "'text'"] {
      try store.driver.execute("UPDATE block_value SET data = \(damage)")
      let error = #expect(throws: StoreError.self) {
        try store.series(RunFilter(), parts: RunParts())
      }
      guard case .damaged = error else {
        Issue.record("\(damage): \(String(describing: error))")
        continue
      }
    }
  }

  @Test("A column of a block is read as it was written, whatever the counts")
  func columns() throws {
    for counts in [[0, 7], [65_535, 1], [65_536, 0], [1 << 32 - 1, 2], [1 << 32, 3], [-1, 5]] {
      let bytes = BlockColumn.bytes(values: [.infinity, .nan], counts: counts)
      try bytes.withUnsafeBytes { bytes in
        let column = try #require(BlockColumn(bytes))
        #expect(column.runs == 2)
        #expect(column.value(0) == .infinity && column.value(1).isNaN)
        #expect([column.count(0), column.count(1)] == counts)
      }
    }
  }

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
    #expect(migration == Migration(from: version, to: Schema.known))
    let packed = MigrationProgress(work: .blocks, runs: 256, of: 390)
    #expect(told.withLock { $0.last } == packed)
    let isSaid = told.withLock { $0.contains { $0.work == .figures } }
    #expect(isSaid == (version == 5 && kind == .sqlite))
    let migrated = try place.open()
    #expect(try migrated.runs(RunFilter()) == records)
    try expectEqual(migrated, RunFilter())
    // A run that goes takes its figures along, and the same figure of a run is there once.
    try migrated.deleteRun("run-1")
    #expect(try migrated.driver.number("SELECT COUNT(*) FROM figure") == 2 * 389)
    #expect(throws: StoreError.self) {
      try migrated.driver.execute(
        "INSERT INTO figure (run, profile, scenario, region, name, value, n)"
          + " SELECT run, profile, scenario, region, name, value, n FROM figure")
    }
    try expectEqual(migrated, RunFilter())
  }

  /// Makes a store of an earlier version with 390 runs, which it gives back.
  private func earlier(
    _ store: ResultStore, _ kind: StoreKind, _ version: Int
  ) throws -> [RunRecord] {
    let records = (0..<390).map { i in
      RunRecord(
        header: Build.header(runID: "run-\(i)", startedAt: UnixNanos(Int64(i))),
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
      for sql in BlockTests.figuresByName(kind) { try driver.execute(sql) }
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
