/// An attribute: the name is our own, the value may be anybody's.
typealias HTMLAttribute = (name: StaticString, value: String)

/// Writes HTML, and SVG within it: every name is our own, every text and value is escaped, every
/// element is closed, so that what comes from outside is text and nothing else. What it writes is
/// well-formed XML too.
struct HTMLWriter {
  private var text = ""

  /// The text so far, UTF-8.
  var bytes: [UInt8] { Array(text.utf8) }

  /// Appends what another writer wrote.
  mutating func append(_ bytes: [UInt8]) {
    text += String(decoding: bytes, as: UTF8.self)
  }

  /// The declaration that a page begins with.
  mutating func documentType() {
    text += "<!DOCTYPE html>\n"
  }

  /// An element with what `body` writes inside.
  mutating func element(
    _ name: StaticString, _ attributes: [HTMLAttribute] = [], _ body: (inout HTMLWriter) -> Void
  ) {
    start(name, attributes)
    text += ">"
    body(&self)
    text += "</\(name)>"
  }

  /// An element on a line of its own with what `body` writes inside: where space means nothing.
  mutating func block(
    _ name: StaticString, _ attributes: [HTMLAttribute] = [], _ body: (inout HTMLWriter) -> Void
  ) {
    element(name, attributes) { writer in
      writer.text += "\n"
      body(&writer)
    }
    text += "\n"
  }

  /// An element that holds text alone.
  mutating func element(
    _ name: StaticString, _ attributes: [HTMLAttribute] = [], content: String
  ) {
    start(name, attributes)
    text += ">\(Self.escaped(content))</\(name)>"
  }

  /// The same on a line of its own.
  mutating func block(
    _ name: StaticString, _ attributes: [HTMLAttribute] = [], content: String
  ) {
    element(name, attributes, content: content)
    text += "\n"
  }

  /// An element that never holds anything, such as `meta`, or an SVG shape.
  mutating func leaf(_ name: StaticString, _ attributes: [HTMLAttribute] = []) {
    start(name, attributes)
    text += "/>"
  }

  /// Text.
  mutating func content(_ content: String) {
    text += Self.escaped(content)
  }

  /// The style sheet, which is our own and holds no `<`.
  mutating func style(_ sheet: StaticString) {
    let sheet = sheet.description
    precondition(!sheet.utf8.contains(UInt8(ascii: "<")), "a style sheet with markup")
    text += "<style>\n\(sheet)\n</style>\n"
  }

  /// The attribute that names a style, none for nil.
  static func style(_ name: String?) -> [HTMLAttribute] {
    guard let name else { return [] }
    return [("class", name)]
  }

  private mutating func start(_ name: StaticString, _ attributes: [HTMLAttribute]) {
    text += "<\(name)"
    for attribute in attributes {
      text += " \(attribute.name)=\"\(Self.escaped(attribute.value))\""
    }
  }

  /// The text with markup as entities, and U+FFFD for what HTML counts as an error: controls but
  /// white space, and noncharacters (WHATWG HTML, preprocessing the input stream).
  static func escaped(_ text: String) -> String {
    // Long paths are looked at byte by byte, which is faster.
    if text.utf8.allSatisfy({ $0 < 0x80 && !isSpecial(Unicode.Scalar($0)) }) { return text }
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out.append(contentsOf: "&amp;".unicodeScalars)
      case "<": out.append(contentsOf: "&lt;".unicodeScalars)
      case ">": out.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": out.append(contentsOf: "&quot;".unicodeScalars)
      default: out.append(isSpecial(scalar) ? "\u{FFFD}" : scalar)
      }
    }
    return String(out)
  }

  private static func isSpecial(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "&", "<", ">", "\"": true
    case "\t", "\n": false
    default:
      scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        || (0xFDD0...0xFDEF).contains(scalar.value) || scalar.value & 0xFFFE == 0xFFFE
    }
  }
}
