import Foundation
import Model
import ResultStore
import TestKit
import Testing

@Suite("What people accept, and what main is to blame for", .waiting)
struct AcceptTests {
  /// A store with runs of main, the first twelve with first tokens after 100 ms and the others
  /// after `later`, and two runs of a change after `changed` seconds; in a folder of git's.
  private static func product(
    mains: Int = 12, later: Double = 0.1, changed: Double = 0.115,
    failing: Set<Int> = []
  ) throws -> Product {
    let product = try Product(plan: TestPlan.sustained(url: "http://127.0.0.1:9"))
    for command in [["init", "-q"], ["config", "user.name", "Jane Doe"]] {
      let end = try RunningProcess.run("git", ["-C", product.folder.path] + command)
      #expect(end.code == 0, "\(end.errors)")
    }
    let plan = try JSONReader.parse(Array(try product.run("plan", "--json", "-").output.utf8))
    let environment = try #require(plan["environment"]?.stringValue)
    var names: [String] = []
    func add(_ id: Int, branch: String, commit: String, ttft: Double) throws {
      var random = SeededGenerator(seed: UInt64(id), label: "accept")
      let drift = 1 + 0.01 * (random.nextUnit() - 0.5)
      var header = Build.header(
        runID: "run-\(id)",
        startedAt: UnixNanos(1_700_000_000_000_000_000 + Int64(id) * 60_000_000_000))
      (header.project, header.environment) = ("end-to-end", environment)
      (header.branch, header.commit) = (branch, commit)
      if failing.contains(id) { header.verdict = .fail }
      let samples = (0..<400).map { seq in
        Build.success(
          seq: seq, intended: .milliseconds(Int64(seq) * 50),
          ttft: Nanos(seconds: ttft * drift * (0.8 + 0.4 * random.nextUnit())), tokens: 50)
      }
      let name = header.runID + ".jsonl.gz"
      try RunFile.write(
        RunRecord(header: header, samples: samples), to: product.folder.file(name).path)
      names.append(name)
    }
    for id in 100..<100 + mains {
      try add(id, branch: "main", commit: "main\(id)", ttft: id < 112 ? 0.1 : later)
    }
    for id in 200..<202 {
      try add(id, branch: "change", commit: "changed", ttft: changed)
    }
    let end = try product.run(["runs", "import"] + names)
    #expect(end.code == 0, "\(end.errors)")
    return product
  }

  private static func file(_ product: Product) throws -> BaselineFile {
    try BaselineFile.read(try path(product))
  }

  private static func path(_ product: Product) throws -> String {
    let folder = product.folder.file("baselines/end-to-end").path
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    return folder + "/" + (try #require(names.first))
  }

  private static func accept(_ product: Product, _ options: String...) throws {
    let end = try product.run(["baseline", "accept"] + options)
    #expect(end.code == 0, "\(end.errors)")
    #expect(end.output.contains("accepted: "))
  }

  @Test("A waived regression passes and is in every report with its reason and end, until revoked")
  func waiver() throws {
    let product = try AcceptTests.product()
    #expect(try product.run("compare", "main", "change").code == 1)
    for metric in ["ttft_p50", "ttft_p95"] {
      try AcceptTests.accept(
        product, "--metric", metric, "--reason", "bigger <model>", "--expires", "2099-12-31")
    }
    let end = try product.run("compare", "main", "change", "--out", "out")
    #expect(end.code == 0, "\(end.output)")
    let notice = "by Jane Doe until 2100-01-01T00:00:00Z: ttft_p50"
    #expect(end.output.replacing("\n    ", with: " ").contains(notice))
    #expect(try product.text("out/junit.xml").contains(notice))
    #expect(try product.text("out/junit.xml").contains("waived until 2100-01-01T00:00:00Z"))
    #expect(try product.text("out/summary.md").contains("Jane Doe until 2100"))
    let result = try JSONReader.parse(try product.bytes("out/result.json"))
    let waivers = try #require(result["input"]?["waivers"]?.arrayValue)
    #expect(waivers.map { $0["reason"]?.stringValue } == ["bigger <model>", "bigger <model>"])
    #expect(waivers.first?["accepted_by"]?.stringValue == "Jane Doe")

    // The file alone says the same: another checkout has no store.
    let file = try AcceptTests.file(product)
    #expect(
      file.waivers.map(\.metric).sorted { ($0 ?? "") < ($1 ?? "") } == ["ttft_p50", "ttft_p95"])
    let name = try #require(file.waivers.first { $0.metric == "ttft_p50" }?.id)
    let unknown = try product.run("baseline", "revoke", "w-nothing")
    #expect(unknown.code == 64 && unknown.errors.contains(name))
    let older = product.folder.file("older.json").path
    try FileManager.default.copyItem(atPath: try AcceptTests.path(product), toPath: older)
    #expect(try product.run("baseline", "revoke", name).code == 0)
    // The file of a branch that does not know of it yet brings nothing back.
    #expect(try product.run("baseline", "import", older).code == 0)
    let revoked = try product.run("compare", "main", "change")
    #expect(revoked.code == 1)
    #expect(revoked.output.contains("No longer accepted since"))
    #expect(try product.run("baseline", "list").output.contains("over since"))
    #expect(try product.run("baseline", "revoke", name, "--forget").code == 0)
    #expect(try AcceptTests.file(product).waivers.map(\.metric) == ["ttft_p95"])
    #expect(try !product.run("compare", "main", "change").output.contains("No longer accepted"))
  }

