import Foundation
import Model
import ResultStore
import TestKit
import Testing

@Suite("Conversations, from the plan to the report", .waiting)
struct ConversationTests {
  private static func plan(_ url: String) -> String {
    """
    version: 1
    project: talk
    target: { url: "\(url)" }
    scenarios:
      single: { weight: 1, prompts: ["Define vector embeddings."], maxTokens: 20 }
      talk:
        weight: 1
        system: You are a support assistant.
        prompts: ["My invoice is wrong.", "Why?", "And now?"]
        maxTokens: 20
        turns: 3
        think: 100ms..200ms
    rate: 8
    profiles: [sustained]
    size: quick
    """
  }

  @Test("Real replies are fed back, contexts grow in the report, and every cell has its n")
  func conversations() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "100ms", "--gap", "2ms", "--tokens", "20", "--seed", "3",
      "--fault", "truncate=5%")
    try product.folder.write(ConversationTests.plan(simulator.url), to: "streamgate.yaml")
    let planned = try product.run("plan")
    #expect(planned.output.contains("single: n = 72"))
    #expect(planned.output.contains("talk: n = 216"))
    let end = try product.run("run", "--commit", "a", "--branch", "main", "--out", "out")
    #expect([0, 1, 3].contains(end.code), "\(end.errors)")
    let requests = try simulator.stop()
    let file = try RunFile.read(product.folder.file("out/run-1.jsonl.gz").path)
    let samples = try #require(file.samples)
    #expect(samples.count == 320 && requests.count == 320)
    for turn in 0...2 {
      #expect(samples.count { $0.scenario == 1 && $0.turn == turn && !$0.isWarmup } == 72)
      #expect(requests.count { $0["turn"] == .integer(Int64(turn + 1)) } >= 80)
    }
    #expect(Set(samples.map(\.seq)).count == 320)
    // Whoever follows a whole reply brings it back word for word; a cut one comes as it came.
    let later = requests.filter { ($0["turn"]?.intValue ?? 1) > 1 }
    let whole = requests.filter { $0["outcome"]?.stringValue == "complete" }.count
    #expect(later.count == 160)
    let continued = later.filter { $0["continues"] != .null }.count
    #expect(continued >= 140 && continued < 160 && whole < 320)

    let store = try ResultStore.open(
      .sqlite(path: product.folder.file(".streamgate/results.db").path), for: .read)
    let figures = try store.record(file.header.runID).figures.filter { $0.scenario == "talk" }
    func figure(_ name: String) throws -> Double {
      try #require(figures.first { $0.name == name }?.value)
    }
    let inputs = try (0...2).map { try figure("turn.\($0).tokens.input") }
    #expect(inputs[0] < inputs[1] && inputs[1] < inputs[2])
    #expect(try figure("turn.2.requests") == 72)
    #expect(try figure("turn.0.ttft.p50") > 0.09)
    let summary = try product.text("out/summary.md")
    #expect(summary.contains("Conversations, turn by turn"))
    #expect(summary.contains("| `sustained/talk` | 3 | 72 |"), "\(summary)")
    // Turns are no cells of the gate.
    let cells = try store.record(file.header.runID).latencies.map(\.key.name)
    #expect(Set(cells) == ["sustained/single", "sustained/talk"])
  }
}
