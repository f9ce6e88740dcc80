import Foundation
import Model
import Reports
import Testing

@Suite("Shape of reports")
struct ReportShapeTests {
  @Test("JUnit is red exactly where the verdict is", arguments: ReportCase.all)
  func red(_ item: ReportCase) throws {
    let file = try JUnitFile(JUnitReport.bytes(item.model))
    #expect(file.problems == [])
    let results = Set(file.cases.map(\.result))
    switch item.verdict.kind {
    case .pass, .inconclusive: #expect(results.isSubset(of: ["passed", "skipped"]))
    case .fail: #expect(results.contains("failure") && !results.contains("error"))
    case .cannotEvaluate: #expect(results.contains("error") && !results.contains("failure"))
    }
  }

  @Test("An inconclusive verdict that blocks is a failure in JUnit")
  func blocked() throws {
    var item = ReportCase.inconclusive
    item.facts.exitCode = 1
    let file = try JUnitFile(JUnitReport.bytes(item.model))
    #expect(file.cases.first?.result == "failure")
    #expect(!item.model.notices.contains { $0.contains("does not block") })
  }

  @Test("Names of cases are the same from run to run")
  func names() throws {
    let pass = try JUnitFile(JUnitReport.bytes(ReportCase.pass.model)).cases.map(\.name)
    let fail = try JUnitFile(JUnitReport.bytes(ReportCase.fail.model)).cases.map(\.name)
    #expect(pass == fail)
  }

  @Test("Turns have rows of their own, in their order, and no report without conversations has any")
  func turns() throws {
    var item = ReportCase.pass
    #expect(item.model.turns.isEmpty)
    let last = item.candidates.count - 1
    for turn in [10, 2, 0] {
      for (name, value) in [
        ("requests", 72.0), ("tokens.input", 100.0 * Double(turn + 1)), ("ttft.p50", 0.2),
        ("error", 0.05),
      ] {
        item.candidates[last].figures.append(
          ReportFigure(
            profile: "sustained", scenario: "long", name: "turn.\(turn).\(name)", value: value,
            n: 72))
      }
    }
    let rows = item.model.turns
    #expect(rows.map(\.turn) == ["1", "3", "11"])
    #expect(rows.allSatisfy { $0.cell == "sustained/long" && $0.n == "72" })
    #expect(rows[1].figures == ["300", "–", "200 ms", "never*", "never", "5.0 %", "–"])
    let text = String(decoding: MarkdownReport.bytes(item.model), as: UTF8.self)
    #expect(text.contains("| `sustained/long` | 11 | 72 | 1100 |"))
    #expect(MarkdownCheck.problems(MarkdownReport.bytes(item.model)) == [])
  }

