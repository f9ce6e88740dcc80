import Model
import Reports
import Testing

@Suite("The text of a comment")
struct CommentReportTests {
  private func text(
    _ models: [ReportModel], runURL: String? = nil, isForeign: Bool = false
  ) -> String {
    let bytes = CommentReport(models, runURL: runURL, isForeign: isForeign).bytes()
    #expect(bytes.count <= CommentReport.bytesMax)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What is wrong with a comment: with the report in each of its outer folds, and between them.
  private func problems(_ text: String) -> [String] {
    let opening = #/<details><summary>\d+: [A-Z ]+</summary>\n\n/#
    var rest = text[...]
    var (between, found): (String, [String]) = ("", [])
    while let fold = rest.firstMatch(of: opening) {
      between += rest[..<fold.range.lowerBound]
      rest = rest[fold.range.upperBound...]
      let next = rest.firstMatch(of: opening)?.range.lowerBound ?? rest.endIndex
      guard let close = rest[..<next].ranges(of: "</details>\n\n").last else {
        return found + ["an outer fold that is not closed"]
      }
      found += MarkdownCheck.problems(Array(rest[..<close.lowerBound].utf8))
      rest = rest[close.upperBound...]
    }
    let own = [
      "⚠️ Measured by a fork's own pipeline: nobody vouches for these figures.",
      "50 more are not shown.",
      "[The job, with the whole report among its files](https://ci.example/1)",
    ]
    let lines = (between + rest).split(separator: "\n", omittingEmptySubsequences: false)
    let others = lines.filter {
      !own.contains(String($0))
        && $0.wholeMatch(of: #/No room for the details of \d+ more: see .*/#) == nil
    }.joined(separator: "\n")
    return found + MarkdownCheck.problems(Array(others.utf8))
  }

  /// A report that is far longer than a comment.
  private var long: ReportModel {
    var item = ReportCase.fail
    for index in 0..<3_000 {
      var cell = Piece.latency(.ttftP50, cell: "sustained/s\(index)", baseline: 1, change: 0.3)
      if index < 100 { cell.verdict = .fail }
      item.verdict.cells.append(cell)
    }
    return item.model
  }

  @Test("One report is the summary with a link to the job")
  func one() {
    let model = ReportCase.fail.model
    let summary = String(decoding: MarkdownReport.bytes(model), as: UTF8.self)
    #expect(text([model]) == summary)
    let link = "[The job, with the whole report among its files](https://ci.example/1)\n\n"
    #expect(text([model], runURL: "https://ci.example/1") == summary + link)
    let words = "⚠️ Measured by a fork's own pipeline: nobody vouches for these figures."
    for models in [[model], [model, model]] {
      let lines = text(models, isForeign: true).split(separator: "\n")
      #expect(lines[0].hasPrefix("### ❌ ") && lines[1] == words)
    }
  }

  @Test(
    "A comment is cut at rows with its folds closed and its link there",
    arguments: [1, 2, 5, 29, 150])
  func cut(count: Int) {
    let text = text(
      Array(repeating: long, count: count), runURL: "https://ci.example/1", isForeign: true)
    #expect(text.utf8.count > CommentReport.bytesMax * 3 / 4)
    #expect(problems(text) == [])
    let opened = text.components(by: "<details>")
    #expect(opened > 0 && opened == text.components(by: "</details>"))
    #expect(text.hasSuffix("(https://ci.example/1)\n\n"))
    if count == 150 { #expect(text.contains("50 more are not shown")) }
  }

  @Test("Several reports have a row each, the most urgent first, and a headline for all")
  func several() {
    let cases: [ReportCase] = [.pass, .inconclusive, .fail, .clientLimited, .pass]
    let text = text(cases.map(\.model))
    #expect(text.hasPrefix("### ❌ 1 of 5 gates failed\n"))
    let order = ["1: FAIL", "2: CANNOT EVALUATE", "3: INCONCLUSIVE", "4: PASS", "5: PASS"]
    let summaries = text.split(separator: "\n").filter { $0.hasPrefix("<details><summary>") }
      .compactMap { line in order.first { line.contains(">\($0)<") } }
    #expect(summaries == order)
    #expect(self.text([ReportCase.pass.model, ReportCase.pass.model]).hasPrefix("### ✅ all 2"))
    #expect(
      self.text([ReportCase.pass.model, ReportCase.learning.model])
        .hasPrefix("### ⚠️ 1 of 2 gates passed, 1 could not tell; none failed\n"))
  }

  @Test("A run without a verdict says so first, with why and its exit code, whatever is in them")
  func missing() {
    let words = "the service said\n::error::<b>@everyone"
    let missing = MissingVerdict(
      project: "a|b`", environment: "default", commit: String(repeating: "4f2a9c1be0", count: 4),
      why: words, exitCode: 69)
    let text = String(decoding: CommentReport([.missing(missing)]).bytes(), as: UTF8.self)
    #expect(text.hasPrefix("### ⛔ NO VERDICT on commit 4f2a9c1be04f: the service said "))
    #expect(text.prefix { $0 != "\n" }.hasSuffix("(exit code 69)"))
    #expect(!text.contains("<b>") && !text.contains("@everyone") && !text.contains("\n::"))
  }

  @Test("A gate that this call has no news of keeps its row, as its note tells it, made inert anew")
  func kept() throws {
    let earlier = CommentReport([ReportCase.fail.model, ReportCase.pass.model])
    let notes = earlier.notes(among: 2)
    let rows = try notes.map { try #require(CommentRow(note: $0)) }
    let now = CommentReport([ReportCase.pass.model]).bytes(keeping: [rows[0]])
    let text = String(decoding: now, as: UTF8.self)
    #expect(text.hasPrefix("### ❌ 1 of 2 gates failed\n"))
    let line = ReportCase.fail.model.verdictLine
    #expect(text.contains("❌ FAIL") && text.contains(line.prefix(20)))
    for note in ["", "pass", "a\nb\nc\nd\ne\nf"] { #expect(CommentRow(note: note) == nil) }
    let evil = try #require(CommentRow(note: "pass\n<b>`x\ny\nz\n@everyone <script>"))
    let inert = String(
      decoding: CommentReport([ReportCase.pass.model]).bytes(keeping: [evil]), as: UTF8.self)
    #expect(!inert.contains("<script>") && !inert.contains("@everyone"))
  }

  @Test("A note is short where a mark holds many", arguments: [1, 100])
  func notes(count: Int) {
    let notes = CommentReport([long]).notes(among: count)
    #expect(notes[0].utf8.count < (count == 1 ? 400 : 260))
  }

  @Test("What there is no room for is said once, and no fold is empty", arguments: [1, 5, 70])
  func leftOut(count: Int) {
    let text = text(Array(repeating: long, count: count))
    #expect(!text.contains(#/<details><summary>[^<]*</summary>\s*</details>/#))
    #expect(!text.contains(#/more: see result\.json\.\*\n\s*\*\d+ more/#))
    #expect(text.contains("There is no room for more here: see result.json"))
    #expect(text.contains("No room for the details of") == (count == 70))
  }

  @Test("Hostile texts are inert among several reports too", arguments: Hostile.texts.indices)
  func hostile(index: Int) {
    let model = Hostile.report(Hostile.texts[index]).model
    let text = text([model, ReportCase.pass.model])
    #expect(problems(text) == [])
  }

  @Test(
    "An address that is none of the web is no link, and no mark in it ends one",
    arguments: [
      (
        "https://ci.example/a b/<c>?q=1&copy=2#x",
        "(https://ci.example/a%20b/%3Cc%3E?q=1&amp;copy=2#x)"
      ),
      (
        "https://ci.example/)](http://evil.example",
        "(https://ci.example/%29%5D%28http://evil.example)"
      ),
      ("https://ci.example/@everyone_`", "(https://ci.example/%40everyone_%60)"),
      ("javascript:alert(1)", nil), ("", nil), ("//evil.example", nil),
    ])
  func links(address: String, wanted: String?) {
    let text = text([ReportCase.pass.model], runURL: address)
    let words = "The job, with the whole report among its files"
    #expect(text.hasSuffix(wanted.map { "[\(words)]\($0)\n\n" } ?? "\n\(words)\n\n"))
  }
}

extension String {
  fileprivate func components(by part: String) -> Int { ranges(of: part).count }
}
