import Foundation
import TestKit

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// A Markdown report as GitHub's own renderer (`cmark-gfm`, raw HTML let through) shows it, and
/// what of it is not ours: a link, an image, an element or attribute that no report writes, a
/// mention or reference that a forge would link afterwards.
final class RenderedMarkdown: NSObject, XMLParserDelegate {
  /// Elements that reports write, with the attributes that they may have.
  private static let known: [String: Set<String>] = [
    "root": [], "h3": [], "p": [], "strong": [], "em": [], "code": ["class"], "pre": [], "ul": [],
    "li": [], "table": [], "thead": [], "tbody": [], "tr": [], "th": ["align"], "td": ["align"],
    "details": [], "summary": [],
  ]
  /// What forges link in rendered text: mentions, issues, requests, addresses, emoji codes.
  private static let references = [
    #"@\w"#, #"(^|[^\w&])[#!~$%^]\d"#, #"\w#\d"#, #"\bGH-\d"#, "://", #"\b[wW]{3}\."#,
    #":(100|1234|[a-z_+\-][a-z0-9_+\-]*):"#,
  ]

  /// What is wrong; empty for a good report.
  private(set) var problems: [String] = []
  /// How often each element came.
  private(set) var elements: [String: Int] = [:]
  private var path: [String] = []
  private var text = ""

  /// Renders a report.
  init(_ bytes: [UInt8]) throws {
    super.init()
    let folder = try TemporaryFolder()
    let file = folder.file("report.md")
    try Data(bytes).write(to: file)
    let end = try RunningProcess.run(
      "cmark-gfm",
      ["--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tasklist"]
        + [file.path(percentEncoded: false)])
    if end.code != 0 { problems.append("cmark-gfm: \(end.code) \(end.errors)") }
    let parser = XMLParser(data: Data("<root>\(end.output)</root>".utf8))
    parser.delegate = self
    if !parser.parse() || !path.isEmpty { problems.append("no whole XML") }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    checkText()
    path.append(name)
    elements[name, default: 0] += 1
    guard let known = RenderedMarkdown.known[name] else {
      problems.append("<\(name)>")
      return
    }
    for (attribute, value) in attributes {
      if !known.contains(attribute) { problems.append("\(attribute) of <\(name)>") }
      if attribute == "class", value != "language-mermaid" { problems.append("class \(value)") }
    }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    checkText()
    if path.popLast() != name { problems.append("</\(name)>") }
  }

  // What `parse` answers says nothing of an end without its start.
  func parser(_ parser: XMLParser, parseErrorOccurred error: any Error) {
    problems.append("no XML in line \(parser.lineNumber): an element that is not closed, or only")
  }

  func parser(_ parser: XMLParser, foundComment comment: String) {
    problems.append("a comment: \(comment.prefix(100))")
  }

  private func checkText() {
    defer { text = "" }
    guard !path.contains("code") else { return }
    for reference in RenderedMarkdown.references {
      if let place = text.range(of: reference, options: .regularExpression) {
        problems.append("a reference: \(text[place]) in \(text.prefix(200))")
      }
    }
  }
}
