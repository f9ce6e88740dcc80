import Model

/// How one kind of service reads requests and writes replies, as data: an entry of `all`.
///
/// A new dialect is a new entry, and no code elsewhere.
struct Dialect: Sendable {
  /// Its name in plan files.
  let name: String
  /// The path that it is served at.
  let path: String
  /// The path of replies that do not stream, where that is another one.
  var wholePath: String?
  /// `Content-Type` of a stream.
  let media: String
  /// How an event lies in the body.
  let framing: Framing
  /// What the request's body has where.
  let request: RequestForm
  /// What it can do beyond the plainest; faults ask for it.
  let traits: Set<Trait>
  /// The events before the first token.
  let start: @Sendable (Reply) -> [WireEvent]
  /// The event of a token.
  let token: @Sendable (Reply) -> TokenEvent
  /// The events between the last token and the end marker.
  let finish: @Sendable (Reply) -> [WireEvent]
  /// The end marker, empty if there is none.
  let marker: @Sendable (Reply) -> [WireEvent]
  /// The shapes of an error inside a stream, the usual one first.
  let errors: @Sendable (Reply) -> [WireEvent]
  /// The body of a reply that does not stream.
  let whole: @Sendable (Reply) -> String
  /// Events of two pieces of reasoning, empty if it knows none.
  var reasoning: @Sendable (Reply) -> [WireEvent] = { _ in [] }
  /// Events of a tool call in two pieces, empty if it knows none.
  var toolCall: @Sendable (Reply) -> [WireEvent] = { _ in [] }

  /// How an event lies in the body.
  enum Framing: Sendable {
    /// Server-sent events.
    case events
    /// A JSON text a line.
    case lines
    /// Nothing but the text of tokens.
    case text
  }

  /// What a fault may need of a dialect.
  enum Trait: String, Sendable, CaseIterable {
    /// An end marker.
    case marker
    /// No end marker.
    case unmarked
    /// Server-sent events.
    case events
    /// A JSON text an event.
    case json
    /// Lines: events, or a JSON text a line.
    case lines
    /// Usage that the request asks for, in more than one shape.
    case usageShapes
    /// More shapes of an error than one.
    case otherError
    /// The third shape of an error, a text.
    case errorText
    /// Events that say nothing.
    case pings
    /// Reasoning apart from the answer.
    case reasoning
    /// Tool calls.
    case toolCalls
    /// A start event before the first token.
    case start
  }

  /// Every dialect, in the order of the help text.
  static let all: [Dialect] = [
    openAIChat, openAICompletions, openAIResponses, anthropicMessages, ollamaChat, ollamaGenerate,
    textGeneration, rawText, plainInput, inferenceChat,
  ]

  /// The dialect served at a path, nil if there is none.
  static func at(_ path: some StringProtocol) -> Dialect? {
    all.first { $0.path == path || $0.wholePath.map { $0 == path } ?? false }
  }

  /// True for a path, one that names a fault included, at which replies never stream.
  func isWhole(at path: String) -> Bool { wholePath.map { path.hasSuffix($0) } ?? false }

  /// True if a whole stream is told by a marker.
  var hasMarker: Bool { traits.contains(.marker) }
}

/// Where a request's body has what the simulator takes from it.
struct RequestForm: Sendable {
  /// The member with the conversation: a text, or a list of messages.
  let conversation: String
  /// The member with the system prompt, if it has one of its own.
  var preamble: String?
  /// Where the limit of the reply's tokens may be; the first found counts.
  let limits: [[String]]
  /// The flag that asks for usage, nil if usage comes unasked.
  var usageFlag: [String]?
  /// What `stream` is if absent.
  var streamsByDefault = false
}

/// One event of a stream, before its frame.
struct WireEvent: Sendable {
  /// The event's name, in dialects that name events.
  let name: String?
  /// The data: no line breaks.
  let data: String

  init(_ name: String?, _ data: String) {
    self.name = name
    self.data = data
  }

  init(_ data: String) {
    self.init(nil, data)
  }
}

/// The event of a token, in pieces around what differs from token to token.
struct TokenEvent: Sendable {
  /// The event's name.
  var name: String?
  /// The data before the text.
  let beforeText: String
  /// The data after the text, up to the number if there is one.
  let afterText: String
  /// The number of the first token's event, nil if events are not numbered.
  var firstNumber: Int?
  /// The data after the number.
  var afterNumber = ""
}

/// A string as JSON text.
func jsonText(_ text: String) -> String {
  String(decoding: JSONWriter.bytes(.string(text)), as: UTF8.self)
}
