import Foundation
import Model
import TestKit
import Testing

@Suite("The comment of a pull request from a fork", .waiting)
struct ForkCommentTests {
  /// The second step: a workflow of the base repository that follows one of the fork's.
  private func secondStep() throws -> Job {
    let job = try Job()
    job.product.environment["GITHUB_EVENT_NAME"] = "workflow_run"
    job.product.environment["GITHUB_EVENT_PATH"] = job.event(
      """
      {"workflow_run":{"head_sha":"\(Job.head)","head_branch":"main","pull_requests":[],
      "head_repository":{"full_name":"stranger/gateway"},
      "html_url":"https://github.com/acme/gateway/actions/runs/98"}}
      """)
    return job
  }

  @Test("The pull request is the event's, whatever the artifact says of commit and branch")
  func found() throws {
    let job = try secondStep()
    let other = String(repeating: "0a1b2c3d4e", count: 4)
    // Number 7 is at the same commit, but from this repository.
    for number in 20..<150 {
      job.server.add(.init(number: number, head: other, headRepository: "stranger/gateway"))
    }
    job.server.add(.init(number: 12, head: Job.head, headRepository: "Stranger/gateway"))
    let result = try JudgedRun.result("out", in: job.product) { header in
      guard header.branch == "change" else { return }
      header.commit = other
      header.branch = "main-of-mine"
      header.testedCommit = other
    }
    let end = try job.run("comment", result)
    #expect(end.code == 0, "\(end.errors)")
    #expect(job.server.comments.map(\.pullRequest) == [12])
    let text = try #require(job.bodies.first)
    #expect(text.contains("branch `fork/stranger/gateway/main`"))
    #expect(text.contains("commit `\(Job.head.prefix(12))`"))
    #expect(!text.contains(other.prefix(12)) && !text.contains("main-of-mine"))
    #expect(text.contains("nobody vouches for these figures"))
    #expect(text.contains("](https://github.com/acme/gateway/actions/runs/98)"))
  }

  @Test("A pull request that is closed or was pushed to meanwhile gets no comment, which is said")
  func gone() throws {
    let job = try secondStep()
    let result = try JudgedRun.result("out", in: job.product)
    let end = try job.run("comment", result)
    #expect(end.code == 0 && end.errors.contains("no open pull request is at commit"))
    #expect(job.bodies.isEmpty)
  }

  @Test("An import of a fork's run is kept under its fork, whatever branch the file names")
  func imported() throws {
    let job = try secondStep()
    let run = try JudgedRun.write(JudgedRun.make(1, branch: "main"), in: job.product)
    #expect(try job.run("runs", "import", run).code == 0)
    let list = try job.run("runs", "list")
    #expect(list.output.contains("fork/stranger/gateway/main"), "\(list.output)")
    #expect(list.output.contains(Job.head.prefix(8)))
  }

  @Test("What lies beside an artifact's result.json is not opened")
  func beside() throws {
    let job = try secondStep()
    job.server.add(.init(number: 12, head: Job.head, headRepository: "stranger/gateway"))
    let result = try JudgedRun.result("out", in: job.product)
    // Who opens a pipe that nobody writes to waits for ever.
    #expect(mkfifo(job.product.folder.file("out/run-9.jsonl.gz").path, 0o600) == 0)
    let end = try job.run("comment", result)
    #expect(end.code == 0 && job.bodies.count == 1, "\(end.errors)")
  }

