/// What is public has a `///` line above it: declarations, and the cases and requirements that are
/// public because their enum or protocol is.
enum DocumentationRules {
  static func publicDeclarations(_ swift: SwiftText) -> [Violation] {
    var found: [Violation] = []
    var containers: [String] = []  // what opened each brace: a public enum or protocol, or nothing
    var next = ""
    for index in swift.tokens.indices {
      let text = swift.word(index)
      switch text {
      case "{":
        containers.append(next)
        next = ""
      case "}":
        _ = containers.popLast()
      default:
        guard SwiftText.declarations.contains(text), swift.startsDeclaration(index) else { break }
        let isPublic = isMarked(swift, index, ["public", "open"])
        if isPublic && (text == "enum" || text == "protocol") { next = text }
        let isMember =
          containers.last == "protocol" || (containers.last == "enum" && text == "case")
        if (isPublic || isMember) && !isDocumented(swift, line: swift.tokens[index].line) {
          found.append(
            swift.violation(index, "public \(text) \(swift.word(index + 1)) has no documentation"))
        }
      }
    }
    return found
  }

  private static func isMarked(
    _ swift: SwiftText, _ index: Int, _ marks: Set<String>
  ) -> Bool {
    var i = index - 1
    while i >= 0, swift.tokens[i].line == swift.tokens[index].line {
      if marks.contains(swift.word(i)) { return true }
      i -= 1
    }
    return false
  }

  private static func isDocumented(_ swift: SwiftText, line: Int) -> Bool {
    var above = line - 2
    while above >= 0 {
      let text = swift.lines[above].drop { $0 == " " }
      if !text.hasPrefix("@") { return text.hasPrefix("///") }
      above -= 1
    }
    return false
  }

  /// A target opens with the file that bears its name, whose first line is `// Name: what it is`.
  static func opening(target: String, firstLineOfOpeningFile line: String?) -> [Violation] {
    let path = "Sources/\(target)"
    guard let line else {
      return [Violation(path: path, line: 0, what: "has no file \(target).swift or main.swift")]
    }
    guard line.hasPrefix("// \(target): "), line.count > target.count + 8 else {
      return [
        Violation(path: path, line: 1, what: "does not open with // \(target): what it is")
      ]
    }
    return []
  }
}
