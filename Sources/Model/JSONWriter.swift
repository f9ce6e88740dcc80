/// Writes JSON text: the same values, the same bytes. Numbers are written by the shortest text
/// that reads back as the same number; a number that is not finite is written as the string
/// `"Infinity"`, `"-Infinity"` or `"NaN"`, which JSON has no number for.
public struct JSONWriter: Sendable {
  /// The text so far, UTF-8.
  public private(set) var bytes: [UInt8] = []
  private let indent: Int?
  private var depth = 0

  /// A writer of one line, or of lines indented by `indent` spaces a level.
  public init(indent: Int? = nil) {
    self.indent = indent
  }

  /// The text of a value.
  public static func bytes(_ value: JSONValue, indent: Int? = nil) -> [UInt8] {
    var writer = JSONWriter(indent: indent)
    writer.write(value)
    return writer.bytes
  }

  /// Appends a value.
  public mutating func write(_ value: JSONValue) {
    switch value {
    case .null: append("null")
    case .bool(let value): append(value ? "true" : "false")
    case .integer(let value): append(String(value))
    case .number(let value): append(number: value)
    case .string(let text): append(string: text)
    case .array(let values):
      list(open: "[", close: "]", values) { writer, value in writer.write(value) }
    case .object(let members):
      list(open: "{", close: "}", members) { writer, member in
        writer.append(string: member.name)
        writer.append(writer.indent == nil ? ":" : ": ")
        writer.write(member.value)
      }
    }
  }

  private mutating func list<Element>(
    open: String, close: String, _ elements: [Element],
    _ body: (inout JSONWriter, Element) -> Void
  ) {
    append(open)
    depth += 1
    for (index, element) in elements.enumerated() {
      if index > 0 { append(",") }
      newLine()
      body(&self, element)
    }
    depth -= 1
    if !elements.isEmpty { newLine() }
    append(close)
  }

  private mutating func newLine() {
    guard let indent else { return }
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: indent * depth))
  }

  private mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func append(number value: Double) {
    if value.isNaN {
      append("\"NaN\"")
    } else if value.isInfinite {
      append(value < 0 ? "\"-Infinity\"" : "\"Infinity\"")
    } else {
      let text = value.description
      append(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }
  }

  private mutating func append(string text: String) {
    bytes.append(0x22)
    for byte in text.utf8 {
      switch byte {
      case 0x22: append("\\\"")
      case 0x5C: append("\\\\")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0..<0x20, 0x7F: append("\\u00" + SHA256.hex([byte]))
      default: bytes.append(byte)
      }
    }
    bytes.append(0x22)
  }
}
