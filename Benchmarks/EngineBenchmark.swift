import ArgumentParser
import Foundation
import Model

/// The engine against a floor of its own: both in turns against the same servers, each run in a
/// process of its own, medians over rounds and the ratio of each round.
struct EngineBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine",
    abstract:
      "CPU, error of stamps, lateness and memory of the engine, and of a bare epoll client.",
    discussion: """
      It needs two servers, on another core than its own, as ci/bench starts them:
        streamgate-sim --port 8080 --ttft 200ms --gap 20ms --ledger ledger.jsonl
        streamgate-sim --port 8081 --ttft 0ms --gap 0ms --burst 64 --tokens 1024
      """)

  @Option(help: "The paced server, scheme to port.")
  var url = "http://127.0.0.1:8080"

  @Option(help: "The paced server's ledger.")
  var ledger = "ledger.jsonl"

  @Option(help: "The server that sends as fast as it can.")
  var burstUrl = "http://127.0.0.1:8081"

  @Option(help: "Paced streams open at once; may be given several times.")
  var streams = [100, 500, 1_000, 1_500]

  @Option(help: "Rounds; in each, engine and floor take turns.", transform: atLeastOne)
  var rounds = 3

  @Option(help: "Seconds of a paced run.")
  var seconds = 6.0

  @Option(help: "Seconds of a run without pace.")
  var burstSeconds = 3.0

  @Option(help: "Write the figures as JSON to this file.")
  var json: String?

  /// What is run: by both clients, or at a rate by the engine alone.
  private struct Case {
    var label: String
    var options: [String]
    var clients = ClientBenchmark.Client.allCases
  }

  /// One run's figures by their names.
  private typealias Figures = [String: Double]

  private static let shown = [
    "requests", "complete", "chunks_per_s", "cpu_us_per_chunk", "cpu_share", "ttft_err_p50_ms",
    "ttft_err_p99_ms", "ttft_err_max_ms", "send_lag_p99_ms", "loop_lag_p99_ms", "resident_mb",
    "server_late_p99_ms",
  ]

  func validate() throws {
    try checkServer(url, flag: "--url")
    try checkServer(burstUrl, flag: "--burst-url")
    _ = try ServerLedger.end(of: ledger)
  }

  func run() throws {
    var runs = BenchmarkTable(
      name: "engine and floor, medians of \(rounds) rounds", columns: EngineBenchmark.shown)
    var ratios = BenchmarkTable(
      name: "engine to floor, medians of each round's ratio",
      columns: ["cpu_per_chunk", "chunks_per_cpu_s", "ttft_err_p99"])
    var cpuPerChunk = Double.nan
    for item in paced + [burst] {
      let (engine, floor) = try inTurns(item)
      for (name, figures) in [("engine", engine), ("floor", floor)] {
        runs.add("\(item.label) \(name)", medians(figures))
      }
      let cpu = ratio(engine, floor, "cpu_us_per_chunk")
      ratios.add(item.label, [cpu, 1 / cpu, ratio(engine, floor, "ttft_err_p99_ms")])
      if item.label.hasPrefix("paced"), !(cpuPerChunk > 0) || item.label == "paced 500" {
        cpuPerChunk = median(engine.compactMap { $0["cpu_us_per_chunk"] })
      }
    }
    // A core is half used where a second of load takes half a second of CPU. As many streams as
    // that are open only after a reply's time, in which connections open, too.
    let rate = (0.5 / (cpuPerChunk * 1e-6 * 100)).rounded()
    let filling = 3.0
    let options = [
      "--url", url, "--ledger", ledger, "--tokens", "100", "--rate", "\(rate)", "--seconds",
      "\(seconds + filling)", "--ramp", "\(filling)",
    ]
    let (half, _) = try inTurns(Case(label: "half load", options: options, clients: [.engine]))
    runs.add("open loop \(Int(rate))/s engine", medians(half))
    try BenchmarkTable.publish([runs, ratios], json: json)
  }

  private var pacedOptions: [String] {
    ["--url", url, "--ledger", ledger, "--seconds", "\(seconds)", "--tokens", "100"]
  }

  private var paced: [Case] {
    streams.map { Case(label: "paced \($0)", options: pacedOptions + ["--streams", "\($0)"]) }
  }

  /// 64 content events a read: parsing is most of the work.
  private var burst: Case {
    Case(
      label: "parse-bound",
      options: [
        "--url", burstUrl, "--seconds", "\(burstSeconds)", "--tokens", "1024", "--streams", "64",
        "--ramp", "0.2",
      ])
  }

  /// Every client once a round, each round in the other order.
  private func inTurns(_ item: Case) throws -> (engine: [Figures], floor: [Figures]) {
    var results: [ClientBenchmark.Client: [Figures]] = [:]
    for round in 0..<rounds {
      for client in round % 2 == 0 ? item.clients : item.clients.reversed() {
        results[client, default: []].append(try measure(client, item.options))
      }
    }
    return (results[.engine] ?? [], results[.floor] ?? [])
  }

  /// A run in a process of its own, so that its memory and CPU are its own.
  private func measure(
    _ client: ClientBenchmark.Client, _ options: [String]
  ) throws -> Figures {
    let file = FileManager.default.temporaryDirectory.path + "/bench-client-\(getpid()).json"
    defer { unlink(file) }
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["client", "--client", client.rawValue, "--json", file] + options
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ValidationError("a run failed: \(client.rawValue) \(options.joined(separator: " "))")
    }
    let tables = try JSONReader.parse([UInt8](try Data(contentsOf: URL(filePath: file))))
    guard let row = tables.arrayValue?.first?["rows"]?.arrayValue?.first else {
      throw ValidationError("a run left no figures")
    }
    let named = EngineBenchmark.shown.compactMap { name in
      row[name]?.doubleValue.map { (name, $0) }
    }
    return Dictionary(uniqueKeysWithValues: named)
  }

  private func medians(_ runs: [Figures]) -> [Double] {
    EngineBenchmark.shown.map { name in
      let values = runs.compactMap { $0[name] }
      return values.isEmpty ? .nan : median(values)
    }
  }

  private func ratio(_ engine: [Figures], _ floor: [Figures], _ name: String) -> Double {
    let ratios = zip(engine, floor).compactMap { engine, floor -> Double? in
      guard let a = engine[name], let b = floor[name], b > 0 else { return nil }
      return a / b
    }
    return ratios.isEmpty ? .nan : median(ratios)
  }
}
