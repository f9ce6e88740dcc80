import Foundation
import Model
import TestKit
import Testing

@Suite("The check run on GitHub", .waiting)
struct CheckRunTests {
  /// A job whose service fails everything, which is given up after two seconds.
  private func failing(user: ForgeServer.User = .job) throws -> (Job, Simulator) {
    let job = try Job(user: user)
    let simulator = try Simulator(in: job.product.folder, "--fault", "http_500=100%")
    try job.product.folder.write(
      TestPlan.sustained(
        url: simulator.url, rate: 20, lines: "abort: { error: 50%, over: 2s }"),
      to: "streamgate.yaml")
    return (job, simulator)
  }

  private func text(_ check: ForgeServer.Check, _ path: String...) -> String? {
    path.reduce(Optional(check.value)) { $0?[$1] }?.stringValue
  }

  @Test("It is in progress from the start and ends with the verdict, by detection")
  func verdict() throws {
    let (job, simulator) = try failing()
    let end = try job.run("run")
    #expect(end.code == 1, "\(end.errors)")
    let check = try #require(job.server.checks.first)
    #expect(job.server.checks.count == 1)
    #expect(text(check, "name") == "streamgate: end-to-end")
    #expect(text(check, "head_sha") == Job.head)
    #expect(text(check, "status") == "completed" && text(check, "conclusion") == "failure")
    #expect(text(check, "output", "title")?.hasPrefix("FAIL: ") ?? false)
    #expect(text(check, "output", "summary")?.hasPrefix("### ❌ FAIL") ?? false)
    let requests = job.server.requests.filter { $0.target.contains("check-runs") }
    #expect(requests.map(\.method) == ["POST", "PATCH"])
    #expect(requests[0].body.contains("in_progress"))
    let files = try job.product.contents().values.map { String(decoding: $0, as: UTF8.self) }
    #expect(!files.contains { $0.contains(Job.token) } && !end.errors.contains(Job.token))
    withExtendedLifetime(simulator) {}
  }

  @Test("Two plans, environments or sizes of one project have a check each, of a constant name")
  func names() throws {
    let (job, simulator) = try failing()
    _ = try simulator.stop()
    let plan = try job.product.text("streamgate.yaml")
    try job.product.folder.write(plan, to: "load/long.yaml")
    for arguments in [
      [], ["--set", "gate.environment=staging"], ["--size", "standard"],
      ["--config", "load/long.yaml"],
      ["--config", "./load/long.yaml", "--set", "gate.environment=staging", "--set", "rate=30"],
    ] {
      #expect(try job.product.run(["run"] + arguments).code == 69)
    }
    #expect(
      job.server.checks.map { text($0, "name") ?? "" } == [
        "streamgate: end-to-end", "streamgate: end-to-end (staging)",
        "streamgate: end-to-end (standard)", "streamgate: end-to-end (load/long.yaml)",
        "streamgate: end-to-end (staging, load/long.yaml)",
      ])
  }

  @Test("A token that may not write checks is no matter, unless a flag asked for one")
  func refused() throws {
    let (job, simulator) = try failing(
      user: ForgeServer.User(id: 3, name: "x[bot]", isBot: true, canCheck: false))
    let silent = try job.run("run")
    #expect(silent.code == 1 && !silent.errors.contains("check run"), "\(silent.errors)")
    let asked = try job.run("run", "--check")
    #expect(asked.code == 1 && asked.errors.contains("there is no check run"))
    #expect(asked.errors.contains("checks: write"))
    let none = try job.run("run", "--no-check")
    #expect(none.code == 1)
    #expect(job.server.requests.count { $0.target.contains("check-runs") } == 2)
    withExtendedLifetime(simulator) {}
  }

  @Test("A verdict whose message was lost is told by the companion, in the same words")
  func lost() throws {
    let (job, simulator) = try failing()
    job.server.fail("PATCH", .answer(403, headers: [], body: #"{"message":"no"}"#))
    let end = try job.run("run")
    #expect(end.code == 1 && end.errors.contains("the check run was not ended"), "\(end.errors)")
    let check = try #require(job.server.checks.first)
    #expect(text(check, "conclusion") == "failure")
    #expect(text(check, "output", "title")?.hasPrefix("FAIL: ") ?? false)
    #expect(text(check, "output", "summary")?.hasPrefix("### ❌ FAIL") ?? false)
    withExtendedLifetime(simulator) {}
  }

  @Test("A check run is for one verdict: repeated runs are refused")
  func repeated() throws {
    let job = try Job()
    let end = try job.run("run", "--check", "--repeat", "2")
    #expect(end.code == 64 && end.errors.contains("--check is for one verdict"), "\(end.errors)")
  }

  @Test("A run that cannot begin ends it with why")
  func noVerdict() throws {
    let (job, simulator) = try failing()
    _ = try simulator.stop()
    let end = try job.run("run")
    #expect(end.code == 69)
    let check = try #require(job.server.checks.first)
    #expect(text(check, "conclusion") == "failure")
    #expect(text(check, "output", "title")?.hasPrefix("no verdict: ") ?? false)
  }

  @Test(
    "A run that dies, or that a signal ends before load, has its check ended by its companion",
    arguments: [SIGKILL, SIGINT])
  func death(signal: Int32) throws {
    let job = try Job()
    // It is asked whether it is ready, and never answers.
    let isAsked = Locked(false)
    let listener = try RawServer { connection, _ in
      isAsked.withLockNotifying { $0 = true }
      connection.waitForClose()
    }
    try job.product.folder.write(
      TestPlan.sustained(
        url: listener.url, target: "ready: { path: /health, within: 5m }"),
      to: "streamgate.yaml")
    let process = try job.product.start(["run", "--check"])
    isAsked.withLock(when: { $0 }) { _ in }
    _ = try process.stop(signal: signal)
    while job.server.checks.contains(where: { text($0, "status") != "completed" }) {
      poll(nil, 0, 10)
    }
    let check = try #require(job.server.checks.first)
    #expect(text(check, "conclusion") == "cancelled")
    #expect(text(check, "output", "title") == "no verdict arrived")
    withExtendedLifetime(listener) {}
  }
}
