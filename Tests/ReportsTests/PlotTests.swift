import TestKit
import Testing

@testable import Reports

@Suite("Pages and plots")
struct PlotTests {
  @Test("Text and values from outside are text, whatever they hold")
  func escapes() throws {
    let text = "</p><script>x</script>\" onload=\"y\" & <!-- ]]> \u{0}\u{7}\u{85}\u{FFFF}'"
    let bytes = HTMLPage.bytes(title: text) { writer in
      writer.paragraph(text)
      writer.table(text, [text], [[.plain(text), .code(text, .bad)]])
      writer.plot(
        text,
        SVGPlot(
          label: text, x: SVGAxis(text, .number(text), 0...1), y: SVGAxis(text, .share, 0...1),
          marks: [.vertical(0.5, .bad, word: text, text: text)]),
        keys: [PlotKey(.bad, .line, text)], note: text)
    }
    let file = HTMLFile(bytes)
    #expect(file.problems == [])
    #expect(file.elements["script"] == nil)
    #expect(file.text.contains("</p><script>x</script>\" onload=\"y\" & <!-- ]]> "))
    #expect(try HTMLFile.parserError(bytes) == nil)
  }

  @Test("A flat metric lies in the middle of its plot, a share of nothing at the bottom")
  func flat() throws {
    let builds = ReportCase.builds.model.builds
    var row = try #require(builds.first { $0.metric == "ttft_p50" })
    (row.main, row.candidate) = ([410, 410, 410], [410])
    #expect(abs(HTMLReportWriter.axis(row).share(410) - 0.5) < 0.02)
    row.candidate = [480]
    let axis = HTMLReportWriter.axis(row)
    #expect(axis.share(410) > 0.02 && axis.share(480) < 0.98 && axis.share(480) > 0.9)
    var share = try #require(builds.first { $0.unit == "%" })
    (share.main, share.candidate) = ([0, 0], [0])
    #expect(HTMLReportWriter.axis(share).share(0) == 0)
  }

  @Test("A page with something of everything equals its golden file")
  func golden() throws {
    let bytes = HTMLPage.bytes(title: "Plots") { writer in
      writer.section("all", "Everything") { writer in
        writer.list(["one", "two"])
        writer.fold("more", isOpen: true) { $0.paragraph("inside", style: "note") }
        writer.table(
          "figures", ["Cell", ">Value"],
          [[.code("sustained/short"), .plain("412 ms", .good)], [.plain("x"), .plain("1")]])
        writer.plot("Every mark", PlotTests.everyMark, keys: PlotTests.keys, note: "a note")
      }
    }
    try Golden.expect(bytes, equals: "reports/plots.html")
    #expect(HTMLFile(bytes).problems == [])
    #expect(try HTMLFile.parserError(bytes) == nil)
  }

  private static let keys = [
    PlotKey(.candidate, .line, "line"), PlotKey(.baseline, .dashed, "dashed"),
    PlotKey(.s1, .area, "area"), PlotKey(.s2, .dots, "dots"),
  ]

  private static var everyMark: SVGPlot {
    SVGPlot(
      label: "every mark", x: SVGAxis("time", .seconds, 0...10),
      y: SVGAxis("ttft", .seconds, 0.001...1, scale: .logarithmic),
      marks: [
        .stretch(2...3, .doubtful, text: "a stretch"),
        .band([(0, 0.1...0.4), (5, 0.1...Double.infinity), (6, 0.2...0.3), (7, 0.2...0.5)], .s1),
        .line([SVGPoint(0, 0.1), SVGPoint(1, .infinity), SVGPoint(2, 0.3)], .candidate),
        .steps([SVGPoint(0, 0.1), SVGPoint(4, 0.2), SVGPoint(9, 0.5)], .baseline, isDashed: true),
        .dots([SVGPoint(3, 0.01), SVGPoint(4, 0.02)], .s2),
        .point(SVGPoint(5, 0.05), .bad, text: "a point"),
        .bar(x: 5, 0.02...0.09, .bad, text: "its interval"),
        .divider(7.5), .vertical(8, .quiet, word: "knee"),
        .horizontal(0.5, .good, word: "limit", text: "0.5 s"),
        .hover(0...1, text: "seen when pointed at"),
      ])
  }

  @Test("Ticks are round, inside the range, and not too many")
  func ticks() {
    let axes = [
      SVGAxis("", .seconds, 0...0.0137), SVGAxis("", .seconds, 0...3.2),
      SVGAxis("", .seconds, 0.00002...0.00009), SVGAxis("", .share, 0...0.031),
      SVGAxis("", .number(""), 0...7), SVGAxis("", .number(""), -3e6...2e9),
      SVGAxis("", .seconds, 0.0004...90, scale: .logarithmic),
      SVGAxis("", .seconds, 0.3...2.6, scale: .logarithmic),
      SVGAxis("", .number(""), 1e-9...1e12, scale: .logarithmic), SVGAxis("", .seconds, 5...5),
    ]
    for axis in axes {
      #expect((2...12).contains(axis.ticks.count), "\(axis.range): \(axis.ticks)")
      #expect(axis.ticks.allSatisfy { axis.range.contains($0.value) }, "\(axis)")
      #expect(Set(axis.ticks.map(\.text)).count == axis.ticks.count, "\(axis.ticks)")
    }
    #expect(axes[0].ticks.map(\.text) == ["0", "5", "10"])
    #expect(axes[0].name == "ms")
    #expect(axes[1].ticks.map(\.text) == ["0", "1", "2", "3"])
    #expect(axes[3].ticks.map(\.text) == ["0", "1", "2", "3"])
    #expect(axes[6].ticks.map(\.text) == ["1 ms", "10 ms", "100 ms", "1 s", "10 s"])
    #expect(axes[7].ticks.map(\.text) == ["500 ms", "1 s", "2 s"])
  }

  @Test("A value's place follows the axis, from end to end")
  func places() {
    let line = SVGAxis("", .number(""), 10...20)
    #expect(line.share(10) == 0)
    #expect(line.share(15) == 0.5)
    #expect(line.share(20) == 1)
    let log = SVGAxis("", .seconds, 0.1...10, scale: .logarithmic)
    #expect((log.share(1) - 0.5).magnitude < 1e-12)
    #expect(log.share(0) == -1)
    let frame = SVGFrame(x: line, y: log, width: 200, height: 100)
    #expect(frame.across(15) == 100)
    #expect((frame.down(10) - 0).magnitude < 1e-9)
    #expect(SVGAxis.spanning("", .seconds, [0.1, 0.9]).scale == .logarithmic)
    #expect(SVGAxis.spanning("", .seconds, [0.1, 0.3]).scale == .linear)
    #expect(SVGAxis.over("", .seconds, [.infinity, .nan]).range == 0...1)
  }

  @Test(
    "A number of a drawing has one decimal at most",
    arguments: [
      (0, "0"), (12.04, "12"), (12.05, "12.1"), (-0.04, "0"), (-3.25, "-3.3"), (.nan, "0"),
      (1e12, "99999"),
    ])
  func numbers(_ value: Double, _ text: String) {
    #expect(svg(value) == text)
  }
}
