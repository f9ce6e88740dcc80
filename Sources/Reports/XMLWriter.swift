/// Writes XML 1.0 with every name its own and every value escaped.
struct XMLWriter {
  private var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
  private var open: [StaticString] = []

  /// The text so far, UTF-8.
  var bytes: [UInt8] { Array(text.utf8) }

  /// An element with what `body` writes inside, each on its own line.
  mutating func element(
    _ name: StaticString, _ attributes: [(name: StaticString, value: String)] = [],
    _ body: (inout XMLWriter) -> Void
  ) {
    start(name, attributes)
    text += ">\n"
    open.append(name)
    body(&self)
    open.removeLast()
    indent()
    text += "</\(name)>\n"
  }

  /// An element that holds text alone, `<name/>` if there is none.
  mutating func element(
    _ name: StaticString, _ attributes: [(name: StaticString, value: String)] = [],
    content: String = ""
  ) {
    start(name, attributes)
    text += content.isEmpty ? "/>\n" : ">\(Self.escaped(content))</\(name)>\n"
  }

  private mutating func start(
    _ name: StaticString, _ attributes: [(name: StaticString, value: String)]
  ) {
    indent()
    text += "<\(name)"
    for attribute in attributes {
      text += " \(attribute.name)=\"\(Self.escaped(attribute.value))\""
    }
  }

  private mutating func indent() {
    text += String(repeating: "  ", count: open.count)
  }

  /// The text with markup as entities, and U+FFFD for what XML 1.0 forbids (its production 2).
  static func escaped(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out.append(contentsOf: "&amp;".unicodeScalars)
      case "<": out.append(contentsOf: "&lt;".unicodeScalars)
      case ">": out.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": out.append(contentsOf: "&quot;".unicodeScalars)
      case "\t": out.append(contentsOf: "&#9;".unicodeScalars)
      case "\n": out.append(contentsOf: "&#10;".unicodeScalars)
      case "\r": out.append(contentsOf: "&#13;".unicodeScalars)
      case _ where scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value):
        out.append("\u{FFFD}")
      default: out.append(scalar)
      }
    }
    return String(out)
  }
}
