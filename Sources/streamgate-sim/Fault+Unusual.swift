import Model

// Replies that are right, each in its own way: a client that fails one of them misjudges real
// services.

extension Fault {
  static let unusual: [Fault] = lines + texts + events + transports

  static func right(
    _ name: String, _ needs: Set<Dialect.Trait>, _ summary: String,
    _ script: @escaping @Sendable (inout Reply) -> [Step]
  ) -> Fault {
    inStream(name, .complete, needs, "right: \(summary)") { [.strike] + script(&$0) }
  }

  private static func formed(
    _ name: String, _ needs: Set<Dialect.Trait>, _ summary: String,
    _ change: @escaping @Sendable (inout EventForm) -> Void
  ) -> Fault {
    right(name, needs, summary) {
      change(&$0.form)
      return $0.healthy
    }
  }

  private static let lines: [Fault] = [
    right("bom", [.events], "a byte order mark before the first event") {
      $0.healthy(withFirst: Array("\u{FEFF}".utf8))
    },
    formed("crlf", [.lines], "lines end with CR LF") { $0.lineEnd = "\r\n" },
    formed("cr", [.events], "lines end with CR") { $0.lineEnd = "\r" },
    formed("no_space", [.events], "no space after `data:`") { $0.space = "" },
    formed("comments", [.events], "a comment before each event") { $0.before = ": comment\n" },
    formed("comment_events", [.events], "a comment and an empty line before each event") {
      $0.before = ": keep-alive\n\n"
    },
    formed("nul_in_comment", [.events], "a NUL in a comment before each event") {
      $0.before = ": \u{0}\n"
    },
    formed("pings", [.pings], "a ping before each event") {
      $0.before = "event: ping\ndata: {\"type\":\"ping\"}\n\n"
    },
    formed("other_fields", [.events], "id, retry and unknown fields in each event") {
      $0.before = "id: 7\nretry: 1000\nunknown: field\nnothing\n"
    },
    formed("blank_lines", [.lines], "an empty line before each event") { $0.before = "\n" },
    formed("multi_line_data", [.events, .json], "each event's data in two lines") {
      $0.splitsData = true
    },
  ]

  private static let texts: [Fault] = [
    right("wide_text", [], "words of two to four bytes a character") {
      $0.words = .wide
      return $0.healthy
    },
    right("escaped_text", [.json], "words with escapes and surrogates") {
      $0.words = .escaped
      return $0.healthy
    },
    right("long_event", [.json], "one event of 512 KiB") {
      let word = [UInt8](repeating: UInt8(ascii: "a"), count: 512 << 10)
      return $0.opening + [.piece($0.tokenForm.event(0, text: word))] + $0.closing
    },
    right("coalesced", [.json], "all tokens in one event") {
      let text = (0..<$0.tokens).flatMap($0.word)
      return $0.opening + [.piece($0.tokenForm.event(0, text: text))] + $0.closing
    },
  ]

  private static let events: [Fault] = [
    right("usage_own_event", [.usageShapes], "usage in an event of its own") {
      $0.healthy(usage: .ownChunk)
    },
    right("usage_on_finish", [.usageShapes], "usage on the event with the finish reason") {
      $0.healthy(usage: .onFinish)
    },
    right("usage_on_each", [.usageShapes], "usage as null on each event, and at the end") {
      $0.healthy(usage: .onEach)
    },
    right("reasoning", [.reasoning], "two pieces of reasoning before the answer") {
      $0.opening + $0.steps($0.dialect.reasoning($0)) + [.tokens($0.tokens)] + $0.closing
    },
    right("tool_calls", [.toolCalls], "a tool call instead of text") {
      $0.opening + $0.steps($0.dialect.toolCall($0)) + $0.closing
    },
  ]

  private static let transports: [Fault] = [
    right("burst", [], "all tokens in one send") {
      $0.burst = Settings.tokensMax
      return $0.healthy
    },
    right("dribble", [], "one byte a send, words of several bytes a character") {
      $0.words = .wide
      $0.sendBytesMax = 1
      return $0.healthy
    },
    right("small_chunks", [], "three bytes a chunk, words of several bytes a character") {
      $0.words = .wide
      $0.body.chunkBytesMax = 3
      return $0.healthy
    },
    right("chunk_extensions", [], "an extension after each chunk's size") {
      $0.body.chunkExtension = ";name=\"value\""
      return $0.healthy
    },
    right("trailers", [], "a trailer after the last chunk") {
      $0.unmarked + $0.bareMarker + [.raw(Array("0\r\nX-Trailer: 1\r\n\r\n".utf8))]
    },
    right("early_hints", [], "a 103 before the response") {
      let hints = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
      return [.raw(Array(hints.utf8))] + $0.healthy
    },
    right("content_length", [], "a body with Content-Length") {
      $0.body.delimiter = .length(off: 0)
      return $0.healthy
    },
    right("close_delimited", [], "a body that the connection's end delimits") {
      $0.body.delimiter = .close
      return $0.healthy
    },
    right("http_10", [], "HTTP/1.0, and a body that the connection's end delimits") {
      $0.statusLine = "HTTP/1.0 200 OK"
      $0.body.delimiter = .close
      return $0.healthy
    },
    right("keep_open", [.marker], "nothing after the end marker: no last chunk, no end") {
      $0.unmarked + $0.bareMarker + Step.silence
    },
  ]
}

extension Reply {
  fileprivate mutating func healthy(usage shape: UsageShape) -> [Step] {
    includesUsage = true
    usageShape = shape
    return healthy
  }

  /// The usual steps, these bytes the first of the body.
  fileprivate func healthy(withFirst bytes: [UInt8]) -> [Step] {
    healthy.flatMap { step in
      if case .raw = step { [step, .piece(bytes)] } else { [step] }
    }
  }
}
