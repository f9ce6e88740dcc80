/// Writes JSON text: the same values, the same bytes. Numbers are written by the shortest text
/// that reads back as the same number; a number that is not finite is written as the string
/// `"Infinity"`, `"-Infinity"` or `"NaN"`, which JSON has no number for.
public struct JSONWriter: Sendable {
  /// The text so far, UTF-8.
  public private(set) var bytes: [UInt8] = []
  private let indent: Int?
  private var depth = 0
  /// True if the object that is being written has a member.
  private var hasMembers = false

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
    case .integer(let value): NumberText.append(value, to: &bytes)
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

  /// Appends an object whose members `body` writes, for values that are too many to be held.
  public mutating func object(_ body: (inout JSONWriter) -> Void) {
    let isWithinMembers = hasMembers
    hasMembers = false
    bytes.append(0x7B)
    depth += 1
    body(&self)
    depth -= 1
    if hasMembers { newLine() }
    bytes.append(0x7D)
    hasMembers = isWithinMembers
  }

  /// Ends the text with a line end, and gives it away.
  public consuming func endingLine() -> [UInt8] {
    bytes.append(0x0A)
    return bytes
  }

  /// Appends a member of the object that is being written.
  public mutating func member(_ name: String, _ value: JSONValue) {
    begin(member: name)
    write(value)
  }

  /// Appends a member that is an array of what `body` writes for each element.
  public mutating func member<Element>(
    _ name: String, of elements: [Element], _ body: (Element, inout JSONWriter) -> Void
  ) {
    begin(member: name)
    list(open: "[", close: "]", elements) { body($1, &$0) }
  }

  /// Appends a member that is a number. The name is our own, and needs no escape.
  public mutating func member(_ name: StaticString, number value: Double) {
    begin(member: name)
    append(number: value)
  }

  /// Appends a member that is a whole number. The name is our own, and needs no escape.
  public mutating func member(_ name: StaticString, integer value: Int) {
    begin(member: name)
    NumberText.append(Int64(value), to: &bytes)
  }

  /// Makes room for so many bytes more.
  public mutating func reserve(_ count: Int) {
    bytes.reserveCapacity(bytes.count + count)
  }

  private mutating func begin(member name: String) {
    beginMember()
    append(string: name)
    endName()
  }

  private mutating func begin(member name: StaticString) {
    beginMember()
    bytes.append(0x22)
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(0x22)
    endName()
  }

  private mutating func beginMember() {
    if hasMembers { bytes.append(0x2C) }
    hasMembers = true
    newLine()
  }

  private mutating func endName() {
    bytes.append(0x3A)
    if indent != nil { bytes.append(0x20) }
  }

  private mutating func list<Element>(
    open: String, close: String, _ elements: [Element],
    _ body: (inout JSONWriter, Element) -> Void
  ) {
    append(open)
    depth += 1
    for (index, element) in elements.enumerated() {
      if index > 0 { bytes.append(0x2C) }
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
    let blanks: StaticString = "                                "
    var count = indent * depth
    blanks.withUTF8Buffer { blanks in
      while count > 0 {
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: blanks.prefix(count)))
        count -= blanks.count
      }
    }
  }

  private mutating func append(_ text: String) {
    // All at once: the bytes of a view would go one by one.
    var text = text
    text.withUTF8 { bytes.append(contentsOf: $0) }
  }

  private mutating func append(number value: Double) {
    if value.isNaN {
      append("\"NaN\"")
    } else if value.isInfinite {
      append(value < 0 ? "\"-Infinity\"" : "\"Infinity\"")
    } else {
      NumberText.append(value, .plain, to: &bytes)
    }
  }

  private mutating func append(string text: String) {
    bytes.append(0x22)
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F }) {
      append(text)
      bytes.append(0x22)
      return
    }
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
