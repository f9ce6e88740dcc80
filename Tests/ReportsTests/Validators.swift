import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What JUnit's readers hold a file to, beyond well-formed XML: both schemas' order of elements
/// and attributes, unique names, and counts that are the cases' own.
final class JUnitFile: NSObject, XMLParserDelegate {
  /// What is wrong; empty for a good file.
  private(set) var problems: [String] = []
  /// `classname name` and what became of the case: `passed`, `failure`, `error` or `skipped`.
  private(set) var cases: [(name: String, result: String)] = []
  private var names: Set<String> = []
  private var suite: [String: String] = [:]
  private var counts: [String: Int] = [:]
  private var path: [String] = []

  init(_ bytes: [UInt8]) throws {
    super.init()
    let parser = XMLParser(data: Data(bytes))
    parser.delegate = self
    if !parser.parse() { problems.append("not well-formed: line \(parser.lineNumber)") }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    path.append(name)
    switch name {
    case "testsuites" where !attributes.isEmpty: problems.append("testsuites is not bare")
    case "testsuite": start(suite: attributes)
    case "testcase": start(case: attributes)
    case "failure", "error", "skipped":
      counts[name, default: 0] += 1
      cases[cases.count - 1].result = name
      if attributes["message"]?.isEmpty != false { problems.append("\(name) without a message") }
      if name != "skipped", attributes["type"] == nil { problems.append("\(name) without a type") }
    default: break
    }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    path.removeLast()
    guard name == "testsuite" else { return }
    for (attribute, element) in [
      ("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped"),
    ] where suite[attribute] != String(counts[element] ?? 0) {
      problems.append("\(attribute) of \(suite["name"] ?? "?") is not the number of \(element)")
    }
  }

  private func start(suite attributes: [String: String]) {
    suite = attributes
    counts = [:]
    for name in ["name", "package", "id", "hostname", "timestamp", "time"] {
      if attributes[name]?.isEmpty != false { problems.append("suite without \(name)") }
    }
    if attributes["timestamp"]?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/) == nil {
      problems.append("a timestamp with a zone")
    }
  }

  private func start(case attributes: [String: String]) {
    counts["testcase", default: 0] += 1
    let name = (attributes["classname"] ?? "") + " " + (attributes["name"] ?? "")
    if !names.insert(name).inserted { problems.append("a name comes twice: \(name.prefix(99))") }
    if attributes["time"]?.wholeMatch(of: /\d+\.\d{1,3}/) == nil { problems.append("a wrong time") }
    cases.append((name, "passed"))
  }
}

/// What a Markdown report may consist of, line by line: anything else came from outside.
enum MarkdownCheck {
  static func problems(_ bytes: [UInt8]) -> [String] {
    let text = String(decoding: bytes, as: UTF8.self)
    var problems: [String] = []
    var isOpen = false
    var columns = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("<details><summary>") {
        if isOpen { problems.append("a fold in a fold") }
        isOpen = true
      } else if line == "</details>" {
        if !isOpen { problems.append("a fold closed twice") }
        isOpen = false
      } else if !isChart(line) {
        problems += lineProblems(line, &columns)
      }
      if !line.hasPrefix("|") { columns = 0 }
    }
    if isOpen { problems.append("an open fold") }
    return problems
  }

  private static let openings = [
    "### ", "- ", "**", "project ", "commit ", "Requests of one run", "From the intended start",
    "A login counts", "A stage lasts", "A step lasts", "One sign a run",
  ]

  /// The lines of a chart: nothing but metrics' names, numbers and our own words.
  private static func isChart(_ line: Substring) -> Bool {
    let words = line.drop { $0 == " " }
    switch line.count - words.count {
    case 0: return ["```mermaid", "```", "xychart-beta"].contains(words)
    case 2:
      return words.wholeMatch(
        of: /title "[a-z0-9_]+ in (ms|s|%), run by run of main and then of this change"/) != nil
        || words.wholeMatch(of: /x-axis \[("(-\d+|this( \d)?)"(, )?)+\]/) != nil
        || words.wholeMatch(of: /y-axis "(ms|s|%)" \d+\.\d{3} --> \d+\.\d{3}/) != nil
        || words.wholeMatch(of: /line \[(\d+\.\d{3}(, )?)+\]/) != nil
    default: return false
    }
  }

  private static func lineProblems(_ line: Substring, _ columns: inout Int) -> [String] {
    var problems: [String] = []
    // What is neither an escape nor an identifier: here alone markup could be.
    let bare = line.replacing(/\\.|`[^`]*`/, with: "")
    if line.hasPrefix("| ") {
      let count = bare.matches(of: /\|/).count
      if columns != 0, count != columns {
        problems.append("a row of other columns: \(line.prefix(200))")
      }
      columns = count
    } else if !line.isEmpty, !openings.contains(where: line.hasPrefix),
      line.wholeMatch(of: /\*\d+ more: see result\.json\.\*/) == nil,
      line.wholeMatch(of: /\*There is no room for more here: see result\.json(: [^*]*)?\.\*/) == nil
    {
      problems.append("a line of its own: \(line.prefix(200))")
    }
    if bare.contains("<") || bare.contains(/[\[\]~$!`\\]/) {
      problems.append("markup: \(line.prefix(200))")
    }
    if bare.contains(/&(?!amp;|lt;|gt;)/) { problems.append("an entity: \(line.prefix(200))") }
    let isRule = line.hasPrefix("| :--") || line.hasPrefix("| --:")
    if !isRule, bare.contains(/@\w|:\/\/|[wW]{3}\.|#\w|:[a-z+\-]/) {
      problems.append("a link: \(line.prefix(200))")
    }
    for scalar in line.unicodeScalars where scalar.value < 0x20 || scalar.properties.isBidiControl {
      problems.append("character \(scalar.value)")
    }
    return problems
  }
}
