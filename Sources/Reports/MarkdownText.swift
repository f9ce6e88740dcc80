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
    var escaper = MarkdownEscaper()
    for scalar in text.unicodeScalars { escaper.append(scalar) }
    return MarkdownText(source: escaper.finish())
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

  static func + (a: MarkdownText, b: MarkdownText) -> MarkdownText {
    MarkdownText(source: a.source + b.source)
  }
}

/// Escapes one text for Markdown, scalar by scalar.
///
/// Markup characters get a backslash, HTML's become entities, and a zero-width space parts what a
/// forge would link after rendering: mentions, issue and merge request references, addresses,
/// emoji codes. The list: CommonMark 0.31 section 2.4, GFM autolinks, GitLab's references.
private struct MarkdownEscaper {
  private var out = String.UnicodeScalarView()
  private var last: Unicode.Scalar?
  private var isInLeadingDigits = true

  static func isLineBreak(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || scalar == "\u{7F}" || scalar == "\u{85}" || scalar == "\u{2028}"
      || scalar == "\u{2029}"
  }

  mutating func append(_ raw: Unicode.Scalar) {
    let scalar = Self.isLineBreak(raw) ? " " : raw
    if let last, partsReference(last, scalar) { out.append("\u{200B}") }
    switch scalar {
    case "&": out.append(contentsOf: "&amp;".unicodeScalars)
    case "<": out.append(contentsOf: "&lt;".unicodeScalars)
    case ">": out.append(contentsOf: "&gt;".unicodeScalars)
    case "\\", "`", "*", "_", "[", "]", "|", "~", "$", "#", "!", "^":
      out.append("\\")
      out.append(scalar)
    case "-", "+", "=", ".", ")":
      let opensBlock = scalar == "." || scalar == ")" ? isInLeadingDigits : last == nil
      if opensBlock { out.append("\\") }
      out.append(scalar)
    default: out.append(scalar)
    }
    isInLeadingDigits = isInLeadingDigits && ("0"..."9").contains(scalar)
    last = scalar
  }

  func finish() -> String { String(out) }

  private func partsReference(_ last: Unicode.Scalar, _ next: Unicode.Scalar) -> Bool {
    let isWord = next.properties.isAlphabetic || ("0"..."9").contains(next) || next == "_"
    switch last {
    case "@", "#", "!", "~", "$", "%", "&", "^", "[": return isWord || next == "\"" || next == "{"
    case ":": return next.properties.isAlphabetic || next == "+" || next == "-" || next == "/"
    case "w", "W": return next == "."
    case "-": return ("0"..."9").contains(next) && endsLikeIssueKey
    default: return false
    }
  }

  /// True after `GH-`, which GitHub links to an issue when digits follow.
  private var endsLikeIssueKey: Bool {
    String(String.UnicodeScalarView(out.suffix(3))).lowercased() == "gh-"
  }
}
