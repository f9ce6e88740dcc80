import Model

/// One step of a reply on the wire. Steps run in order; what is due at once leaves in one send.
enum Step {
  /// Bytes as they are.
  case raw([UInt8])
  /// One server-sent event with this data, as one chunk.
  case event([UInt8])
  /// Nothing until the request has a slot and its time to first token is over.
  case awaitFirstToken
  /// So many content events, a gap between two.
  case tokens(Int)
  /// The time of so many tokens, without a byte.
  case silentTokens(Int)
  /// Nothing for so long.
  case pause(Nanos)
  /// From here on the reply is not a healthy one: the ledger notes that the fault struck.
  case strike
  /// The connection ends cleanly (FIN).
  case close
  /// The connection is torn down (RST).
  case reset
}

/// A way in which a reply goes wrong: a row of `table`, and all there is to know of it.
struct Fault: Sendable {
  /// Its name in flags, paths and ledgers.
  let name: String
  /// What goes on the wire, a phrase for the help text.
  let summary: String
  /// What a client must call it (METRICS, outcomes).
  let outcome: Outcome
  /// The response's status.
  let status: Int
  /// True if it strikes inside a stream; a request that asks for none is answered healthily.
  let needsStream: Bool
  /// The steps of a reply that has it.
  let script: @Sendable (Reply) -> [Step]

  /// The fault of that name, nil if there is none.
  static func named(_ name: some StringProtocol) -> Fault? {
    table.first { $0.name == name }
  }

  /// A fault inside a 200 stream.
  private static func inStream(
    _ name: String, _ outcome: Outcome, _ summary: String,
    _ script: @escaping @Sendable (Reply) -> [Step]
  ) -> Fault {
    Fault(
      name: name, summary: summary, outcome: outcome, status: 200, needsStream: true,
      script: script)
  }

  /// A response of another status instead of a stream.
  private static func instead(
    _ name: String, _ status: Int, _ outcome: Outcome, _ summary: String,
    _ script: @escaping @Sendable (Reply) -> [Step]
  ) -> Fault {
    Fault(
      name: name, summary: summary, outcome: outcome, status: status, needsStream: false,
      script: script)
  }

  /// Every fault. A new one is a new row.
  static let table: [Fault] = [
    inStream("truncate", .truncated, "some tokens, then a clean end without the end marker") {
      $0.opening + [.tokens($0.faultAfter), .strike, .raw(Reply.lastChunk)]
    },
    inStream("no_marker", .truncated, "all tokens, then a clean end without the end marker") {
      $0.opening + [.tokens($0.tokens)] + $0.finish + [.strike, .raw(Reply.lastChunk)]
    },
    inStream("rst", .broken, "some tokens, half a chunk, then a reset of the connection") {
      $0.opening + [.tokens($0.faultAfter), .strike, .raw($0.halfChunk)]
        + [.pause(Reply.resetDelay), .reset]
    },
    inStream("stall", .timeoutStall, "some tokens, silence for --stall, then the rest") {
      $0.opening + [.tokens($0.faultAfter), .strike, .pause($0.stall)]
        + [.tokens($0.tokens - $0.faultAfter)] + $0.closing
    },
    inStream("error_event", .errorEvent, "some tokens, an error object, then the end marker") {
      $0.opening + [.tokens($0.faultAfter), .strike, .event(Reply.errorObject)] + $0.marker
    },
    instead("http_429", 429, .http429, "status 429 at once, with Retry-After") {
      let header = "Retry-After: \($0.retryAfterSeconds)\r\n"
      let message = "the simulated service is over its limit"
      return [.strike, .raw(Response.error(429, message, header: header))]
    },
    instead("http_500", 500, .http5xx, "status 500 at once") { _ in
      [.strike, .raw(Response.error(500, "the simulated service failed"))]
    },
  ]
}
