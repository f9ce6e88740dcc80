/// A text cut at its `${NAME}` references; NAME is a letter or `_`, then letters, digits, `_`.
struct VariableText: Equatable {
  /// A part of a text.
  enum Piece: Equatable {
    case literal(String)
    case variable(String)
  }

  /// The parts in order; adjacent literals are one.
  private(set) var pieces: [Piece] = []

  /// The parts of `text`; a `${` that names nothing stays literal.
  init(_ text: String) {
    var literal: [UInt8] = []
    let bytes = Array(text.utf8)
    var position = 0
    while position < bytes.count {
      if let name = Self.name(in: bytes, at: position) {
        if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
        literal = []
        pieces.append(.variable(name))
        position += name.utf8.count + 3
      } else {
        literal.append(bytes[position])
        position += 1
      }
    }
    if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
  }

  /// The names referred to, in order, repeats kept.
  var names: [String] {
    pieces.compactMap { if case .variable(let name) = $0 { name } else { nil } }
  }

  /// The text with each reference replaced by what `lookup` gives for its name.
  func expanded(_ lookup: (String) -> String) -> String {
    pieces.reduce(into: "") { text, piece in
      switch piece {
      case .literal(let literal): text += literal
      case .variable(let name): text += lookup(name)
      }
    }
  }

  private static func name(in bytes: [UInt8], at start: Int) -> String? {
    guard start + 3 < bytes.count, bytes[start] == UInt8(ascii: "$"),
      bytes[start + 1] == UInt8(ascii: "{")
    else { return nil }
    var end = start + 2
    while end < bytes.count, isNameByte(bytes[end], isFirst: end == start + 2) { end += 1 }
    guard end > start + 2, end < bytes.count, bytes[end] == UInt8(ascii: "}") else { return nil }
    return String(decoding: bytes[start + 2..<end], as: UTF8.self)
  }

  private static func isNameByte(_ byte: UInt8, isFirst: Bool) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"):
      true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): !isFirst
    default: false
    }
  }
}

/// What the `${NAME}` of a request body stand for; its description shows names only.
public struct SecretValues: Sendable, Equatable, CustomStringConvertible {
  private var values: [String: String]

  /// The values by variable name.
  public init(_ values: [String: String] = [:]) {
    self.values = values
  }

  /// These values with others put over them.
  func merging(_ other: [String: String]) -> SecretValues {
    SecretValues(values.merging(other) { $1 })
  }

  /// The values themselves, for redaction; never empty strings; sorted.
  public var secrets: [String] { values.values.filter { !$0.isEmpty }.sorted() }

  /// The names, never the values.
  public var description: String { values.keys.sorted().map { "${\($0)}" }.joined(separator: " ") }

  /// The text with each known `${NAME}` replaced; a name without a value stays as it is.
  public func expand(_ text: String) -> String {
    VariableText(text).expanded { values[$0] ?? "${\($0)}" }
  }
}
