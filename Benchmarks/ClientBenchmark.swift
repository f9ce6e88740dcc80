import ArgumentParser
import Foundation
import Model
import Plan

/// One client under a fixed number of open streams or at a rate, against a server that is already
/// there. The engine benchmark runs each of its cases in a process of this.
struct ClientBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "client",
    abstract: "One run of the load engine or of a bare epoll client.",
    discussion: """
      Example, server and client each on a core of its own:
        taskset -c 0 streamgate-sim --port 8080 --ttft 200ms --gap 20ms --ledger ledger.jsonl &
        taskset -c 1 streamgate-bench client --url http://127.0.0.1:8080 --ledger ledger.jsonl

      With the server's ledger, each request's time to first token is held against the server's \
      own: the error is what the client adds.
      """, shouldDisplay: false)

  /// Who sends.
  enum Client: String, ExpressibleByArgument, CaseIterable {
    /// The product's engine, with its store.
    case engine
    /// A bare epoll client.
    case floor
  }

  @Option(help: "Who sends: engine or floor.")
  var client = Client.engine

  @Option(help: "The server, scheme to port.")
  var url = "http://127.0.0.1:8080"

  @OptionGroup var load: LoadOptions

  @Flag(help: "Keep no request in a store, only in memory.")
  var noStore = false

  @Flag(help: "Open no connection before load: the first request of each stream pays for its own.")
  var cold = false

  @Option(help: "What the flight recorder keeps: timing, full or off.")
  var recorder = "timing"

  @Option(help: "The server's ledger, which it still writes.")
  var ledger: String?

  @Option(help: "Write each request to this file: id, when it was sent, nanoseconds to its token.")
  var csv: String?

  @Option(help: "Write the figures as JSON to this file.")
  var json: String?

  static let columns = [
    "requests", "complete", "chunks", "seconds", "chunks_per_s", "cpu_us_per_chunk", "cpu_share",
    "ttft_err_p50_ms", "ttft_err_p99_ms", "ttft_err_max_ms", "send_lag_p99_ms", "loop_lag_p99_ms",
    "resident_mb", "server_late_p99_ms",
  ]

  func validate() throws {
    guard RecorderMode(rawValue: recorder) != nil else {
      throw ValidationError("--recorder \(recorder): timing, full or off.")
    }
    guard client == .engine || load.rate == nil else {
      throw ValidationError("--rate is the engine's alone.")
    }
    try checkServer(url, flag: "--url")
  }

  func run() async throws {
    let before = try ledger.map { try ServerLedger.end(of: $0) }
    let measured: ClientRun
    switch client {
    case .engine:
      measured = try await EngineClient(
        url: url, load: load, recorder: RecorderMode(rawValue: recorder) ?? .timing,
        opensConnections: !cold, hasStore: !noStore
      ).run()
    case .floor: measured = try FloorClient(url: url, load: load).run()
    }
    let truth = try ledger.map { path in
      try ServerLedger.read(path, from: before ?? 0, requests: measured.requests.count)
    }
    var table = BenchmarkTable(
      name: "\(client.rawValue), \(load.name)", columns: ClientBenchmark.columns)
    table.add(url, figures(measured, truth))
    try BenchmarkTable.publish([table], json: json)
    if let csv { try write(measured.requests, to: csv) }
  }

  private func figures(_ run: ClientRun, _ truth: ServerLedger?) -> [Double] {
    let chunks = Double(max(run.chunks, 1))
    let errors = truth.map { truth in
      run.requests.filter { $0.sent.seconds >= load.ramp }.compactMap { request in
        truth.firstToken[request.id].map { (request.firstToken - $0).milliseconds }
      }
    }
    return [
      Double(run.requests.count), Double(run.complete), Double(run.chunks), run.wall,
      Double(run.chunks) / run.wall, run.cpu / chunks * 1e6, run.cpu / run.wall,
      quantile(errors, 0.5), quantile(errors, 0.99), quantile(errors, 1),
      run.sendLagP99?.milliseconds ?? .nan, run.loopLagP99?.milliseconds ?? .nan,
      run.residentMegabytes, quantile(truth?.lateMilliseconds, 0.99),
    ]
  }

  private func write(_ requests: [ClientRun.Request], to path: String) throws {
    let rows = requests.map {
      "\($0.id),\($0.sent.rawValue),\($0.firstToken.rawValue)\n"
    }
    let text = "id,sent_ns,first_token_after_ns\n" + rows.joined()
    try Data(text.utf8).write(to: URL(filePath: path))
  }
}

/// What a client is asked to send.
struct LoadOptions: ParsableArguments {
  @Option(help: "Streams open at once; each is followed by the next without a pause.")
  var streams = 100

  @Option(help: "Requests a second at random times, instead of a number of streams.")
  var rate: Double?

  @Option(help: "Seconds from the first request to the last.")
  var seconds = 10.0

  @Option(help: "Seconds over which the first requests are spread, and which no error counts.")
  var ramp = 1.0

  @Option(help: "Tokens asked for.")
  var tokens = 100

  var name: String {
    rate.map { "\($0) requests a second for \(seconds) s" }
      ?? "\(streams) streams for \(seconds) s"
  }

  /// A chat request's body.
  var body: String {
    #"{"model":"model","stream":true,"stream_options":{"include_usage":true},"#
      + #""max_tokens":\#(tokens),"messages":[{"role":"user","content":"Tell a story."}]}"#
  }
}

/// What a run of a client came to.
struct ClientRun {
  /// A request that had a first token.
  struct Request {
    /// As the server's ledger has it.
    var id: String
    /// From the start of load.
    var sent: Nanos
    /// From `sent`.
    var firstToken: Nanos
  }

  var requests: [Request]
  /// Streams that ended as they should.
  var complete: Int
  /// Events with content.
  var chunks: Int
  /// CPU seconds of the process while load ran.
  var cpu: Double
  /// Seconds from the first request to the end of the last stream.
  var wall: Double
  /// The most memory that the process had resident when load ended.
  var residentMegabytes: Double
  /// 0.99 quantile of what requests were sent late, where they had a time.
  var sendLagP99: Nanos?
  /// The client's own bound on its stamps' error, where it has one.
  var loopLagP99: Nanos?
}
