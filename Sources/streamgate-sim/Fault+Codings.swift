import Model

// Bodies that are coded (RFC 9110 section 8.4): right ones, cut ones, bombs, and codings that
// nobody asked for.

extension Fault {
  static let codings: [Fault] = wholeCodings + cutCodings + wrongCodings + bombs

  private static let lastChunk = Step.raw(Array("0\r\n\r\n".utf8))

  private static let wholeCodings: [Fault] = [
    coded("gzip", .gzip, .whole, "Content-Encoding gzip"),
    coded("gzip_members", .gzip, .members, "gzip, each event a member of its own"),
    coded("deflate", .deflate, .whole, "Content-Encoding deflate"),
    coded("deflate_bare", .deflate, .bare, "Content-Encoding deflate without zlib's frame"),
    right("gzip_dribble", [], "Content-Encoding gzip, one byte a send") {
      $0.body.coding = ContentCoding(.gzip)
      $0.sendBytesMax = 1
      return $0.healthy
    },
    right("deflate_small_chunks", [], "Content-Encoding deflate, one byte a chunk") {
      $0.body.coding = ContentCoding(.deflate, .bare)
      $0.body.chunkBytesMax = 1
      return $0.healthy
    },
    right("identity", [], "Content-Encoding identity") {
      $0.header = "Content-Encoding: identity\r\n"
      return $0.healthy
    },
  ]

  private static let cutCodings: [Fault] = [
    inStream("gzip_cut", .broken, [], "gzip that ends after some tokens, a clean last chunk") {
      $0.body.coding = ContentCoding(.gzip)
      return $0.cutOpening + [lastChunk]
    },
    inStream("deflate_cut", .broken, [], "deflate that ends after some tokens, a clean end") {
      $0.body.coding = ContentCoding(.deflate)
      return $0.cutOpening + [lastChunk]
    },
    inStream("gzip_fin", .broken, [], "gzip, some tokens, then the connection ends") {
      $0.body.coding = ContentCoding(.gzip)
      return $0.cutOpening + [.close]
    },
    inStream("gzip_cut_after_marker", .broken, [.marker], "gzip without its own end, a clean end") {
      $0.body.coding = ContentCoding(.gzip)
      return $0.unmarked + $0.bareMarker + [.strike, lastChunk]
    },
    inStream("gzip_truncate", .truncated, [.marker], "whole gzip without the end marker") {
      $0.body.coding = ContentCoding(.gzip)
      return $0.cutOpening + $0.end
    },
  ]

  private static let wrongCodings: [Fault] = [
    inStream("bad_gzip", .protocol, [], "Content-Encoding is gzip, the body is not") {
      $0.header = "Content-Encoding: gzip\r\n"
      return [.strike] + $0.healthy
    },
    inStream("bad_deflate", .protocol, [], "Content-Encoding is deflate, the body is not") {
      $0.header = "Content-Encoding: deflate\r\n"
      return [.strike] + $0.healthy
    },
    inStream("gzip_nonsense", .protocol, [], "gzip, some tokens, then bytes that are none") {
      $0.body.coding = ContentCoding(.gzip)
      return $0.cutOpening + [.raw(Array("4\r\n\u{7}\u{7}\u{7}\u{7}\r\n".utf8))] + $0.end
    },
    inStream("coding_unknown", .protocol, [], "Content-Encoding is one that nobody asked for") {
      $0.header = "Content-Encoding: x-unknown\r\n"
      return [.strike] + $0.healthy
    },
    inStream("transfer_coding", .protocol, [], "Transfer-Encoding gzip, which nobody asked for") {
      $0.header = "Transfer-Encoding: gzip\r\n"
      return [.strike] + $0.healthy
    },
    inStream("coding_twice", .limit, [], "gzip in gzip") {
      $0.header = "Content-Encoding: gzip\r\n"
      $0.body.coding = ContentCoding(.gzip)
      return [.strike] + $0.healthy
    },
  ]

  private static let bombs: [Fault] = [
    inStream("gzip_bomb", .limit, [], "a gzip body that is one line without end") {
      let (head, rest) = ContentCoding.bomb
      let many = (0..<1_000).map { _ in rest }
      $0.header = "Content-Encoding: gzip\r\n"
      return [.strike, .raw($0.head), .piece(head)]
        + [.endlessPiece(Array(many.joined()), every: .zero)]
    },
    instead("http_500_bomb", 500, .http5xx, "status 500 with the same gzip body") { _ in
      let (head, rest) = ContentCoding.bomb
      let many = (0..<1_000).map { _ in rest }
      let lines =
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n"
        + "Content-Encoding: gzip\r\n\r\n"
      return [.strike, .raw(Array(lines.utf8) + head), .endlessRaw(Array(many.joined()))]
    },
    instead("http_500_gzip", 500, .http5xx, "status 500 with a gzip page") { _ in
      var coding = ContentCoding(.gzip)
      let body = coding.encode(Array("<h1>A page of a proxy</h1>\n".utf8)) + coding.finish()
      let lines =
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/html\r\n"
        + "Content-Encoding: gzip\r\nContent-Length: \(body.count)\r\n\r\n"
      return [.strike, .raw(Array(lines.utf8) + body)]
    },
  ]

  private static func coded(
    _ name: String, _ kind: ContentCoding.Kind, _ layout: ContentCoding.Layout, _ summary: String
  ) -> Fault {
    right(name, [], summary) {
      $0.body.coding = ContentCoding(kind, layout)
      return $0.healthy
    }
  }
}
