import ArgumentParser
import Foundation
import Gate
import LoadEngine
import Model
import Plan
import ResultStore
import Workload

/// The load engine as a run has it: gap series, flight recorder, spool file and store.
struct EngineClient {
  let url: String
  let load: LoadOptions
  let recorder: RecorderMode
  let opensConnections: Bool
  let hasStore: Bool

  func run() async throws -> ClientRun {
    let folder = FileManager.default.temporaryDirectory.path + "/bench-client-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let context = TraceContext(runID: "bench-\(getpid())")
    var job = job
    job.recorder = recorder
    job.traceContext = context
    let header = RunHeader(
      runID: "bench", timeout: .seconds(120), profiles: ["stress"], scenarios: ["story"],
      version: "bench")
    let keeper =
      hasStore
      ? try await RunRecorder.start(
        header, store: .sqlite(path: folder + "/results.db"), folder: folder) : nil
    let queue = keeper?.queue ?? BatchQueue<StreamSample>()
    let control = try EngineControl()
    let (start, cpuStart) = (wallSeconds(), processCPUSeconds())
    let report = try await LoadEngine.run(job: job, samples: queue, control: control)
    // What follows, reading back and summarizing, is no part of the load.
    let (wall, cpu) = (wallSeconds() - start, processCPUSeconds() - cpuStart)
    let resident = residentMegabytes()
    let samples = await keeper?.stop().samples ?? queue.drain() ?? []
    return ClientRun(
      requests: requests(samples, context), complete: samples.count { $0.outcome == .complete },
      chunks: samples.map(\.contentEvents).reduce(0, +), cpu: cpu, wall: wall,
      residentMegabytes: resident,
      sendLagP99: report.selfCheck.scheduleLagP99, loopLagP99: report.selfCheck.loopLagP99)
  }

  private func requests(_ samples: [StreamSample], _ context: TraceContext) -> [ClientRun.Request] {
    samples.compactMap { sample in
      guard let sent = sample.sent, let first = sample.firstToken else { return nil }
      return ClientRun.Request(
        id: context.traceparent(profile: sample.profile, seq: sample.seq), sent: sent,
        firstToken: sample.intended + first - sent)
    }
  }

  private var job: EngineJob {
    let request = PlannedRequest(scenario: 0, prompt: 0)
    let body = Array(load.body.utf8)
    let profile = ProfileSchedule(
      kind: .stress, duration: Nanos(seconds: load.seconds), warmup: Nanos(seconds: load.ramp),
      load: load.rate.map { .open(arrivals(rate: $0, request)) } ?? .closed(users(request)))
    let streams = load.rate.map { Int($0) * 10 } ?? load.streams
    return EngineJob(
      targets: [TargetPlan(url: SecretText(url), path: "/v1/chat/completions")],
      schedule: Workload.Schedule(profiles: [profile]), inFlightMax: streams,
      warmConnections: opensConnections ? (load.rate == nil ? streams : nil) : 0
    ) { _, _, _ in body }
  }

  /// Users who ask again at once, the first requests spread over the ramp.
  private func users(_ request: PlannedRequest) -> [UserProgram] {
    (0..<load.streams).map { user in
      UserProgram(
        startAt: Nanos(seconds: load.ramp * Double(user) / Double(load.streams)),
        steps: [UserStep(request: request, think: .zero)])
    }
  }

  /// Arrivals at random times: exponential gaps.
  private func arrivals(rate: Double, _ request: PlannedRequest) -> [Arrival] {
    var random = SeededGenerator(seed: 1, label: "arrivals")
    var arrivals: [Arrival] = []
    var at = 0.0
    while true {
      at -= log(1 - random.nextUnit()) / rate
      guard at < load.seconds else { return arrivals }
      arrivals.append(Arrival(at: Nanos(seconds: at), request: request))
    }
  }
}
