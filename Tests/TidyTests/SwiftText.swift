/// A Swift file in tokens, without its comments and the texts of its strings, so that a rule never
/// mistakes a word in a sentence for code.
struct SwiftText {
  let path: String
  let lines: [Substring]
  let tokens: [Token]

  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var lexer = Lexer(Array(text.utf8))
    tokens = lexer.allTokens()
  }

  struct Token: Equatable {
    /// A word, a number, one mark, or `"` for a whole string.
    var text: String
    /// Counted from 1.
    var line: Int
    /// True if nothing stands between it and the token before.
    var isGlued: Bool

    var isWord: Bool { text.utf8.first.map(Lexer.isWordByte) ?? false }
  }

  /// Text of the token at `index`, empty beyond either end.
  func word(_ index: Int) -> String {
    tokens.indices.contains(index) ? tokens[index].text : ""
  }

  func violation(_ index: Int, _ what: String) -> Violation {
    Violation(path: path, line: tokens[index].line, what: what)
  }

  /// True if only attributes and modifiers stand before the token on its line.
  func startsDeclaration(_ index: Int) -> Bool {
    var i = index - 1
    var depth = 0
    while i >= 0, tokens[i].line == tokens[index].line {
      let text = tokens[i].text
      if text == ")" { depth += 1 }
      if depth == 0, text != "@", !SwiftText.modifiers.contains(text), word(i - 1) != "@" {
        return false
      }
      if text == "(" { depth -= 1 }
      i -= 1
    }
    return true
  }

  static let modifiers: Set<String> = [
    "public", "package", "internal", "private", "fileprivate", "open", "static", "class", "final",
    "mutating", "nonmutating", "consuming", "borrowing", "override", "required", "convenience",
    "nonisolated", "indirect", "lazy", "weak", "unowned", "prefix", "postfix", "infix", "isolated",
  ]

  static let declarations: Set<String> = [
    "func", "init", "deinit", "subscript", "var", "let", "case", "struct", "enum", "class", "actor",
    "protocol", "extension", "typealias", "associatedtype",
  ]
}

/// Cuts Swift into tokens: nested comments, raw and multi-line strings, code inside strings.
private struct Lexer {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private var isGlued = false
  private var tokens: [SwiftText.Token] = []

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x80...0xFF: true
    default: false
    }
  }

  mutating func allTokens() -> [SwiftText.Token] {
    code(untilParenthesis: false)
    return tokens
  }

  private func byte(_ ahead: Int = 0) -> UInt8 {
    position + ahead < bytes.count ? bytes[position + ahead] : 0
  }

  private func starts(_ text: StaticString, at ahead: Int = 0) -> Bool {
    for i in 0..<text.utf8CodeUnitCount where byte(ahead + i) != text.utf8Start[i] { return false }
    return true
  }

  private mutating func advance(_ count: Int = 1) {
    for _ in 0..<count {
      if byte() == 0x0A { line += 1 }
      position += 1
    }
  }

  private mutating func add(_ text: String) {
    tokens.append(SwiftText.Token(text: text, line: line, isGlued: isGlued))
    isGlued = true
  }

  private mutating func code(untilParenthesis isInString: Bool) {
    var depth = 0
    while position < bytes.count {
      switch byte() {
      case 0x20, 0x09, 0x0A, 0x0D:
        isGlued = false
        advance()
      case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "/"):
        while position < bytes.count, byte() != 0x0A { advance() }
      case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"): blockComment()
      case UInt8(ascii: "\""): string(hashes: 0)
      case UInt8(ascii: "#") where hashesBeforeQuote() > 0: string(hashes: hashesBeforeQuote())
      case let first where Lexer.isWordByte(first):
        let start = position
        while Lexer.isWordByte(byte()) { position += 1 }
        add(String(decoding: bytes[start..<position], as: UTF8.self))
      case let mark:
        if mark == UInt8(ascii: "(") { depth += 1 }
        if mark == UInt8(ascii: ")") { depth -= 1 }
        if isInString && depth < 0 { return advance() }
        add(String(UnicodeScalar(mark)))
        advance()
      }
    }
  }

  private mutating func blockComment() {
    var depth = 0
    repeat {
      if starts("/*") {
        depth += 1
        advance(2)
      } else if starts("*/") {
        depth -= 1
        advance(2)
      } else {
        advance()
      }
    } while depth > 0 && position < bytes.count
    isGlued = false
  }

  private func hashesBeforeQuote() -> Int {
    var count = 0
    while byte(count) == UInt8(ascii: "#") { count += 1 }
    return byte(count) == UInt8(ascii: "\"") ? count : 0
  }

  private mutating func string(hashes: Int) {
    add("\"")
    advance(hashes)
    let quotes = starts("\"\"\"") ? 3 : 1
    advance(quotes)
    while position < bytes.count {
      if isEnd(quotes: quotes, hashes: hashes) { return advance(quotes + hashes) }
      if byte() == 0x5C, hashesAhead(1) >= hashes {
        advance(1 + hashes)
        let isCode = byte() == UInt8(ascii: "(")
        advance()
        if isCode { code(untilParenthesis: true) }
      } else {
        advance()
      }
    }
  }

  private func hashesAhead(_ ahead: Int) -> Int {
    var count = 0
    while byte(ahead + count) == UInt8(ascii: "#") { count += 1 }
    return count
  }

  private func isEnd(quotes: Int, hashes: Int) -> Bool {
    for i in 0..<quotes where byte(i) != UInt8(ascii: "\"") { return false }
    return hashesAhead(quotes) >= hashes
  }
}
