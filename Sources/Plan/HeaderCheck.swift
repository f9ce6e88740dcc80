/// Checks of request headers (RFC 9110 section 5).
enum HeaderCheck {
  /// Headers of one scenario at most.
  static let countMax = 64
  /// Bytes of a value at most.
  static let valueBytesMax = 16_384

  /// Fields that the transport writes itself, in lowercase.
  private static let reserved = [
    "connection", "content-length", "expect", "transfer-encoding", "upgrade", "keep-alive", "te",
    "trailer",
  ]

  /// Fields whose value is a credential, in lowercase.
  private static let credentials = [
    "authorization", "proxy-authorization", "x-api-key", "api-key", "cookie",
  ]

  /// The name if it is a token and not the transport's.
  static func name(_ name: String) -> Result<String, ValueError> {
    let marks = Set("!#$%&'*+-.^_`|~".unicodeScalars)
    let isToken =
      (1...256).contains(name.utf8.count)
      && name.unicodeScalars.allSatisfy {
        ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
          || marks.contains($0)
      }
    guard isToken else {
      return .failure(ValueError("\(quoted(name)) is no header name"))
    }
    guard !reserved.contains(name.lowercased()) else {
      return .failure(ValueError("the header \(name) is written by streamgate itself"))
    }
    return .success(name)
  }

  /// The value if it can stand on one header line. The message says nothing of it, and a
  /// credential without a variable is a secret all the same.
  static func value(_ text: SecretText, name: String) -> Result<SecretText, ValueError> {
    let bytes = text.value.utf8
    if bytes.count > valueBytesMax {
      return .failure(ValueError("the header's value is longer than \(valueBytesMax) bytes"))
    }
    if bytes.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }) {
      return .failure(
        ValueError(
          "the header's value holds a line break or another control character",
          remedy: "a variable read from a file often ends with a line break: strip it"))
    }
    let isLiteral = text.secrets.isEmpty && !text.value.isEmpty
    if isLiteral, credentials.contains(name.lowercased()) {
      return .success(
        SecretText(template: SecretText.literal, value: text.value, secrets: [text.value]))
    }
    return .success(text)
  }
}
