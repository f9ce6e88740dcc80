import Foundation
import Model
import ResultStore
import TestKit
import Testing

@Suite("Looks at one commit", .waiting)
struct LookTests {
  /// Stores quiet runs of main in the plan's environment, with first tokens after `ttft` seconds:
  /// so late that what other tests do to the client is small against it.
  static func storeBaseline(
    _ product: Product, _ runs: ClosedRange<Int> = 1...5, ttft: Double = 1
  ) throws {
    let plan = try JSONReader.parse(Array(try product.run("plan", "--json", "-").output.utf8))
    let environment = try #require(plan["environment"]?.stringValue)
    var names: [String] = []
    for id in runs {
      var header = Build.header(
        runID: "main-\(id)", startedAt: UnixNanos(1_700_000_000_000_000_000 + Int64(id)))
      header.project = "end-to-end"
      header.environment = environment
      var random = SeededGenerator(seed: UInt64(id), label: "looks")
      let samples = (0..<200).map { seq in
        Build.success(
          seq: seq, intended: .milliseconds(Int64(seq) * 100),
          ttft: Nanos(seconds: ttft * (1 + 0.02 * random.nextUnit())), gap: .milliseconds(2),
          tokens: 10)
      }
      let name = "main-\(id).jsonl"
      try RunFile.write(
        RunRecord(header: header, samples: samples), to: product.folder.file(name).path)
      names.append(name)
    }
    let end = try product.run(["runs", "import"] + names)
    #expect(end.code == 0, "\(end.errors)")
  }

  @Test("A slower service is looked at again by itself, blocked, and its verdict repeated")
  func slower() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "1600ms", "--gap", "2ms", "--tokens", "10")
    try product.folder.write(TestPlan.sustained(url: simulator.url), to: "streamgate.yaml")
    try LookTests.storeBaseline(product)
    let arguments = ["run", "--commit", "slow", "--branch", "change"]
    let first = try product.run(arguments + ["--out", "first"])
    #expect(first.code == 1, "\(first.errors)")
    #expect(first.output.contains("FAIL: ttft_p50"))
    #expect(first.output.contains("look 2 of 3"))
    #expect(first.errors.contains("look 1 of at most 3: INCONCLUSIVE"))
    #expect(product.has("first/run-1.jsonl.gz") && product.has("first/run-2.jsonl.gz"))

    let again = try product.run(arguments + ["--out", "again"])
    #expect(again.code == 1)
    #expect(again.output.contains("earlier") || again.output.contains("repeated"))
    #expect(try simulator.stop().count == 400)

    let restarted = try product.run(arguments + ["--restart", " "])
    #expect(restarted.code == 64)
  }

  @Test("A baseline target that does not answer is said before any load")
  func baselineTargetDown() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(in: product.folder)
    try product.folder.write(
      TestPlan.sustained(
        url: simulator.url, lines: "gate: { baselineTarget: \"http://127.0.0.1:1\" }"),
      to: "streamgate.yaml")
    let end = try product.run("run", "--commit", "a", "--branch", "change")
    #expect(end.code == 69, "\(end.errors)")
    #expect(try simulator.stop().isEmpty)
  }

  @Test("A verdict that still learns is no look: the commit is judged once main has its runs")
  func learning() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "1s", "--gap", "2ms", "--tokens", "10")
    try product.folder.write(
      TestPlan.sustained(url: simulator.url, lines: "gate: { maxLooks: 1 }"),
      to: "streamgate.yaml")
    try LookTests.storeBaseline(product, 1...2)
    let arguments = ["run", "--commit", "early", "--branch", "change"]
    let first = try product.run(arguments)
    #expect(first.output.contains("learning: 2 of 5"), "\(first.errors)")
    try LookTests.storeBaseline(product, 3...5)
    let second = try product.run(arguments)
    #expect(second.code == 0, "\(second.errors)")
    #expect(second.output.contains("PASS"))
    #expect(try simulator.stop().count == 400)
  }

  @Test("Two jobs of one commit at one time agree on one verdict")
  func twoJobs() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "1s", "--gap", "2ms", "--tokens", "10")
    try product.folder.write(TestPlan.sustained(url: simulator.url), to: "streamgate.yaml")
    try LookTests.storeBaseline(product)
    let arguments = ["run", "--commit", "twice", "--branch", "change"]
    let (one, other) = (try product.start(arguments), try product.start(arguments))
    for end in [try one.waitForEnd(), try other.waitForEnd()] {
      #expect(end.code == 0, "\(end.errors)")
      #expect(end.output.contains("PASS"))
    }
    let store = try ResultStore.open(
      .sqlite(path: product.folder.file(".streamgate/results.db").path), for: .read)
    let run = try #require(try store.runs(RunFilter(commit: "twice")).first)
    let place = LookPlace(
      project: "end-to-end", environment: run.header.environment, commit: "twice")
    #expect(try store.looks(place).map(\.verdict) == [.pass])
  }
}
