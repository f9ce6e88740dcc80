import Foundation
import LoadEngine
import Model
import Plan
import TestKit
import Testing

@Suite("The engine against the simulator's ledger")
struct SimulatorLedgerTests {
  @Test("Every request has the outcome and the tokens that the ledger says")
  func ledger() async throws {
    let folder = try TemporaryFolder()
    let ledger = folder.file("ledger.jsonl")
    let simulator = try RunningProcess(
      RunningProcess.product("streamgate-sim"),
      [
        "--port", "0", "--ttft", "10ms", "--gap", "2ms", "--tokens", "30", "--tokens-sigma", "0.4",
        "--fault", "truncate=5%", "--fault", "no_marker=5%", "--fault", "rst=5%",
        "--fault", "error_event=5%", "--fault", "http_429=5%", "--fault", "http_500=5%",
        "--ledger", ledger.path(percentEncoded: false),
      ])
    let line = try simulator.nextLine()
    let url = try #require(line.split(separator: " ").last.map(String.init))
    var job = EngineFixture.job(
      EngineFixture.target(url),
      [
        EngineFixture.open(200, every: .milliseconds(2)),
        EngineFixture.closed(40, duration: .milliseconds(500), think: .milliseconds(5)),
      ],
      inFlightMax: 500, warmConnections: 20)
    let body = #"{"stream":true,"messages":[{"role":"user","content":"Tell a story."}]}"#
    job.body = { _, _, _ in Array(body.utf8) }
    let (report, samples) = try await EngineFixture.run(job)
    #expect(try simulator.stop().code == 0)

    var seen: [String: Int] = [:]
    for sample in samples {
      seen["\(sample.outcome.name) \(sample.contentEvents)", default: 0] += 1
    }
    var told: [String: Int] = [:]
    for line in try String(contentsOf: ledger, encoding: .utf8).split(separator: "\n") {
      let record = try JSONReader.parse(Array(line.utf8))
      guard record["chat"]?.intValue != nil, let outcome = record["outcome"]?.stringValue,
        case .array(let tokens)? = record["token_sent_ns"]
      else { continue }
      told["\(outcome) \(tokens.count)", default: 0] += 1
    }
    #expect(seen == told)
    #expect(Set(samples.map(\.outcome)).count > 5)
    #expect(report.profiles.map(\.sent).reduce(0, +) == samples.count)
    #expect(report.selfCheck.connectionsDiedOnReuse == 0)
  }
}
