public import Model
public import Plan

/// What a login or refresh brought.
public struct LoginGrant: Sendable, Equatable {
  /// The token, nil where cookies alone make the session.
  public var token: String?
  /// What renews it, nil where the reply had none.
  public var refreshToken: String?
  /// Its life, nil where the reply did not say.
  public var lifetime: Nanos?

  /// A grant.
  public init(token: String?, refreshToken: String? = nil, lifetime: Nanos? = nil) {
    self.token = token
    self.refreshToken = refreshToken
    self.lifetime = lifetime
  }
}

/// Why a login or refresh brought nothing. No case holds a secret: words are redacted, and of a
/// reply that was no refusal only names are told.
public enum LoginFailure: Error, Sendable, Equatable {
  /// A status that is no success, and the first of the service's words.
  case refused(status: Int, words: String)
  /// A success whose body is no JSON.
  case notJSON(status: Int)
  /// A success without the token; the paths that were there.
  case noToken(path: String, seen: [String])
  /// A token that cannot stand in a header.
  case unusableToken(path: String)
  /// The transport failed; in its own words.
  case transport(code: Int, reason: String)
  /// No whole reply within the limit.
  case timedOut(Nanos)
  /// A reply beyond so many bytes.
  case tooLong(Int)

  /// True if another attempt could do better by itself.
  public var isPassing: Bool {
    switch self {
    case .refused(let status, _): status == 408 || status == 429 || status >= 500
    case .transport, .timedOut: true
    case .notJSON, .noToken, .unusableToken, .tooLong: false
    }
  }
}

extension LoginFailure: CustomStringConvertible {
  /// The facts in one line; a service's words are in it as they are told.
  public var description: String {
    switch self {
    case .refused(let status, let words):
      words.isEmpty ? "status \(status)" : "status \(status), \(words)"
    case .notJSON(let status): "status \(status), and no JSON"
    case .noToken(let path, []): "nothing at \(path); the reply has no members"
    case .noToken(let path, let seen):
      "nothing at \(path); the reply has \(seen.joined(separator: ", "))"
    case .unusableToken(let path): "what is at \(path) cannot stand in a header"
    case .transport(let code, let reason): "\(reason) (libcurl code \(code))"
    case .timedOut(let limit): "no whole reply within \(limit.seconds) s"
    case .tooLong(let bytes): "a reply of more than \(bytes) bytes"
    }
  }
}

/// Reads the replies to logins and refreshes.
public enum LoginReply {
  /// Bytes of a service's words that are told; with what says that they were cut, no more than an
  /// excerpt has.
  public static let wordsMax = 196
  /// Bytes of the longest token.
  public static let tokenBytesMax = 16_384
  /// Paths of a reply that are told.
  public static let seenMax = 20
  /// The longest life of a token that is believed: ten years.
  private static let lifetimeMax = 10.0 * 365 * 86_400

  /// What the reply brings, by the plan's paths. `redactor` takes out of a refusal's words what
  /// was sent; a refresh token that the reply leaves out is the reply's own business.
  public static func read(
    status: Int, body: [UInt8], login: LoginPlan, redactor: Redactor
  ) -> Result<LoginGrant, LoginFailure> {
    guard (200..<300).contains(status) else {
      return .failure(.refused(status: status, words: words(body, redactor)))
    }
    let json = try? JSONReader.parse(body)
    guard let path = login.token else {
      return .success(LoginGrant(token: nil, lifetime: json.flatMap { lifetime($0, login) }))
    }
    guard let json else { return .failure(.notJSON(status: status)) }
    guard let token = path.value(in: json)?.stringValue, !token.isEmpty else {
      return .failure(.noToken(path: path.shortText, seen: Array(paths(of: json).prefix(seenMax))))
    }
    let isPlain = token.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    guard isPlain, token.utf8.count <= tokenBytesMax else {
      return .failure(.unusableToken(path: path.shortText))
    }
    let renews = login.refresh?.token.value(in: json)?.stringValue
    return .success(
      LoginGrant(token: token, refreshToken: renews, lifetime: lifetime(json, login)))
  }

  /// Seconds as a number, or as a text of one.
  private static func lifetime(_ json: JSONValue, _ login: LoginPlan) -> Nanos? {
    guard let value = login.expiresIn.value(in: json) else { return nil }
    let seconds = value.doubleValue ?? value.stringValue.flatMap { Double($0) }
    guard let seconds, seconds > 0, seconds <= lifetimeMax else { return nil }
    return Nanos(seconds: seconds)
  }

  /// The first of a service's words, on one line, without control characters and secrets.
  private static func words(_ body: [UInt8], _ redactor: Redactor) -> String {
    // Redacted before it is cut, so that no secret is cut and missed.
    let text = redactor.masked(String(decoding: body.prefix(16 * wordsMax), as: UTF8.self))
    var line = String.UnicodeScalarView()
    var bytes = 0
    for scalar in text.unicodeScalars {
      let shown: Unicode.Scalar =
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: " "
        default: scalar
        }
      if shown == " ", line.last == " " || line.isEmpty { continue }
      bytes += UTF8.width(shown)
      guard bytes <= wordsMax else { return String(line) + "…" }
      line.append(shown)
    }
    if line.last == " " { line.removeLast() }
    return String(line)
  }

  /// The names in a reply with those of one level below, as paths.
  private static func paths(of json: JSONValue) -> [String] {
    (json.objectValue ?? []).flatMap { member -> [String] in
      let inner = (member.value.objectValue ?? []).map { "\(member.name).\($0.name)" }
      return inner.isEmpty ? [member.name] : inner
    }
  }
}
