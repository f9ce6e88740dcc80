import Foundation
import Model
import Reports
import TestKit
import Testing

/// Text as the worst branch, server or plan would send it, and the report of a run that has it in
/// every place where text comes from outside.
enum Hostile {
  static let texts: [String] =
    RandomRun.hostileTexts + [
      "'; DROP TABLE runs; --", "\"quotes\" 'and' `ticks`", "```\nfence\n```", "# heading",
      "- item", "1. item", "1) item", "---", "===", "> quote", "| a | b |", "||", "a|b",
      "[link](https://evil.example)", "![image](https://evil.example/x.png)",
      "https://evil.example/a_b", "www.evil.example", "x@evil.example", "mailto:x@evil.example",
      "@everyone", "@octocat please", "owner/repo#123", "#1 !2 ~3 $4 %5 &6 GH-7", ":smile:",
      "<script>alert(1)</script>", "<!-- hidden", "</details>", "<img src=x onerror=alert(1)>",
      "&lt;b&gt;", "]]>", "<![CDATA[x]]>", "<?xml?>", "&undefined;", "$`x`$", "$$x$$",
      "~~gone~~", "*a* _b_ __c__ ***d***", "\\* \\", "    code", "\tcode", "two  \nlines",
      "::set-output name=x::y", "::error file=a::b", "##[error]x", "##vso[task.complete]",
      "##teamcity[x]", "/approve", "/label ~bug", "\u{0}\u{1}\u{8}\u{1B}]0;title\u{7}",
      "\u{1B}[2J\u{9B}31m", "\u{202E}txt.exe\u{2066}", "\u{200B}\u{200D}\u{2060}\u{FEFF}",
      "\u{FFFE}\u{FFFF}", "\u{2028}\u{2029}\u{85}", "e\u{301}\u{1F600}\u{E0041}", "   ",
      String(repeating: "A", count: 1_000_000), String(repeating: "|@`<", count: 250_000),
      String(repeating: "\n- x\n", count: 200_000),
    ]

  static func report(_ text: String) -> ReportCase {
    var item = ReportCase.fail
    let key = CellKey(profile: text, scenario: text, region: text)
    let id = HypothesisID(
      metric: .latency(.ttftP50), profile: text, scenario: text, region: text)
    var cell = Piece.latency(.ttftP50, baseline: 0.4, change: 0.5, verdict: .fail)
    cell.id = id
    var waived = cell
    waived.waiver = text
    item.verdict.cells += [cell, waived, cell]
    item.verdict.reasons += [
      .regression(id), .objectiveMissed(text), .objectiveNotJudged(text), .clientLimited(text),
      .aborted(Abort(profile: text, rule: text, at: .seconds(3))), .unusable(text),
      .missingCells(Array(repeating: key, count: 9)), .newEnvironment,
    ]
    item.verdict.objectives += Array(
      repeating: ObjectiveResult(
        objective: text, verdict: .fail, value: 1, bound: 1, n: 1, floor: 1), count: 2)
    item.verdict.untested += [UntestedCell(id: id, reason: .noValue)]
    item.verdict.runs += [
      RunReference(runID: text, commit: text, startedAt: UnixNanos(0), role: .history)
    ]
    item.verdict.warnings += [
      .outputTokensMoved(scenario: text, baseline: 1, candidate: 2), .waiverExpired(text),
      .cachedTokensMoved(scenario: text, baseline: 0, candidate: 1), .duplicateRun(text),
      .runLeftOut(runID: text, reason: text), .mainAlreadySlower(id, since: text),
      .mainRegressed([id], since: text, runs: 10),
    ]
    item.verdict.accepted = [
      AcceptedChange(
        .waiver(
          Waiver(
            id: text, metric: text, profile: text, scenario: text, reason: text,
            acceptedBy: text, expiresAt: UnixNanos(1))), isExpired: true),
      AcceptedChange(
        .run(Acceptance(kind: .changePoint, runID: text, reason: text, acceptedBy: text)),
        isExpired: false),
    ]
    item.verdict.differences += [CellDifference(id: id, candidate: 0, baseline: .infinity)]
    var display = item.verdict.displays[0]
    display.key = key
    display.latency = text
    item.verdict.displays.append(display)
    item.candidates[0].header = header(item.candidates[0].header, text)
    item.candidates[0].figures += [
      ReportFigure(profile: text, scenario: text, name: "outcome." + text, value: 7, n: 7)
    ]
    item.facts = ReportFacts(
      exitCode: 1, hostName: text, version: text, baselineBranch: text, isRepeated: true,
      restartReason: text, notes: [text])
    return item
  }

  private static func header(_ header: RunHeader, _ text: String) -> RunHeader {
    var header = header
    header.runID = text
    header.project = text
    header.commit = text
    header.testedCommit = text
    header.branch = text
    header.environment = text
    header.planDigest = text
    header.profiles.append(text)
    return header
  }
}

@Suite("Hostile text in reports")
struct HostileTextTests {
  @Test("JUnit stays well-formed with unique names", arguments: Hostile.texts.indices)
  func junit(_ index: Int) throws {
    let model = Hostile.report(Hostile.texts[index]).model
    for isExtended in [false, true] {
      let bytes = JUnitReport.bytes(model, isExtended: isExtended)
      let file = try JUnitFile(bytes)
      #expect(file.problems == [])
      #expect(bytes.count < 400_000)
    }
  }

  @Test(
    "Markdown has no line, block or character of a hostile text", arguments: Hostile.texts.indices)
  func markdown(_ index: Int) throws {
    let bytes = MarkdownReport.bytes(Hostile.report(Hostile.texts[index]).model)
    #expect(bytes.count <= MarkdownReport.bytesMax)
    #expect(MarkdownCheck.problems(bytes) == [])
  }

  @Test("A terminal gets no control character and no command", arguments: Hostile.texts.indices)
  func terminal(_ index: Int) {
    let bytes = TerminalReport.bytes(Hostile.report(Hostile.texts[index]).model)
    let text = String(decoding: bytes, as: UTF8.self)
    for scalar in text.unicodeScalars where scalar != "\n" {
      #expect(scalar.properties.generalCategory != .control, "\(scalar.value)")
      #expect(
        !(0x202A...0x202E).contains(scalar.value) && !(0x2066...0x2069).contains(scalar.value))
    }
    #expect(!text.contains("::"))
    #expect(!text.contains("##"))
    #expect(bytes.count < 100_000)
  }

  @Test("A report full of hostile text equals its golden files")
  func golden() throws {
    let text =
      "a|b `c` **d** <b>@octocat</b> ::error::x https://evil.example\n# \u{1B}[31m\u{202E}e"
    let model = Hostile.report(text).model
    try Golden.expect(MarkdownReport.bytes(model), equals: "reports/hostile.md")
    try Golden.expect(JUnitReport.bytes(model), equals: "reports/hostile.xml")
    try Golden.expect(TerminalReport.bytes(model), equals: "reports/hostile.txt")
  }

  @Test("The same input gives the same bytes")
  func deterministic() {
    for text in Hostile.texts.prefix(20) {
      let item = Hostile.report(text)
      #expect(MarkdownReport.bytes(item.model) == MarkdownReport.bytes(item.model))
      #expect(JUnitReport.bytes(item.model) == JUnitReport.bytes(item.model))
    }
  }
}
