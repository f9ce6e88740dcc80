import Model

/// Makes and checks what a login gives: JSON Web Tokens (RFC 7519) signed by HS256 (RFC 7515), and
/// session cookies. It keeps nothing: a signature tells its own.
struct TokenAuthority {
  /// What a token is good for.
  enum Kind: String {
    case access
    case refresh
  }

  /// How long a refresh token is good.
  static let refreshLifetime = Nanos.seconds(86_400)

  /// How long an access token is good.
  let lifetime: Nanos
  private let key: [UInt8]

  /// An authority whose key follows from the seed.
  init(seed: UInt64, lifetime: Nanos) {
    self.lifetime = lifetime
    key = SHA256.digest("streamgate-sim/token/\(seed)".utf8)
  }

  /// A token for an account; `number` makes two of the same moment differ.
  func token(_ kind: Kind, for account: String, at now: UnixNanos, number: Int) -> String {
    let length = kind == .access ? lifetime : TokenAuthority.refreshLifetime
    let claims = JSONValue.object([
      JSONMember("sub", .string(account)), JSONMember("use", .string(kind.rawValue)),
      JSONMember("iat", seconds(now)),
      JSONMember("exp", seconds(UnixNanos(now.rawValue + length.rawValue))),
      JSONMember("jti", .string(String(number))),
    ])
    let head = base64URL(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
    let signed = head + "." + base64URL(JSONWriter.bytes(claims))
    return signed + "." + signature(signed)
  }

  /// The account of a token of that kind; throws why it is not good.
  func account(of token: some StringProtocol, _ kind: Kind, at now: UnixNanos) throws(Refusal)
    -> String
  {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, signature(parts[0] + "." + parts[1]) == parts[2],
      let claims = claims(parts[1]), claims["use"] == .string(kind.rawValue),
      let account = claims["sub"]?.stringValue, let end = claims["exp"]?.doubleValue
    else { throw Refusal(status: 401, message: "the token is none of this service") }
    guard Double(now.rawValue) / 1e9 < end else {
      throw Refusal(status: 401, message: "the token has expired")
    }
    return account
  }

  /// The value of an account's session cookie.
  func session(for account: String) -> String {
    let name = base64URL(Array(account.utf8))
    return name + "." + signature("session." + name)
  }

  /// True if the value is that of the account's cookie; of any account's if it is nil.
  func isSession(_ value: some StringProtocol, of account: String?) -> Bool {
    if let account { return session(for: account) == value }
    let parts = value.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 2 && signature("session." + parts[0]) == parts[1]
  }

  private func signature(_ text: String) -> String {
    base64URL(SHA256.hmac(key: key, text.utf8))
  }

  private func claims(_ part: some StringProtocol) -> JSONValue? {
    guard let bytes = base64URLBytes(part) else { return nil }
    return try? JSONReader.parse(bytes)
  }
}

/// Seconds since 1970, with a fraction only where there is one.
private func seconds(_ time: UnixNanos) -> JSONValue {
  let milliseconds = time.rawValue / 1_000_000
  return milliseconds % 1_000 == 0
    ? .integer(milliseconds / 1_000) : .number(Double(milliseconds) / 1_000)
}

private let base64URLDigits = Array(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

/// Base64 with the alphabet for addresses, without padding (RFC 4648 section 5).
func base64URL(_ bytes: [UInt8]) -> String {
  var text: [UInt8] = []
  var (bits, count) = (0, 0)
  for byte in bytes {
    bits = bits << 8 & 0xFFFF | Int(byte)
    count += 8
    while count >= 6 {
      count -= 6
      text.append(base64URLDigits[bits >> count & 63])
    }
  }
  if count > 0 { text.append(base64URLDigits[bits << (6 - count) & 63]) }
  return String(decoding: text, as: UTF8.self)
}

private func base64URLBytes(_ text: some StringProtocol) -> [UInt8]? {
  var bytes: [UInt8] = []
  var (bits, count) = (0, 0)
  for digit in text.utf8 {
    guard let value = base64URLDigits.firstIndex(of: digit) else { return nil }
    bits = bits << 6 & 0xFFFF | value
    count += 6
    if count >= 8 {
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> count))
    }
  }
  return bytes
}
