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
      The first questions are the store's and the gate's part in this process, the connection
      included; those that begin with streamgate are the whole time of that program, from its
      start to its end, where it lies beside this one. `cpu_ms` is what either process used of the
      processor, which a busy machine changes little. PostgreSQL is measured where
      STREAMGATE_TEST_POSTGRES names a database.
      """)

  @Option(help: "Runs in the store, nine of ten of main.", transform: atLeastOne)
  var runs = 10_000

  @Option(help: "Requests of the run that all others are made after.", transform: atLeastOne)
  var samples = 1_800

  @Option(
    help: "Measurements of each question; the median and the worst are shown.",
    transform: atLeastOne)
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
      name: "history, \(runs) runs",
      columns: ["goal_ms", "median_ms", "worst_ms", "cpu_ms", "rows"])
    // Whole: the commands run in another folder.
    let kept = keep.map { URL(filePath: $0).standardizedFileURL.path }
    var stores = [("SQLite", StoreLocation.sqlite(path: kept ?? folder + "/results.db"))]
    if let server = postgresLocation() { stores.append(("PostgreSQL", server)) }
    for (name, location) in stores {
      try prepare(location)
      for question in HistoryBenchmark.questions {
        try add(name + ": " + question.name, goal: question.goal, to: &table) {
          let store = try ResultStore.open(location, for: .read)
          return try question.ask(store, runs)
        }
      }
      if let program {
        for arguments in HistoryBenchmark.commands(runs) {
          let label = name + ": streamgate " + arguments.joined(separator: " ")
          try add(
            label, goal: HistoryBenchmark.trendGoal, to: &table, cpuSeconds: childrenCPUSeconds
          ) {
            try run(program, arguments, location)
          }
        }
      }
    }
    try BenchmarkTable.publish([table], json: json)
  }

  /// Measures a question, which says how many rows it came to.
  private func add(
    _ name: String, goal: Double, to table: inout BenchmarkTable,
    cpuSeconds: () -> Double = processCPUSeconds, _ body: () throws -> Int
  ) throws {
    var rows = 0
    var spent: [Double] = []
    let times = try (0..<repeats).map { _ in
      let (start, used) = (wallSeconds(), cpuSeconds())
      rows = try body()
      spent.append((cpuSeconds() - used) * 1e3)
      return (wallSeconds() - start) * 1e3
    }
    table.add(name, [goal, median(times), times.max() ?? 0, median(spent), Double(rows)])
  }

  // MARK: - Questions

  /// Milliseconds that a trend may take.
  private static let trendGoal = 200.0
  /// Milliseconds that the choice of a baseline may take.
  private static let choiceGoal = 100.0

  private struct Question: Sendable {
    var name: String
    var goal = HistoryBenchmark.trendGoal
    var ask: @Sendable (ResultStore, Int) throws -> Int
  }

  private static let project = "bench"
  private static let environment = "bench-00000000"

  /// Nanoseconds since 1970 of the first run's start, and between two starts.
  private static let firstRun: Int64 = 1_700_000_000_000_000_000
  private static let runInterval: Int64 = 3_600_000_000_000

  private static func main(_ limit: Int) -> RunFilter {
    RunFilter(
      project: project, environment: environment, branch: "main", isFinished: true,
      isUsable: true, limit: limit)
  }

  private static let questions = [
    Question(name: "all composites, the last 100 runs") { store, _ in
      try changes(LatencyMetric.allCases, RateMetric.allCases, main(100), store)
    },
    Question(name: "ttft_p50 of every run") { store, runs in
      try changes([.ttftP50], [], main(runs), store)
    },
    Question(name: "choice of a baseline", goal: choiceGoal) { store, _ in try choose(store) },
  ]

  /// Reads trends as the command does, and looks for changes.
  private static func changes(
    _ latencies: [LatencyMetric], _ rates: [RateMetric], _ filter: RunFilter, _ store: ResultStore
  ) throws -> Int {
    let parts = RunParts(
      latencies: latencies, rates: rates, figures: .none, hasObjectives: false,
      hasSelfCheck: false)
    let table = TrendTable(try store.series(filter, parts: parts))
    return table.composites().reduce(0) { sum, trend in
      _ = ChangePoints.find(in: trend, runs: table.runs, environment: environment)
      return sum + trend.points.count
    }
  }

  /// Reads main's newest runs, looks for changes, and chooses, as `run` does.
  private static func choose(_ store: ResultStore) throws -> Int {
    var filter = RunFilter(
      project: project, environment: environment, branch: "main", limit: 400)
    // As `run` asks: a merge queue's runs may be main's by now.
    filter.branchPrefix = "gh-readonly-queue/main/"
    let found = try store.runs(filter, parts: .judged)
    let entries = found.map { HistoryEntry(header: $0.record.header, storedAt: $0.storedAt) }
    var rules = BaselineRules(branch: "main", environment: environment)
    let order = Baseline.series(runs: entries, candidates: [], rules: rules) { _ in .unknown }
    let series = Set(order)
    let changes = MainChanges(
      runs: found.map(\.record).filter { series.contains($0.header.runID) },
      environment: environment)
    rules.apply(changes, in: order, accepted: [])
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
    let all = ["--last", "\(runs)"]
    let day = UnixNanos(firstRun + Int64(runs / 2) * runInterval).iso8601.prefix(10)
    return [
      [], ["--json"], ["--html", "-"], ["--list"],
      ["ttft_p50"] + all, ["ttft_p50", "--csv"] + all, ["ttft_p50", "--json"] + all,
      ["ttft_p50", "--html", "-"] + all,
      ["ttft_p50", "--csv", "--since", String(day)] + all,
      ["sustained/short/ttft_p95", "--json"] + all,
      ["error", "--csv"] + all, ["sustained/error", "--json"] + all,
      ["sustained/short/ttft.p99", "--csv"] + all, ["ttft.p99", "--csv"] + all,
      all, ["--csv"] + all, ["--json"] + all, ["--html", "-"] + all,
      ["--profile", "sustained", "--csv"] + all, ["--profile", "sustained", "--json"] + all,
      ["--profile", "sustained", "--html", "-"] + all,
    ].map { ["trends"] + $0 }
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
        HistoryBenchmark.firstRun + Int64(i) * HistoryBenchmark.runInterval)
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
