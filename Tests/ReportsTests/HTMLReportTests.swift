import Foundation
import Gate
import Model
import Reports
import TestKit
import Testing

@Suite("The page of a run")
struct HTMLReportTests {
  /// The page without its style sheet, which has a golden file of its own.
  private func unstyled(_ bytes: [UInt8]) -> [UInt8] {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let start = text.range(of: "<style>"), let end = text.range(of: "</style>") else {
      return bytes
    }
    return Array((text[..<start.upperBound] + text[end.lowerBound...]).utf8)
  }

  private func problems(_ bytes: [UInt8]) throws -> [String] {
    HTMLFile(bytes).problems + [try HTMLFile.parserError(bytes)].compactMap { $0 }
  }

  @Test("A report with everything equals its golden file and is valid")
  func full() throws {
    let bytes = Reports.render(PageCase.full, as: .html)
    try Golden.expect(unstyled(bytes), equals: "reports/page.html")
    #expect(try problems(bytes) == [])
    let text = HTMLFile(bytes).text
    for part in [
      "FAIL", "ttft, sustained/short", "ttft over time, ramp-up", "ttft over streams in flight",
      "duration over tokens", "ttft over load, ramp-up", "knee", "slowest first token, 1.31 s",
      "first http_5xx", "us-east", "+160 ms (+40.0 %)", "<script>alert(1)</script>bad gateway",
    ] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test("What a candidate stands beside has the name of its branch, in a bare comparison none")
  func baselineName() {
    var report = PageCase.full
    report.facts.baselineBranch = "<trunk>"
    #expect(HTMLFile(Reports.render(report, as: .html)).text.contains("<trunk>, p50 "))
    report.facts.isDifference = true
    let text = HTMLFile(Reports.render(report, as: .html)).text
    #expect(text.contains("the baseline, p50 ") && text.contains("median of the baseline"))
    #expect(!text.contains("<trunk>, p50 "))
  }

  @Test("Without requests the page says so, and has the rest", arguments: ReportCase.all)
  func bare(_ item: ReportCase) throws {
    let bytes = Reports.render(PageCase.bare(item), as: .html)
    #expect(HTMLFile(bytes).problems == [])
    let text = HTMLFile(bytes).text
    #expect(text.contains("The single requests of this run are not at hand"))
    #expect(text.contains(item.model.label))
    #expect(text.contains(item.model.headline))
    for row in item.model.composites + item.model.cells { #expect(text.contains(row.change)) }
    for row in item.model.objectives { #expect(text.contains(row.objective)) }
    for row in item.model.stages { #expect(text.contains(row.failures)) }
    #expect(text.contains("Recent builds") == !item.model.builds.isEmpty)
    for warning in item.model.warnings { #expect(text.contains(warning)) }
    if item.name == "pass" {
      try Golden.expect(unstyled(bytes), equals: "reports/pass.html")
      #expect(try HTMLFile.parserError(bytes) == nil)
    }
  }

  @Test("Hostile text stays text", arguments: Hostile.texts.indices)
  func hostile(_ index: Int) {
    let text = Hostile.texts[index]
    var report = PageCase.bare(Hostile.report(text))
    var run = report.input.candidates[0]
    run.header.scenarios = [text]
    run.header.regions = [text]
    run.samples = (0..<30).map { Build.success(seq: $0, intended: .seconds(Int64($0))) }
    for position in (0..<30) { run.samples?[position].region = 0 }
    report.plots = Gate.plots(candidates: [run], baseline: [run])
    report.streams = PageCase.streams
    for position in report.streams.indices {
      report.streams[position].traceID = text
      report.streams[position].sample.evidence = Evidence(excerpt: text, detail: text)
    }
    report.facts.streams = [
      StreamNote(id: text, reason: .failure, outcome: .broken),
      StreamNote(id: "sustained/short/95", reason: .ttft, outcome: .complete),
    ]
    let bytes = Reports.render(report, as: .html)
    let file = HTMLFile(bytes)
    #expect(file.problems == [])
    #expect(file.elements["script"] == nil)
    #expect(bytes.count < 400_000)
  }

  @Test("A page full of hostile text is valid HTML")
  func hostileParsed() throws {
    for text in ["<script>alert(1)</script>", "\" onload=\"x", "</style></title><!--", "$(x) `y`"] {
      let bytes = Reports.render(PageCase.bare(Hostile.report(text)), as: .html)
      #expect(try problems(bytes) == [])
    }
  }

  @Test("A run of 200,000 requests in many cells makes less than a megabyte")
  func size() throws {
    var report = PageCase.full
    var record = report.input.candidates[0]
    record.header.profiles = ["ramp-up", "sustained", "stress"]
    record.header.scenarios = (0..<5).map { "scenario-\($0)" }
    let run = PageCase.run(record, requests: 200_000, slower: 1.1)
    report.plots = Gate.plots(candidates: [run], baseline: [run])
    let bytes = Reports.render(report, as: .html)
    #expect(bytes.count < 1_000_000)
    #expect(report.plots?.distributions.count == 2 * RunPlots.cellsMax)
    #expect(try problems(bytes) == [])
    #expect(Reports.render(report, as: .html) == bytes)
  }
}
