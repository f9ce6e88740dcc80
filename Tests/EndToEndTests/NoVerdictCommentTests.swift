import Foundation
import Model
import TestKit
import Testing

@Suite("The comment on a commit that has no verdict", .waiting)
struct NoVerdictCommentTests {
  private static let older = String(repeating: "0a1b2c3d4e", count: 4)

  /// A job whose pull request has a comment that says PASS of an older commit.
  private func passed(target: String = "", url: String) throws -> Job {
    let job = try Job(plan: TestPlan.sustained(url: url, target: target))
    let result = try JudgedRun.result("old", in: job.product) { header in
      header.project = "end-to-end"
      header.environment = "default-1a2b3c4d"
      if header.branch == "change" { header.commit = Self.older }
    }
    let end = try job.run("comment", result)
    #expect(end.code == 0 && job.bodies.count == 1, "\(end.errors)")
    #expect(job.bodies[0].contains("\n### ✅ PASS"))
    return job
  }

  /// The one comment says that the new commit has no verdict, and nothing of the older one.
  private func expectNoVerdict(
    _ job: Job, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let text = try #require(job.bodies.first, sourceLocation: sourceLocation)
    let lines = text.split(separator: "\n")
    #expect(job.bodies.count == 1, sourceLocation: sourceLocation)
    #expect(
      lines[1].hasPrefix("### ⛔ NO VERDICT on commit 4f2a9c1be04f: "), "\(lines[1])",
      sourceLocation: sourceLocation)
    #expect(lines[1].contains(words), "\(lines[1])", sourceLocation: sourceLocation)
    #expect(!text.contains("PASS") && !text.contains("✅"), sourceLocation: sourceLocation)
    #expect(!text.contains(Job.token), sourceLocation: sourceLocation)
  }

  @Test("An endpoint that is not there leaves no older PASS standing")
  func unreachable() throws {
    let place = try TemporaryFolder()
    let simulator = try Simulator(in: place)
    let job = try passed(url: simulator.url)
    _ = try simulator.stop()
    let end = try job.run("run", "--comment", "--no-check")
    #expect(end.code == 69 && end.errors.contains("comment 101 updated"), "\(end.errors)")
    try expectNoVerdict(job, "(exit code 69)")
    // Where there was no comment, one is made.
    job.server.clear()
    #expect(try job.run("run", "--comment", "--no-check").code == 69)
    try expectNoVerdict(job, "(exit code 69)")
  }

  @Test("A plan that is wrong says so, also where its project is in no comment yet")
  func wrongPlan() throws {
    let job = try passed(url: "http://127.0.0.1:1")
    let plan = try job.product.text("streamgate.yaml")
    try job.product.folder.write(plan + "\nraet: 5\n", to: "streamgate.yaml")
    let end = try job.run("run", "--comment")
    #expect(end.code == 65, "\(end.errors)")
    try expectNoVerdict(job, "the plan has 1 problem")
    #expect(job.bodies[0].contains("(exit code 65)"))
    // A file that names no project leaves the comment as it is, which is said.
    try job.product.folder.write("rate: [", to: "streamgate.yaml")
    let broken = try job.run("run", "--comment")
    #expect(broken.code == 65 && broken.errors.contains("the plan's project is not known"))
    try expectNoVerdict(job, "the plan has 1 problem")
    #expect(job.server.checks.isEmpty)
  }

  @Test("A run that a signal ends before load says so in the comment that is there")
  func interrupted() throws {
    let isAsked = Locked(false)
    let listener = try RawServer { connection, _ in
      isAsked.withLockNotifying { $0 = true }
      connection.waitForClose()
    }
    let job = try passed(target: "ready: { path: /health, within: 5m }", url: listener.url)
    let process = try job.product.start(["run", "--comment", "--no-check"])
    isAsked.withLock(when: { $0 }) { _ in }
    let end = try process.stop(signal: SIGINT)
    #expect(end.code == 130, "\(end.errors)")
    try expectNoVerdict(job, "interrupted before load (exit code 130)")
    withExtendedLifetime(listener) {}
  }
}

@Suite("A comment on results of several services", .waiting)
struct MonorepoCommentTests {
  private func results(
    _ names: [String], in job: Job, commit: String = Job.head
  ) throws -> [String] {
    try names.map { name in
      try JudgedRun.result(name, in: job.product, scale: name == "b" ? 1.2 : 1) { header in
        header.project = "service-\(name)"
        header.environment = "default-1a2b3c4d"
        if header.branch == "change" { header.commit = commit }
      }
    }
  }

  @Test("A pipeline that runs the changed services alone keeps one comment, the others' rows in it")
  func changedAlone() throws {
    let job = try Job()
    let files = try results(["a", "b"], in: job)
    #expect(try job.product.run(["comment"] + files).code == 0)
    #expect(try job.run("comment", files[1]).code == 0)
    #expect(try job.run("comment", files[0]).code == 0)
    #expect(job.bodies.count == 1)
    let text = try #require(job.bodies.first)
    #expect(text.contains("\n### ❌ 1 of 2 gates failed\n"))
    #expect(text.contains("| 1 | `service-a` | `default-1a2b3c4d` | ✅ PASS"))
    #expect(text.contains("| 2 | `service-b` | `default-1a2b3c4d` | ❌ FAIL"))
    #expect(text.contains("The last row is as an earlier call told"))
    #expect(text.contains("<details><summary>1: PASS</summary>"))
  }

  @Test(
    "A result of another commit than the pull request's head is said to be one",
    arguments: [(ForgeServer.Shape.github, "pull"), (.gitlab, "merge")])
  func otherCommit(shape: ForgeServer.Shape, kind: String) throws {
    let job = try Job(shape, user: shape == .github ? .job : ForgeServer.User())
    let other = "a9c31e" + String(repeating: "0", count: 34)
    let files = try results(["a"], in: job, commit: other)
    let end = try job.run("comment", files[0])
    let words =
      "The figures are of another commit (a9c31e000000, branch change): the \(kind) request is at "
    #expect(end.code == 0 && end.errors.contains("warning: " + words), "\(end.errors)")
    #expect(job.bodies.first?.contains("- The figures are of another commit") ?? false)
    // The commit that the job is about is none, whatever was pushed since.
    job.server.clear()
    job.server.add(.init(number: 7, head: other))
    let own = try results(["b"], in: job)
    let quiet = try job.run("comment", own[0])
    #expect(quiet.code == 0 && !quiet.errors.contains("warning"), "\(quiet.errors)")
    #expect(!(job.bodies.first?.contains("another commit") ?? true))
  }

  @Test("What a file says is no command to the runner, and the log is fenced meanwhile")
  func fenced() throws {
    let job = try Job()
    try job.product.folder.write(
      #"{"format":"x\n::error::mine\n::stop-commands::y"}"#, to: "evil.json")
    let end = try job.run("comment", "evil.json")
    #expect(end.code == 66, "\(end.errors)")
    #expect(end.errors.hasPrefix("::stop-commands::"))
    let runner = ActionsRunner(end.errors)
    #expect(!runner.isStopped)
    #expect(runner.commands.map(\.properties["title"]) == ["streamgate: exit code 66"])
  }
}