  @Test("Hostile names of an artifact are inert in the comment")
  func hostile() throws {
    let job = try secondStep()
    job.server.add(.init(number: 12, head: Job.head, headRepository: "stranger/gateway"))
    let result = try JudgedRun.result("out", in: job.product) { header in
      header.project = "--> <script>@everyone [x](http://evil.example) ::set-output name=a::b"
      header.environment = "| <img src=x> `-1a2b3c4d"
    }
    let end = try job.run("comment", result)
    #expect(end.code == 0, "\(end.errors)")
    let text = try #require(job.bodies.first)
    // Within a code span nothing has a meaning, and no span ends but by our own marks.
    let outside = text.replacing(#/`[^`\n]*`/#, with: "code")
    #expect(!outside.contains("evil.example") && !outside.contains("script"))
    #expect(!outside.contains("<img") && !outside.contains("@everyone"))
    #expect(!end.output.contains("::set-output") && !end.errors.contains("::set-output"))
    #expect(text.split(separator: "\n").first?.count { $0 == ">" } == 1)
  }
}

@Suite("The forge's token", .waiting)
struct ForgeTokenTests {
  /// Every place that a token could be seen in after a command.
  private func expectNowhere(
    _ end: RunningProcess.End, _ job: Job, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let files = try job.product.contents().values.map { String(decoding: $0, as: UTF8.self) }
    for text in [end.output, end.errors] + files + job.bodies {
      #expect(!text.contains(Job.token), sourceLocation: sourceLocation)
    }
  }

  @Test("It is in no output, file or comment, whether the forge takes it or not")
  func outputs() throws {
    let job = try Job()
    let result = try JudgedRun.result("out", in: job.product)
    try expectNowhere(try job.run("comment", result, "--verbose"), job)
    let said = #"{"message":"no \#(Job.token) here"}"#
    for fault in [
      ForgeServer.Fault.answer(403, headers: [], body: said),
      .answer(401, headers: [], body: said), .answer(422, headers: [], body: said),
      .answer(301, headers: ["Location: http://elsewhere.example/"], body: ""),
    ] {
      job.server.fail("GET", .answer(403, headers: [], body: said), fault)
      let end = try job.run("comment", result, "--verbose")
      #expect(end.code == 0 && end.errors.contains("warning"), "\(end.errors)")
      try expectNowhere(end, job)
    }
    #expect(job.server.requests.allSatisfy { !$0.target.contains(Job.token) })
  }

  @Test("It is not in the process list while the forge is asked")
  func processList() throws {
    let job = try Job()
    let result = try JudgedRun.result("out", in: job.product)
    job.server.fail("GET", .silence)
    let process = try job.product.start(["comment", result])
    while job.server.requests.isEmpty { poll(nil, 0, 10) }
    let line = try Data(contentsOf: URL(filePath: "/proc/\(process.identifier)/cmdline"))
    #expect(String(decoding: line, as: UTF8.self).contains("comment"))
    #expect(!String(decoding: line, as: UTF8.self).contains(Job.token))
    _ = try process.stop(signal: SIGKILL)
  }

  @Test("A verdict stands whether the forge takes its comment or not")
  func verdict() throws {
    let job = try Job()
    let simulator = try Simulator(in: job.product.folder, "--fault", "http_500=100%")
    try job.product.folder.write(
      TestPlan.sustained(
        url: simulator.url, rate: 20, lines: "abort: { error: 50%, over: 2s }"),
      to: "streamgate.yaml")
    let first = try job.run("run", "--comment", "--out", "out")
    #expect(first.code == 1, "\(first.errors)")
    #expect(first.errors.contains("created in acme/gateway pull request 7"))
    #expect(job.bodies.count == 1 && job.bodies[0].contains("### ❌ FAIL"))
    #expect(job.bodies[0].contains("commit `\(Job.head.prefix(12))` · branch `change`"))
    try expectNowhere(first, job)
    // The verdict of a commit is repeated: only the forge is other.
    job.server.fail("PATCH", .answer(403, headers: [], body: #"{"message":"no"}"#))
    let refused = try job.run("run", "--comment")
    #expect(refused.code == 1 && refused.errors.contains("status 403: no"))
    job.product.environment["GITHUB_TOKEN"] = ""
    let bare = try job.run("run", "--comment")
    #expect(bare.code == 1 && bare.errors.contains("warning: --comment: no token"))
    job.product.environment["GITHUB_EVENT_PATH"] = ""
    let push = try job.run("run", "--comment", "--commit", Job.head, "--branch", "change")
    #expect(push.code == 1 && push.errors.contains("there is no pull request here"))
  }
}
