// LoadEngine: sends a schedule to an endpoint and stamps what comes back.
//
// It holds the engines, each one thread that owns every transfer, meter and timer of its part of a
// run, the client's figures on itself, and the test whether an endpoint can be reached at all. It
// decides when to send and when to give up; it parses nothing (StreamMeter does) and judges nothing
// (Gate does).

public import Model
public import Plan
public import Workload

/// The engines: each call runs on threads of its own, never on the cooperative pool.
public enum LoadEngine {
  /// Sends the whole schedule, profile after profile, and returns when the last stream ended.
  ///
  /// Samples go to `samples` in batches, each engine's in the order of their ends; the queue is
  /// closed when this returns or throws. Throws before load if the endpoint cannot be reached or
  /// the system lacks what the job needs; a stream's failure is its sample's outcome and never
  /// thrown.
  public static func run(
    job: EngineJob, samples: BatchQueue<StreamSample>, control: EngineControl
  ) async throws(EngineError) -> EngineReport {
    try await run(RunGovernor(job: job, control: control), samples: samples)
  }

  /// Sends the schedule of a governor's job with all of its engines.
  static func run(
    _ governor: RunGovernor, samples: BatchQueue<StreamSample>
  ) async throws(EngineError) -> EngineReport {
    defer { samples.close() }
    let job = governor.job
    let endpoints = try await onOwnThread(named: "engine") { () throws(EngineError) -> Endpoints in
      let endpoints = try Endpoints(targets: job.allTargets)
      try allowOpenFiles(streams: job.inFlightMax, engines: job.engines)
      return endpoints
    }
    let parts = await withTaskGroup(of: EnginePart?.self) { group in
      for index in 0..<job.engines {
        group.addTask {
          await part(index, of: governor, endpoints: endpoints, samples: samples)
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    if let failure = governor.failure { throw failure }
    return EngineReport(
      EnginePart.merged(parts.compactMap { $0 }), of: governor, samplesRefused: samples.refused)
  }

  /// What one engine brings home; nil if it fails, which ends the others.
  private static func part(
    _ index: Int, of governor: RunGovernor, endpoints: Endpoints,
    samples: BatchQueue<StreamSample>
  ) async -> EnginePart? {
    do throws(EngineError) {
      let name = governor.job.engines == 1 ? "engine" : "engine \(index + 1)"
      return try await onOwnThread(named: name) { () throws(EngineError) -> EnginePart in
        let loop = try EngineLoop(
          governor.share(index), of: governor, endpoints: endpoints, samples: samples)
        return try loop.run()
      }
    } catch {
      governor.fail(error)
      return nil
    }
  }

  /// Logs all of the job's users in, sends one request of a scenario with the first one's session,
  /// and tells when its first reads came.
  public static func sendOne(
    job: EngineJob, request: PlannedRequest, control: EngineControl
  ) async throws(EngineError) -> SingleStream {
    let queue = BatchQueue<StreamSample>()
    var single = job
    single.warmConnections = 0
    single.engines = 1
    single.schedule = Schedule(profiles: [
      ProfileSchedule(
        kind: .sustained, duration: .zero, warmup: .zero,
        load: .open([Arrival(at: .zero, request: request)]))
    ])
    single.recorder = .full
    let report = try await run(job: single, samples: queue, control: control)
    guard let sample = queue.drain()?.first else { throw .stopped }
    let recorded = report.streams.first
    return SingleStream(
      sample: sample, reads: Array(recorded?.reads.prefix(SingleStream.readsMax) ?? []),
      logins: report.logins, body: recorded?.body?.lines ?? [])
  }

  /// Finds out whether every target, and where its users log in, can be reached: resolves,
  /// connects, and agrees on TLS, each within the target's connect time-out. Returns the addresses
  /// that load would go to.
  public static func probe(targets: [TargetPlan]) async throws(EngineError) -> [String] {
    try await onOwnThread(named: "probe") { () throws(EngineError) -> [String] in
      let places = targets + targets.compactMap(\.loginTarget)
      return try Endpoints(targets: places).all.flatMap(\.addresses).map(\.text)
    }
  }
}

/// One request, closely watched.
public struct SingleStream: Sendable, Equatable {
  /// Reads that are kept at most.
  public static let readsMax = 200

  /// What a run would have recorded.
  public var sample: StreamSample
  /// The first reads of the body, at most `readsMax`.
  public var reads: [RecordedRead]
  /// The login before it, empty where nobody logs in.
  public var logins: LoginLog
  /// What the recorder kept of the body, whole lines only.
  public var body: [UInt8]
}
extension RecordedBody {
  /// The kept bytes as whole lines: where the middle is gone, an empty line stands for it.
  fileprivate var lines: [UInt8] {
    guard !lastBytes.isEmpty else { return bytes }
    let head = bytes.lastIndex(of: 0x0A).map { bytes[...$0] } ?? []
    let tail = lastBytes.firstIndex(of: 0x0A).map { lastBytes[$0...] } ?? []
    return Array(head) + Array(tail)
  }
}
