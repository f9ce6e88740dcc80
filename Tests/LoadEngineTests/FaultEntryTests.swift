import LoadEngine
import Model
import Plan
import StreamMeter
import TestKit
import Testing
import Workload

/// The whole table of faults, each entry one scenario of one run: a new row is the whole work.
@Suite("The simulator's table of faults, through the engine")
struct FaultEntryTests {
  /// The simulator's own, which only a plan's paths describe.
  private static let customDialects: Set<String> = ["custom-events", "custom-lines"]
  private static let tokens = 6
  private static let tokensBeforeFault = 2
  private static let retryAfterSeconds = 7
  /// Every dialect finds its conversation in it.
  private static let body =
    #"{"model":"m","stream":true,"max_tokens":900,"prompt":"Hello.","input":"Hello.","#
    + #""inputs":"Hello.","stream_options":{"include_usage":true},"#
    + #""messages":[{"role":"user","content":"Hello."}]}"#

  /// Limits of time that are short only where the row is about one: a busy machine must not make a
  /// slow stream of a quick one.
  private static func timeouts(for outcome: Outcome) -> Timeouts {
    let long = Nanos.seconds(60)
    var timeouts = Timeouts(connect: long, firstToken: long, stall: long, total: long)
    switch outcome {
    case .timeoutFirstToken: timeouts.firstToken = .milliseconds(600)
    case .timeoutStall: timeouts.stall = .milliseconds(500)
    case .timeoutTotal: timeouts.total = .milliseconds(1_500)
    default: break
    }
    return timeouts
  }

  private static func run(_ entries: [FaultEntry]) async throws -> [StreamSample] {
    let simulator = try RunningProcess(
      RunningProcess.product("streamgate-sim"),
      [
        "--port", "0", "--ttft", "1ms", "--gap", "1ms", "--stall", "10m",
        "--tokens", "\(tokens)", "--fault-after", "\(tokensBeforeFault)",
        "--retry-after", "\(retryAfterSeconds)",
      ])
    let line = try simulator.nextLine()
    let url = try #require(line.split(separator: " ").last.map(String.init))
    let targets = entries.map { entry in
      TargetPlan(
        url: SecretText(url), path: entry.path, dialect: entry.dialect,
        timeouts: timeouts(for: entry.outcome),
        // What one row leaves on a connection must not be another's reply.
        connections: .fresh)
    }
    let arrivals = entries.indices.map { index in
      Arrival(
        at: .milliseconds(2) * Int64(index),
        request: PlannedRequest(scenario: index, prompt: 0))
    }
    let profile = ProfileSchedule(
      kind: .sustained, duration: .milliseconds(2) * Int64(entries.count), warmup: .zero,
      load: .open(arrivals))
    var job = EngineJob(
      targets: targets, schedule: Schedule(profiles: [profile]), inFlightMax: entries.count,
      abort: AbortRule(errorShare: 1, over: .seconds(600)), warmConnections: 0,
      lateMax: .seconds(60)
    ) { _, _, _ in Array(body.utf8) }
    // The defaults are for honest streams; floods need not be sat through.
    job.meterLimits = MeterLimits(eventsMax: 20_000, bodyBytesMax: 8 << 20)
    let (_, samples) = try await EngineFixture.run(job)
    #expect(try simulator.stop().code == 0)
    return samples.sorted { $0.scenario < $1.scenario }
  }

  @Test("Every fault has its outcome and its evidence in every dialect")
  func everyEntry() async throws {
    let entries = try FaultEntry.table().filter {
      !FaultEntryTests.customDialects.contains($0.dialect)
    }
    #expect(Set(entries.map(\.dialect)) == Set(Dialect.names))
    let samples = try await FaultEntryTests.run(entries)
    #expect(samples.map(\.scenario) == Array(entries.indices))
    for (entry, sample) in zip(entries, samples) {
      #expect(sample.outcome == entry.outcome, "\(entry.testDescription): \(sample)")
      for problem in FaultEntryTests.problems(of: sample, entry) {
        Issue.record("\(entry.testDescription): \(problem): \(sample)")
      }
    }
  }

  /// What is missing in a sample.
  private static func problems(of sample: StreamSample, _ entry: FaultEntry) -> [String] {
    var problems: [String] = []
    func demand(_ holds: Bool, _ what: String) {
      if !holds { problems.append(what) }
    }
    demand(sample.httpStatus == nil || sample.httpStatus == entry.status, "another status")
    demand((sample.httpStatus == nil) == (sample.headers == nil), "a status without a header")
    guard let evidence = sample.evidence else {
      demand(sample.outcome.isSuccess, "no evidence")
      demand(sample.httpStatus != nil, "no status")
      return problems
    }
    demand(!sample.outcome.isSuccess, "evidence of a success")
    demand(!evidence.detail.isEmpty, "nothing told")
    demand(evidence.offset <= sample.bodyBytes, "an offset beyond the body")
    demand(evidence.excerpt.isEmpty == (sample.bodyBytes == 0), "another excerpt than the body's")
    demand(evidence.excerpt.unicodeScalars.count <= 200, "a long excerpt")
    switch sample.outcome {
    case .broken: demand(evidence.transportCode != nil, "no transport code")
    case .truncated, .errorEvent, .malformed, .empty, .notAStream, .redirect, .auth, .http429,
      .http4xx, .http5xx:
      demand(evidence.transportCode == nil, "a transport code")
      demand(sample.httpStatus != nil, "no status")
    default: break
    }
    return problems
  }
}
