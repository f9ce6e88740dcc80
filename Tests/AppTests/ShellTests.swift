import ArgumentParser
import Foundation
import LoadEngine
import Model
import Plan
import Testing
import Workload

@testable import App

@Suite("The shell's own parts")
struct ShellTests {
  @Test("Each --history begins a segment of its own")
  func segments() throws {
    let marked = HistorySegments.marked(
      ["compare", "--candidate", "c", "--history", "a", "b", "--history", "d"])
    let command = try #require(try StreamgateCommand.parseAsRoot(marked) as? CompareCommand)
    #expect(HistorySegments.split(command.history) == [["a", "b"], ["d"]])
    #expect(command.candidate == ["c"])
    #expect(HistorySegments.split([]).isEmpty)
  }

  @Test(
    "Command lines that make no sense are refused",
    arguments: [
      ["run", "--repeat", "0"], ["run", "--spread", "2h"], ["run", "--restart", " "],
      ["run", "--verbose", "--quiet"], ["run", "--set", "rate"], ["run", "--set", "=5"],
      ["run", "--commit", ""],
      ["run", "--branch", " "], ["compare"],
      ["compare", "a", "b", "c"], ["compare", "a", "--candidate", "b"],
      ["compare", "--candidate", "a", "--max-looks", "6"], ["compare", "--baseline", "a"],
      ["run", "--store", "postgres://u:p@h/d"], ["report"], ["runs", "prune"], ["init", "x"],
    ])
  func refused(_ arguments: [String]) {
    #expect(throws: (any Error).self) { try StreamgateCommand.parseAsRoot(arguments) }
  }

  @Test("Progress says where the run is, what is open, what ended and how it is")
  func progress() {
    var progress = EngineProgress()
    #expect(Progress.line(progress, label: "run") == "run: connecting")
    progress.profile = .sustained
    progress.elapsed = Nanos.milliseconds(10_400)
    progress.duration = Nanos.seconds(20)
    progress.inFlight = 7
    progress.ended = [.complete: 90, .truncated: 2, .http429: 1]
    #expect(
      Progress.line(progress, label: "look 1")
        == "look 1: sustained 10 s/20 s, 7 open, 93 ended, 3 failed")
    progress.ttft = [LogHistogram()]
    progress.ttft[0].add(.milliseconds(204))
    #expect(
      Progress.line(progress, label: "look 1").hasSuffix("ttft 204/204 ms (p50/p95)"))
    let warming = Progress.line(progress, label: "run", phase: "warming the prompt cache")
    #expect(warming.hasPrefix("run: warming the prompt cache 10 s/20 s, 7 open"))
  }

  @Test("A warm pass says how many prompts it sent and how many failed of what")
  func warmPass() {
    #expect(
      RunDriver.warmPassText([.complete: 50]) == "warm pass: 50 prompts sent, unmeasured")
    #expect(
      RunDriver.warmPassText([.complete: 4, .http5xx: 1, .truncated: 2])
        == "warm pass: 7 prompts sent, unmeasured; 3 failed (truncated 2, http_5xx 1)")
  }

  @Test("Columns are as wide as their widest cell, and lines end without blanks")
  func columns() {
    #expect(
      RunTable.columns([["a", "bbb", ""], ["aaaa", "b", "c"]]) == "a     bbb\naaaa  b    c")
    #expect(RunTable.columns([]).isEmpty)
    #expect(RunTable.text([]).split(separator: "\n").count == 1)
  }

  @Test("A plan's view names digest, environment, arrivals and what each cell will have")
  func planView() throws {
    let plan = """
      version: 1
      project: p
      target: { url: "http://example.com" }
      scenarios: { short: { prompts: ["x"], maxTokens: 10 } }
      rate: 10
      profiles: [sustained]
      size: quick
      """
    let resolution = try PlanResolver.resolve(try PlanFile.parse(Array(plan.utf8)))
    let loaded = LoadedPlan(
      plan: resolution.plan, resolution: resolution, path: "streamgate.yaml",
      environment: resolution.plan.environmentKey(cpuModel: nil))
    let text = PlanView(loaded: loaded, schedule: .make(resolution.plan)).text
    for piece in [
      resolution.plan.digest, loaded.environment,
      "sustained: 20 s, the first 2 s warm-up, 200 requests",
      "short: n = 180, too few for ttft_p95", "in all: 200 requests", "line 5",
    ] {
      #expect(text.contains(piece), "\(piece) is not in \(text)")
    }
    let json = PlanView(loaded: loaded, schedule: .make(resolution.plan)).json
    #expect(json["requests"] == .integer(200))
    #expect(json["digest"] == .string(resolution.plan.digest))
    #expect(History.baselinePath(loaded) == "baselines/p/\(loaded.environment).json")
  }
}
