/// Takes secrets out of text that came from elsewhere, such as a service's words on a failure.
///
/// A secret is found as it is, as JSON writes it, and percent-encoded; in one of several words, as
/// in `Bearer abc`, each long word is a secret too. A text that was cut may end inside a secret:
/// that beginning goes as well.
public struct Redactor: Sendable, Equatable {
  /// What stands where a secret was.
  public static let mark = "[redacted]"
  /// Bytes of the shortest secret: to black out each of a single letter would tell it.
  public static let bytesMin = 3
  /// Bytes of the shortest word of a secret, and of its shortest beginning at a text's end.
  private static let partBytesMin = 6

  /// By their first byte, the longest first.
  private var needles: [UInt8: [[UInt8]]] = [:]

  /// Takes out none.
  public init() {}

  /// Takes these secrets out.
  public init(_ secrets: some Sequence<String>) {
    for secret in secrets { add(secret) }
  }

  /// Takes one more secret out. O(secrets with its first letter).
  public mutating func add(_ secret: String) {
    insert(secret)
    let words = secret.split(separator: " ")
    guard words.count > 1 else { return }
    for word in words where word.utf8.count >= Redactor.partBytesMin { insert(String(word)) }
  }

  /// The text without the secrets. O(bytes x secrets that start alike).
  public func redact(_ text: String) -> String {
    guard !needles.isEmpty else { return text }
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    var position = 0
    while position < bytes.count {
      if let length = secretLength(in: bytes[position...]) {
        out += Redactor.mark.utf8
        position += length
      } else {
        out.append(bytes[position])
        position += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private mutating func insert(_ secret: String) {
    guard secret.utf8.count >= Redactor.bytesMin else { return }
    let json = Array(JSONWriter.bytes(.string(secret)).dropFirst().dropLast())
    for bytes in [Array(secret.utf8), json, Redactor.percentEncoded(secret)] {
      var alike = needles[bytes[0]] ?? []
      guard !alike.contains(bytes) else { continue }
      alike.append(bytes)
      needles[bytes[0]] = alike.sorted { $0.count > $1.count }
    }
  }

  /// Bytes at the start that are a secret, or, up to the end, the beginning of one.
  private func secretLength(in rest: ArraySlice<UInt8>) -> Int? {
    guard let first = rest.first, let alike = needles[first] else { return nil }
    for needle in alike {
      if rest.starts(with: needle) { return needle.count }
      if rest.count < needle.count, rest.count >= Redactor.partBytesMin, needle.starts(with: rest) {
        return rest.count
      }
    }
    return nil
  }

  /// RFC 3986: all but letters, digits and `-._~` as `%XX`.
  private static func percentEncoded(_ text: String) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return text.utf8.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        [byte]
      default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
  }
}
