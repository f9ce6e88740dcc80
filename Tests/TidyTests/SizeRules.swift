/// How large a file, a function and a line may be.
enum SizeRules {
  static let linesPerFileMax = 500
  static let linesPerFunctionMax = 60
  static let columnsMax = 100

  static func files(_ swift: SwiftText) -> [Violation] {
    let count = swift.lines.last == "" ? swift.lines.count - 1 : swift.lines.count
    guard count > linesPerFileMax else { return [] }
    return [
      Violation(path: swift.path, line: 0, what: "\(count) lines, at most \(linesPerFileMax)")
    ]
  }

  static func lines(_ swift: SwiftText) -> [Violation] {
    swift.lines.enumerated().filter { $0.element.count > columnsMax }.map { index, line in
      Violation(
        path: swift.path, line: index + 1, what: "\(line.count) columns, at most \(columnsMax)")
    }
  }

  static func functions(_ swift: SwiftText) -> [Violation] {
    swift.tokens.indices.compactMap { index in
      guard let end = endOfBody(swift, declaredAt: index) else { return nil }
      let count = swift.tokens[end].line - swift.tokens[index].line + 1
      guard count > linesPerFunctionMax else { return nil }
      return swift.violation(
        index,
        "\(swift.word(index)) \(swift.word(index + 1)) has \(count) lines,"
          + " at most \(linesPerFunctionMax)")
    }
  }

  /// The closing brace of the function, initializer, subscript or computed property that is
  /// declared at a token; nil if none is, or if it has no body.
  private static func endOfBody(_ swift: SwiftText, declaredAt index: Int) -> Int? {
    let keyword = swift.word(index)
    guard ["func", "init", "deinit", "subscript", "var"].contains(keyword),
      swift.startsDeclaration(index)
    else { return nil }
    var depth = 0
    var i = index + 1
    while i < swift.tokens.count {
      let token = swift.tokens[i]
      let isNewLine = token.line != swift.tokens[i - 1].line
      switch token.text {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      case "{" where depth == 0: return closingBrace(swift, of: i)
      case "}" where depth == 0: return nil
      default:
        guard depth == 0, isNewLine else { break }
        if keyword == "var" || token.text == "@" { return nil }
        if SwiftText.modifiers.contains(token.text) { return nil }
        if SwiftText.declarations.contains(token.text) { return nil }
      }
      i += 1
    }
    return nil
  }

  private static func closingBrace(_ swift: SwiftText, of open: Int) -> Int? {
    var depth = 0
    for i in open..<swift.tokens.count {
      if swift.tokens[i].text == "{" { depth += 1 }
      if swift.tokens[i].text == "}" { depth -= 1 }
      if depth == 0 { return i }
    }
    return nil
  }
}
