/// What no text of the tree may hold, and what its documents must.
enum TextRules {
  /// The words are put together here, so that this file does not break its own rules.
  private static let places = ["/wo" + "rk/", "/ro" + "ot/", "/tmp/" + "sg", "/opt/" + "swift"]
  private static let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]

  /// Paths of the machine that built it, and notes to do something later.
  static func stray(path: String, text: String) -> [Violation] {
    let suspects = places + marks
    guard suspects.contains(where: text.contains) else { return [] }
    var found: [Violation] = []
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      for place in places where line.contains(place) {
        found.append(Violation(path: path, line: index + 1, what: "a machine's path, \(place)"))
      }
      let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
      for mark in marks where words.contains(Substring(mark)) {
        found.append(Violation(path: path, line: index + 1, what: "\(mark): do it or leave it"))
      }
    }
    return found
  }

  /// Words that the glossary lacks: it must have each in backquotes.
  static func glossary(_ glossary: String, lacks words: [String]) -> [Violation] {
    words.filter { !glossary.contains("`\($0)`") }.map {
      Violation(path: "docs/glossary.md", line: 0, what: "`\($0)` is not explained")
    }
  }

  /// Links of a Markdown text to files of the tree, `](path)` or `](path#anchor)`, each with the
  /// line that it stands in.
  static func relativeLinks(_ text: String) -> [(line: Int, path: String)] {
    var links: [(line: Int, path: String)] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      for part in line.split(separator: "](", omittingEmptySubsequences: false).dropFirst() {
        let target = part.prefix { $0 != ")" }.prefix { $0 != "#" }
        if target.isEmpty || target.contains("://") || target.hasPrefix("mailto:") { continue }
        links.append((index + 1, String(target)))
      }
    }
    return links
  }
}
