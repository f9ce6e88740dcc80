import Foundation
import Model
import ResultStore
import TestKit
import Testing

@Suite("A run that is watched while it goes on", .waiting)
struct LiveTests {
  @Test("Metrics of a running run keep to the format, only grow, and end in what was measured")
  func metrics() async throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "300ms", "--gap", "5ms", "--tokens", "20", "--seed", "7",
      "--fault", "http_500=5%")
    try product.folder.write(
      TestPlan.sustained(url: simulator.url, rate: 20), to: "streamgate.yaml")
    let run = try product.start([
      "run", "--commit", "a", "--branch", "main", "--out", "out", "--metrics", "0",
    ])
    let said = try run.errors(containing: "/metrics\n")
    let line = try #require(said.split(separator: "\n").first { $0.hasPrefix("metrics: ") })
    let url = String(line.dropFirst("metrics: ".count))

    var last: [String: Double] = [:]
    var scrapes = 0
    while let reply = try? Scrape.get(url) {
      guard let head = reply.range(of: "\r\n\r\n") else { break }
      #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(reply.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
      let text = String(reply[head.upperBound...])
      let problems = MetricsFormat.problems(of: text)
      #expect(problems.isEmpty, "\(problems)")
      let samples = MetricsFormat.samples(of: text)
      let values = Dictionary(
        samples.map { ($0.labels.isEmpty ? $0.name : "\($0.name){\($0.labels)}", $0.value) },
        uniquingKeysWith: { first, _ in first })
      for (key, value) in last where key.contains("_total") || key.contains("_bucket") {
        #expect(values[key] ?? -1 >= value, "\(key) fell from \(value)")
      }
      // Each request is open, ended, or was not sent at all.
      let ended = samples.filter { $0.name == "streamgate_requests_ended_total" }
      let dropped = ended.filter { $0.labels.contains("dropped") }.reduce(0) { $0 + $1.value }
      #expect(
        values["streamgate_requests_sent_total"]
          == ended.reduce(0) { $0 + $1.value } - dropped
          + (values["streamgate_in_flight"] ?? .nan))
      last = values
      scrapes += 1
    }
    let end = try run.waitForEnd()
    #expect([0, 1, 3].contains(end.code), "\(end.errors)")
    #expect(scrapes > 10)

    let file = try RunFile.read(product.folder.file("out/run-1.jsonl.gz").path)
    let samples = try #require(file.samples)
    let successes = Double(samples.count { $0.outcome.isSuccess })
    let seen = try #require(last[#"streamgate_requests_ended_total{outcome="complete"}"#])
    #expect(seen > 0 && seen <= successes)
    #expect(last[#"streamgate_ttft_seconds_bucket{scenario="short",le="0.16"}"#] == 0)
    #expect(last[#"streamgate_ttft_seconds_bucket{scenario="short",le="+Inf"}"#] ?? 0 > 0)
    _ = try simulator.stop()
  }

  @Test("A port that is taken ends a run before it sends anything")
  func portTaken() throws {
    let holder = try RawServer { connection, _ in connection.close() }
    let product = try Product(plan: nil)
    let simulator = try Simulator(in: product.folder, "--ttft", "1ms")
    try product.folder.write(TestPlan.sustained(url: simulator.url), to: "streamgate.yaml")
    let end = try product.run("run", "--metrics", "\(holder.port)")
    #expect(end.code == 69)
    #expect(end.errors.contains("127.0.0.1:\(holder.port): the metrics' port cannot be opened"))
    #expect(try simulator.stop().isEmpty)
    #expect(try product.run("run", "--metrics", "65536").code == 64)
  }

  @Test("A client that cannot keep up is told at once, and the run is client-limited")
  func overload() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(in: product.folder, "--ttft", "5ms", "--tokens", "1")
    // Far below what the simulator answers, so that slots stay free.
    try product.folder.write(
      TestPlan.sustained(url: simulator.url, rate: 1_000), to: "streamgate.yaml")
    // What others leave of one CPU does not send that in time. They are there before the run: a
    // busy machine may take its time to start them.
    let cpu = try LiveTests.usableCPU()
    let spinners = try (0..<8).map { _ in try ClientTests.spinner(on: cpu) }
    let run = try product.start(
      ["run", "--commit", "a", "--branch", "main", "--metrics", "0"],
      under: ["nice", "-n", "19", "taskset", "-c", cpu])
    let warning = "warning: sustained: the client is behind: "
    _ = try run.errors(containing: warning)
    // The line that a log has every ten seconds: as much as half of the load was late.
    let log = try run.errors(containing: " of the run left, ")
    #expect(log.contains("client over its limit: "), "\(log)")
    for spinner in spinners { _ = try spinner.stop(signal: SIGKILL) }
    let end = try run.waitForEnd()
    #expect(end.code == 3, "\(end.errors)")
    #expect(end.output.contains("CANNOT EVALUATE: client-limited: "), "\(end.output)")
    #expect(end.errors.components(separatedBy: warning).count == 2, "\(end.errors)")
    _ = try simulator.stop()
  }

  @Test("A rate that the service leaves no slots for is told at once, and counts against it")
  func noSlots() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "1s", "--gap", "500ms", "--tokens", "3")
    try product.folder.write(
      TestPlan.sustained(url: simulator.url, rate: 50, lines: "limits: { inFlight: 20 }"),
      to: "streamgate.yaml")
    let run = try product.start(["run", "--commit", "a", "--branch", "change"])
    let warning = try run.errors(containing: "see docs/live.md")
    #expect(warning.contains("warning: sustained: no slot for "), "\(warning)")
    #expect(warning.contains(": 20 streams open, as many as limits.inFlight lets be"))
    let end = try run.waitForEnd()
    // On a busy machine the client is late, too.
    #expect([1, 3].contains(end.code), "\(end.output)\(end.errors)")
    #expect(end.output.contains("dropped_cap"), "\(end.output)")
    #expect(end.errors.components(separatedBy: "no slot for ").count == 2, "\(end.errors)")
    _ = try simulator.stop()
  }

  /// A CPU that this process may use.
  static func usableCPU() throws -> String {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    let list = try #require(line?.drop { !$0.isNumber })
    return String(list.prefix { $0.isNumber })
  }
}
