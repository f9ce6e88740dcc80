import Foundation
import Model
import ResultStore
import TestKit
import Testing

/// A plan in a repository of git's: `base` is on main, `queued` above it at a merge queue's branch,
/// and `change` above that.
private struct QueueFixture {
  let product: Product
  let environment: String
  let base, queued, change: String

  init(plan: String = TestPlan.sustained(url: "http://127.0.0.1:9")) throws {
    product = try Product(plan: plan)
    product.environment = [
      "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "A",
      "GIT_COMMITTER_EMAIL": "a@example.com",
    ]
    let read = try JSONReader.parse(Array(try product.run("plan", "--json", "-").output.utf8))
    environment = try #require(read["environment"]?.stringValue)
    let (product, commit) = (product, QueueFixture.commit)
    try QueueFixture.git(product, "init", "--quiet", "--initial-branch", "main")
    base = try commit(product, "base")
    try QueueFixture.git(product, "checkout", "--quiet", "-b", QueueFixture.branch)
    queued = try commit(product, "queued")
    try QueueFixture.git(product, "checkout", "--quiet", "-b", "change")
    change = try commit(product, "change")
  }

  static let branch = "gh-readonly-queue/main/pr-7-0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"

  private static func commit(_ product: Product, _ text: String) throws -> String {
    try git(product, "commit", "--quiet", "--allow-empty", "--message", text)
    return try git(product, "rev-parse", "HEAD")
  }

  @discardableResult
  static func git(_ product: Product, _ arguments: String...) throws -> String {
    let end = try RunningProcess.run(
      "git", ["-C", product.folder.path] + arguments,
      environment: product.environment.merging(ProcessInfo.processInfo.environment) { a, _ in a })
    try #require(end.code == 0, "\(end.errors)")
    return end.output.trimmingCharacters(in: .newlines)
  }

  /// The forge moves main to what the queue tested; a pipeline's clone knows it as the remote's.
  func land(on name: String = "refs/remotes/origin/main") throws {
    try QueueFixture.git(product, "update-ref", name, queued)
  }

  /// Stores runs of a branch at a commit.
  func store(
    _ ids: ClosedRange<Int>, branch: String, commit: String, scale: Double = 1,
    verdict: VerdictKind? = nil
  ) throws {
    let names = try ids.map { id in
      var run = JudgedRun.make(id, branch: branch, scale: scale)
      (run.header.project, run.header.environment) = ("end-to-end", environment)
      (run.header.commit, run.header.verdict) = (commit, verdict)
      return try JudgedRun.write(run, in: product)
    }
    let end = try product.run(["runs", "import"] + names)
    try #require(end.code == 0, "\(end.errors)")
  }

  /// What each run serves as, and why, by its id.
  func roles() throws -> [String: (role: String, reason: String)] {
    let end = try product.run("baseline", "list", "--json", "-")
    let list = try JSONReader.parse(Array(end.output.utf8))
    let runs = list["runs"]?.arrayValue ?? []
    return runs.reduce(into: [:]) { roles, run in
      roles[run["run_id"]?.stringValue ?? ""] = (
        run["role"]?.stringValue ?? "", run["reason"]?.stringValue ?? ""
      )
    }
  }
}

