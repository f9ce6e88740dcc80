import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("A check compares blocks with the tables")
struct BlockCheckTests {
  private static let damagedCell =
    "INSERT INTO cell (run, profile, scenario, region, metric, log_value, n)"
    + " SELECT key, 'sustained', 'short', '', 'x', 0, 1 FROM run WHERE run_id = 'run-2'"

  /// A store that packs four runs as soon as there are six, with so many runs.
  private func store(_ place: TestStore, runs: Int, loose: Int = 6) throws -> ResultStore {
    let store = try place.open()
    (store.sealer.runs, store.sealer.loose) = (4, loose)
    for i in 0..<runs { try store.importRun(record(i)) }
    return store
  }

  private func record(_ i: Int) -> RunRecord {
    RunRecord(
      header: Build.header(runID: "run-\(i)", startedAt: UnixNanos(Int64(i))),
      rates: [RateCount(profile: "sustained", rate: .error, k: i, n: 9)],
      figures: [
        ReportFigure(
          profile: "sustained", scenario: "short", name: "goodput", value: Double(i), n: 7)
      ])
  }

  private func repair(_ store: ResultStore, _ block: Int64) throws {
    // As the docs say.
    try store.driver.execute("UPDATE run SET block = NULL WHERE block = \(block)")
    try store.driver.execute("DELETE FROM block_value WHERE block = \(block)")
  }

  @Test("Blocks that are what the tables are have no problem", arguments: StoreKind.available)
  func equal(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try store(place, runs: 11)
    #expect(try store.checkBlocks() == BlockCheck(blocks: 2, runs: 8))
    try store.deleteRun("run-1")
    #expect(try place.open(.read).check().blocks == BlockCheck(blocks: 2, runs: 7))
  }

  @Test(
    "A value that is another one in the tables is found, said and mended as the docs say",
    arguments: StoreKind.available,
    [
      (
        "UPDATE figure SET value = 5 WHERE value = 1",
        "run-1", "sustained short goodput is 1.0 of n 7 in the block, 5.0 of n 7 in the tables"
      ),
      (
        "UPDATE rate SET n = 8 WHERE k = 3",
        "run-3", "sustained error is 3.0 of n 9 in the block, 3.0 of n 8 in the tables"
      ),
      (
        "DELETE FROM figure WHERE value = 2",
        "run-2", "sustained short goodput is 2.0 of n 7 in the block, none in the tables"
      ),
      (
        "DELETE FROM block_value WHERE series = (SELECT key FROM series WHERE name = 'error')",
        "run-0", "sustained error is none in the block, 0.0 of n 9 in the tables"
      ),
    ])
  func different(kind: StoreKind, change: (sql: String, run: String, what: String)) throws {
    let place = try TestStore(kind)
    let store = try store(place, runs: 6)
    try store.driver.execute(change.sql)
    let problem = try #require(try store.checkBlocks().problems.first)
    #expect(problem.runID == change.run && !problem.isOfTables)
    #expect(problem.what == change.what)
    try repair(store, problem.block)
    #expect(try store.checkBlocks().blocks == 0)
    try store.importRun(record(6))
    #expect(try store.checkBlocks() == BlockCheck(blocks: 1, runs: 4))
    try BothWays.expectEqual(store, RunFilter())
  }

  @Test("A block whose bytes are damaged is found", arguments: StoreKind.available)
  func damagedBlock(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try store(place, runs: 6)
    try store.driver.execute(
      "UPDATE block_value SET data = " + (kind == .sqlite ? "x'07'" : "'\\x07'"))
    let problem = try #require(try store.checkBlocks().problems.first)
    #expect(problem.runID == nil && !problem.isOfTables)
    #expect(problem.what.contains("no column of a block"))
  }

  @Test("A run that is packed and can be read no more is named", arguments: StoreKind.available)
  func damagedRun(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try store(place, runs: 6)
    try store.driver.execute(BlockCheckTests.damagedCell)
    let problem = try #require(try store.checkBlocks().problems.first)
    #expect(problem.runID == "run-2" && problem.isOfTables)
    try store.deleteRun("run-2")
    #expect(try store.checkBlocks() == BlockCheck(blocks: 1, runs: 3))
  }

  @Test(
    "Runs that cannot be packed are said, with the run that is why", arguments: StoreKind.available)
  func unreadable(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try store(place, runs: 5)
    try store.driver.execute(BlockCheckTests.damagedCell)
    #expect(try store.checkBlocks().loose.isEmpty, "there is no block to be made of them yet")
    try store.importRun(record(5))
    let check = try store.checkBlocks()
    let loose = try #require(check.loose.first)
    #expect(check.blocks == 0 && loose.count == 6 && loose.unreadableRun == "run-2")
    guard case .damaged = loose.failure else {
      Issue.record("\(String(describing: loose.failure))")
      return
    }
    try store.deleteRun("run-2")
    try store.importRun(record(6))
    #expect(try store.checkBlocks() == BlockCheck(blocks: 1, runs: 4))
  }

  @Test(
    "Runs that another client left in no block are told, and not packed by the check",
    arguments: StoreKind.available)
  func left(kind: StoreKind) throws {
    let place = try TestStore(kind)
    // It packs nothing, as one that knows no blocks.
    let store = try store(place, runs: 7, loose: 1_000)
    let reader = try place.open(.read)
    (reader.sealer.runs, reader.sealer.loose) = (4, 6)
    let left = LooseRuns(project: "project", environment: "default-00000000", count: 7)
    for _ in 0..<2 { #expect(try reader.checkBlocks() == BlockCheck(loose: [left])) }
    #expect(try store.driver.number("SELECT COUNT(*) FROM block_value") == 0)
  }

  @Test("What keeps blocks from being written is told in the database's words")
  func refused() throws {
    let place = try TestStore(.sqlite)
    let store = try store(place, runs: 5)
    try store.driver.execute(
      "CREATE TRIGGER no BEFORE INSERT ON block_value"
        + " BEGIN SELECT RAISE(ABORT, 'no right to do so'); END")
    try store.importRun(record(5))
    let loose = try #require(try store.checkBlocks().loose.first)
    let name = place.location.description
    #expect(loose.failure == .failed(store: name, reason: "no right to do so"))
    #expect(loose.count == 6 && loose.unreadableRun == nil)
  }
}
