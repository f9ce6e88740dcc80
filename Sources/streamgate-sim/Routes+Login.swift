import Model

// Who may chat: logins, refreshes, and what a chat must bring.

extension Server {
  static let loginPath = "/api/auth/login"
  static let refreshPath = "/api/auth/refresh"
  private static let cookieName = "session"

  /// The reply to a login: a token for one of the accounts.
  func login(_ record: LedgerRecord, _ request: Request) -> Exchange {
    answer(record, request) { (fields: Fields) throws(Refusal) in
      let email = fields["email"] ?? fields["username"]
      guard let email, let password = fields["password"] else {
        throw Refusal(status: 400, message: "a login needs email and password")
      }
      guard settings.access.accounts.contains(Account(email: email, password: password)) else {
        throw Refusal(status: 401, message: "email or password is wrong")
      }
      return email
    }
  }

  /// The reply to a refresh: a new token for the account of a refresh token.
  func refresh(_ record: LedgerRecord, _ request: Request) -> Exchange {
    answer(record, request) { (fields: Fields) throws(Refusal) in
      guard let token = fields["refresh_token"] else {
        throw Refusal(status: 400, message: "a refresh needs refresh_token")
      }
      return try authority.account(of: token, .refresh, at: wallNow())
    }
  }

  /// The account that a chat comes from, nil if nobody needs one; throws why it may not.
  func admit(_ request: Request) throws(Refusal) -> String? {
    var account: String?
    if settings.access.requiresToken {
      guard let field = request.authorization, field.lowercased().hasPrefix("bearer ") else {
        throw Refusal(status: 401, message: "a bearer token is needed")
      }
      account = try authority.account(of: field.dropFirst(7), .access, at: wallNow())
    }
    if settings.access.requiresCookie {
      let prefix = Server.cookieName + "="
      let cookies = (request.cookie ?? "").split(separator: ";").map { $0.drop { $0 == " " } }
      let isGood = cookies.contains {
        $0.hasPrefix(prefix) && authority.isSession($0.dropFirst(prefix.count), of: account)
      }
      guard isGood else {
        throw Refusal(status: 401, message: "the session cookie is missing or another's")
      }
    }
    return account
  }

  private func answer(
    _ record: LedgerRecord, _ request: Request,
    _ account: (Fields) throws(Refusal) -> String
  ) -> Exchange {
    guard request.method == "POST" else { return wrongMethod(record, allowed: "POST") }
    var record = record
    let delay = settings.access.loginDelay
    do throws(Refusal) {
      record.account = try account(try Fields(request))
    } catch {
      record.login = .refused
      return refused(record, error, after: delay)
    }
    record.login = request.path == Server.loginPath ? .granted : .refreshed
    return Exchange(
      record: record, bytes: granted(record.account ?? "", number: record.number),
      draws: timing.none, after: delay)
  }

  private func granted(_ account: String, number: Int) -> [UInt8] {
    // The token's life begins when it leaves.
    let now = UnixNanos(wallNow().rawValue + settings.access.loginDelay.rawValue)
    let lifetime = authority.lifetime
    let isWhole = lifetime.rawValue % 1_000_000_000 == 0
    let body = JSONValue.object([
      JSONMember(
        "access_token",
        .string(authority.token(.access, for: account, at: now, number: number))),
      JSONMember("token_type", .string("bearer")),
      JSONMember(
        "expires_in",
        isWhole ? .integer(Int64(lifetime.seconds)) : .number(lifetime.seconds)),
      JSONMember(
        "refresh_token",
        .string(authority.token(.refresh, for: account, at: now, number: number))),
    ])
    let cookie = "\(Server.cookieName)=\(authority.session(for: account))"
    return Response.json(
      200, JSONWriter.bytes(body), header: "Set-Cookie: \(cookie); Path=/; HttpOnly\r\n")
  }
}

/// The fields of a body that is a JSON object or a form.
private struct Fields {
  private var values: [String: String] = [:]

  init(_ request: Request) throws(Refusal) {
    let media = request.contentType?.prefix { $0 != ";" }.lowercased()
    if media == "application/x-www-form-urlencoded" {
      for pair in String(decoding: request.body, as: UTF8.self).split(separator: "&") {
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        values[decoded(parts[0])] = parts.count == 2 ? decoded(parts[1]) : ""
      }
      return
    }
    guard let members = try? JSONReader.parse(request.body).objectValue else {
      throw Refusal(status: 400, message: "the body is neither a JSON object nor a form")
    }
    for member in members { values[member.name] = member.value.stringValue }
  }

  subscript(_ name: String) -> String? { values[name] }
}

/// A form's text without its escapes (WHATWG URL, application/x-www-form-urlencoded).
private func decoded(_ text: Substring) -> String {
  var bytes: [UInt8] = []
  var rest = Array(text.utf8)[...]
  while let byte = rest.popFirst() {
    if byte == UInt8(ascii: "%"), rest.count >= 2,
      let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
    {
      bytes.append(value)
      rest = rest.dropFirst(2)
    } else {
      bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}
