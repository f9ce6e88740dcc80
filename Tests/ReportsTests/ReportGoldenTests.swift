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

  @Test("Colours add escape codes and nothing else")
  func colours() {
    let plain = String(decoding: TerminalReport.bytes(ReportCase.fail.model), as: UTF8.self)
    let coloured = String(
      decoding: TerminalReport.bytes(ReportCase.fail.model, isColoured: true), as: UTF8.self)
    #expect(coloured.contains("\u{1B}[1;31mFAIL:\u{1B}[0m"))
    #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
  }
}
