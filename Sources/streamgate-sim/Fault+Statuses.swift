import Model

// Responses that are no stream by their status.

extension Fault {
  /// One row a status that clients tell apart, and some that lead elsewhere.
  static let statuses: [Fault] = errors + limits + elsewhere

  private static let errors: [Fault] = [
    plain(400, .http4xx, "Bad Request"),
    plain(401, .auth, "Unauthorized", header: "WWW-Authenticate: Bearer\r\n"),
    plain(403, .auth, "Forbidden"),
    plain(404, .http4xx, "Not Found"),
    plain(500, .http5xx, "Internal Server Error"),
    instead("http_502", 502, .http5xx, "status 502 with an HTML page") { _ in
      [.strike, .raw(Response.page("text/html", status: 502))]
    },
    instead("http_503", 503, .http5xx, "status 503 at once, with Retry-After") {
      let header = "Retry-After: \($0.options.retryAfterSeconds)\r\n"
      return [.strike, .raw(Response.error(503, "the simulated service failed", header: header))]
    },
    instead("http_500_endless", 500, .http5xx, "status 500 with a body without end") { _ in
      let head = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\n"
      return [.strike, .raw(Array(head.utf8)), .endlessRaw(filler())]
    },
  ]

  private static let limits: [Fault] = [
    instead("http_429", 429, .http429, "status 429 at once, with Retry-After in seconds") {
      limited("\($0.options.retryAfterSeconds)")
    },
    instead("http_429_bare", 429, .http429, "status 429 at once, without Retry-After") { _ in
      [.strike, .raw(Response.error(429, "the simulated service is over its limit"))]
    },
    dated("http_429_date", .fixed, "with Retry-After as a date"),
    dated("http_429_rfc850", .rfc850, "with Retry-After as a date of RFC 850"),
    dated("http_429_asctime", .asctime, "with Retry-After as a date of asctime"),
    instead("http_429_skewed", 429, .http429, "status 429 by a clock that is an hour slow") {
      let slow = UnixNanos($0.options.wall.rawValue - 3_600_000_000_000)
      let header = "Date: \(httpDate(slow))\r\n"
      return limited(httpDate($0.retryAt(from: slow)), header: header)
    },
    instead("http_429_far", 429, .http429, "status 429 with Retry-After beyond any number") {
      _ in limited("99999999999999999999")
    },
  ]

  private static let elsewhere: [Fault] = [
    instead("http_101", 101, .protocol, "status 101, which nobody asked for") { _ in
      let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade"
      return [.strike, .raw(Array((head + "\r\n\r\nhello\n").utf8)), .close]
    },
    instead("redirect", 302, .redirect, "status 302 to the same service by another name") {
      // 127.0.0.1 and localhost are two hosts to a client; who follows is in the ledger.
      moved(302, to: "http://localhost:\($0.options.port)/redirected\($0.dialect.path)")
    },
    instead("redirect_here", 307, .redirect, "status 307 to another path of the same host") {
      moved(307, to: "/redirected\($0.dialect.path)")
    },
  ]

  private static func plain(
    _ status: Int, _ outcome: Outcome, _ words: String, header: String = ""
  ) -> Fault {
    instead("http_\(status)", status, outcome, "status \(status) at once (\(words))") { _ in
      let bytes = Response.error(status, "the simulated service failed", header: header)
      return [.strike, .raw(bytes)]
    }
  }

  /// A 429 whose Retry-After is a moment.
  private static func dated(_ name: String, _ form: HTTPDateForm, _ words: String) -> Fault {
    instead(name, 429, .http429, "status 429 at once, \(words)") {
      limited(httpDate($0.retryAt(from: $0.options.wall), form))
    }
  }

  private static func limited(_ retryAfter: String, header: String = "") -> [Step] {
    let message = "the simulated service is over its limit"
    let header = header + "Retry-After: \(retryAfter)\r\n" + ServiceHeaders.exhausted
    return [.strike, .raw(Response.error(429, message, header: header))]
  }

  private static func moved(_ status: Int, to location: String) -> [Step] {
    let header = "Location: \(location)\r\n"
    return [.strike, .raw(Response.error(status, "it moved", header: header))]
  }

  /// Bytes for what has no end: as many as one read takes.
  static func filler(_ byte: UInt8 = UInt8(ascii: "a")) -> [UInt8] {
    [UInt8](repeating: byte, count: 16 << 10)
  }
}

extension Reply {
  /// The moment that Retry-After tells.
  fileprivate func retryAt(from moment: UnixNanos) -> UnixNanos {
    UnixNanos(moment.rawValue + Int64(options.retryAfterSeconds) * 1_000_000_000)
  }
}
