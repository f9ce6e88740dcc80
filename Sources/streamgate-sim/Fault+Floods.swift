import Model

// Replies without end, and bombs: a client must end each at a limit of its own.

extension Fault {
  static let floods: [Fault] = [
    inStream("header_bomb", .limit, [], "a header of lines without end") { _ in
      let line = Array("X-Filler: \(String(repeating: "a", count: 1_000))\r\n".utf8)
      return [.strike, .raw(ok), .endlessRaw(Array((0..<16).map { _ in line }.joined()))]
    },
    inStream("header_line_endless", .limit, [], "one header line without end") { _ in
      [.strike, .raw(ok + Array("X-Filler: ".utf8)), .endlessRaw(filler())]
    },
    inStream("line_endless", .limit, [.lines], "some tokens, then a line without end") {
      let start = Array($0.form.open(nil, $0.dialect.framing).utf8)
      return $0.cutOpening + [.piece(start), .endlessPiece(filler(), every: .zero)]
    },
    inStream("event_endless", .limit, [.events], "some tokens, then an event without end") {
      let line = Array("data: ".utf8) + filler() + [0x0A]
      return $0.cutOpening + [.endlessPiece(line, every: .zero)]
    },
    inStream("nul_endless", .limit, [.lines], "some tokens, then NULs without end") {
      $0.cutOpening + [.endlessPiece(filler(0), every: .zero)]
    },
    inStream(
      "comments_endless", .timeoutFirstToken, [.events],
      "comments without end, as fast as they are taken"
    ) {
      let comments = Array(String(repeating: ": still here\n\n", count: 1_000).utf8)
      return [.strike, .raw($0.head), .endlessPiece(comments, every: .zero)]
    },
    inStream("stream_endless", .limit, [], "tokens without end, as fast as they are taken") {
      let token = $0.tokenEvent(0)
      let many = (0..<max(1, 16_384 / token.count)).map { _ in token }
      return $0.cutOpening + [.endlessPiece(Array(many.joined()), every: .zero)]
    },
  ]

  private static let ok = Array("HTTP/1.1 200 OK\r\n".utf8)
}
