import Model
import Reports
import TestKit
import Testing

@Suite("Report golden files")
struct ReportGoldenTests {
  @Test("Markdown, JUnit and terminal text equal their golden files", arguments: ReportCase.all)
  func golden(_ item: ReportCase) throws {
    let model = item.model
    let folder = "reports/" + item.name
    try Golden.expect(MarkdownReport.bytes(model), equals: folder + ".md")
    try Golden.expect(JUnitReport.bytes(model), equals: folder + ".xml")
    try Golden.expect(TerminalReport.bytes(model), equals: folder + ".txt")
  }

  @Test("OpenMetrics equals its golden files", arguments: [ReportCase.fail, .learning])
  func openMetrics(_ item: ReportCase) throws {
    let name = "reports/" + item.name + ".metrics"
    try Golden.expect(OpenMetricsReport.bytes(item.report), equals: name)
  }

  @Test("Annotations equal their golden file, a verdict below its name")
  func annotations() throws {
    let all = ReportCase.all.map { item in
      item.name + "\n" + String(decoding: AnnotationReport.bytes(item.model), as: UTF8.self)
    }
    try Golden.expect(all.joined(separator: "\n"), equals: "reports/annotations.txt")
  }

  @Test("Colours add escape codes and nothing else")
  func colours() {
    let plain = String(decoding: TerminalReport.bytes(ReportCase.fail.model), as: UTF8.self)
    let coloured = String(
      decoding: TerminalReport.bytes(ReportCase.fail.model, form: TerminalForm(isColoured: true)),
      as: UTF8.self)
    #expect(coloured.contains("\u{1B}[1;31mFAIL:\u{1B}[0m"))
    #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
  }
}
