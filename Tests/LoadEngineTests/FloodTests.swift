import LoadEngine
import Model
import Plan
import StreamMeter
import TestKit
import Testing
import Workload

@Suite("Floods")
struct FloodTests {
  private static let body = #"{"stream":true,"messages":[{"role":"user","content":"Hello."}]}"#

  /// Several streams of the fault, and as many whole ones that come later.
  private func run(
    _ fault: String, timeouts: Timeouts, limits: MeterLimits = MeterLimits()
  ) async throws -> (floods: [StreamSample], others: [StreamSample]) {
    let simulator = try RunningProcess(
      RunningProcess.product("streamgate-sim"),
      ["--port", "0", "--ttft", "1ms", "--gap", "1ms", "--tokens", "6", "--fault-after", "2"])
    let url = try #require(try simulator.nextLine().split(separator: " ").last.map(String.init))
    var flood = EngineFixture.target(url, timeouts: timeouts)
    flood.path = "/fault/\(fault)/v1/chat/completions"
    let arrivals = (0..<8).map { index in
      Arrival(
        at: .milliseconds(30) * Int64(index),
        request: PlannedRequest(scenario: index < 4 ? 0 : 1, prompt: 0))
    }
    let profile = ProfileSchedule(
      kind: .sustained, duration: .milliseconds(240), warmup: .zero, load: .open(arrivals))
    var job = EngineJob(
      targets: [flood, EngineFixture.target(url)], schedule: Schedule(profiles: [profile]),
      inFlightMax: 64, warmConnections: 0, lateMax: .seconds(60)
    ) { _, _, _ in Array(FloodTests.body.utf8) }
    job.meterLimits = limits
    let samples = try await EngineFixture.run(job).samples
    return (samples.filter { $0.scenario == 0 }, samples.filter { $0.scenario == 1 })
  }

  @Test(
    "Streams without end keep to their time limits, and let the others be sent and end",
    arguments: ["stream_endless", "comments_endless"])
  func timeLimit(fault: String) async throws {
    // No other limit would end them.
    let limits = MeterLimits(eventsMax: .max, bodyBytesMax: .max)
    let isMute = fault == "comments_endless"
    let short = Nanos.milliseconds(600)
    let timeouts = isMute ? Timeouts(firstToken: short) : Timeouts(total: short)
    let (floods, others) = try await run(fault, timeouts: timeouts, limits: limits)
    let outcome = isMute ? Outcome.timeoutFirstToken : .timeoutTotal
    #expect(floods.map(\.outcome) == Array(repeating: outcome, count: 4))
    #expect(others.map(\.outcome) == Array(repeating: .complete, count: 4))
    #expect(others.allSatisfy { $0.contentEvents == 6 })
  }

  @Test("A stream that is paused in mid-flood loses no byte")
  func noLoss() async throws {
    let limits = MeterLimits(eventsMax: 20_000)
    let (floods, _) = try await run("stream_endless", timeouts: Timeouts(), limits: limits)
    for flood in floods {
      #expect(flood.outcome == .limit)
      // Every event up to the limit was read whole: the first is the role's.
      #expect(flood.contentEvents == 20_000 - 1)
    }
  }
}
