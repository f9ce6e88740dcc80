import ArgumentParser
import Foundation
import Model
import Plan
import Reports
import ResultStore
import TestKit
import Testing

@testable import App

@Suite("What a report leaves in the CI system")
struct PipelineTests {
  private func model(rows: Int = 0) -> ReportModel {
    var verdict = Verdict(kind: .inconclusive, look: 1, maxLooks: 1)
    verdict.reasons = [.noBaseline]
    verdict.untested = (0..<rows).map {
      UntestedCell(
        id: HypothesisID(metric: .latency(.ttftP50), profile: "sustained", scenario: "s\($0)"),
        reason: .noBaseline)
    }
    return ReportModel(
      verdict: verdict, candidates: [], baseline: [], facts: ReportFacts(exitCode: 0))
  }

  private func open(_ arguments: [String], _ variables: [String: String]) throws -> PipelineOutput {
    try PipelineOptions.parse(arguments).open(variables)
  }

  @Test("A step summary goes where the variable says, unless a flag says otherwise")
  func place() throws {
    let variables = ["GITHUB_STEP_SUMMARY": "/tmp/of-the-step"]
    let found = try open([], variables).summary
    #expect(found?.path == "/tmp/of-the-step" && found?.isAsked == false)
    let asked = try open(["--step-summary", "mine.md"], variables).summary
    #expect(asked?.path == "mine.md" && asked?.isAsked == true)
    #expect(try open(["--step-summary", "off"], variables).summary == nil)
    #expect(try open([], ["GITHUB_STEP_SUMMARY": ""]).summary == nil)
    #expect(throws: (any Error).self) { try open(["--step-summary", " "], [:]) }
  }

  @Test("Annotations are for GitHub Actions alone, unless a flag says otherwise")
  func detection() throws {
    #expect(try open([], ["CI": "true"]).annotations == nil)
    let github = ["GITHUB_ACTIONS": "true"]
    #expect(try open(["--annotations", "off"], github).annotations == nil)
    for (arguments, variables) in [([], github), (["--annotations", "on"], [:])] {
      let pipeline = try open(arguments, variables)
      #expect(pipeline.annotations != nil)
      pipeline.close()
    }
  }

  @Test("A summary is added below what is there, on a line of its own")
  func appended() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("# Mine", to: "summary.md")
    let summary = StepSummary(path: file.path(percentEncoded: false), isAsked: true)
    try summary.append(model())
    try summary.append(model())
    let text = try String(contentsOf: file, encoding: .utf8)
    let one = String(decoding: MarkdownReport.bytes(model()), as: UTF8.self)
    #expect(text == "# Mine\n\n" + one + one)
  }

  @Test("A summary is cut where its megabyte ends, on the border of a row, its folds closed")
  func cut() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(String(repeating: "x", count: 100_000) + "\n", to: "summary.md")
    let summary = StepSummary(path: file.path(percentEncoded: false), isAsked: true)
    try summary.append(model(rows: 40_000))
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.utf8.count <= MarkdownReport.summaryBytesMax)
    #expect(text.utf8.count > MarkdownReport.summaryBytesMax - 1_000)
    let end = #/\*\d+ more: see result\.json\.\*\n\n</details>\n\n\*There is no room[^*\n]*\*\n\n$/#
    #expect(text.contains(end))
    #expect(throws: FileError.self) { try summary.append(model()) }
    #expect(try String(contentsOf: file, encoding: .utf8) == text)
  }

  @Test("A summary that cannot be written is an error where a flag asked for it, else a warning")
  func unwritable() throws {
    func failures(isAsked: Bool) -> [Failure] {
      Publisher(
        out: nil, paths: ReportPaths(), junit: .junit, form: TerminalForm(),
        pipeline: PipelineOutput(
          summary: StepSummary(path: "/nowhere/at/all.md", isAsked: isAsked), annotations: nil)
      ).appendSummary(model())
    }
    #expect(failures(isAsked: false).isEmpty)
    let failure = try #require(failures(isAsked: true).first)
    #expect(failure.code == .notStored && failure.text.contains("/nowhere/at/all.md"))
  }
}
