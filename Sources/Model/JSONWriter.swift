/// Writes JSON text: the same values, the same bytes. Numbers are written by the shortest text
/// that reads back as the same number; a number that is not finite is written as the string
/// `"Infinity"`, `"-Infinity"` or `"NaN"`, which JSON has no number for.
public struct JSONWriter: Sendable {
  /// The text so far, UTF-8.
  public private(set) var bytes: [UInt8] = []
  let indent: Int?
  private(set) var depth = 0
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
      list(open: 0x5B, close: 0x5D, count: values.count) { $0.write(values[$1]) }
    case .object(let members):
      list(open: 0x7B, close: 0x7D, count: members.count) { writer, place in
        let member = members[place]
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

  /// Appends a member that is an array of what `body` writes for each place from 0 on.
  public mutating func member(
    _ name: String, count: Int, _ body: (Int, inout JSONWriter) -> Void
  ) {
    begin(member: name)
    list(open: 0x5B, close: 0x5D, count: count) { body($1, &$0) }
  }

  /// A writer of the next value alone: what it writes is `take`n, and stands where it is put.
  public func beside() -> JSONWriter {
    var writer = JSONWriter(indent: indent)
    writer.depth = depth
    return writer
  }

  /// Gives the text so far away.
  public mutating func take() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }

  /// Makes room for so many bytes more.
  public mutating func reserve(_ count: Int) {
    bytes.reserveCapacity(bytes.count + count)
  }

  private mutating func begin(member name: String) {
    if hasMembers { bytes.append(0x2C) }
    hasMembers = true
    newLine()
    append(string: name)
    append(indent == nil ? ":" : ": ")
  }

  private mutating func list(
    open: UInt8, close: UInt8, count: Int, _ body: (inout JSONWriter, Int) -> Void
  ) {
    bytes.append(open)
    depth += 1
    for place in 0..<count {
      if place > 0 { bytes.append(0x2C) }
      newLine()
      body(&self, place)
    }
    depth -= 1
    if count > 0 { newLine() }
    bytes.append(close)
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
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: NumberText.bytesMax) { buffer in
      bytes.append(contentsOf: JSONWriter.text(of: value, in: buffer))
    }
  }

  /// The text of a number, at the end of a buffer of `NumberText.bytesMax`.
  static func text(
    of value: Double, in buffer: UnsafeMutableBufferPointer<UInt8>
  ) -> UnsafeBufferPointer<UInt8> {
    if value.isFinite { return NumberText.text(of: value, .plain, in: buffer) }
    let name: StaticString = value.isNaN ? "\"NaN\"" : value < 0 ? "\"-Infinity\"" : "\"Infinity\""
    return UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
  }

  /// Appends bytes as they are.
  mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
    bytes.append(contentsOf: text)
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
