import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("Values of many runs are packed into blocks")
struct BlockTests {
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

  /// The blocks of the runs that are in one, as they were stored: 1 for the earliest block.
  private func packed(_ store: ResultStore) throws -> [Int] {
    let blocks = try numbers(store, "SELECT block FROM run WHERE block IS NOT NULL ORDER BY key")
    let order = Set(blocks).sorted()
    return blocks.compactMap { order.firstIndex(of: $0).map { $0 + 1 } }
  }

  private func numbers(_ store: ResultStore, _ sql: String) throws -> [Int64] {
    var numbers: [Int64] = []
    try store.driver.query(sql, []) { row throws(StoreError) in
      numbers.append(try row.integer(0))
    }
    return numbers
  }

  /// The blocks that have values.
  private func blocks(_ store: ResultStore) throws -> [Int64] {
    try numbers(store, "SELECT DISTINCT block FROM block_value ORDER BY block")
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
      try BothWays.expectEqual(store, filter)
    }
    let before = try blocks(store)
    // One of the first block; all of the last one, whose keys the next runs take.
    for i in [2] + Array(8..<15) { try store.deleteRun("run-\(i)") }
    #expect(try packed(store) == [1, 1, 1, 2, 2, 2, 2])
    #expect(try blocks(store) == Array(before.prefix(2)))
    try BothWays.expectEqual(store, RunFilter())
    for i in 20..<27 {
      try store.importRun(record(i, &random))
      try BothWays.expectEqual(store, RunFilter())
    }
    #expect(try packed(store).last == 3)
    // Not its number: who has read which runs it had would take the values for theirs.
    let last = try #require(try blocks(store).last)
    #expect(before.count == 3 && !before.contains(last))
  }

  @Test(
    "What is left of a block whose runs another client removed goes with the next block",
    arguments: StoreKind.available)
  func orphans(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try open(place)
    var random = RandomRun(seed: 3)
    for i in 0..<14 { try store.importRun(record(i, &random)) }
    #expect(try packed(store) == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3])
    let before = try blocks(store)
    // As a client does that knows no blocks: those of a block that is not the last.
    for i in 4..<8 {
      try store.driver.execute("DELETE FROM run WHERE run_id = $1", [.text("run-\(i)")])
    }
    #expect(try blocks(store) == before)
    for i in 20..<24 { try store.importRun(record(i, &random)) }
    let after = try blocks(store)
    #expect(after.count == 3 && Array(after.prefix(2)) == [before[0], before[2]])
    try BothWays.expectEqual(store, RunFilter())
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
    let isPacked = "SELECT COUNT(*) FROM run WHERE block IS NOT NULL AND run_id = $1"
    for id in ids { #expect(try store.driver.number(isPacked, [.text(id)]) == 1) }
    #expect(try packed(store) == [1, 1, 1, 1])
    try BothWays.expectEqual(store, RunFilter())
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
}

/// What a series says, run by run, of what a store reads from `cell`, `rate` and `figure` and of
/// what it reads from blocks.
enum BothWays {
  private static let parts = [
    RunParts(latencies: [.ttftP50, .tpotP50], rates: [], figures: .none),
    RunParts(latencies: [], rates: [.error], figures: .named(["ttft.p95", "'", "ttft_p50"])),
    RunParts(figures: .named(["ttft.p95"])),
    RunParts(),
    RunParts.outline,
  ]

  static func expectEqual(_ store: ResultStore, _ filter: RunFilter) throws {
    for parts in parts {
      let records = try store.runs(filter, parts: parts).map(\.record)
      #expect(lines(try store.series(filter, parts: parts)) == lines(RunSeries(records)))
    }
  }

  private static func lines(_ series: RunSeries) -> [String] {
    var lines = series.runs.map(\.runID)
    for (id, column) in zip(series.ids, series.columns) {
      #expect(column.values.contains { !$0.isNaN }, "a column of nothing: \(id)")
      for (run, value) in column.values.enumerated() where !value.isNaN {
        lines.append("\(id) \(run) \(value) \(column.counts[run])")
      }
    }
    return lines.sorted()
  }
}
