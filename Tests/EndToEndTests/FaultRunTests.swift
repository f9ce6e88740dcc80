import Foundation
import Model
import ResultStore
import TestKit
import Testing

/// Every row of the simulator's table, as a user meets it: one scenario a row, the limits that a
/// plan has by default, the run file's outcomes.
@Suite("The table of faults, through a run", .waiting)
struct FaultRunTests {
  /// A plan takes 100 scenarios.
  private static let rowsMax = 90

  private static let rows = Result {
    try FaultEntry.table().filter { $0.dialect == "openai-chat" }
  }

  private static func scenario(_ row: FaultEntry) -> String {
    let limit =
      switch row.outcome {
      case .timeoutFirstToken: "firstToken: 600ms"
      case .timeoutStall: "stall: 500ms"
      case .timeoutTotal: "total: 1500ms"
      default: ""
      }
    return "  \(row.fault): { path: \(row.path), prompts: [\"Hello.\"], timeouts: { \(limit) } }"
  }

  /// A plan in which each row comes at least twice. Whole streams make up the rest, so that there
  /// is a cell to gate.
  private static func plan(_ rows: [FaultEntry], url: String) -> String {
    """
    version: 1
    project: faults
    target:
      url: \(url)
      connections: fresh
      timeouts: { connect: 60s, firstToken: 60s, stall: 60s, total: 120s }
    scenarios:
      healthy: { weight: 40, prompts: ["Hello."] }
    \(rows.map(scenario).joined(separator: "\n"))
    rate: \((rows.count + 40) / 8)
    profiles: [sustained]
    size: quick
    abort: { error: 100%, over: 10m }
    """
  }

  @Test("Each row's outcome and evidence are in the run file", arguments: [0, 1])
  func run(half: Int) throws {
    let all = try FaultRunTests.rows.get()
    #expect(all.count <= 2 * FaultRunTests.rowsMax)
    let rows = all.indices.filter { $0 % 2 == half }.map { all[$0] }
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "300ms", "--gap", "1ms", "--tokens", "6", "--fault-after", "2",
      "--stall", "10m", "--retry-after", "7")
    try product.folder.write(
      FaultRunTests.plan(rows, url: simulator.url), to: "streamgate.yaml")
    let end = try product.run("run", "--commit", "a", "--branch", "main", "--out", "out")
    #expect([0, 3].contains(end.code), "\(end.errors)")
    let file = try RunFile.read(product.folder.file("out/run-1.jsonl.gz").path)
    let samples = try #require(file.samples)
    let byScenario = Dictionary(grouping: samples) { file.header.scenarios[$0.scenario] }
    for row in rows {
      let own = try #require(byScenario[row.fault])
      for sample in own where sample.outcome != .droppedLate {
        #expect(sample.outcome == row.outcome, "\(row.fault): \(sample)")
        #expect((sample.evidence == nil) == row.outcome.isSuccess, "\(row.fault): \(sample)")
      }
      #expect(own.contains { $0.outcome == row.outcome }, "\(row.fault)")
    }
    let healthy = try #require(byScenario["healthy"]).filter { $0.outcome != .droppedLate }
    for sample in healthy { #expect(sample.outcome == .complete, "\(sample)") }
    if let limited = byScenario["http_429_date"]?.first?.evidence {
      let wait = try #require(limited.retryAfter)
      #expect((.seconds(5)...(.seconds(7))).contains(wait))
      #expect(limited.excerpt.contains("over its limit"))
    }
    _ = try simulator.stop()
  }
}