  @Test("A waiver without an end is warned of, unless it is said that none is meant")
  func withoutEnd() throws {
    let product = try AcceptTests.product(mains: 2)
    let options = ["baseline", "accept", "--metric", "ttft_p50", "--reason", "bigger model"]
    let end = try product.run(options)
    #expect(end.code == 0 && end.errors.split(separator: "\n").count == 1, "\(end.errors)")
    #expect(end.errors.hasPrefix("warning: this waiver has no end: "))
    #expect(end.errors.contains("--expires 30d") && end.errors.contains("--expires never"))
    for expiry in ["never", "30d"] {
      let quiet = try product.run(options + ["--expires", expiry])
      #expect(quiet.code == 0 && quiet.errors.isEmpty, "\(quiet.errors)")
      let waiver = try AcceptTests.file(product).waivers[0]
      #expect((waiver.expiresAt == nil) == (expiry == "never"))
    }
  }

  @Test("What cannot be accepted is refused, and nothing is written")
  func refusals() throws {
    let product = try AcceptTests.product(mains: 2)
    let refusals: [([String], String)] = [
      (["--metric", "ttft_p51", "--reason", "x"], "try: ttft_p50? it is one of"),
      (["--metric", "ttft_p50"], "--reason"),
      (["--metric", "ttft_p50", "--reason", " "], "--reason is empty"),
      (["--reason", "x"], "what is accepted?"),
      (["--metric", "error", "--run", "run-100", "--reason", "x"], "exclude each other"),
      (["--metric", "ttft_p50", "--reason", "x", "--expires", "2020-01-01"], "is in the past"),
      (["--metric", "ttft_p50", "--reason", "x", "--expires", "0d"], "is in the past"),
      (["--metric", "ttft_p50", "--reason", "x", "--expires", "soon"], "is no time"),
      (["--metric", "error", "--scenario", "short", "--reason", "x"], "scenarios pooled"),
      (["--scenario", "shrt", "--reason", "x"], "try: short?"),
      (["--profile", "stress", "--reason", "x"], "it is one of sustained"),
      (["--run", "run-100", "--reason", "x"], "no run of main has failed"),
      (["--run", "main10", "--reason", "x"], "main10 stands for several runs of main"),
      (["--run", "elsewhere", "--reason", "x"], "no run of main is called elsewhere"),
      (["--change-point", "run-100", "--reason", "x"], "no change point of main is proposed"),
    ]
    for (options, text) in refusals {
      let end = try product.run(["baseline", "accept"] + options)
      #expect(end.code == 64, "\(options)")
      #expect(end.errors.contains(text), "\(options): \(end.errors)")
    }
    #expect(!product.has("baselines"))
  }

