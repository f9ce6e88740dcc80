/// How a reply's body lies on the wire.
struct Body: Sendable {
  /// What tells the client where the body ends.
  enum Delimiter: Sendable, Equatable {
    /// Chunks.
    case chunked
    /// `Content-Length`, which is wrong by so many bytes.
    case length(off: Int)
    /// The end of the connection.
    case close
  }

  var delimiter = Delimiter.chunked
  /// How the body is coded, nil if it is not.
  var coding: ContentCoding?
  /// Bytes that a chunk may have; nil makes each event one chunk.
  var chunkBytesMax: Int?
  /// What stands after a chunk's size.
  var chunkExtension = ""

  /// True if an event goes out as one chunk, as it is.
  var isPlain: Bool {
    delimiter == .chunked && coding == nil && chunkBytesMax == nil && chunkExtension.isEmpty
  }

  /// Adds a piece to what leaves.
  mutating func append(_ piece: [UInt8], to out: inout OutgoingBytes) {
    let bytes = coding?.encode(piece) ?? piece
    guard delimiter == .chunked else { return out.append(bytes) }
    for start in stride(from: 0, to: bytes.count, by: chunkBytesMax ?? max(bytes.count, 1)) {
      let end = min(start + (chunkBytesMax ?? bytes.count), bytes.count)
      out.append(Array((String(end - start, radix: 16) + chunkExtension + "\r\n").utf8))
      out.append(Array(bytes[start..<end]) + [0x0D, 0x0A])
    }
  }

  /// Adds the body's end.
  mutating func appendEnd(to out: inout OutgoingBytes) {
    if let end = coding?.finish() {
      coding = nil
      append(end, to: &out)
    }
    if delimiter == .chunked { out.append(Array("0\r\n\r\n".utf8)) }
  }
}
