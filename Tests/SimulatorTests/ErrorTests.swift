import TestKit
import Testing

@Suite("The simulator's errors", .waiting)
struct ErrorTests {
  @Test(
    "Each begins as streamgate's own do",
    arguments: [
      ["--ttft", "soon"], ["--fault", "no_such_fault=1%"], ["--unknown"],
      ["--host", "nowhere"], ["ledger", "/nowhere/ledger.jsonl"],
    ])
  func prefix(arguments: [String]) throws {
    let end = try RunningProcess.run(Simulator.executable, arguments)
    #expect(end.code != 0)
    #expect(end.errors.hasPrefix("error: "), "\(end.errors)")
  }
}
