import Model
import Reports
import Testing

@Suite("The report as annotations")
struct AnnotationTests {
  private func lines(_ item: ReportCase) -> [Substring] {
    let text = String(decoding: AnnotationReport.bytes(item.model), as: UTF8.self)
    #expect(text.hasSuffix("\n"))
    return text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
  }

  @Test("What ends the step is an error, what does not is less", arguments: ReportCase.all)
  func level(_ item: ReportCase) {
    let level = lines(item)[0].split(separator: " ")[0]
    switch (item.facts.exitCode, item.verdict.kind) {
    case (0, .pass): #expect(level == "::notice")
    case (0, .inconclusive): #expect(level == "::notice" || level == "::warning")
    default: #expect(level == "::error")
    }
  }

  @Test("One reason is one annotation, ten are the most, and the last counts the rest")
  func count() {
    #expect(lines(.pass).count == 1)
    #expect(lines(.clientLimited).count == 1)
    var item = ReportCase.fail
    // Three findings are in the headline, the others have annotations of their own.
    item.verdict.reasons = (1...12).map { .objectiveMissed("objective no. \($0)!") }
    #expect(lines(item).count == 10)
    #expect(lines(item).last?.contains("no. 12!") == true)
    item.verdict.reasons = (1...30).map { .objectiveMissed("objective no. \($0)!") }
    #expect(lines(item).count == AnnotationReport.annotationsMax)
    #expect(lines(item).last?.hasSuffix("::19 more: see the report") == true)
  }

  @Test("Hostile text begins no command and ends no property", arguments: Hostile.texts.indices)
  func hostile(_ index: Int) {
    let lines = lines(Hostile.report(Hostile.texts[index]))
    #expect(lines.count <= AnnotationReport.annotationsMax)
    for line in lines {
      // The runner's own rule: the command, its properties, and the first `::` after them.
      let match = line.wholeMatch(of: /::(error) title=([^:,\r\n]*)::([^\r\n]*)/)
      #expect(match != nil, "\(line.prefix(300))")
      let message = match?.3 ?? ""
      #expect(!message.contains("::") && !message.contains("##") && line.utf8.count < 20_000)
      #expect(!message.replacing(/%25|%0D|%0A/, with: "").contains("%"))
    }
  }

  @Test("A title takes any text")
  func title() {
    let command = AnnotationReport.command(.warning, title: "a,b:c%\nd", message: "100%, e:f")
    #expect(command == "::warning title=a%2Cb%3Ac%25 d::100%25, e:f\n")
  }
}
