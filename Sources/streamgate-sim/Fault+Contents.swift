import Model

// Replies that are slow, silent or wrong in what they say, over HTTP that is right.

extension Fault {
  private static let keepAliveGap = Nanos.milliseconds(100)

  /// Replies that stop, for a while or for good.
  static let silences: [Fault] = [
    inStream("never_answers", .timeoutFirstToken, [], "nothing") { _ in [.strike] + Step.silence },
    inStream("stall_head", .timeoutFirstToken, [], "half a header, then nothing") {
      [.strike, .raw($0.head.firstHalf)] + Step.silence
    },
    inStream("stall_first", .timeoutFirstToken, [], "header and start events, then nothing") {
      [.strike, .raw($0.head)] + $0.steps($0.dialect.start($0)) + Step.silence
    },
    inStream(
      "comments_only", .timeoutFirstToken, [.events], "a comment each 100 ms, and nothing else"
    ) {
      let comment = Array(": still here\n\n".utf8)
      return [.strike, .raw($0.head), .endlessPiece(comment, every: keepAliveGap)]
    },
    inStream("stall", .timeoutStall, [], "some tokens, silence for --stall, then the rest") {
      $0.cutOpening + [.pause($0.options.stall), .tokens($0.tokens - $0.faultAfter)] + $0.closing
    },
    inStream(
      "stall_marker", .timeoutStall, [.marker], "all tokens, silence for --stall, the end marker"
    ) { $0.unmarked + [.strike, .pause($0.options.stall)] + $0.marker },
    inStream("trickle", .timeoutTotal, [], "a token each 100 ms, without end") {
      let token = $0.tokenEvent(0)
      return $0.opening + [.tokens(1), .strike, .endlessPiece(token, every: keepAliveGap)]
    },
  ]

  /// Streams that are whole and say something wrong, or nothing.
  static let contents: [Fault] = errors + nonsense + nothing

  private static let errors: [Fault] = [
    inStream("error_event", .errorEvent, [.json], "some tokens, an error, then the end marker") {
      $0.cutOpening + $0.steps(Array($0.dialect.errors($0).prefix(1))) + $0.marker
    },
    inStream("error_first", .errorEvent, [.json], "an error before the first token") {
      $0.opening + [.strike] + $0.steps(Array($0.dialect.errors($0).prefix(1))) + $0.end
    },
    inStream("error_text", .errorEvent, [.errorText], "some tokens, an error that is a text") {
      $0.cutOpening + $0.steps(Array($0.dialect.errors($0).suffix(1))) + $0.end
    },
    inStream("error_named", .errorEvent, [.errorText], "some tokens, an event named error") {
      $0.cutOpening + $0.steps(Array($0.dialect.errors($0)[2...2])) + $0.end
    },
    inStream("error_other", .errorEvent, [.otherError], "some tokens, an error's other shape") {
      $0.cutOpening + $0.steps(Array($0.dialect.errors($0)[1...1])) + $0.end
    },
  ]

  private static let nonsense: [Fault] = [
    inStream("malformed_json", .malformed, [.json], "some tokens, an event of half an object") {
      $0.cutOpening + $0.steps([WireEvent(#"{"choices":[{"#)]) + $0.closing
    },
    inStream("malformed_text", .malformed, [.json], "some tokens, an event that is no JSON") {
      $0.cutOpening + $0.steps([WireEvent("hello, this is no JSON")]) + $0.closing
    },
    inStream("nul_in_json", .malformed, [.json], "some tokens, an event with a NUL in a string") {
      $0.cutOpening + $0.steps([WireEvent("{\"text\":\"\u{0}\"}")]) + $0.closing
    },
    inStream("html_200", .notAStream, [], "an HTML page, named so") { _ in
      [.strike, .raw(Response.page("text/html"))]
    },
    inStream("html_as_stream", .notAStream, [.events], "an HTML page, named a stream") {
      [.strike, .raw(Response.page($0.media))]
    },
    inStream("json_200", .notAStream, [], "the reply as one JSON body") {
      [.strike, .raw(Response.json(200, Array($0.dialect.whole($0).utf8)))]
    },
    inStream(
      "status_in_stream", .truncated, [.marker, .events],
      "some tokens, a 500 inside the body, a clean end"
    ) {
      let lines = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\nfailed\n"
      return $0.cutOpening + [.piece(Array(lines.utf8))] + $0.end
    },
  ]

  private static let nothing: [Fault] = [
    inStream("empty_body", .truncated, [.marker], "an empty body") {
      [.strike, .raw($0.head)] + $0.end
    },
    inStream("empty_text", .empty, [.unmarked], "an empty body") {
      [.strike, .raw($0.head)] + $0.end
    },
    inStream("role_only", .empty, [.marker], "all of it but the tokens") {
      $0.opening + [.strike] + $0.closing
    },
    inStream("marker_only", .empty, [.marker], "the end marker, and nothing else") {
      [.strike, .raw($0.head)] + $0.marker
    },
  ]
}