  @Test("Stages have rows of their own with their failures, and the knee is at its stage")
  func stages() throws {
    #expect(ReportCase.pass.model.stages.isEmpty && ReportCase.pass.model.knees.isEmpty)
    let model = ReportCase.stages.model
    #expect(model.stages.map(\.stage) == ["1", "2", "3", "4", "5"])
    #expect(model.stages.map(\.knee) == ["", "", "", "ttft", ""])
    #expect(model.stages[0].failures == "none")
    #expect(model.stages[3].failures == "3 http_429 (first after 2.10 s), 1 broken")
    let figures = model.stages[3].figures
    #expect(figures.prefix(6) == ["10.0/s", "10.0/s", "31.4", "40", "803", "1.31 s"])
    #expect(figures[6] == "2.60 s*", "48 requests are too few for a p95")
    #expect(model.knees.map(\.isFound) == [true, false])
    #expect(
      model.knees.map(\.text) == [
        "knee of ramp-up: ttft p50 is flat up to 7.50/s and leaves it at stage 4 of 5"
          + " (10.0/s, 31 in flight): 1.31 s",
        "ramp-up: no knee of duration up to 12.5/s",
      ])
    let terminal = String(decoding: TerminalReport.bytes(model), as: UTF8.self)
    #expect(terminal.contains("  knee of ramp-up: ttft p50") && !terminal.contains("no knee"))
  }

  @Test("Stages without a figure on knees had too few requests for one, which is said")
  func noKnees() {
    var item = ReportCase.stages
    let last = item.candidates.count - 1
    item.candidates[last].figures.removeAll { $0.name.hasPrefix("knee.") }
    #expect(item.model.knees.map(\.isFound) == [false])
    #expect(
      item.model.knees.map(\.text) == [
        "ramp-up: too few stages with at least 11 requests to look for a knee"
      ])
  }

  @Test("What of a load is other is said whole, however much it is")
  func exploration() {
    var item = ReportCase.explorationMissed
    let what =
      "rate 12345.678 instead of 5.125, users 10000 instead of 9999, "
      + "duration 86400s instead of 150s, 180s, 120s"
    item.candidates[0].header.exploration = what
    #expect(item.model.verdictLine.hasPrefix("FAIL (not the fixed profile: \(what)): objective"))
    #expect(item.model.notices[0].hasPrefix("This run is not the fixed profile: \(what). It"))
  }

  @Test("Logins have sentences of their own, and no report without them has any")
  func logins() throws {
    var item = ReportCase.pass
    #expect(item.model.logins.isEmpty)
    let last = item.candidates.count - 1
    for (name, value, n) in [
      ("count", 62.0, 62), ("refreshes", 12, 62), ("failed", 1, 62), ("p50", 0.035, 62),
      ("p95", 0.0412, 62), ("wait.count", 1, 1), ("wait.max", 0.03, 1), ("repeated", 2, 62),
    ] {
      item.candidates[last].figures.append(
        ReportFigure(profile: "", scenario: "", name: "login.\(name)", value: value, n: n))
    }
    #expect(
      item.model.logins == [
        "62 logins, 12 of them refreshes, p50 35.0 ms, p95 41.2 ms*; 1 failed",
        "1 request waited for a token, the longest 30.0 ms: that is in no latency",
        "2 requests went out again with a new token after a 401",
      ])
    var one = ReportCase.pass
    one.candidates[last].figures.append(
      ReportFigure(profile: "", scenario: "", name: "login.count", value: 1, n: 1))
    #expect(one.model.logins == ["1 login"])
    let bytes = MarkdownReport.bytes(item.model)
    #expect(String(decoding: bytes, as: UTF8.self).contains("- 62 logins, 12 of them refreshes"))
    #expect(MarkdownCheck.problems(bytes) == [])
    #expect(item.model.measured == ReportCase.pass.model.measured)
  }

  @Test("A long report is cut at a row, says so and closes its folds")
  func cut() {
    var item = ReportCase.fail
    for index in 0..<3_000 {
      var cell = Piece.latency(.ttftP50, cell: "sustained/s\(index)", baseline: 1, change: 0.3)
      if index < 100 { cell.verdict = .fail }
      item.verdict.cells.append(cell)
    }
    let bytes = MarkdownReport.bytes(item.model)
    #expect(bytes.count <= MarkdownReport.bytesMax)
    #expect(bytes.count > MarkdownReport.bytesMax - 1_000)
    #expect(MarkdownCheck.problems(bytes) == [])
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("more: see result.json"))
    let end = "</details>\n\n*There is no room for more here: see result.json: Outcomes"
    #expect(text.contains(end))
    #expect(!text.contains("<details><summary>Runs"))
  }

  @Test("Wherever a report is cut, no fold is empty, all are closed, and it says so")
  func cutAnywhere() {
    let model = ReportCase.fail.model
    let whole = MarkdownReport.bytes(model).count
    for room in stride(from: 1_000, to: whole, by: 61) {
      let bytes = MarkdownReport.bytes(model, bytesMax: room)
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(bytes.count <= room && MarkdownCheck.problems(bytes) == [], "\(room)")
      #expect(!text.contains(#/<details><summary>[^<]*</summary>\s*</details>/#), "\(room)")
      #expect(text.contains("There is no room for more here: see result.json"), "\(room)")
    }
  }

  @Test("Every report starts or ends with the verdict line", arguments: ReportCase.all)
  func verdictLine(_ item: ReportCase) throws {
    let model = item.model
    let terminal = String(decoding: TerminalReport.bytes(model), as: UTF8.self)
    #expect(terminal.hasSuffix("\n" + model.verdictLine + "\n"))
    let markdown = String(decoding: MarkdownReport.bytes(model), as: UTF8.self)
    let first = try #require(markdown.split(separator: "\n").first)
    #expect(first.hasPrefix("### ") && first.contains(model.label))
    for line in terminal.split(separator: "\n").dropLast() { #expect(line.count <= 100) }
  }
}
