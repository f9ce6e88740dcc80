import ArgumentParser
import Foundation
import Gate
import Model
import ResultStore

/// A large run stored and summarized, and a gate over a long history, in each database.
struct StoreBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store",
    abstract: "Seconds to keep and summarize a run; milliseconds of a gate over its history.",
    discussion: "PostgreSQL is measured where STREAMGATE_TEST_POSTGRES names a database.")

  @Option(help: "Requests of the large run.")
  var samples = 200_000

  @Option(help: "Runs of history.")
  var history = 60

  @Option(help: "Gates over the history; the median is shown.")
  var repeats = 21

  @Option(help: "Write the figures as JSON to this file.")
  var json: String?

  func run() async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/bench-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var table = BenchmarkTable(
      name: "store, \(samples) requests, \(history) runs of history",
      columns: [
        "keep_s", "summarize_s", "finish_s", "total_s", "total_cpu_s", "rows_per_s", "read_s",
        "gate_ms", "gate_cpu_ms",
      ])
    var stores = [("SQLite", StoreLocation.sqlite(path: folder + "/results.db"))]
    if let server = ProcessInfo.processInfo.environment["STREAMGATE_TEST_POSTGRES"] {
      stores.append(("PostgreSQL", StoreLocation(server)))
    }
    for (name, location) in stores {
      let figures = try await recorded(location, folder) + gated(location)
      table.add(name, figures)
    }
    try table.publish(json: json)
  }

  /// A run through the recorder, spool file included, as `run` does it.
  private func recorded(_ location: StoreLocation, _ folder: String) async throws -> [Double] {
    let run = MadeRun(id: "bench-\(getpid())", requests: samples)
    let batches = stride(from: 0, to: samples, by: 1_000).map {
      Array(run.samples[$0..<min($0 + 1_000, samples)])
    }
    let start = now()
    let startCPU = cpu()
    let recorder = try await RunRecorder.start(run.header, store: location, folder: folder)
    for batch in batches { recorder.queue.push(batch) }
    let recording = await recorder.stop()
    let kept = now()
    let record = Gate.summarize(samples: recording.samples, header: run.header)
    let summarized = now()
    let end = await recorder.finish(record)
    let finished = now()
    let usedCPU = cpu() - startCPU
    guard end.isStored, recording.samples.count == samples else {
      throw ValidationError("not stored: \(String(describing: end.storeFailure))")
    }
    let store = try ResultStore.open(location, for: .write)
    let opened = now()
    guard try store.samples(run.header.runID) == recording.samples else {
      throw ValidationError("what was read is not what was stored")
    }
    let read = now()
    try store.deleteRun(run.header.runID)
    return [
      kept - start, summarized - kept, finished - summarized, finished - start,
      usedCPU, Double(samples) / (kept - start), read - opened,
    ]
  }

  /// A gate's reading and judging, the connection included.
  private func gated(_ location: StoreLocation) throws -> [Double] {
    let writer = try ResultStore.open(location, for: .write)
    let ids = (0..<history).map { "bench-\(getpid())-\($0)" }
    for (i, id) in ids.enumerated() {
      let run = MadeRun(id: id, requests: 1_800, startedAt: Int64(i))
      var record = Gate.summarize(samples: run.samples, header: run.header)
      record.samples = nil
      try writer.importRun(record)
    }
    defer { for id in ids { try? writer.deleteRun(id) } }
    let candidate = MadeRun(id: "candidate", requests: 1_800, startedAt: Int64(history))
    let record = Gate.summarize(samples: candidate.samples, header: candidate.header)
    let startCPU = cpu()
    let times = try (0..<repeats).map { _ in
      let start = now()
      let store = try ResultStore.open(location, for: .read)
      let header = candidate.header
      let runs = try store.runs(
        RunFilter(
          project: header.project, environment: header.environment, branch: "main",
          limit: history), figures: .named(["tokens.p50", "cached.share"]))
      let verdict = Gate.judge(
        GateInput(
          candidates: [record], baseline: Array(runs.suffix(10)),
          history: [Array(runs.dropLast(10))]))
      let time = (now() - start) * 1e3
      guard runs.count == history, !verdict.composites.isEmpty else {
        throw ValidationError("\(runs.count) runs, \(verdict.reasons)")
      }
      return time
    }
    return [median(times), (cpu() - startCPU) * 1e3 / Double(repeats)]
  }

  /// Wall seconds.
  private func now() -> Double { seconds(CLOCK_MONOTONIC) }

  /// CPU seconds of this process, all threads; the database server's are not in it.
  private func cpu() -> Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

  private func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// A run of three profiles and three scenarios with plausible times.
private struct MadeRun {
  let header: RunHeader
  let samples: [StreamSample]

  init(id: String, requests: Int, startedAt: Int64 = 0) {
    header = RunHeader(
      runID: id, project: "bench", commit: "c-" + id, branch: "main",
      environment: "bench-00000000", startedAt: UnixNanos(1_700_000_000_000_000_000 + startedAt),
      timeout: .seconds(120), profiles: ["ramp-up", "sustained", "stress"],
      scenarios: ["short", "long", "support"], version: "bench")
    var random = SeededGenerator(seed: UInt64(startedAt) + 1, label: id)
    samples = (0..<requests).map { i in
      MadeRun.sample(i, profile: i * 3 / requests, random: &random)
    }
  }

  private static func sample(
    _ i: Int, profile: Int, random: inout SeededGenerator
  ) -> StreamSample {
    var sample = StreamSample(
      profile: profile, scenario: i % 3, stage: i % 10, isWarmup: i % 50 == 0, seq: i,
      intended: .milliseconds(Int64(i)), outcome: .complete)
    let tokens = 50 + random.nextIndex(below: 100)
    let gap = Nanos(Int64(15_000_000 + random.nextIndex(below: 10_000_000)))
    let first = Nanos(Int64(80_000_000 + random.nextIndex(below: 200_000_000)))
    sample.sent = sample.intended + .microseconds(30)
    sample.requestSent = .microseconds(200)
    sample.headers = first - .microseconds(40)
    sample.firstByte = first - .microseconds(20)
    sample.firstChoice = first - .microseconds(10)
    sample.firstToken = first
    sample.firstAnswer = first
    sample.lastToken = first + gap * Int64(tokens - 1)
    sample.done = first + gap * Int64(tokens)
    sample.end = first + gap * Int64(tokens)
    sample.usageOutputTokens = tokens
    sample.usageInputTokens = 40
    sample.contentEvents = tokens
    sample.bodyBytes = tokens * 180
    sample.gapMedian = gap
    sample.gapP99 = gap + gap
    sample.gapMax = gap + gap
    sample.gapMaxAt = sample.intended + first + gap * 5
    sample.connectionReused = i > 100
    sample.httpStatus = 200
    if random.nextIndex(below: 100) == 0 {
      sample.outcome = .truncated
      sample.done = nil
      sample.evidence = Evidence(
        offset: sample.bodyBytes, excerpt: "data: {\"choices\":[]}",
        detail: "the body ended without the end marker")
    }
    return sample
  }
}
