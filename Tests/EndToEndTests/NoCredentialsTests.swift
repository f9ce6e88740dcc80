import Foundation
import Model
import ResultStore
import TestKit
import Testing

/// A job of a pull request from a fork: GitHub gives it its secrets as empty texts, and a token
/// that only reads.
private final class ForkJob {
  let job: Job
  let simulator: Simulator
  private let place: TemporaryFolder

  var product: Product { job.product }

  init(target: String = #"headers: { Authorization: "Bearer ${API_TOKEN}" }"#) throws {
    place = try TemporaryFolder()
    simulator = try Simulator(in: place, "--fault", "http_500=100%")
    let readOnly = ForgeServer.User(id: 3, name: "fork[bot]", isBot: true, canComment: false)
    job = try Job(
      user: readOnly,
      plan: TestPlan.sustained(
        url: simulator.url, rate: 20, target: target, lines: "abort: { error: 50%, over: 2s }"))
    setHead(repository: "stranger/gateway")
    job.product.environment["CI"] = "true"
    job.product.environment["API_TOKEN"] = ""
    job.product.environment["STREAMGATE_STORE"] = ""
    job.product.environment["OTHER_SECRET"] = "0ther-s3cret"
  }

  /// The repository that the pull request comes from.
  func setHead(repository: String) {
    job.product.environment["GITHUB_EVENT_PATH"] = job.event(
      """
      {"number":7,"pull_request":{"number":7,"head":{"ref":"change","sha":"\(Job.head)",
      "repo":{"full_name":"\(repository)"}},"base":{"ref":"main","repo":
      {"full_name":"acme/gateway"}}}}
      """)
  }
}

@Suite("Without the credentials that a plan needs", .waiting)
struct NoCredentialsTests {
  @Test("A pull request from a fork is skipped: no load, every report says so, exit code 0")
  func skipped() throws {
    let fork = try ForkJob()
    let summary = fork.product.folder.file("step.md").path(percentEncoded: false)
    fork.product.environment["GITHUB_STEP_SUMMARY"] = summary
    let end = try fork.job.run("run", "--out", "out", "--comment")
    #expect(end.code == 0, "\(end.errors)")
    #expect(end.errors.contains("skipped: API_TOKEN is not set, so that no load is sent"))
    let line = "SKIPPED (no credentials): API_TOKEN is not set"
    #expect(end.output.contains(line))
    for name in ["summary.md", "result.json", "report.html", "junit.xml"] {
      #expect(try fork.product.text("out/" + name).contains("API_TOKEN is not set"), "\(name)")
    }
    #expect(try fork.product.text("step.md") == fork.product.text("out/summary.md"))
    #expect(try fork.product.text("out/summary.md").contains("`fork/stranger/gateway/change`"))
    let junit = try fork.product.text("out/junit.xml")
    #expect(junit.contains("<skipped ") && !junit.contains("<failure") && !junit.contains("<error"))
    let metrics = try fork.product.text("out/metrics.txt")
    #expect(MetricsFormat.openMetricsProblems(of: metrics) == [])
    // The comment is tried, and its refusal changes nothing.
    #expect(end.errors.contains("because: status 403"), "\(end.errors)")
    #expect(ActionsRunner(end.errors).commands.map(\.name) == ["warning"])
    #expect(try fork.simulator.stop().isEmpty)
    #expect(!fork.product.has(".streamgate"))
    for bytes in try fork.product.contents().values {
      #expect(!String(decoding: bytes, as: UTF8.self).contains("0ther-s3cret"))
    }
    let again = try fork.job.run("compare", "out/result.json", "--out", "again")
    #expect(again.code == 0 && again.output == end.output)
    #expect(try fork.product.bytes("again/result.json") == fork.product.bytes("out/result.json"))
    let strict = try fork.job.run("compare", "out/result.json", "--inconclusive", "block")
    #expect(strict.code == 0)
  }

  @Test("Under fail it is not evaluated, which ends with 3")
  func fail() throws {
    let fork = try ForkJob()
    let end = try fork.job.run("run", "--out", "out", "--no-credentials", "fail")
    #expect(end.code == 3, "\(end.errors)")
    #expect(end.output.contains("CANNOT EVALUATE (no credentials): API_TOKEN is not set"))
    #expect(try fork.product.text("out/junit.xml").contains("<error "))
    #expect(fork.job.server.checks.map { $0.value["conclusion"]?.stringValue } == ["failure"])
    let again = try fork.job.run("compare", "out/result.json", "--out", "again")
    #expect(again.code == 3)
    #expect(try fork.product.bytes("again/result.json") == fork.product.bytes("out/result.json"))
  }

  @Test("The second step posts that the gate was skipped")
  func comment() throws {
    let fork = try ForkJob()
    #expect(try fork.job.run("run", "--out", "out").code == 0)
    let second = try Job()
    try second.product.folder.write(fork.product.text("out/result.json"), to: "result.json")
    let end = try second.run("comment", "result.json")
    #expect(end.code == 0, "\(end.errors)")
    #expect(second.bodies.first?.contains("SKIPPED (no credentials)") == true)
  }

