import ArgumentParser
import Foundation
import LoadEngine
import Model
import Plan
import ResultStore
import Workload

/// The engine under a fixed number of open streams, against a server that is already there.
///
/// To hold its stamps against the server's own, run the server with a ledger: requests reach it
/// in the order of the CSV's rows.
struct EngineBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine",
    abstract: "CPU per chunk and lag of the load engine at a fixed number of open streams.",
    discussion: """
      Example, server and client each on a core of its own:
        taskset -c 0 streamgate-sim --port 8080 --ttft 200ms --gap 20ms --tokens 100 &
        taskset -c 1 streamgate-bench engine --url http://127.0.0.1:8080 --streams 500
      """)

  @Option(help: "The server, scheme to port.")
  var url = "http://127.0.0.1:8080"

  @Option(help: "Streams open at once; each is followed by the next without a pause.")
  var streams = 100

  @Option(help: "Engine threads, each with its part of the streams.")
  var engines = 1

  @Option(help: "Seconds from the first request to the last.")
  var seconds = 10.0

  @Option(help: "Seconds over which the first requests are spread.")
  var ramp = 1.0

  @Option(help: "Send so many requests a second, evenly, however many streams are open then.")
  var rate: Double?

  @Flag(help: "Open no connection before load: the first request of each stream pays for its own.")
  var cold = false

  @Option(help: "Tokens asked for.")
  var tokens = 100

  @Option(help: "What the flight recorder keeps: timing, full or off.")
  var recorder = "timing"

  @Option(help: "Keep the requests as a run does, in the spool and in this SQLite file.")
  var store: String?

  @Option(help: "Write each request to this file: sent, first and last token in nanoseconds.")
  var csv: String?

  @Option(help: "Write the figures as JSON to this file.")
  var json: String?

  func validate() throws {
    guard (1...EngineJob.enginesMax).contains(engines) else {
      throw ValidationError("--engines \(engines): 1 to \(EngineJob.enginesMax).")
    }
    guard RecorderMode(rawValue: recorder) != nil else {
      throw ValidationError("--recorder \(recorder): timing, full or off.")
    }
  }

  func run() async throws {
    let recorder = try await recorder()
    let queue = recorder?.queue ?? BatchQueue<StreamSample>()
    let cpuBefore = processCPUSeconds()
    let report = try await LoadEngine.run(
      job: job, samples: queue, control: try EngineControl())
    let cpu = processCPUSeconds() - cpuBefore
    let resident = residentMegabytes()
    let kept = await recorder?.stop().samples ?? queue.drain() ?? []
    let samples = kept.sorted { ($0.sent ?? .zero) < ($1.sent ?? .zero) }
    let chunks = samples.map(\.contentEvents).reduce(0, +)
    let check = report.selfCheck
    var table = BenchmarkTable(
      name: "engine, \(streams) streams for \(seconds) s",
      columns: [
        "requests", "complete", "chunks", "cpu_s_per_1M", "cpu_share", "loop_lag_p50_ms",
        "loop_lag_p99_ms", "send_lag_p99_ms", "switches", "resident_mb",
      ])
    table.add(
      url,
      [
        Double(samples.count), Double(samples.count { $0.outcome == .complete }), Double(chunks),
        cpu / Double(max(chunks, 1)) * 1e6, check.cpuShare, check.loopLagP50.milliseconds,
        check.loopLagP99.milliseconds, check.scheduleLagP99.milliseconds,
        Double(check.involuntarySwitches), resident,
      ])
    try BenchmarkTable.publish([table], json: json)
    if let csv { try write(samples, to: csv) }
  }

  /// What keeps the requests, nil where they stay in memory.
  private func recorder() async throws -> RunRecorder? {
    guard let store else { return nil }
    let header = RunHeader(
      runID: "bench-\(getpid())", project: "bench", commit: "bench", branch: "main",
      environment: "bench-00000000", startedAt: UnixNanos(0), timeout: .seconds(120),
      profiles: [ProfileKind.stress.rawValue], scenarios: ["short"], version: "bench")
    return try await RunRecorder.start(
      header, store: .sqlite(path: store), folder: store + ".spool")
  }

  private var load: Load {
    let request = PlannedRequest(scenario: 0, prompt: 0)
    if let rate {
      return .open(
        (0..<Int(rate * seconds)).map {
          Arrival(at: Nanos(seconds: Double($0) / rate), request: request)
        })
    }
    return .closed(
      (0..<streams).map { user in
        UserProgram(
          startAt: Nanos(seconds: ramp * Double(user) / Double(streams)),
          steps: [UserStep(request: request, think: .zero)])
      })
  }

  private var job: EngineJob {
    let profile = ProfileSchedule(
      kind: .stress, duration: Nanos(seconds: seconds), warmup: Nanos(seconds: ramp), load: load)
    let body =
      #"{"model":"model","stream":true,"stream_options":{"include_usage":true},"#
      + #""max_tokens":\#(tokens),"messages":[{"role":"user","content":"Tell a story."}]}"#
    var job = EngineJob(
      targets: [TargetPlan(url: SecretText(url), path: "/v1/chat/completions")],
      schedule: Workload.Schedule(profiles: [profile]), inFlightMax: streams,
      warmConnections: cold ? 0 : streams
    ) { _, _, _ in Array(body.utf8) }
    job.engines = engines
    job.recorder = RecorderMode(rawValue: recorder) ?? .timing
    return job
  }

  private func write(_ samples: [StreamSample], to path: String) throws {
    let rows = samples.compactMap { sample -> String? in
      guard let sent = sample.sent, let first = sample.firstToken, let last = sample.lastToken
      else { return nil }
      let intended = sample.intended
      return "\(sent.rawValue),\((intended + first).rawValue),\((intended + last).rawValue),"
        + "\(sample.contentEvents),\(sample.outcome.name)\n"
    }
    let text = "sent_ns,first_token_ns,last_token_ns,content_events,outcome\n" + rows.joined()
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  /// The most memory that the process ever had resident.
  private func residentMegabytes() -> Double {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line.flatMap { Double($0.filter(\.isNumber)) }.map { $0 / 1_024 } ?? 0
  }
}
