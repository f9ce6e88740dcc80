/// How a kind of service writes its stream, as data: framing, end marker, event names, and which
/// JSON paths mean what.
///
/// A new dialect is a new entry in `Dialect.all`, and no code.
public struct Dialect: Sendable {
  /// The name in plan files: `openai-chat`.
  public let name: String
  /// How events lie in the body.
  public let framing: Framing
  /// The media types of a streamed response, lower case, without parameters; the first is the
  /// usual one.
  public let contentTypes: [String]
  /// True if a whole stream is told from a cut one by a marker.
  public let hasEndMarker: Bool

  /// The data of the event that is the end marker, nil where a name or a path tells it.
  let endMarker: [UInt8]?
  /// Its first byte, 0 without one.
  private let endMarkerStart: UInt8
  let paths: PathTable
  /// The paths of the one JSON object of a reply that does not stream, nil if there is none.
  let replyPaths: PathTable?

  /// How events lie in a body.
  public enum Framing: Sendable, Equatable {
    /// `text/event-stream`: the WHATWG HTML standard, section 9.2.
    case events
    /// One JSON object a line (NDJSON, JSON Lines); empty lines are passed over.
    case lines
    /// Plain text: whatever a read brings is content.
    case text
    /// One JSON object, the whole body: a reply that does not stream.
    case document
  }

  init(
    name: String, framing: Framing = .events, contentTypes: [String]? = nil,
    hasEndMarker: Bool = true, endMarker: String? = nil, paths: [PathRule],
    events: [String: EventRule] = [:], reply: [PathRule]? = nil
  ) {
    self.name = name
    self.framing = framing
    self.contentTypes = contentTypes ?? Dialect.contentTypes(of: framing)
    self.hasEndMarker = hasEndMarker
    self.endMarker = endMarker.map { Array($0.utf8) }
    endMarkerStart = endMarker?.utf8.first ?? 0
    self.paths = PathTable(paths, events: events)
    replyPaths = reply.map { PathTable($0) }
  }

  private init(replyOf streamed: Dialect, _ replyPaths: PathTable) {
    name = streamed.name
    framing = .document
    contentTypes = Dialect.contentTypes(of: .document)
    hasEndMarker = false
    endMarker = nil
    endMarkerStart = 0
    paths = replyPaths
    self.replyPaths = replyPaths
  }

  /// The dialect of that name, nil if there is none. O(dialects).
  public static func named(_ name: String) -> Dialect? {
    all.first { $0.name == name }
  }

  /// The names of all dialects, in the order of the table.
  public static var names: [String] { all.map(\.name) }

  /// The same service's replies that do not stream, nil where there are none.
  public var unstreamed: Dialect? { replyPaths.map { Dialect(replyOf: self, $0) } }

  /// The media types that each framing goes by.
  private static func contentTypes(of framing: Framing) -> [String] {
    switch framing {
    case .events: ["text/event-stream"]
    case .lines:
      [
        "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl",
        "application/jsonlines", "application/x-jsonlines", "application/json-lines",
        "application/stream+json",
      ]
    case .text: ["text/plain", "text/markdown", "application/octet-stream"]
    case .document: ["application/json"]
    }
  }

  /// True if a `Content-Type` is one of the dialect's, whatever its parameters and case.
  func accepts(_ field: String) -> Bool {
    let media = field.prefix { $0 != ";" }
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    let start = media.utf8.drop(while: isBlank)
    let end = start.lastIndex { !isBlank($0) }.map { start.index(after: $0) }
    let name = start[..<(end ?? start.startIndex)]
    return contentTypes.contains { contentType in
      name.elementsEqual(contentType.utf8) {
        $0 == $1 || ($0 | 0x20 == $1 && (0x41...0x5A).contains($0))
      }
    }
  }

  /// True if an event's data is the end marker; white space around it is let pass, as the
  /// clients in use do.
  func isEndMarker(_ data: UnsafeRawBufferPointer) -> Bool {
    // Told by one byte for nearly every event, without a look at the marker's own.
    guard let first = data.first, first == endMarkerStart || first <= 0x20, let endMarker
    else { return false }
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
    let start = data.drop(while: isBlank)
    let end = start.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start.startIndex
    return start[..<end].elementsEqual(endMarker)
  }
}
