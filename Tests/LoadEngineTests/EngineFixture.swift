import LoadEngine
import Model
import Plan
import TestKit
import Workload

/// Short plans for a loopback server, and the reply that most servers here give.
enum EngineFixture {
  static let head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
  static let marker = "data: [DONE]\n\n"
  static let lastChunk = "0\r\n\r\n"

  static func token(_ text: String = "a") -> String {
    #"data: {"choices":[{"index":0,"delta":{"content":""# + text + #""}}]}"# + "\n\n"
  }

  static func target(
    _ url: String, timeouts: Timeouts = Timeouts(), connections: ConnectionMode = .reuse,
    isEndMarkerRequired: Bool = true
  ) -> TargetPlan {
    TargetPlan(
      url: SecretText(url), path: "/v1/chat/completions", timeouts: timeouts,
      connections: connections, isEndMarkerRequired: isEndMarkerRequired)
  }

  /// `count` arrivals of one scenario, `every` apart.
  static func open(
    _ count: Int, every: Nanos = .zero, warmup: Nanos = .zero, kind: ProfileKind = .sustained
  ) -> ProfileSchedule {
    let arrivals = (0..<count).map { index in
      Arrival(
        at: every * Int64(index), request: PlannedRequest(scenario: 0, prompt: 0),
        stage: index % 2)
    }
    return ProfileSchedule(
      kind: kind, duration: every * Int64(count), warmup: warmup, stageCount: 2,
      load: .open(arrivals))
  }

  /// `users` who send and pause for `think` until `duration` is over.
  static func closed(_ users: Int, duration: Nanos, think: Nanos) -> ProfileSchedule {
    let step = UserStep(request: PlannedRequest(scenario: 0, prompt: 0), think: think)
    return ProfileSchedule(
      kind: .stress, duration: duration, warmup: .zero,
      load: .closed((0..<users).map { _ in UserProgram(startAt: .zero, steps: [step]) }))
  }

  static func job(
    _ target: TargetPlan, _ profiles: [ProfileSchedule], inFlightMax: Int = 64,
    abort: AbortRule = AbortRule(), warmConnections: Int = 0, lateMax: Nanos = .seconds(60),
    drainMax: Nanos = .milliseconds(250)
  ) -> EngineJob {
    EngineJob(
      targets: [target], schedule: Schedule(profiles: profiles), inFlightMax: inFlightMax,
      abort: abort, warmConnections: warmConnections, lateMax: lateMax, drainMax: drainMax
    ) { _, profile, seq in Array(#"{"profile":\#(profile),"seq":\#(seq)}"#.utf8) }
  }

  /// Runs a job; its report, and its samples in the order of their ends.
  static func run(
    _ job: EngineJob, control: EngineControl? = nil
  ) async throws -> (report: EngineReport, samples: [StreamSample]) {
    let queue = BatchQueue<StreamSample>()
    let report = try await LoadEngine.run(
      job: job, samples: queue, control: try control ?? EngineControl())
    return (report, queue.drain() ?? [])
  }

  /// The sample of a single request to a server that gives one reply and then closes.
  static func sample(
    of reply: String, isReset: Bool = false, timeouts: Timeouts = Timeouts(),
    isEndMarkerRequired: Bool = true
  ) async throws -> StreamSample {
    let server = try RawServer { connection, _ in
      defer { if isReset { connection.reset() } else { connection.close() } }
      guard connection.readRequest() != nil else { return }
      connection.send(reply)
      if isReset { connection.settle() }
    }
    let target = target(
      server.url, timeouts: timeouts, isEndMarkerRequired: isEndMarkerRequired)
    let (_, samples) = try await run(job(target, [open(1)]))
    return samples[0]
  }
}

extension AbortRule {
  /// A rule that no run fulfils.
  static let never = AbortRule(errorShare: 2, over: .seconds(600))
}
