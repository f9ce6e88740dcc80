import ArgumentParser
import Foundation
import Gate
import Model
import ResultStore

/// What a question to a store of many runs takes: a trend, and the choice of a baseline.
struct HistoryBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Milliseconds of a trend and of a baseline's choice over 10,000 stored runs.",
    discussion: """
      `reading` is the store's and the gate's part in this process, the connection included;
      `command` is the whole time of streamgate, from its start to its end, where it lies beside
      this program. PostgreSQL is measured where STREAMGATE_TEST_POSTGRES names a database.
      """)

  @Option(help: "Runs in the store, nine of ten of main.")
  var runs = 10_000

  @Option(help: "Requests of the run that all others are made after.")
  var samples = 1_800

  @Option(help: "Measurements of each question; the median and the worst are shown.")
  var repeats = 9

  @Option(help: "Keep the SQLite file here, and use it again if it is there.")
  var keep: String?

  @Option(help: "The program whose commands are measured; by default that beside this one.")
  var streamgate: String?

  @Option(help: "Write the figures as JSON to this file.")
  var json: String?

  func run() async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/bench-history-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var table = BenchmarkTable(
      name: "history, \(runs) runs", columns: ["median_ms", "worst_ms", "rows"])
    var stores = [("SQLite", StoreLocation.sqlite(path: keep ?? folder + "/results.db"))]
    if let server = ProcessInfo.processInfo.environment["STREAMGATE_TEST_POSTGRES"] {
      stores.append(("PostgreSQL", StoreLocation(server)))
    }
    for (name, location) in stores {
      try prepare(location)
      for question in HistoryBenchmark.questions {
        try add(name + ": " + question.name, to: &table) {
          let store = try ResultStore.open(location, for: .read)
          return try question.ask(store, runs)
        }
      }
      if let program {
        for arguments in HistoryBenchmark.commands(runs) {
          try add(name + ": streamgate " + arguments.joined(separator: " "), to: &table) {
            try run(program, arguments, location)
          }
        }
      }
    }
    try BenchmarkTable.publish([table], json: json)
  }

  /// Measures a question, which says how many rows it came to.
  private func add(
    _ name: String, to table: inout BenchmarkTable, _ body: () throws -> Int
  ) throws {
    var rows = 0
    let times = try (0..<repeats).map { _ in
      let start = wallSeconds()
      rows = try body()
      return (wallSeconds() - start) * 1e3
    }
    table.add(name, [median(times), times.max() ?? 0, Double(rows)])
  }

  // MARK: - Questions

  private struct Question: Sendable {
    var name: String
    var ask: @Sendable (ResultStore, Int) throws -> Int
  }

  private static let project = "bench"
  private static let environment = "bench-00000000"

  private static func main(_ limit: Int) -> RunFilter {
    RunFilter(
      project: project, environment: environment, branch: "main", isFinished: true,
      isUsable: true, limit: limit)
  }

  private static let questions = [
    Question(name: "all composites, the last 100 runs") { store, _ in
      let found = try store.runs(main(100), parts: .judged)
      return MainChanges(runs: found.map(\.record), environment: environment).points.count
    },
    Question(name: "ttft_p50 of every run") { store, runs in
      let parts = RunParts(
        latencies: [.ttftP50], rates: [], figures: .none, hasObjectives: false,
        hasSelfCheck: false)
      let table = TrendTable(try store.runs(main(runs), parts: parts).map(\.record))
      guard let trend = table.composite(.latency(.ttftP50)) else { return 0 }
      _ = ChangePoints.find(in: trend, runs: table.runs, environment: environment)
      return trend.points.count
    },
    Question(name: "choice of a baseline") { store, _ in try choose(store) },
  ]

  /// Reads main's newest runs, looks for changes, and chooses, as `run` does.
  private static func choose(_ store: ResultStore) throws -> Int {
    let filter = RunFilter(
      project: project, environment: environment, branch: "main", limit: 400)
    let found = try store.runs(filter, parts: .judged)
    let entries = found.map { HistoryEntry(header: $0.record.header, storedAt: $0.storedAt) }
    var rules = BaselineRules(branch: "main", environment: environment)
    let series = Set(
      Baseline.series(runs: entries, candidates: [], rules: rules) { _ in .unknown })
    let changes = MainChanges(
      runs: found.map(\.record).filter { series.contains($0.header.runID) },
      environment: environment)
    rules.segmentStarts = changes.segmentStarts
    rules.proposedRegression = changes.proposed?.runID
    let selection = Baseline.choose(runs: entries, candidates: [], rules: rules) { _ in .unknown }
    return selection.needed.count
  }

  // MARK: - Commands

  /// streamgate, nil where it is not.
  private var program: URL? {
    let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "streamgate")
    let url = streamgate.map { URL(filePath: $0) } ?? beside
    return FileManager.default.isExecutableFile(atPath: url.path) ? url : nil
  }

  private static func commands(_ runs: Int) -> [[String]] {
    [
      ["trends"], ["trends", "ttft_p50", "--last", "\(runs)", "--csv"],
      ["trends", "sustained/short/ttft_p95", "--last", "\(runs)", "--json"],
      ["trends", "sustained/error", "--last", "\(runs)", "--csv"],
      ["trends", "sustained/short/ttft.p99", "--last", "\(runs)", "--csv"],
    ]
  }

  private func run(_ program: URL, _ arguments: [String], _ location: StoreLocation) throws -> Int {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    var environment = ProcessInfo.processInfo.environment
    switch location {
    case .sqlite(let path): environment["STREAMGATE_STORE"] = path
    case .postgres(let connection): environment["STREAMGATE_STORE"] = connection
    }
    process.environment = environment
    process.currentDirectoryURL = FileManager.default.temporaryDirectory
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ValidationError("streamgate \(arguments) ended with \(process.terminationStatus)")
    }
    return bytes.count { $0 == 0x0A }
  }

  // MARK: - The runs

  private func prepare(_ location: StoreLocation) throws {
    let store = try ResultStore.open(location, for: .write)
    let all = RunFilter(project: HistoryBenchmark.project)
    let there = try store.runs(all, parts: .outline).count
    if there == runs { return }
    guard there == 0 else { throw ValidationError("\(location) holds \(there) runs") }
    let made = MadeRun(id: "template", requests: samples)
    var record = Gate.summarize(samples: made.samples, header: made.header)
    record.samples = nil
    let levels = record.latencies
    var random = SeededGenerator(seed: 7, label: "history")
    for i in 0..<runs {
      record.header.runID = HistoryBenchmark.id(random.next(), random.next())
      record.header.commit = String(SHA256.hexDigest("commit \(i)").prefix(40))
      record.header.branch = i % 10 == 9 ? "change/\(i)" : "main"
      record.header.startedAt = UnixNanos(
        1_700_000_000_000_000_000 + Int64(i) * 3_600_000_000_000)
      // Runs differ by 2 %, and main gets slower and faster again now and then.
      let luck = (random.nextUnit() + random.nextUnit() - 1) * 0.05 + (i / 700 % 2 == 0 ? 0 : 0.1)
      for cell in levels.indices {
        record.latencies[cell].logValue =
          levels[cell].logValue + luck + (random.nextUnit() - 0.5) * 0.02
      }
      try store.importRun(record)
      if i % 1_000 == 999 { FileHandle.standardError.write(Data("\(i + 1) runs\n".utf8)) }
    }
  }

  private static func id(_ a: UInt64, _ b: UInt64) -> String {
    let numbers = [a, b]
    let bytes = (0..<16).map {
      UInt8(truncatingIfNeeded: numbers[$0 / 8] >> (8 * UInt64($0 % 8)))
    }
    let digits = SHA256.hex(bytes)
    return [8, 4, 4, 4, 12].reduce((rest: Substring(digits), parts: [Substring]())) {
      ($0.rest.dropFirst($1), $0.parts + [$0.rest.prefix($1)])
    }.parts.joined(separator: "-")
  }
}
