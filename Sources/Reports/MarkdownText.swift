/// A piece of Markdown source (GitHub's and GitLab's dialects). It can only be made by escaping,
/// or from a literal of our own, so that no text from outside reaches a report unescaped.
struct MarkdownText: Sendable, Equatable, ExpressibleByStringLiteral {
  /// The source, one line.
  let source: String

  private init(source: String) {
    self.source = source
  }

  /// Markup of our own.
  init(stringLiteral value: StaticString) {
    source = value.description
  }

  /// Any text, inert: shown as it is, without markup, HTML, link, mention or reference.
  static func plain(_ text: String) -> MarkdownText {
    MarkdownText(source: MarkdownEscaper(text).escaped())
  }

  /// An identifier in a fixed-width face. A backtick in it becomes an apostrophe and a pipe the
  /// sign that looks like it (U+2223): neither can be escaped alike in and out of a table.
  static func code(_ text: String) -> MarkdownText {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "`": out += "'"
      case "|": out += "\u{2223}"
      case _ where MarkdownEscaper.isLineBreak(scalar): out += " "
      default: out.unicodeScalars.append(scalar)
      }
    }
    guard !out.allSatisfy({ $0 == " " }) else { return "–" }
    return MarkdownText(source: "`" + out + "`")
  }

  /// The text with weight.
  static func strong(_ text: MarkdownText) -> MarkdownText {
    MarkdownText(source: "**" + text.source + "**")
  }

  /// Words of our own that lead to an address of http or https; the words alone for any other. What
  /// could end the address, or mean something in it, is percent-encoded.
  static func link(_ words: StaticString, to address: String) -> MarkdownText {
    guard ["https://", "http://"].contains(where: address.hasPrefix), address.utf8.count <= 2_000
    else { return MarkdownText(stringLiteral: words) }
    let plain = Array("-._~:/?#=%+,;".utf8)
    let source = address.utf8.map { byte -> String in
      let scalar = Unicode.Scalar(byte)
      let isPlain = byte < 0x80 && (scalar.properties.isAlphabetic || (0x30...0x39).contains(byte))
      if isPlain || plain.contains(byte) { return String(scalar) }
      if scalar == "&" { return "&amp;" }
      return "%" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
    return MarkdownText(source: "[\(words.description)](" + source.joined() + ")")
  }

  static func + (a: MarkdownText, b: MarkdownText) -> MarkdownText {
    MarkdownText(source: a.source + b.source)
  }
}

/// Escapes one text for Markdown.
///
/// Markup characters get a backslash, HTML's become entities, and a zero-width space parts what a
/// forge would link after rendering: mentions, issue and merge request references, addresses,
/// emoji codes. The list: CommonMark 0.31 section 2.4, GFM autolinks, GitLab's references.
private struct MarkdownEscaper {
  private let scalars: [Unicode.Scalar]
  private var out = String.UnicodeScalarView()

  init(_ text: String) {
    scalars = text.unicodeScalars.map { Self.isLineBreak($0) ? " " : $0 }
  }

  static func isLineBreak(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || scalar == "\u{7F}" || scalar == "\u{85}" || scalar == "\u{2028}"
      || scalar == "\u{2029}"
  }

  /// The source, O(scalars).
  func escaped() -> String {
    var copy = self
    let opener = blockOpener
    for index in scalars.indices {
      if index > 0, copy.partsReference(at: index) { copy.out.append("\u{200B}") }
      copy.append(at: index, isOpener: index == opener)
    }
    return String(copy.out)
  }

  private mutating func append(at index: Int, isOpener: Bool) {
    let scalar = scalars[index]
    switch scalar {
    case "&": out.append(contentsOf: "&amp;".unicodeScalars)
    case "<": out.append(contentsOf: "&lt;".unicodeScalars)
    case ">": out.append(contentsOf: "&gt;".unicodeScalars)
    case "_" where isWord(at: index - 1) && isWord(at: index + 1): out.append(scalar)
    case "\\", "`", "*", "_", "[", "]", "|", "~", "$", "#", "!", "^":
      out.append("\\")
      out.append(scalar)
    default:
      if isOpener { out.append("\\") }
      out.append(scalar)
    }
  }

  /// Where a list item, a rule or a heading's underline would begin: the sign of `- x`, `+ x`,
  /// `---`, `===`, `1. x`, `1) x`.
  private var blockOpener: Int? {
    let sign = scalars.firstIndex { !Self.isDigit($0) } ?? scalars.endIndex
    guard let scalar = scalar(at: sign) else { return nil }
    let next = self.scalar(at: sign + 1)
    switch scalar {
    case "-", "+", "=": return sign == 0 && (next == nil || next == " " || next == scalar) ? 0 : nil
    case ".", ")": return sign > 0 && (next == nil || next == " ") ? sign : nil
    default: return nil
    }
  }

  private func partsReference(at index: Int) -> Bool {
    let next = scalars[index]
    let isWord = next.properties.isAlphabetic || Self.isDigit(next) || next == "_"
    switch scalars[index - 1] {
    case "@", "#", "!", "~", "$", "%", "&", "^", "[": return isWord || next == "\"" || next == "{"
    case ":": return next.properties.isAlphabetic || next == "+" || next == "-" || next == "/"
    case "w", "W": return next == "." && endsWith("www", before: index)
    case "-": return Self.isDigit(next) && endsWith("gh-", before: index)
    default: return false
    }
  }

  private func endsWith(_ word: String, before index: Int) -> Bool {
    let count = word.unicodeScalars.count
    guard index >= count else { return false }
    let tail = String(String.UnicodeScalarView(scalars[index - count..<index]))
    return tail.lowercased() == word
  }

  private func scalar(at index: Int) -> Unicode.Scalar? {
    scalars.indices.contains(index) ? scalars[index] : nil
  }

  private func isWord(at index: Int) -> Bool {
    scalar(at: index).map { $0.isASCII && ($0.properties.isAlphabetic || Self.isDigit($0)) }
      ?? false
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}
