import Model

// Replies whose transport or framing goes wrong.

extension Fault {
  private static let afterBytes: [Step] = [.pause(Reply.resetDelay)]

  /// Bodies that end early, at every place where one can, and broken HTTP.
  static let cuts: [Fault] = ends + breaks + lengths + broken

  private static let ends: [Fault] = [
    inStream(
      "truncate", .truncated, [.marker], "some tokens, then a clean end without the end marker"
    ) { $0.cutOpening + $0.end },
    inStream(
      "no_marker", .truncated, [.marker], "all tokens, then a clean end without the end marker"
    ) { $0.unmarked + [.strike] + $0.end },
    inStream(
      "end_in_json", .truncated, [.marker, .json], "some tokens, half an event, a clean end"
    ) { $0.cutOpening + [.piece($0.tokenEvent(0).firstHalf)] + $0.end },
    inStream(
      "end_in_character", .truncated, [.marker, .json],
      "some tokens, an event cut inside a character, a clean end"
    ) {
      let event = $0.tokenForm.event(0, text: Array(" 😀".utf8))
      let cut = event.firstIndex(of: 0xF0) ?? 0
      return $0.cutOpening + [.piece(Array(event[...(cut + 1)]))] + $0.end
    },
    inStream("half_marker", .truncated, [.marker], "all tokens, half an end marker, a clean end") {
      let marker = $0.dialect.marker($0).flatMap($0.bytes)
      return $0.unmarked + [.strike, .piece(marker.firstHalf)] + $0.end
    },
    inStream(
      "marker_without_blank_line", .truncated, [.marker, .events],
      "all tokens, the end marker without the empty line that ends an event, a clean end"
    ) {
      let marker = $0.dialect.marker($0).flatMap($0.bytes)
      return $0.unmarked + [.strike, .piece(Array(marker.dropLast()))] + $0.end
    },
  ]

  private static let breaks: [Fault] = [
    inStream("rst", .broken, [], "some tokens, half a chunk, then a reset of the connection") {
      $0.cutOpening + [.raw(Array("100\r\ndata: {\"id\":\"chatcmpl-".utf8))] + afterBytes
        + [.reset]
    },
    inStream("rst_before_head", .broken, [], "a reset instead of a response") { _ in
      [.strike] + afterBytes + [.reset]
    },
    inStream("rst_after_marker", .broken, [.marker], "all of it but the last chunk, a reset") {
      $0.unmarked + $0.bareMarker + [.strike] + afterBytes + [.reset]
    },
    inStream("fin_before_head", .broken, [], "the connection ends instead of a response") { _ in
      [.strike, .close]
    },
    inStream("fin_in_head", .broken, [], "half a header, then the connection ends") {
      [.strike, .raw($0.head.firstHalf), .close]
    },
    inStream("fin_after_hints", .broken, [], "a 103, then the connection ends") { _ in
      [.strike, .raw(Array("HTTP/1.1 103 Early Hints\r\n\r\n".utf8)), .close]
    },
    inStream("fin_after_start", .broken, [], "header and start events, then the connection ends") {
      $0.opening + [.strike, .close]
    },
    inStream("fin", .broken, [], "some tokens, then the connection ends without the last chunk") {
      $0.cutOpening + [.close]
    },
    inStream("fin_in_chunk", .broken, [], "some tokens, half a chunk, then the connection ends") {
      $0.cutOpening + [.raw(Array("100\r\nhalf".utf8)), .close]
    },
    inStream("fin_in_chunk_size", .broken, [], "some tokens, half a chunk's size, the end") {
      $0.cutOpening + [.raw(Array("1f".utf8)), .close]
    },
    inStream("fin_in_json", .broken, [.json], "some tokens, half an event as a chunk, the end") {
      $0.cutOpening + [.piece($0.tokenEvent(0).firstHalf), .close]
    },
    inStream(
      "fin_after_marker", .broken, [.marker], "all of it but the last chunk, then the end"
    ) { $0.unmarked + $0.bareMarker + [.strike, .close] },
  ]

  private static let lengths: [Fault] = [
    inStream("length_too_long", .broken, [], "Content-Length is 100 bytes more than the body") {
      $0.body.delimiter = .length(off: 100)
      return $0.unmarked + [.strike] + $0.marker + [.close]
    },
    inStream(
      "length_too_short", .truncated, [.marker], "Content-Length leaves out the end marker"
    ) {
      let marker = $0.dialect.marker($0).flatMap($0.bytes)
      $0.body.delimiter = .length(off: -marker.count)
      return $0.unmarked + [.strike] + $0.marker + [.close]
    },
    inStream(
      "close_cut", .truncated, [.marker],
      "a body that the connection's end delimits, without the end marker"
    ) {
      $0.body.delimiter = .close
      return $0.cutOpening + $0.end
    },
    inStream("close_rst", .broken, [], "a body that the connection's end delimits, then a reset") {
      $0.body.delimiter = .close
      return $0.cutOpening + afterBytes + [.reset]
    },
  ]

  private static let broken: [Fault] = [
    inStream("bad_chunk_size", .protocol, [], "some tokens, then zz as a chunk's size") {
      $0.cutOpening + [.raw(Array("zz\r\n".utf8))] + afterBytes + [.close]
    },
    inStream("bad_chunk_end", .protocol, [], "some tokens, then a chunk longer than its size") {
      $0.cutOpening + [.raw(Array("2\r\nabcd\r\n".utf8))] + afterBytes + [.close]
    },
    inStream("second_status", .protocol, [], "some tokens, then a 500 where a chunk should be") {
      let second = Response.error(500, "the simulated service changed its mind")
      return $0.cutOpening + [.raw(second)] + afterBytes + [.close]
    },
    inStream("bad_status_line", .protocol, [], "a first line that is no status line") { _ in
      [.strike, .raw(Array("HELLO\r\n\r\nhello\n".utf8)), .close]
    },
    inStream("bad_length", .protocol, [], "Content-Length is a word") { _ in
      [.strike, .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n".utf8)), .close]
    },
  ]
}
