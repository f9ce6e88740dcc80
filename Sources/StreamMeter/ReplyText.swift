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
}