  @Test("Anywhere else a missing secret stays an error, unless the flag says otherwise")
  func elsewhere() throws {
    let fork = try ForkJob()
    fork.setHead(repository: "acme/gateway")
    let end = try fork.job.run("run", "--out", "out")
    #expect(end.code == 65 && end.errors.contains("API_TOKEN is empty"), "\(end.errors)")
    #expect(!fork.product.has("out"))
    let asked = try fork.job.run("run", "--out", "out", "--no-credentials", "pass")
    #expect(asked.code == 0 && asked.output.contains("SKIPPED (no credentials)"))
    #expect(asked.errors.contains("by --no-credentials pass"), "\(asked.errors)")
    #expect(fork.job.server.checks.map { $0.value["conclusion"]?.stringValue } == ["neutral"])
    // A seeded baseline and a bisection want runs.
    for flag in [["--bisect"], ["--repeat", "2"]] {
      let wrong = try fork.product.run(["run", "--no-credentials", "pass"] + flag)
      #expect(wrong.code == 64, "\(wrong.errors)")
    }
    // The store's secret is no matter of this flag.
    fork.product.environment["API_TOKEN"] = "given"
    let store = try fork.job.run(
      "run", "--no-credentials", "pass", "--set", "store=postgres://gate:${DB}@127.0.0.1:9/gate")
    #expect(store.code == 65 && store.errors.contains("DB is not set"), "\(store.errors)")
  }

  @Test("In a fork check says what is missing, and plan shows the plan all the same")
  func others() throws {
    let fork = try ForkJob()
    let check = try fork.job.run("check")
    #expect(check.code == 65 && check.errors.contains("API_TOKEN is empty"), "\(check.errors)")
    let plan = try fork.job.run("plan")
    #expect(plan.code == 0 && plan.output.contains("Bearer ${API_TOKEN}"), "\(plan.errors)")
    #expect(plan.errors.contains("warning: API_TOKEN is not set"))
    let bisect = try fork.job.run("run", "--bisect")
    #expect(bisect.code == 128, "\(bisect.errors)")
  }

  @Test(
    "A database that refuses a fork for want of a password is as none, and for others an error",
    .enabled(if: TestDatabase.server != nil))
  func refusingDatabase() throws {
    let database = try TestDatabase()
    var parts = try #require(URLComponents(string: database.url))
    parts.password = nil
    let fork = try ForkJob(target: "connections: reuse")
    fork.product.environment["STREAMGATE_STORE"] = parts.string
    fork.product.environment["PGPASSWORD"] = ""
    let end = try fork.job.run("run", "--out", "out")
    #expect(end.code == 1, "\(end.errors)")
    #expect(end.errors.contains("without the store (\(parts.string ?? "") refuses it)"))
    #expect(fork.product.has(".streamgate/results.db"))
    fork.setHead(repository: "acme/gateway")
    let own = try fork.job.run("run")
    #expect(own.code == 77, "\(own.errors)")
  }

  @Test(
    "A fork without the store is held against the committed baseline file alone, and it is said",
    arguments: ["", "postgres://gate:${DB_PASSWORD}@127.0.0.1:9/gate"])
  func withoutStore(store: String) throws {
    let fork = try ForkJob(target: "connections: reuse")
    if !store.isEmpty { fork.product.environment["STREAMGATE_STORE"] = store }
    let plan = try JSONReader.parse(Array(try fork.job.run("plan", "--json", "-").output.utf8))
    let environment = try #require(plan["environment"]?.stringValue)
    let path = "baselines/end-to-end/\(environment).json"
    let bare = try fork.job.run("run", "--out", "bare")
    #expect(bare.code == 1, "\(bare.errors)")
    #expect(bare.errors.contains("without the store"))
    #expect(bare.errors.contains("there is no \(path)"))
    try FileManager.default.removeItem(at: fork.product.folder.file(".streamgate"))
    let mains = (1...5).map { id in
      var run = JudgedRun.make(id, branch: "main")
      run.header.project = "end-to-end"
      run.header.environment = environment
      run.samples = nil
      return run
    }
    try fork.product.folder.write("", to: path)
    try BaselineFile(project: "end-to-end", environment: environment, runs: mains)
      .write(to: fork.product.folder.file(path).path(percentEncoded: false))
    // The verdict on a commit stands in the store: this is another one.
    let end = try fork.job.run(
      "run", "--out", "out", "--commit", "other", "--set", "gate.exclusive=true")
    #expect(end.code == 1, "\(end.errors)")
    let alone = "its history is \(path) alone; gate.exclusive keeps no other pipeline away here"
    #expect(end.errors.contains(alone), "\(end.errors)")
    for name in ["summary.md", "result.json", "report.html"] {
      #expect(try fork.product.text("out/" + name).contains("without the store"), "\(name)")
    }
    let result = try JSONReader.parse(try fork.product.bytes("out/result.json"))
    #expect(result["input"]?["baseline"]?.arrayValue?.count == 5)
    #expect(!end.errors.contains("a SQLite store in a pipeline"))
  }
}
