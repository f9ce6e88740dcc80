import Foundation
import Model
import ResultStore
import TestKit
import Testing

@Suite("The whole line, from load to exit code", .waiting)
struct RunTests {
  @Test("Counts, outcomes and tokens are the ledger's, in the run file and in the store")
  func ledger() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "300ms", "--gap", "20ms", "--tokens", "100", "--seed", "7",
      "--stall", "30s", "--fault", "truncate=2%", "--fault", "rst=2%", "--fault", "stall=1%",
      "--fault", "http_429=2%", "--fault", "http_500=2%", "--fault", "error_event=2%")
    // 90 a second, each for about 2.2 s: 200 streams of 50 tokens a second at once. Nothing ends
    // early and few streams time out, however little of the CPU a busy machine leaves to them.
    try product.folder.write(
      TestPlan.sustained(
        url: simulator.url, rate: 90, stall: "10s", total: "60s",
        lines: "abort: { error: 100%, over: 5m }"),
      to: "streamgate.yaml")
    let end = try product.run("run", "--commit", "a", "--branch", "main", "--out", "out")
    // What is measured must be right also where a busy machine makes the run client-limited (3).
    #expect([0, 1, 3].contains(end.code), "\(end.errors)")
    let requests = try simulator.stop()
    let file = try RunFile.read(product.folder.file("out/run-1.jsonl.gz").path)
    let samples = try #require(file.samples)
    #expect(samples.count == requests.count && samples.count == 1_800)

    let seen = samples.map { "\($0.outcome.name) \($0.contentEvents)" }.sorted()
    let sent = try requests.map { request in
      let tokens = try #require(request["token_sent_ns"]?.arrayValue).count
      return "\(try request.string("outcome")) \(tokens)"
    }.sorted()
    #expect(seen == sent)
    #expect(Set(samples.map(\.outcome)).count >= 6)

    let store = try ResultStore.open(
      .sqlite(path: product.folder.file(".streamgate/results.db").path), for: .read)
    #expect(try store.samples(file.header.runID) == samples)
    let record = try store.record(file.header.runID)
    #expect(record.header.isFinished && record.header.commit == "a")
    let rates = record.rates.reduce(into: [RateMetric: Int]()) { $0[$1.rate, default: 0] += $1.k }
    let measured = samples.filter { !$0.isWarmup }
    #expect(
      rates[.error]
        == measured.count { $0.outcome.rate(hadFirstToken: $0.firstToken != nil) == .error })
    #expect(!product.has(".streamgate/spool/\(file.header.runID).jsonl"))
  }

  @Test("A service that fails everything is given up early and fails the gate")
  func abort() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(in: product.folder, "--fault", "http_500=100%")
    try product.folder.write(
      TestPlan.sustained(
        url: simulator.url, rate: 20, lines: "abort: { error: 50%, over: 2s }"),
      to: "streamgate.yaml")
    let end = try product.run("run", "--commit", "a", "--branch", "change", "--out", "out")
    #expect(end.code == 1)
    #expect(end.output.contains("FAIL"))
    let result = try JSONReader.parse(product.bytes("out/result.json"))
    #expect(result["verdict"]?["kind"]?.stringValue == "fail")
    #expect(try simulator.stop().count < 400)
  }

  @Test("A tree with changes is kept as uncommitted and never serves as a baseline")
  func uncommitted() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "300ms", "--gap", "1ms", "--tokens", "5")
    try product.folder.write(TestPlan.sustained(url: simulator.url), to: "streamgate.yaml")
    for command in [
      ["init", "--quiet", "-b", "main"], ["add", "streamgate.yaml"],
      ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "one"],
    ] {
      let git = try RunningProcess.run("git", ["-C", product.folder.path] + command)
      #expect(git.code == 0, "\(git.errors)")
    }
    try product.folder.write(
      TestPlan.sustained(url: simulator.url) + "\n# changed\n", to: "streamgate.yaml")
    let end = try product.run("run")
    #expect(end.code == 0, "\(end.errors)")
    #expect(end.errors.contains("uncommitted"))
    let list = try product.run("baseline", "list")
    #expect(list.output.contains("of a dirty tree"))
    #expect(list.output.contains("0 of at most 10 runs"))
  }
}
