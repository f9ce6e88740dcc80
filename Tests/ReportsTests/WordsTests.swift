import Model
import Testing

@testable import Reports

@Suite("Words and figures")
struct WordsTests {
  @Test(
    "A duration has three significant digits and the unit that suits it",
    arguments: [
      (0, "0 ms"), (0.000_000_8, "0.80 µs"), (0.000_21, "210 µs"), (0.000_999_6, "1.00 ms"),
      (0.0182, "18.2 ms"), (0.412, "412 ms"), (0.9996, "1.00 s"), (1.618, "1.62 s"),
      (16.18, "16.2 s"), (99.96, "100 s"), (3600, "3600 s"), (-0.0203, "-20.3 ms"),
      (.infinity, "never"), (.nan, "–"),
    ])
  func duration(_ seconds: Double, _ text: String) {
    #expect(Figures.duration(seconds) == text)
  }

  @Test("What to do after a FAIL says what a re-run does: of main it loads anew")
  func afterFail() {
    var item = ReportCase.aborted
    #expect(item.model.nextSteps[0].contains("A re-run of the job repeats this verdict"))
    item.verdict.isAdvisory = true
    let steps = item.model.nextSteps[0]
    #expect(!steps.contains("repeats") && steps.contains("loads and judges anew"), "\(steps)")
    #expect(steps.contains("streamgate baseline accept --run"))
  }

  @Test("What main is already slower in is one warning, each metric with its cells")
  func inherited() throws {
    var item = ReportCase.inherited
    let cells = (1...7).map {
      Piece.latency(.ttftP50, cell: "stress/s\($0)", baseline: 1, change: 0).id
    }
    let other = Piece.latency(.tpotP50, cell: "stress/s1", baseline: 1, change: 0).id
    item.verdict.warnings.insert(
      contentsOf: (cells + [other]).map { .mainAlreadySlower($0, since: "abc1234") }, at: 1)
    let warnings = item.model.warnings.filter { $0.contains("already slower") }
    #expect(
      warnings == [
        "main is already slower in ttft_p50 (stress/s1, stress/s2, stress/s3 and 4 more) and"
          + " tpot_p50 in stress/s1 since abc1234; this change adds nothing to it and is not"
          + " blocked for it."
      ])
  }

  @Test("A latency that requests were counted for and that is not kept has no end")
  func never() {
    func figure(_ name: String, n: Int) -> ReportFigure {
      ReportFigure(profile: "p", scenario: "s", name: name, value: 0.5, n: n)
    }
    func shown(_ name: String, _ figures: [String: ReportFigure], isStreamed: Bool = true) -> String
    {
      ReportBuilder.MeasuredFigure("", name, floor: 11).shown(in: figures, isStreamed: isStreamed)
    }
    let failed = ["requests": figure("requests", n: 40), "ttft.p95": figure("ttft.p95", n: 5)]
    #expect(shown("ttft.p50", failed) == "never" && shown("duration.p50", failed) == "never")
    #expect(shown("ttft_sent.p50", failed) == "never")
    #expect(shown("ttft.p95", failed) == "500 ms*")
    #expect(shown("ttft_sent.p95", failed) == Figures.none, "an older run has no such figure")
    #expect(shown("tpot.p50", failed) == Figures.none, "requests may have too few tokens for it")
    #expect(shown("ttft.p50", failed, isStreamed: false) == Figures.none)
    #expect(shown("ttft.p50", ["requests": figure("requests", n: 3)]) == "never*")
    #expect(shown("duration.p50", [:]) == Figures.none)
  }

  @Test(
    "A change has a sign, also where it rounds to nothing",
    arguments: [
      (0.198, "+19.8 %"), (-0.012, "-1.2 %"), (0, "+0.0 %"), (-0.0001, "+0.0 %"),
      (2.4, "+240 %"), (0.9996, "+100 %"), (-0.5, "-50.0 %"), (.infinity, "+inf %"),
    ])
  func change(_ share: Double, _ text: String) {
    #expect(Figures.change(share) == text)
  }

  @Test(
    "Shares and p are written by their size",
    arguments: [
      (Figures.percent(0.0011), "0.11 %"), (Figures.percent(0.0310), "3.1 %"),
      (Figures.percent(0), "0.0 %"), (Figures.percent(1), "100 %"),
      (Figures.points(0.0289), "+2.89 points"), (Figures.points(-0.00001), "+0.00 points"),
      (Figures.p(0.0004), "<0.001"), (Figures.p(0.0123), "0.012"), (Figures.p(0.62), "0.62"),
      (Figures.p(1), "1.00"), (Figures.fixed(-0.4, decimals: 0), "0"),
      (Figures.fixed(1e18, decimals: 2), "1e+18"), (Figures.list(["a", "b", "c"]), "a, b and c"),
    ])
  func others(_ got: String, _ wanted: String) {
    #expect(got == wanted)
  }

  @Test(
    "Text from outside becomes one visible line",
    arguments: [
      ("  a \r\n\t b  ", "a b"), ("\u{1B}[31mred", "\u{FFFD}[31mred"),
      ("a\u{202E}\u{2066}\u{200B}b", "a\u{FFFD}b"), ("", ""), ("\u{85}\u{2028}", ""),
      (String(repeating: "x", count: 600), String(repeating: "x", count: 500) + "…"),
    ])
  func foreign(_ text: String, _ line: String) {
    #expect(ForeignText.line(text) == line)
  }

  @Test(
    "Markdown is escaped where it means something and nowhere else",
    arguments: [
      ("ttft_p50 +19.8 % (x)", "ttft_p50 +19.8 % (x)"), ("_a_ *b*", "\\_a\\_ \\*b\\*"),
      ("- item", "\\- item"), ("-1.2 %", "-1.2 %"), ("1. x", "1\\. x"), ("1.5 s", "1.5 s"),
      ("---", "\\---"), ("a|b", "a\\|b"), ("<b>", "&lt;b&gt;"), ("@all", "@\u{200B}all"),
      ("a@b.c", "a@\u{200B}b.c"), ("http://x", "http:\u{200B}//x"), ("www.x", "www\u{200B}.x"),
      ("anew.", "anew."), ("GH-7", "GH-\u{200B}7"), ("#1", "\\#\u{200B}1"),
    ])
  func markdown(_ text: String, _ source: String) {
    #expect(MarkdownText.plain(text).source == source)
  }

  @Test("A run of main counts among those that the baseline still needs")
  func nextRunsOfMain() {
    var learning = ReportCase.learning
    #expect(learning.model.nextSteps.contains { $0.contains("--repeat 2") })
    learning.verdict.isAdvisory = true
    #expect(learning.model.nextSteps.contains { $0.contains("--repeat 1") })
    learning.verdict.learning = Learning(have: 4, need: 5)
    #expect(learning.model.nextSteps.contains { $0.contains("complete with this run") })
  }
}
