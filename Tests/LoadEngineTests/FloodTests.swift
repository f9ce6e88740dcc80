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

  /// One stream of the fault, which so never waits for the simulator to serve another, and four
  /// whole ones that come later.
  private func run(
    _ fault: String, timeouts: Timeouts, limits: MeterLimits = MeterLimits()
  ) async throws -> (flood: StreamSample, others: [StreamSample]) {
    let simulator = try RunningProcess(
      RunningProcess.product("streamgate-sim"),
      ["--port", "0", "--ttft", "1ms", "--gap", "1ms", "--tokens", "6", "--fault-after", "2"])
    let url = try #require(try simulator.nextLine().split(separator: " ").last.map(String.init))
    var flood = EngineFixture.target(url, timeouts: timeouts)
    flood.path = "/fault/\(fault)/v1/chat/completions"
    let arrivals = (0..<5).map { index in
      Arrival(
        at: .milliseconds(30) * Int64(index),
        request: PlannedRequest(scenario: min(index, 1), prompt: 0))
    }
    let profile = ProfileSchedule(
      kind: .sustained, duration: .milliseconds(240), warmup: .zero, load: .open(arrivals))
    var job = EngineJob(
      targets: [flood, EngineFixture.target(url)], schedule: Schedule(profiles: [profile]),
      inFlightMax: 64, warmConnections: 0, lateMax: .seconds(60)
    ) { _, _, _ in Array(FloodTests.body.utf8) }
    job.meterLimits = limits
    let samples = try await EngineFixture.run(job).samples
    let first = try #require(samples.first { $0.scenario == 0 })
    return (first, samples.filter { $0.scenario == 1 })
  }

  @Test(
    "A stream without end keeps to its time limits, and lets the others be sent and end",
    arguments: ["stream_endless", "comments_endless"])
  func timeLimit(fault: String) async throws {
    // No other limit would end them.
    let limits = MeterLimits(eventsMax: .max, bodyBytesMax: .max)
    let isMute = fault == "comments_endless"
    let short = Nanos.milliseconds(600)
    let timeouts = isMute ? Timeouts(firstToken: short) : Timeouts(total: short)
    let (flood, others) = try await run(fault, timeouts: timeouts, limits: limits)
    let outcome = isMute ? Outcome.timeoutFirstToken : .timeoutTotal
    #expect(flood.outcome == outcome)
    #expect(others.map(\.outcome) == Array(repeating: .complete, count: 4))
    #expect(others.allSatisfy { $0.contentEvents == 6 })
  }

  @Test("No stamp covers more of a flood than a stream's share of a turn")
  func share() async throws {
    let simulator = try RunningProcess(
      RunningProcess.product("streamgate-sim"),
      ["--port", "0", "--ttft", "1ms", "--gap", "1ms", "--tokens", "6", "--fault-after", "2"])
    let url = try #require(try simulator.nextLine().split(separator: " ").last.map(String.init))
    var target = EngineFixture.target(url)
    target.path = "/fault/comments_endless/v1/chat/completions"
    target.timeouts.firstToken = .milliseconds(600)
    var job = EngineFixture.job(target, [EngineFixture.open(1)])
    job.body = { _, _, _ in Array(FloodTests.body.utf8) }
    let reads = try await LoadEngine.sendOne(
      job: job, request: PlannedRequest(scenario: 0, prompt: 0), control: try EngineControl()
    ).reads
    #expect(reads.count > 1)
    let bytes = Dictionary(grouping: reads, by: \.at).mapValues { $0.map(\.bytes).reduce(0, +) }
    // The share, and the one read that was under way when it was used up.
    #expect(try #require(bytes.values.max()) < (256 + 16) << 10)
  }

  @Test("A stream that is paused in mid-flood loses no byte")
  func noLoss() async throws {
    let limits = MeterLimits(eventsMax: 20_000)
    let (flood, _) = try await run("stream_endless", timeouts: Timeouts(), limits: limits)
    #expect(flood.outcome == .limit)
    // Every event up to the limit was read whole: the first is the role's.
    #expect(flood.contentEvents == 20_000 - 1)
  }
}
