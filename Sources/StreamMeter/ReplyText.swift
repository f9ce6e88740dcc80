/// The text of a reply, kept where a conversation feeds it back, and nothing at all elsewhere.
struct ReplyText: ~Copyable {
  /// Bytes that are kept of one reply; a delta that would go beyond is left out, and all after it.
  static let bytesMax = 256 << 10

  private var buffer = ByteBuffer()
  private var isFull = false
  /// True while replies are kept.
  var isKept = false

  /// The deltas so far, as the insides of JSON strings: escapes are the service's.
  var bytes: UnsafeRawBufferPointer { buffer.bytes }

  /// Ready for another reply.
  mutating func reset() {
    buffer.reset()
    isFull = false
  }

  /// Adds a delta's text, the inside of a JSON string; a pair of escapes may be cut between two
  /// deltas and is whole again here. For replies that are kept only.
  @inline(never)
  mutating func append(_ text: UnsafeRawBufferPointer) {
    guard !isFull else { return }
    guard buffer.count + text.count <= ReplyText.bytesMax else {
      isFull = true
      return
    }
    buffer.append(text)
  }

  /// Adds plain text, escaped as the inside of a JSON string.
  @inline(never)
  mutating func append(plain text: UnsafeRawBufferPointer) {
    guard !isFull else { return }
    // Six bytes are the longest escape.
    guard buffer.count + 6 * text.count <= ReplyText.bytesMax else {
      isFull = true
      return
    }
    let digits = Array("0123456789abcdef".utf8)
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        buffer.append(UInt8(ascii: "\\"))
        buffer.append(byte)
      case 0..<0x20:
        for escape in "\\u00".utf8 { buffer.append(escape) }
        buffer.append(digits[Int(byte >> 4)])
        buffer.append(digits[Int(byte & 15)])
      default: buffer.append(byte)
      }
    }
  }
}
