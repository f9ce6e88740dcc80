import ArgumentParser
import Foundation
import Gate
import Model
import ResultStore

/// Rows a second into each database, a large run stored and summarized, and a gate over a long
/// history.
struct StoreBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store",
    abstract: "Rows a second into each store; seconds to keep a run; milliseconds of a gate.",
    discussion: """
      PostgreSQL is measured where STREAMGATE_TEST_POSTGRES names a database, and there against \
      its own COPY FROM a file of the same rows, which its user must be allowed to read.
      """)

  @Option(help: "Requests of the large run.", transform: atLeastOne)
  var samples = 200_000

  @Option(help: "Rows of one append, each a transaction.")
  var batch = 20_000

  @Option(help: "Measurements of rows a second; the median is shown.", transform: atLeastOne)
  var rounds = 5

  @Option(help: "Runs of history.")
  var history = 60

  @Option(help: "Gates over the history; the median is shown.", transform: atLeastOne)
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
    if let server = postgresLocation() { stores.append(("PostgreSQL", server)) }
    let bulk = try BulkBenchmark(rows: samples, batch: batch, rounds: rounds, folder: folder)
      .table(postgres: stores.last { $0.0 == "PostgreSQL" }?.1)
    for (name, location) in stores {
      let figures = try await recorded(location, folder) + gated(location)
      table.add(name, figures)
    }
    try BenchmarkTable.publish([bulk, table], json: json)
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

  private func now() -> Double { wallSeconds() }
  private func cpu() -> Double { processCPUSeconds() }
}
