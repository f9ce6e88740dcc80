/// Reads one JSON text into a value. Strict RFC 8259: no comments, no trailing commas, no
/// duplicate names (compared as Swift compares strings: by canonical equivalence), valid UTF-8, at
/// most `depthMax` levels. A whole number that does not fit into 64 bits becomes a float; `-0` is
/// the integer 0. O(bytes).
public struct JSONReader {
  /// Levels of nesting beyond which a text is refused.
  public static let depthMax = 64

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var depth = 0

  /// The value of a whole text; throws where and why it is no JSON.
  public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    let result = bytes.withUnsafeBufferPointer { buffer in
      Result { () throws(JSONError) -> JSONValue in try parse(buffer) }
    }
    return try result.get()
  }

  /// The value of a whole text in memory.
  public static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) -> JSONValue {
    var reader = JSONReader(bytes: bytes)
    reader.skipSpace()
    let value = try reader.value()
    reader.skipSpace()
    guard reader.position == bytes.count else { throw reader.error("text after the value") }
    return value
  }

  private init(bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  private func error(_ what: String) -> JSONError { JSONError(what: what, offset: position) }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    switch current {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case nil: throw error("the text ends where a value should be")
    default: return try number()
    }
  }

  private mutating func literal(
    _ text: StaticString, _ value: JSONValue
  ) throws(JSONError) -> JSONValue {
    for i in 0..<text.utf8CodeUnitCount {
      guard current == text.utf8Start[i] else { throw error("unknown word") }
      position += 1
    }
    return value
  }

  private mutating func descend() throws(JSONError) {
    depth += 1
    guard depth <= JSONReader.depthMax else { throw error("nested too deeply") }
    position += 1
    skipSpace()
  }

  private mutating func array() throws(JSONError) -> JSONValue {
    try descend()
    var values: [JSONValue] = []
    if current == UInt8(ascii: "]") {
      position += 1
      depth -= 1
      return .array([])
    }
    while true {
      skipSpace()
      values.append(try value())
      skipSpace()
      switch current {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "]"):
        position += 1
        depth -= 1
        return .array(values)
      default: throw error("neither , nor ] after an element")
      }
    }
  }

  private mutating func object() throws(JSONError) -> JSONValue {
    try descend()
    var members: [JSONMember] = []
    if current == UInt8(ascii: "}") {
      position += 1
      depth -= 1
      return .object([])
    }
    var names: Set<String> = []
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw error("a member has no name") }
      let name = try string()
      guard names.insert(name).inserted else { throw error("a name comes twice") }
      skipSpace()
      guard current == UInt8(ascii: ":") else { throw error("no : after a name") }
      position += 1
      skipSpace()
      members.append(JSONMember(name, try value()))
      skipSpace()
      switch current {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "}"):
        position += 1
        depth -= 1
        return .object(members)
      default: throw error("neither , nor } after a member")
      }
    }
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    var isInteger = true
    if current == UInt8(ascii: "-") { position += 1 }
    guard let first = current, isDigit(first) else { throw error("not a value") }
    position += 1
    if first != UInt8(ascii: "0") {
      skipDigits()
    } else if let next = current, isDigit(next) {
      throw error("a number starts with 0")
    }
    if current == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      guard let digit = current, isDigit(digit) else { throw error("no digit after the point") }
      skipDigits()
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      guard let digit = current, isDigit(digit) else { throw error("no digit in the exponent") }
      skipDigits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw error("a number out of range") }
    return .number(value)
  }

  private mutating func skipDigits() {
    while let byte = current, isDigit(byte) { position += 1 }
  }

  private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    while let byte = current, byte != 0x22, byte != 0x5C, byte >= 0x20 { position += 1 }
    if current == 0x22 {
      position += 1
      return try text(bytes[start..<position - 1])
    }
    var unescaped = Array(bytes[start..<position])
    while let byte = current {
      position += 1
      switch byte {
      case 0x22: return try text(unescaped[...])
      case 0x5C: try escape(into: &unescaped)
      case 0..<0x20: throw error("a control character in a string")
      default: unescaped.append(byte)
      }
    }
    throw error("the text ends inside a string")
  }

  private func text(_ utf8: some Collection<UInt8>) throws(JSONError) -> String {
    guard let text = String(validating: utf8, as: UTF8.self) else {
      throw error("not UTF-8")
    }
    return text
  }

  private mutating func escape(into out: inout [UInt8]) throws(JSONError) {
    guard let byte = current else { throw error("the text ends inside a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0C)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
    case UInt8(ascii: "u"): out.append(contentsOf: try unicodeEscape())
    default: throw error("unknown escape")
    }
  }

  private mutating func unicodeEscape() throws(JSONError) -> [UInt8] {
    let high = try hexUnit()
    var scalar = UInt32(high)
    if (0xD800..<0xDC00).contains(high) {
      guard current == 0x5C, position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
      else { throw error("half a surrogate pair") }
      position += 2
      let low = try hexUnit()
      guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair") }
      scalar = 0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
    }
    guard let unicode = Unicode.Scalar(scalar) else { throw error("half a surrogate pair") }
    return Array(String(Character(unicode)).utf8)
  }

  private mutating func hexUnit() throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue
      else { throw error("four hexadecimal digits must follow \\u") }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }
}

/// Where and why a text is no JSON.
public struct JSONError: Error, Sendable, Equatable {
  /// What is wrong, a phrase for an error message.
  public var what: String
  /// Bytes before it.
  public var offset: Int

  /// An error.
  public init(what: String, offset: Int) {
    self.what = what
    self.offset = offset
  }
}
