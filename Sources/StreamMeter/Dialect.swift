/// How a kind of service writes its stream, as data: end marker, event names, and which JSON
/// paths mean what.
///
/// A new dialect is a new entry in `Dialect.all`, and no code.
public struct Dialect: Sendable {
  /// The name in plan files: `openai-chat`.
  public let name: String
  /// The endpoint's usual path.
  public let defaultPath: String
  /// The media type of a streamed response, lower case, without parameters.
  public let contentType: String
  /// True if a whole stream is told from a cut one by a marker.
  public let hasEndMarker: Bool

  let endMarker: [UInt8]
  let paths: PathTable

  /// The dialect of that name, nil if there is none. O(dialects).
  public static func named(_ name: String) -> Dialect? {
    all.first { $0.name == name }
  }

  /// The names of all dialects, in the order of the table.
  public static var names: [String] { all.map(\.name) }

  /// True if a `Content-Type` is the dialect's, whatever its parameters and case.
  func accepts(_ field: String) -> Bool {
    let media = field.prefix { $0 != ";" }
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    let start = media.utf8.drop(while: isBlank)
    let end = start.lastIndex { !isBlank($0) }.map { start.index(after: $0) }
    return start[..<(end ?? start.startIndex)].elementsEqual(contentType.utf8) {
      $0 == $1 || ($0 | 0x20 == $1 && (0x41...0x5A).contains($0))
    }
  }

  /// True if an event's data is the end marker; white space around it is let pass, as the
  /// clients in use do.
  func isEndMarker(_ data: UnsafeRawBufferPointer) -> Bool {
    guard let first = data.first, first != UInt8(ascii: "{"), hasEndMarker else { return false }
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0A }
    let start = data.drop(while: isBlank)
    let end = start.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start.startIndex
    return start[..<end].elementsEqual(endMarker)
  }
}

/// What the value at a path of an event means.
enum PathMeaning: UInt8, Sendable {
  /// Nothing: only a step on the way to something.
  case none
  /// Its presence is a choice, with a role alone allowed.
  case choice
  /// Text of the answer, a token if not empty.
  case content
  /// Text of the model's reasoning, a token if not empty.
  case reasoning
  /// A piece of a tool call's arguments, a token if not empty.
  case toolArguments
  /// Why the model stopped.
  case finishReason
  /// The count of output tokens.
  case usageOutput
  /// The count of prompt tokens.
  case usageInput
  /// The count of cached prompt tokens.
  case usageCached
  /// An error, unless it is null.
  case error
}

/// One line of a dialect's table.
struct PathRule: Sendable {
  /// Names joined by dots, `[]` after a name for each element of an array:
  /// `choices[].delta.content`.
  let path: String
  /// What is found there.
  let meaning: PathMeaning
  /// The value that it must have to mean that, nil for any.
  let literal: String?

  init(_ path: String, _ meaning: PathMeaning, equals literal: String? = nil) {
    self.path = path
    self.meaning = meaning
    self.literal = literal
  }
}
