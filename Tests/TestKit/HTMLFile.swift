public import Foundation

#if canImport(FoundationXML)
  public import FoundationXML
#endif

/// A page that must stand alone: what it is made of, and what of that is wrong.
public final class HTMLFile: NSObject, XMLParserDelegate {
  /// What is wrong; empty for a good page.
  public private(set) var problems: [String] = []
  /// Names of the elements, each with how often it comes.
  public private(set) var elements: [String: Int] = [:]
  /// All text but the style sheet's, in order.
  public private(set) var text = ""

  private var path: [String] = []
  private var identifiers: Set<String> = []
  private var targets: Set<String> = []

  /// What a page and its drawings may consist of.
  private static let known: Set<String> = [
    "html", "head", "meta", "title", "style", "body", "main", "header", "footer", "nav", "section",
    "h1", "h2", "h3", "p", "ul", "li", "dl", "dt", "dd", "div", "span", "strong", "a", "code",
    "table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary", "figure",
    "figcaption", "pre", "svg", "g", "path", "rect", "circle", "text",
  ]

  /// Attributes of our own; none of them runs or loads anything.
  private static let attributes: Set<String> = [
    "lang", "charset", "name", "content", "http-equiv", "class", "id", "href", "scope", "colspan",
    "tabindex", "role", "aria-label", "aria-hidden", "open", "viewBox", "x", "y", "width", "height",
    "cx", "cy", "r", "d", "transform",
  ]

  /// Looks through a page; it is well-formed XML too.
  public init(_ bytes: [UInt8]) {
    super.init()
    let parser = XMLParser(data: Data(bytes))
    parser.delegate = self
    if !parser.parse() {
      problems.append("not well-formed: line \(parser.lineNumber), column \(parser.columnNumber)")
    }
    for target in targets.subtracting(identifiers).sorted() {
      problems.append("a link to #\(target), which is not there")
    }
  }

  /// What a strict parser of HTML says against a page (html5lib, after WHATWG HTML): its first
  /// error, nil for none.
  public static func parserError(_ bytes: [UInt8]) throws -> String? {
    let folder = try TemporaryFolder()
    try folder.write(String(decoding: bytes, as: UTF8.self), to: "page.html")
    let script = """
      import html5lib, sys
      parser = html5lib.HTMLParser(strict=True)
      parser.parse(open(sys.argv[1], 'rb'), transport_encoding='utf-8')
      """
    let page = folder.file("page.html").path(percentEncoded: false)
    // The system's own: a package of it belongs to no other one.
    let end = try RunningProcess.run("/usr/bin/python3", ["-c", script, page])
    guard end.code != 0 else { return nil }
    return end.errors.split(separator: "\n").last.map(String.init) ?? "code \(end.code)"
  }

  /// One element begins.
  public func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    path.append(name)
    elements[name, default: 0] += 1
    if !HTMLFile.known.contains(name) { problems.append("an element \(name)") }
    for (attribute, value) in attributes {
      if !HTMLFile.attributes.contains(attribute) { problems.append("an attribute \(attribute)") }
      if attribute == "href" {
        if value.hasPrefix("#") {
          targets.insert(String(value.dropFirst()))
        } else {
          problems.append("a link to elsewhere: \(value)")
        }
      }
    }
    if let id = attributes["id"], !identifiers.insert(id).inserted {
      problems.append("the id \(id) comes twice")
    }
  }

  /// One element ends.
  public func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    path.removeLast()
  }

  /// Some text.
  public func parser(_ parser: XMLParser, foundCharacters string: String) {
    if path.last != "style" { text += string }
  }
}
