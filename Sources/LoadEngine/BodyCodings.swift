import Glibc
import StreamMeter

/// What a response's header says of how its body is coded (RFC 9110 section 8.4, RFC 9112 section
/// 6.1).
struct BodyCodings {
  /// Codings on top of each other that are undone: one. Each more would multiply a bomb.
  static let codingsMax = 1

  /// The coding to undo, nil for none.
  private(set) var coding: ContentDecoder.Coding?
  private var count = 0
  private var isUnknown = false
  private var hasTransferCoding = false

  /// Takes the value of a `Content-Encoding` field; there may be several.
  mutating func addContent(_ value: UnsafeRawBufferPointer) {
    BodyCodings.forEachToken(value) { token in
      if BodyCodings.equal(token, "identity") { return }
      count += 1
      if BodyCodings.equal(token, "gzip") || BodyCodings.equal(token, "x-gzip") {
        coding = .gzip
      } else if BodyCodings.equal(token, "deflate") {
        coding = .deflate
      } else {
        isUnknown = true
      }
    }
  }

  /// Takes the value of a `Transfer-Encoding` field. No request here asks for anything beyond
  /// chunks, which a server must not send unasked.
  mutating func addTransfer(_ value: UnsafeRawBufferPointer) {
    BodyCodings.forEachToken(value) { token in
      if !BodyCodings.equal(token, "chunked") && !BodyCodings.equal(token, "identity") {
        hasTransferCoding = true
      }
    }
  }

  /// Why the body cannot be read, nil if it can.
  var refusal: TransportFailure? {
    if hasTransferCoding || isUnknown { return .badCoding }
    return count > BodyCodings.codingsMax ? .codingLimit : nil
  }

  /// The names in a list, without parameters and blanks.
  static func forEachToken(
    _ value: UnsafeRawBufferPointer, _ body: (Slice<UnsafeRawBufferPointer>) -> Void
  ) {
    for part in value.split(separator: UInt8(ascii: ",")) {
      let token = part.drop { $0 <= 0x20 }.prefix { $0 > 0x20 && $0 != UInt8(ascii: ";") }
      if !token.isEmpty { body(token) }
    }
  }

  /// True if a name in a list is this one, which is in lower case.
  static func equal(_ token: Slice<UnsafeRawBufferPointer>, _ name: StaticString) -> Bool {
    let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    return token.elementsEqual(name) { $0 | 0x20 == $1 || $0 == $1 }
  }
}
