import Foundation
import Model
import Reports
import TestKit
import Testing

@Suite("Markdown as GitHub renders it")
struct RenderedMarkdownTests {
  @Test("A report renders to its own elements", arguments: ReportCase.all)
  func own(_ item: ReportCase) throws {
    let page = try RenderedMarkdown(MarkdownReport.bytes(item.model))
    #expect(page.problems == [])
    #expect(page.elements["h3"] == 1)
    #expect(page.elements["details", default: 0] >= 1)
  }

  @Test(
    "No HTML, link, image, mention or reference of a hostile text survives",
    arguments: Hostile.texts.indices)
  func hostile(_ index: Int) throws {
    let model = Hostile.report(Hostile.texts[index]).model
    let page = try RenderedMarkdown(MarkdownReport.bytes(model))
    #expect(page.problems == [])
    let own = try RenderedMarkdown(MarkdownReport.bytes(Hostile.report("plain").model))
    // Text can take room and so cut a report, and adds no element.
    for (name, count) in page.elements {
      #expect(count <= own.elements[name, default: 0], "\(name)")
    }
  }

  @Test("Ten megabytes of hostile text give a report of its usual size")
  func long() throws {
    let text = String(repeating: "\n</details><b>@everyone [x](http://y) `|`", count: 250_000)
    let bytes = MarkdownReport.bytes(Hostile.report(text).model)
    #expect(bytes.count <= MarkdownReport.bytesMax)
    #expect(try RenderedMarkdown(bytes).problems == [])
  }

  @Test("This checker sees what it is to see")
  func checker() throws {
    func problems(_ text: String) throws -> Int {
      try RenderedMarkdown(Array(text.utf8)).problems.count
    }
    #expect(try problems("### a\n\n- `b`\n") == 0)
    for text in [
      "<b>x</b>", "<script>x</script>", "[x](http://y)", "![x](y.png)", "www.x.y", "hello @world",
      "see #12", "x@y.example", "~~x~~", "- [ ] x", "<!-- x -->", "> x", "1. x", "# x", "---",
      "</details>", ":smile:", "see GH-7", "```sh\nx\n```",
    ] {
      #expect(try problems(text) > 0, "\(text)")
    }
  }
}
