import ArgumentParser
import Foundation
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

  @Test("A number below 0 after an option is its value")
  func negative() {
    #expect(
      NegativeValues.joined([
        "run", "--rate", "-5", "-q", "--spread", "-.5h", "--rate=1", "-2", "x", "-3",
      ])
        == ["run", "--rate=-5", "-q", "--spread=-.5h", "--rate=1", "-2", "x", "-3"])
    #expect(
      NegativeValues.joined(["--a", "-", "--b", "--", "--c", "-1"]) == [
        "--a", "-", "--b", "--", "--c", "-1",
      ])
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

  @Test("A warm pass says how many prompts it sent and how many failed of what")
  func warmPass() {
    #expect(
      RunDriver.warmPassText([.complete: 50]) == "warm pass: 50 prompts sent, unmeasured")
    #expect(
      RunDriver.warmPassText([.complete: 4, .http5xx: 1, .truncated: 2])
        == "warm pass: 7 prompts sent, unmeasured; 3 failed (truncated 2, http_5xx 1)")
  }

  @Test("An interrupt between repeated runs tells what is stored of those before it")
  func interruptedPause() {
    #expect(
      RunSession.interruptedText(
        beforeRun: 2, of: 3, after: [RunEnd(code: .cannotEvaluate, isStored: true)])
        == "interrupted before run 2 of 3: 1 run is stored")
    let ends = [
      RunEnd(code: .pass, isStored: true), RunEnd(code: .notStored, isStored: false),
      // It missed an objective, which is more severe, and its store was lost.
      RunEnd(code: .fail, isStored: false),
    ]
    #expect(
      RunSession.interruptedText(beforeRun: 4, of: 9, after: ends)
        == "interrupted before run 4 of 9: 1 run is stored, 2 could not be")
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
