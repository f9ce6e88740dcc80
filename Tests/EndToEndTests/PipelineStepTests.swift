import Foundation
import Model
import TestKit
import Testing

/// A job's folder with nothing in it but a plan, and the service and the forge that it talks to.
private final class StepJob {
  let product: Product
  let simulator: Simulator
  let forge: ForgeServer

  init(_ shape: ForgeServer.Shape, token: String, user: ForgeServer.User) throws {
    product = try Product(plan: nil)
    forge = try ForgeServer(shape, users: [token: user])
    let place = try TemporaryFolder()
    simulator = try Simulator(in: place, "--ttft", "500ms", "--gap", "2ms", "--tokens", "5")
    try product.folder.write(TestPlan.sustained(url: simulator.url), to: "streamgate.yaml")
    simulatorPlace = place
  }

  private let simulatorPlace: TemporaryFolder

  /// Runs a script under a fixture's variables and others; `shell` as its CI calls it.
  func run(
    _ script: PipelineSteps.Script, fixture: String, shell: [String],
    _ more: [String: String]
  ) throws -> RunningProcess.End {
    let file = try simulatorPlace.write(script.text, to: "step.sh")
    let tools = URL(filePath: RunningProcess.product("streamgate")).deletingLastPathComponent()
    let system = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    var variables = try PipelineFixture(fixture).variables
    variables["PATH"] = tools.path(percentEncoded: false) + ":" + system
    variables["HOME"] = product.folder.path
    variables.merge(script.variables) { $1 }
    variables.merge(more) { $1 }
    return try RunningProcess.run(
      "env", ["-C", product.folder.path] + shell + [file.path(percentEncoded: false)],
      environment: variables)
  }

  /// The reports that every pipeline keeps are there, and tell of the fixture's commit.
  func checkReports(in folder: String, fixture: String) throws {
    for name in ["junit.xml", "summary.md", "result.json", "report.html", "metrics.txt"] {
      #expect(product.has("\(folder)/\(name)"), "\(name)")
    }
    let commit = try #require(try PipelineFixture(fixture).facts["commit"])
    #expect(try product.text("\(folder)/result.json").contains("\"\(commit)\""))
  }
}

