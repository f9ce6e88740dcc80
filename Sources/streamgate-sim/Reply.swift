import Model

/// One reply in the making: its facts, and its parts as steps. A fault's script changes what may
/// vary before it takes the parts.
struct Reply: Sendable {
  /// How it is written.
  let dialect: Dialect
  /// Which chat request of this process it answers, 1 for the first.
  let ordinal: Int
  /// The model's name, as the request has it.
  let model: String
  /// Tokens it has.
  let tokens: Int
  /// True if the request's limit made it shorter.
  let isCut: Bool
  /// Tokens of the prompt.
  let promptTokens: Int
  /// Tokens of the prompt that the cache had; nil without a cache.
  let cachedTokens: Int?
  /// True for a stream, false for one JSON body.
  let streams: Bool
  /// The digest of the conversation so far, which the first word repeats; nil if it is the first
  /// turn.
  let conversation: String?
  /// 64 bits that name it.
  let identity: UInt64
  /// Flags of the server.
  let options: Options
  /// Tokens before a fault in mid-stream: 1...`tokens`.
  let faultAfter: Int
  /// What the service says of itself.
  let serviceHeaders: ServiceHeaders

  /// True if usage is reported.
  var includesUsage: Bool
  /// Where usage stands, in dialects that have a choice.
  var usageShape = UsageShape.ownChunk
  /// How events are laid out.
  var form = EventForm()
  /// How the body lies on the wire.
  var body = Body()
  /// What tokens are made of.
  var words = ReplyWords.plain
  /// The response's status line, without its end.
  var statusLine = "HTTP/1.1 200 OK"
  /// Whole header lines after the usual ones.
  var header = ""
  /// `Content-Type`.
  var media: String
  /// Tokens that leave together, nil for the server's own number.
  var burst: Int?
  /// Bytes of one send, nil for as many as there are.
  var sendBytesMax: Int?

  /// Where a stream reports usage, if it was asked to.
  enum UsageShape: Sendable {
    /// In an event of its own, without choices.
    case ownChunk
    /// On the event with the finish reason.
    case onFinish
    /// As null on each event, and in an event of its own.
    case onEach
  }

  /// What the server's flags and moment say.
  struct Options: Sendable {
    /// True if head and start events leave on arrival.
    var hasEarlyHead: Bool
    /// True if a token's text is its send time.
    var hasStamps: Bool
    /// How long a stall lasts.
    var stall: Nanos
    /// Seconds in Retry-After.
    var retryAfterSeconds: Int
    /// The port that the server listens on.
    var port: UInt16
    /// When the request came.
    var wall: UnixNanos
  }

  /// A reset waits for so long, that the bytes before it are read first: a reset may discard them.
  static let resetDelay = Nanos.milliseconds(20)

  /// Its name in its events.
  var id: String { (dialect.name.hasPrefix("openai-chat") ? "chatcmpl-" : "r-") + hex(identity) }

  /// A fixed time plus the ordinal, in seconds: the same seed gives the same bytes.
  var created: Int { 1_700_000_000 + ordinal }

  /// Why it ended, in the words of most dialects.
  var stopReason: String { isCut ? "length" : "stop" }

  /// The text of token `index`, as it stands in JSON text. The first repeats the conversation's
  /// digest.
  func word(_ index: Int) -> [UInt8] {
    if index == 0, let conversation { return Array(" #\(conversation)".utf8) }
    return words.word(index, of: identity)
  }

  /// The text of all tokens.
  var text: String {
    guard words == .plain else { return "" }
    return String(decoding: (0..<tokens).flatMap(word), as: UTF8.self)
  }

  /// The pieces of a token's event.
  var tokenForm: TokenForm { TokenForm(dialect.token(self), form, dialect.framing) }
}

// Its parts.
extension Reply {
  /// An event's bytes.
  func bytes(_ event: WireEvent) -> [UInt8] {
    let data = form.data(event.data, dialect.framing)
    return Array(
      (form.open(event.name, dialect.framing) + data + form.close(dialect.framing)).utf8)
  }

  /// Events as steps, each a piece of the body.
  func steps(_ events: [WireEvent]) -> [Step] { events.map { .piece(bytes($0)) } }

  /// Status line and header.
  var head: [UInt8] {
    var lines = "\(statusLine)\r\nContent-Type: \(media)\r\nCache-Control: no-cache\r\n"
    switch body.delimiter {
    case .chunked: lines += "Transfer-Encoding: chunked\r\n"
    case .length(let off): lines += "Content-Length: \(max(0, bodyBytes + off))\r\n"
    case .close: lines += "Connection: close\r\n"
    }
    if let coding = body.coding { lines += "Content-Encoding: \(coding.kind.rawValue)\r\n" }
    return Array((lines + "X-Request-Id: \(id)\r\n\(serviceHeaders.lines)\(header)\r\n").utf8)
  }

  /// Head, start events, and the wait for the first token.
  var opening: [Step] { opening(with: dialect.start(self)) }

  /// Head, these events, and the wait for the first token.
  func opening(with events: [WireEvent]) -> [Step] {
    let start = [Step.raw(head)] + steps(events)
    return options.hasEarlyHead ? start + [.awaitFirstToken] : [.awaitFirstToken] + start
  }

  /// What says why it ended and what it used.
  var finish: [Step] { steps(dialect.finish(self)) }

  /// The end marker and the clean end of the body.
  var marker: [Step] { steps(dialect.marker(self)) + end }

  /// The clean end of the body.
  var end: [Step] { body.delimiter == .close ? [.end, .close] : [.end] }

  /// All that follows the last token.
  var closing: [Step] { finish + marker }

  /// The steps of a reply without a fault.
  var healthy: [Step] {
    if streams { return opening + [.tokens(tokens)] + closing }
    return [
      .awaitFirstToken, .silentTokens(tokens),
      .raw(
        Response.json(
          200, Array(dialect.whole(self).utf8),
          header: "X-Request-Id: \(id)\r\n\(serviceHeaders.lines)")),
    ]
  }

  /// The whole event of token `index`.
  func tokenEvent(_ index: Int) -> [UInt8] { tokenForm.event(index, text: word(index)) }

  /// Bytes of a healthy body that is not coded.
  private var bodyBytes: Int {
    let form = tokenForm
    let stamp = [UInt8](repeating: 0x30, count: OutgoingBytes.stampBytes)
    let events = dialect.start(self) + dialect.finish(self) + dialect.marker(self)
    return events.reduce(0) { $0 + bytes($1).count }
      + (0..<tokens).reduce(0) {
        $0 + form.event($1, text: options.hasStamps ? stamp : word($1)).count
      }
  }
}

private func hex(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