@Suite("Runs of a merge queue", .waiting)
struct MergeQueueTests {
  @Test("They are main's once git finds their commit there, and not before")
  func landed() throws {
    let fixture = try QueueFixture()
    try fixture.store(1...5, branch: QueueFixture.branch, commit: fixture.queued)
    try fixture.store(
      6...6, branch: QueueFixture.branch, commit: fixture.queued, verdict: .fail)
    try fixture.store(7...8, branch: "change", commit: fixture.change, scale: 1.3)
    let before = try fixture.roles()
    #expect(before.count == 8 && before.values.allSatisfy { $0.role == "out" })
    #expect(before["run-1"]?.reason == "of a merge queue, and its commit is not on main")
    #expect(before["run-7"]?.reason == "not on main")
    let early = try fixture.product.run("compare", "run-1", "change")
    #expect(early.code == 0 && early.output.contains("differences only"), "\(early.errors)")

    try fixture.land()
    let after = try fixture.roles()
    for id in 1...5 { #expect(after["run-\(id)"]?.role == "baseline") }
    #expect(after["run-1"]?.reason == "one of the last runs of main; measured in the merge queue")
    #expect(after["run-6"]?.reason == "its verdict was FAIL and is not accepted")
    let verdict = try fixture.product.run("compare", fixture.queued, "change", "--out", "out")
    #expect(verdict.code == 1, "\(verdict.errors)")
    #expect(verdict.output.contains("FAIL: ttft_p50"))
    #expect(verdict.output.contains("5 runs of main"))
    let again = try fixture.product.run("compare", "out/result.json", "--out", "again")
    #expect(again.code == 1)
    #expect(
      try fixture.product.bytes("again/result.json") == fixture.product.bytes("out/result.json"))
  }

  @Test("A clone that does not know main's tip leaves them out, and a committed file has them in")
  func unknown() throws {
    let fixture = try QueueFixture()
    try fixture.store(1...5, branch: QueueFixture.branch, commit: fixture.queued)
    try fixture.land()
    let export = try fixture.product.run("baseline", "export")
    #expect(export.code == 0 && export.output.contains("wrote 5 runs"), "\(export.errors)")
    try QueueFixture.git(fixture.product, "update-ref", "-d", "refs/remotes/origin/main")
    try QueueFixture.git(fixture.product, "branch", "--quiet", "-D", "main")
    let list = try fixture.product.run("baseline", "list", "--store", "none.db")
    #expect(list.output.contains("5 of at most 10 runs in the baseline set"), "\(list.output)")
    try FileManager.default.removeItem(at: fixture.product.folder.file("baselines"))
    let reason = "of a merge queue, and git cannot tell whether its commit is on main"
    #expect(try fixture.roles()["run-1"]?.reason == reason)
  }

  @Test("Its own run is judged like a change's, its verdict is kept, and it gets no comment")
  func judged() throws {
    let place = try TemporaryFolder()
    let simulator = try Simulator(in: place, "--ttft", "50ms", "--gap", "2ms", "--tokens", "5")
    let fixture = try QueueFixture(
      plan: TestPlan.sustained(url: simulator.url, lines: "objectives: [ttft.p50 < 1ms]"))
    let event = try fixture.product.folder.write(
      """
      {"merge_group":{"head_sha":"\(fixture.queued)","base_sha":"\(fixture.base)",
      "head_ref":"refs/heads/\(QueueFixture.branch)","base_ref":"refs/heads/main"}}
      """, to: "event.json")
    fixture.product.environment.merge([
      "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "merge_group",
      "GITHUB_EVENT_PATH": event.path(percentEncoded: false), "GITHUB_SHA": fixture.queued,
    ]) { $1 }
    let end = try fixture.product.run("run", "--out", "out", "--comment")
    #expect(end.errors.contains("--comment: there is no pull request here"))
    let result = try JSONReader.parse(try fixture.product.bytes("out/result.json"))
    let kind = try #require(result["verdict"]?["kind"]?.stringValue)
    // A machine with nothing left for the client gives no verdict on the service.
    #expect(end.code == (kind == "fail" ? 1 : 3), "\(end.errors)")
    #expect(kind == "fail" || end.output.contains("client-limited"), "\(end.output)")
    let header = result["input"]?["candidates"]?.arrayValue?.first
    #expect(header?["branch"]?.stringValue == QueueFixture.branch)
    #expect(header?["commit"]?.stringValue == fixture.queued)
    let id = try #require(header?["run_id"]?.stringValue)
    let shown = try fixture.product.run("runs", "show", id)
    #expect(shown.output.contains("verdict      \(kind)\n"), "\(shown.output)\(shown.errors)")
    try fixture.land(on: "refs/heads/main")
    let reason = try fixture.roles().values.first?.reason
    #expect(kind != "fail" || reason == "its verdict was FAIL and is not accepted")
  }
}