@Suite("The ready-made pipeline steps", .waiting)
struct PipelineStepTests {
  private static let bash = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]

  /// A first run learns; where the machine is starved the client is the bottleneck, and says so.
  private static func expectMeasured(
    _ end: RunningProcess.End, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let isLimited = end.code == 3 && end.output.contains("client-limited")
    #expect(end.code == 0 || isLimited, "\(end.errors)", sourceLocation: sourceLocation)
  }

  @Test("GitHub's step measures, reports, comments and hands on its exit code")
  func github() throws {
    let job = try StepJob(.github, token: "job-token", user: .job)
    let script = try PipelineSteps.action(
      "Gate", inputs: ["out": "out put", "arguments": "--set\nseed=7\n--verbose"])
    let files = try TemporaryFolder()
    for name in ["output", "summary"] { try files.write("", to: name) }
    func path(_ name: String) -> String { files.file(name).path(percentEncoded: false) }
    let end = try job.run(
      script, fixture: "github_pull_request", shell: PipelineStepTests.bash,
      [
        "GITHUB_API_URL": job.forge.apiURL, "GITHUB_OUTPUT": path("output"),
        "GITHUB_STEP_SUMMARY": path("summary"), "STREAMGATE_STORE": "",
      ])
    PipelineStepTests.expectMeasured(end)
    let output = try String(contentsOf: files.file("output"), encoding: .utf8)
    #expect(output == "exit-code=\(end.code)\n")
    let summary = try String(contentsOf: files.file("summary"), encoding: .utf8)
    #expect(try summary == job.product.text("out put/summary.md"))
    let runner = ActionsRunner(end.errors)
    #expect(runner.commands.map(\.name) == [end.code == 0 ? "notice" : "error"])
    #expect(!runner.isStopped)
    try job.checkReports(in: "out put", fixture: "github_pull_request")
    #expect(job.forge.comments.map(\.pullRequest) == [7])
    #expect(!(end.output + end.errors).contains("job-token"))
  }

  @Test("GitHub's step fails with the gate's exit code and says it")
  func githubFails() throws {
    let job = try StepJob(.github, token: "job-token", user: .job)
    let files = try TemporaryFolder()
    try files.write("", to: "output")
    let end = try job.run(
      try PipelineSteps.action("Gate", inputs: ["config": "absent.yaml"]),
      fixture: "github_pull_request", shell: PipelineStepTests.bash,
      [
        "GITHUB_API_URL": job.forge.apiURL, "GITHUB_STEP_SUMMARY": "",
        "GITHUB_OUTPUT": files.file("output").path(percentEncoded: false),
      ])
    #expect(end.code == 66, "\(end.errors)")
    #expect(try String(contentsOf: files.file("output"), encoding: .utf8) == "exit-code=66\n")
    #expect(ActionsRunner(end.errors).commands.map(\.name) == ["error"])
  }

  @Test("GitHub's step skips a pull request from a fork, and keeps the reports that say so")
  func githubFork() throws {
    let job = try StepJob(.github, token: "job-token", user: .job)
    try job.product.folder.write(
      TestPlan.sustained(
        url: job.simulator.url, target: #"headers: { Authorization: "Bearer ${API_TOKEN}" }"#),
      to: "streamgate.yaml")
    let files = try TemporaryFolder()
    try files.write("", to: "output")
    let end = try job.run(
      try PipelineSteps.action("Gate"), fixture: "github_pull_request_fork",
      shell: PipelineStepTests.bash,
      [
        "GITHUB_API_URL": job.forge.apiURL, "GITHUB_STEP_SUMMARY": "", "STREAMGATE_STORE": "",
        "API_TOKEN": "", "GITHUB_OUTPUT": files.file("output").path(percentEncoded: false),
      ])
    #expect(end.code == 0 && end.output.contains("SKIPPED (no credentials)"), "\(end.errors)")
    #expect(try String(contentsOf: files.file("output"), encoding: .utf8) == "exit-code=0\n")
    #expect(ActionsRunner(end.errors).commands.map(\.name) == ["warning"])
    try job.checkReports(in: "streamgate-out", fixture: "github_pull_request_fork")
  }

  @Test("GitLab's job measures, reports and comments")
  func gitlab() throws {
    let job = try StepJob(.gitlab, token: "project-token", user: ForgeServer.User())
    let end = try job.run(
      try PipelineSteps.gitlab(), fixture: "gitlab_merge_request",
      shell: ["bash", "-e", "-o", "pipefail"],
      [
        "CI_API_V4_URL": job.forge.apiURL, "GITLAB_TOKEN": "project-token",
        // The repository that the forge of the tests has.
        "CI_PROJECT_PATH": "acme/gateway", "CI_MERGE_REQUEST_PROJECT_PATH": "acme/gateway",
      ])
    PipelineStepTests.expectMeasured(end)
    try job.checkReports(in: "streamgate-out", fixture: "gitlab_merge_request")
    #expect(job.forge.comments.count == 1, "\(end.errors)")
    let metrics = try job.product.text("streamgate-out/metrics.txt")
    #expect(MetricsFormat.openMetricsProblems(of: metrics) == [])
    #expect(!end.errors.contains("::stop-commands::"))
  }

  @Test("Jenkins' stage measures, reports and comments")
  func jenkins() throws {
    let job = try StepJob(.github, token: "forge-token", user: ForgeServer.User())
    var script = try PipelineSteps.jenkins()
    // A controller does not say which forge it builds for; a small one on loopback has no name.
    script.text = script.text.replacing(
      "--comment", with: "--comment --provider github --api-url \(job.forge.apiURL)")
    let end = try job.run(
      script, fixture: "jenkins_pull_request", shell: ["sh", "-xe"],
      ["STREAMGATE_FORGE_TOKEN": "forge-token"])
    PipelineStepTests.expectMeasured(end)
    try job.checkReports(in: "streamgate-out", fixture: "jenkins_pull_request")
    #expect(job.forge.comments.count == 1)
    #expect(!(end.output + end.errors).contains("forge-token"))
  }

  @Test("The second step for forks comments on the pull request that GitHub names")
  func fork() throws {
    let job = try StepJob(.github, token: "job-token", user: .job)
    let fixture = try PipelineFixture("github_workflow_run")
    let event = try JSONReader.parse(try #require(fixture.event))["workflow_run"]
    let head = try #require(event?["head_sha"]?.stringValue)
    let repository = try #require(event?["head_repository"]?["full_name"]?.stringValue)
    job.forge.add(ForgeServer.Pull(number: 12, head: head, headRepository: repository))
    let measured = try job.product.run("run", "--commit", "theirs", "--branch", "x", "--out", "out")
    PipelineStepTests.expectMeasured(measured)
    try job.product.folder.write(job.product.text("out/result.json"), to: "untrusted/result.json")
    let end = try job.run(
      try PipelineSteps.action("Comment", inputs: ["results": "untrusted/result.json\n"]),
      fixture: "github_workflow_run", shell: PipelineStepTests.bash,
      ["GITHUB_API_URL": job.forge.apiURL])
    #expect(end.code == 0, "\(end.errors)")
    #expect(job.forge.comments.map(\.pullRequest) == [12], "\(end.errors)")
  }

  @Test("No step puts an expression into a script, and every action is a fixed commit")
  func safe() throws {
    for name in ["github/action.yml", "github/workflow.yml", "github/fork-comment.yml"] {
      let (scripts, uses) = try PipelineSteps.contents(name)
      for script in scripts { #expect(!script.contains("${{"), "\(name): \(script)") }
      #expect(!uses.isEmpty)
      for action in uses where action != "OWNER/streamgate/ci/github@COMMIT" {
        #expect(
          action.wholeMatch(of: /[\w\-]+\/[\w\-\/]+@[0-9a-f]{40} # v\d+\.\d+\.\d+/) != nil,
          "\(name): \(action)")
      }
    }
  }
}

@Suite("How pipeline steps get the tool", .waiting)
struct PipelineInstallTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("#!/bin/sh\necho fetched 1.2.3\n", to: "pack/streamgate-1.2.3/streamgate")
    let made = try RunningProcess.run(
      "tar", ["-czf", folder.file("a.tar.gz").path(percentEncoded: false), "-C", path("pack"), "."])
    #expect(made.code == 0, "\(made.errors)")
  }

  private func path(_ name: String) -> String { folder.file(name).path(percentEncoded: false) }

  private func sum() throws -> String {
    let end = try RunningProcess.run("sha256sum", [path("a.tar.gz")])
    return String(end.output.prefix(64))
  }

  /// Runs a script without a streamgate in the PATH.
  private func run(
    _ arguments: [String], _ variables: [String: String]
  ) throws -> RunningProcess.End {
    var all = ["PATH": "/usr/bin:/bin", "HOME": folder.path, "GITHUB_PATH": path("github-path")]
    all.merge(variables) { $1 }
    return try RunningProcess.run("bash", arguments, environment: all)
  }

  private var script: String {
    Golden.checkout.appending(path: "ci/github/install").path(percentEncoded: false)
  }

  private var archive: String { "file://" + path("a.tar.gz") }

  @Test("GitHub's action takes an archive with the right sum, once, and puts it into the PATH")
  func archived() throws {
    // A runner that lives on has the tool of before.
    try folder.writeProgram("#!/bin/sh\necho older\n", to: ".cache/streamgate/old/streamgate")
    let good = ["GATE_ARCHIVE": archive, "GATE_SHA256": try sum(), "GATE_KEY": try sum()]
    let end = try run([script], good)
    #expect(end.code == 0 && end.output == "fetched 1.2.3\n", "\(end.errors)")
    let tools = folder.path + "/.cache/streamgate/" + (try sum())
    #expect(try String(contentsOf: folder.file("github-path"), encoding: .utf8) == tools + "\n")
    let again = try run([script], good.merging(["GATE_ARCHIVE": "file:///gone"]) { $1 })
    #expect(again.code == 0 && again.output == "fetched 1.2.3\n", "\(again.errors)")
  }

  @Test("It refuses an archive with another sum, without one, and one that is not there")
  func refused() throws {
    let wrong = String(repeating: "0", count: 64)
    for (archive, sum) in [(archive, wrong), (archive, ""), ("file:///gone", wrong)] {
      let end = try run(
        [script], ["GATE_ARCHIVE": archive, "GATE_SHA256": sum, "GATE_KEY": "a"])
      #expect(end.code == 1)
      #expect(ActionsRunner(end.errors).commands.map(\.name) == ["error"], "\(end.errors)")
      let kept = folder.path + "/.cache/streamgate/a/streamgate"
      #expect(!FileManager.default.fileExists(atPath: kept))
    }
  }

  @Test("GitLab's job does so too, and says what to set where there is nothing to take")
  func gitlab() throws {
    var text = try PipelineSteps.gitlab().text
    text = String(text[..<(text.range(of: "streamgate run")?.lowerBound ?? text.endIndex)])
    let file = try folder.write(text, to: "before.sh").path(percentEncoded: false)
    let shell = ["-e", "-o", "pipefail", file]
    // No root here: what Debian lacks is no matter of this test.
    try folder.writeProgram("#!/bin/sh\necho 1000\n", to: "bin/id")
    let variables = ["PATH": path("bin") + ":/usr/bin:/bin"]
    let end = try run(
      shell, variables.merging(["GATE_ARCHIVE": archive, "GATE_SHA256": try sum()]) { $1 })
    #expect(end.code == 0 && end.output == "fetched 1.2.3\n", "\(end.errors)")
    let wrong = try run(
      shell, variables.merging(["GATE_ARCHIVE": archive, "GATE_SHA256": "0"]) { $1 })
    #expect(wrong.code == 1 && wrong.errors.contains("another SHA-256 sum"))
    let none = try run(shell, variables.merging(["GATE_ARCHIVE": "", "GATE_SHA256": ""]) { $1 })
    #expect(none.code == 1 && none.errors.contains("set GATE_IMAGE"))
  }

  @Test("Who has the tool in the PATH downloads nothing")
  func present() throws {
    try folder.writeProgram("#!/bin/sh\necho mine\n", to: "bin/streamgate")
    let end = try run(
      [script], ["PATH": path("bin") + ":/usr/bin:/bin", "GATE_ARCHIVE": "file:///gone"])
    #expect(end.code == 0 && end.output == "mine\n", "\(end.errors)")
    #expect(!FileManager.default.fileExists(atPath: path("github-path")))
  }
}
