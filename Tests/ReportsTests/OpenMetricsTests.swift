import Foundation
import Model
import Reports
import TestKit
import Testing

@Suite("The report as OpenMetrics")
struct OpenMetricsTests {
  @Test("The text keeps to the format, whatever the verdict", arguments: ReportCase.all)
  func format(_ item: ReportCase) {
    let text = String(decoding: OpenMetricsReport.bytes(item.report), as: UTF8.self)
    #expect(MetricsFormat.openMetricsProblems(of: text) == [])
  }

  @Test("The checker of these tests finds what OpenMetrics forbids")
  func checker() {
    func problems(_ text: String) -> [String] { MetricsFormat.openMetricsProblems(of: text) }
    #expect(problems("# TYPE a gauge\na 1\n# EOF\n") == [])
    #expect(problems("# TYPE a gauge\na 1\n").contains("not closed by # EOF"))
    #expect(problems("# TYPE a counter\na 1\n# EOF\n") == ["a is no gauge"])
    #expect(problems("# TYPE a gauge\n\na 1\n# EOF\n") == ["an empty line"])
    #expect(problems("# words\n# TYPE a gauge\na 1\n# EOF\n") == ["a comment: # words"])
    #expect(
      problems("# TYPE a gauge\n# TYPE b gauge\na 1\nb 1\n# EOF\n") == ["not below its TYPE: a 1"])
  }

  @Test("Hostile names stay inside their quotes, and a series comes once")
  func hostile() throws {
    for text in Hostile.texts {
      let report = OpenMetricsTests.hostile(text)
      let metrics = String(decoding: OpenMetricsReport.bytes(report), as: UTF8.self)
      #expect(MetricsFormat.openMetricsProblems(of: metrics) == [])
      #expect(metrics.utf8.count < 20_000)
    }
  }

  /// A report with a hostile name in every label.
  static func hostile(_ text: String) -> Report {
    var item = Hostile.report(text)
    let last = item.candidates.count - 1
    item.verdict.runs.append(
      RunReference(
        runID: item.candidates[last].header.runID, commit: text, startedAt: UnixNanos(0),
        role: .candidate))
    for name in [text, text + "\u{1}", text + "\u{2}"] {
      item.candidates[last].figures.append(
        ReportFigure(
          profile: name, scenario: "s" + name, region: name, name: "ttft.p50", value: 0.1, n: 99))
    }
    return item.report
  }

  @Test("The reference parser of OpenMetrics reads every report, and so does promtool")
  func parsers() throws {
    let folder = try TemporaryFolder()
    var paths: [String] = []
    let reports =
      ReportCase.all.map { ($0.name, $0.report) }
      + Hostile.texts.enumerated().map { ("hostile-\($0)", OpenMetricsTests.hostile($1)) }
    for (name, report) in reports {
      let text = String(decoding: OpenMetricsReport.bytes(report), as: UTF8.self)
      try folder.write(text, to: name)
      paths.append(folder.file(name).path(percentEncoded: false))
    }
    // Debian's package belongs to Debian's Python.
    let program = """
      import sys
      from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
      for path in sys.argv[1:]:
          families = list(parse(open(path, encoding="utf-8", newline="").read()))
          assert families and all(f.type == "gauge" and f.samples for f in families), path
      """
    let end = try RunningProcess.run("/usr/bin/python3", ["-c", program] + paths)
    #expect(end.code == 0, "\(end.errors)")
    let check = """
      command -v promtool > /dev/null || exit 0
      for file; do promtool check metrics < "$file" || exit; done
      """
    let promtool = try RunningProcess.run("sh", ["-c", check, "sh"] + paths)
    #expect(promtool.code == 0 && promtool.errors.isEmpty, "\(promtool.errors)")
  }

  @Test("A quantile of too few requests is left out, and one without a finite value")
  func reliable() throws {
    func text(_ item: ReportCase) -> String {
      String(decoding: OpenMetricsReport.bytes(item.report), as: UTF8.self)
    }
    let pass = text(.pass)
    // 600 requests are enough for p95 and not for p99.
    #expect(pass.contains(#"scenario="short",metric="ttft",p="0.95"} 0.78"# + "\n"))
    #expect(!pass.contains(#"p="0.99"}"#))
    var item = ReportCase.fail
    let index = try #require(item.verdict.composites.firstIndex { $0.latency != nil })
    item.verdict.composites[index].latency?.candidateMean = .infinity
    #expect(MetricsFormat.openMetricsProblems(of: text(item)) == [])
    #expect(!text(item).contains("Inf"))
  }
}
