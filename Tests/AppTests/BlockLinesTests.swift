import Testing

@testable import App
@testable import ResultStore

@Suite("What a check says of blocks")
struct BlockLinesTests {
  @Test("A block that differs comes with the statements of its database")
  func statements() {
    let problem = BlockProblem(block: 7, runID: "a\nb", what: "c", isOfTables: false)
    let check = BlockCheck(blocks: 1, runs: 4, problems: [problem])
    let inFile = """
      problem     block 7: of run a b c
        try in the database:
        UPDATE run SET block = NULL WHERE block = 7; DELETE FROM block_value WHERE block = 7;
        then: streamgate store migrate
      """
    #expect(BlockLines(check, of: .sqlite(path: "results.db")).lines == [inFile])
    let onServer = inFile.replacing("UPDATE run", with: "UPDATE streamgate.run")
      .replacing("FROM block_value", with: "FROM streamgate.block_value")
    #expect(BlockLines(check, of: .postgres(connection: "postgres:///gate")).lines == [onServer])
    #expect(check.codes == [.input])
  }

  @Test("Runs in no block are a note, or a problem with its reason")
  func loose() {
    func end(_ failure: StoreError?, _ run: String? = nil) -> (lines: [String], codes: [ExitCode]) {
      let runs = LooseRuns(
        project: "p", environment: "e", count: 400, failure: failure, unreadableRun: run)
      let check = BlockCheck(loose: [runs])
      return (BlockLines(check, of: .sqlite(path: "results.db")).lines, check.codes)
    }
    let start = "400 runs of p, e in no block, which is slow to read: "
    let note = end(nil)
    #expect(note.codes.isEmpty)
    #expect(
      note.lines == [
        "note        " + start
          + "the next run that is stored packs them, and streamgate store migrate"
      ])
    let damaged = end(.damaged(store: "results.db", reason: "column 4 is x"), "r")
    #expect(damaged.codes == [.input])
    #expect(
      damaged.lines == [
        "problem     " + start + "the values of run r cannot be read: column 4 is x"
          + "\n  try: streamgate runs delete r"
      ])
    let refused = end(.notWritable(store: "results.db", reason: "permission denied"))
    #expect(refused.codes == [.notStored])
    #expect(
      refused.lines.first?.hasSuffix("the store cannot be written: permission denied") == true)
    #expect(end(.busy(store: "results.db", reason: "locked")).codes.isEmpty)
  }
}