  @Test("A failed run of main serves once it is accepted, from the file alone too")
  func failedRun() throws {
    let product = try AcceptTests.product(mains: 6, failing: [103])
    let out = try product.run("baseline", "list").output
    #expect(out.contains("its verdict was FAIL and is not accepted"))
    #expect(out.contains("5 of at most 10 runs"))
    try AcceptTests.accept(product, "--run", "main103", "--reason", "quota")
    let list = try product.run("baseline", "list").output
    #expect(list.contains("; its FAIL was accepted") && list.contains("6 of at most 10 runs"))
    #expect(list.contains("the FAIL of run run-103"))
    #expect(try product.run("baseline", "export").code == 0)
    let file = try AcceptTests.file(product)
    #expect(file.runs.count == 6)
    #expect(file.acceptances.map(\.runID) == ["run-103"])
    try FileManager.default.removeItem(at: product.folder.file(".streamgate"))
    #expect(try product.run("baseline", "list").output.contains("6 of at most 10 runs"))
    #expect(try product.run("baseline", "revoke", "run-103").code == 0)
    #expect(try product.run("baseline", "list").output.contains("5 of at most 10 runs"))
  }

  @Test("Main got slower: a change that adds nothing passes, until the change point is accepted")
  func changePoint() throws {
    let product = try AcceptTests.product(mains: 22, later: 0.115)
    let list = try product.run("baseline", "list").output
    #expect(list.contains("after a proposed regression that nobody accepted"))
    #expect(list.contains("baseline accept --change-point main112"))
    let inherited = try product.run("compare", "main", "change", "--out", "out")
    #expect(inherited.code == 0, "\(inherited.output)")
    #expect(
      inherited.output.contains(
        "main is already slower in ttft_p50 and ttft_p95 since main112 for 10 runs or more"))
    let slower = try AcceptTests.product(mains: 22, later: 0.115, changed: 0.15)
    let blocked = try slower.run("compare", "main", "change")
    #expect(blocked.code == 1)
    #expect(blocked.output.contains("FAIL: ttft_p50"))
    #expect(
      blocked.output.contains("since main112, for 10 runs or more, and nobody accepted that"))

    try AcceptTests.accept(product, "--change-point", "main112", "--reason", "safety filter")
    let json = try product.run("baseline", "list", "--json", "-").output
    let view = try JSONReader.parse(Array(json.utf8))
    let roles = try #require(view["runs"]?.arrayValue).filter {
      $0["role"]?.stringValue == "baseline"
    }
    #expect(
      roles.compactMap { $0["run_id"]?.stringValue } == (112..<122).map { "run-\($0)" })
    #expect(view["acceptances"]?.arrayValue?.first?["reason"]?.stringValue == "safety filter")
    #expect(
      view["change_points"]?.arrayValue?.allSatisfy { $0["state"]?.stringValue == "accepted" }
        == true)
    let accepted = try product.run("compare", "main", "change")
    #expect(accepted.code == 0)
    #expect(accepted.output.contains("what changed on main with run run-112"))
    #expect(!accepted.output.contains("already slower"))
    // The result of before says what it said.
    #expect(try product.run("compare", "out/result.json").output == inherited.output)
  }

  @Test("A run against a service that main has made slower passes, and says since when")
  func run() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "3900ms", "--gap", "2ms", "--tokens", "10")
    try product.folder.write(TestPlan.sustained(url: simulator.url), to: "streamgate.yaml")
    // So slow that a client without a processor for a while is small against it.
    try LookTests.storeBaseline(product, 1...8, ttft: 3)
    try LookTests.storeBaseline(product, 9...18, ttft: 3.9)
    let end = try product.run("run", "--commit", "later", "--branch", "change", "--out", "out")
    #expect(end.code == 0, "\(end.output)\n\(end.errors)")
    #expect(end.output.contains("PASS (inherited): main is already slower in"))
    #expect(end.output.contains("since c-main-9 for 10 runs or more, this change adds nothing"))
    #expect(try product.text("out/junit.xml").contains("inherited: main has it already"))
    _ = try simulator.stop()
  }
}
