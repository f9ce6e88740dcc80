/// Makes text from outside (names, branches, reasons, bodies) fit to stand in a report: one line,
/// no control or invisible characters, bounded. Every text of a `ReportModel` that streamgate did
/// not write itself went through here; each writer then escapes for its own syntax.
enum ForeignText {
  /// Unicode scalars that are kept of a sentence.
  static let scalarsMax = 500
  /// Unicode scalars that are kept of a name.
  static let nameScalarsMax = 100

  /// The text on one line: white space becomes one space; control, format (bidirectional and
  /// zero-width), private, unassigned and separator characters become U+FFFD, runs of them one;
  /// longer texts end in an ellipsis. O(scalarsMax) and O(white space).
  static func line(_ text: String, max: Int = scalarsMax) -> String {
    // What most names are needs no look at single characters.
    if text.utf8.count <= max, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
      return text
    }
    var out = String.UnicodeScalarView()
    var kept = 0
    var pendingSpace = false
    for scalar in text.unicodeScalars {
      if isSpace(scalar) {
        pendingSpace = kept > 0
        continue
      }
      let shown = isShown(scalar) ? scalar : "\u{FFFD}"
      if shown == "\u{FFFD}", out.last == "\u{FFFD}", !pendingSpace { continue }
      guard kept < max else {
        out.append("…")
        break
      }
      if pendingSpace { out.append(" ") }
      out.append(shown)
      kept += pendingSpace ? 2 : 1
      pendingSpace = false
    }
    return String(out)
  }

  /// As `line`, shorter and never empty: `fallback` where nothing is left.
  static func name(_ text: String, or fallback: String = "(none)") -> String {
    let name = line(text, max: nameScalarsMax)
    return name.isEmpty ? fallback : name
  }

  /// A commit as people read it: twelve digits of a full name, another word as a name.
  static func commit(_ commit: String) -> String {
    let isFull = (40...64).contains(commit.utf8.count) && commit.utf8.allSatisfy(isHexDigit)
    return isFull ? String(commit.prefix(12)) : name(commit, or: "unknown")
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case " ", "\t", "\n", "\u{0B}", "\u{0C}", "\r", "\u{85}", "\u{A0}", "\u{2028}", "\u{2029}":
      true
    default: false
    }
  }

  private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse, .surrogate, .unassigned, .lineSeparator,
      .paragraphSeparator:
      return false
    default:
      return !scalar.properties.isDefaultIgnorableCodePoint
    }
  }
}
