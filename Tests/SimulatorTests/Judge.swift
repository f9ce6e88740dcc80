import CZlib
import Model

/// Names the outcome of a response from its bytes alone: a second reading of METRICS, slow and
/// plain, that knows nothing of the simulator's table.
struct Judge {
  let dialect: ServedDialect

  /// What a client calls it that read all of `bytes` and then saw the connection end so.
  func outcome(_ bytes: [UInt8], _ ending: RawResponse.Ending) throws -> String {
    var rest = bytes[...]
    var status = 0
    var headers: [String: String] = [:]
    repeat {
      guard rest.starts(with: "HTTP/".utf8) || rest.isEmpty else { return "protocol" }
      guard let head = Judge.head(&rest) else { return "broken" }
      (status, headers) = head
    } while status < 200
    if let other = Judge.outcome(status: status) { return other }
    if let length = headers["content-length"], Int(length) == nil { return "protocol" }
    let media = headers["content-type"].map { String($0.prefix { $0 != ";" }) }
    if let other = Judge.outcome(codings: headers) { return other }
    guard media == dialect.media else { return "not_a_stream" }
    var body: [UInt8] = []
    let how = Judge.body(rest, headers, ending, into: &body)
    guard how == "clean" || how == "broken" else { return how }
    let plain = Judge.decoded(body, headers)
    guard plain.end != .damaged else { return "protocol" }
    return try outcome(body: plain.bytes, how: plain.end == .cut ? "broken" : how)
  }

  /// The text of a 200's body, nil if there is no such response.
  func body(_ bytes: [UInt8], _ ending: RawResponse.Ending) throws -> [UInt8]? {
    var rest = bytes[...]
    while let head = Judge.head(&rest) {
      guard head.status >= 200 else { continue }
      var body: [UInt8] = []
      let how = Judge.body(rest, head.headers, ending, into: &body)
      return how == "clean" ? Judge.decoded(body, head.headers).bytes : nil
    }
    return nil
  }

  /// What no body can mend: codings that nobody asked for, or too many.
  private static func outcome(codings headers: [String: String]) -> String? {
    guard (headers["transfer-encoding"] ?? "chunked") == "chunked" else { return "protocol" }
    let codings = Judge.codings(headers)
    guard codings.allSatisfy({ ["gzip", "deflate"].contains($0) }) else { return "protocol" }
    return codings.count > 1 ? "limit" : nil
  }

  private static func codings(_ headers: [String: String]) -> [String] {
    (headers["content-encoding"] ?? "").split(separator: ", ").map(String.init)
      .filter { $0 != "identity" }
  }

  private static func decoded(_ body: [UInt8], _ headers: [String: String]) -> Unpacked {
    guard let coding = Judge.codings(headers).first else { return Unpacked(bytes: body) }
    return Unpacked(body, coding: coding)
  }

  private func outcome(body: [UInt8], how: String) throws -> String {
    var tokens = 0
    let events = dialect.events(body)
    for event in events {
      if dialect.isMarker(event.replacing("\n", with: "")) {
        return how == "broken" ? "broken" : tokens > 0 ? "complete" : "empty"
      }
      if dialect.media == "text/plain" {
        tokens += 1
        continue
      }
      guard let value = try? JSONReader.parse(Array(event.utf8)) else { return "malformed" }
      if dialect.isError(value) { return "error_event" }
      if let token = dialect.token(value), !token.isEmpty { tokens += 1 }
    }
    if how == "broken" { return "broken" }
    if dialect.media == "text/plain" { return tokens > 0 ? "complete_no_marker" : "empty" }
    return events.isEmpty && !body.isEmpty ? "not_a_stream" : "truncated"
  }

  private static func head(
    _ rest: inout ArraySlice<UInt8>
  ) -> (status: Int, headers: [String: String])? {
    let text = String(decoding: rest.prefix(4_096), as: UTF8.self)
    guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
    let lines = text[..<end.lowerBound].split(separator: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      let value = String(parts[1].dropFirst())
      headers.merge([parts[0].lowercased(): value]) { "\($0), \($1)" }
    }
    rest = rest.dropFirst(text[..<end.upperBound].utf8.count)
    return lines.first.flatMap { Int($0.split(separator: " ")[1]) }.map { ($0, headers) }
  }

  private static func outcome(status: Int) -> String? {
    switch status {
    case 200: nil
    case 300..<400: "redirect"
    case 401, 403: "auth"
    case 429: "http_429"
    case 400..<500: "http_4xx"
    default: "http_5xx"
    }
  }

  /// The body, and whether it ended `clean`, `broken`, or by breaking the `protocol`.
  private static func body(
    _ bytes: ArraySlice<UInt8>, _ headers: [String: String], _ ending: RawResponse.Ending,
    into body: inout [UInt8]
  ) -> String {
    if headers["transfer-encoding"] == "chunked" { return chunks(bytes, into: &body) }
    if let length = headers["content-length"].flatMap(Int.init) {
      body = Array(bytes.prefix(length))
      return bytes.count < length ? "broken" : "clean"
    }
    body = Array(bytes)
    return ending == .closed ? "clean" : "broken"
  }

  private static func chunks(_ bytes: ArraySlice<UInt8>, into body: inout [UInt8]) -> String {
    var rest = bytes
    while let end = rest.firstIndex(of: 0x0A) {
      let line = String(decoding: rest[..<end], as: UTF8.self)
      guard let size = Int(line.prefix { $0 != ";" && $0 != "\r" && $0 != "\r\n" }, radix: 16)
      else { return "protocol" }
      rest = rest[(end + 1)...]
      if size == 0 { return rest.suffix(2) == [0x0D, 0x0A] ? "clean" : "broken" }
      body += rest.prefix(size)
      guard rest.count >= size + 2 else { return "broken" }
      rest = rest.dropFirst(size)
      guard rest.prefix(2) == [0x0D, 0x0A] else { return "protocol" }
      rest = rest.dropFirst(2)
    }
    return "broken"
  }
}

/// A body without its coding.
struct Unpacked {
  enum End {
    case whole
    case cut
    case damaged
  }

  private(set) var bytes: [UInt8] = []
  private(set) var end = End.whole

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// All of a coded body, one frame after the other.
  init(_ coded: [UInt8], coding: String) {
    var rest = coded[...]
    while !rest.isEmpty {
      let attempts: [Int32] = coding == "gzip" ? [31] : [15, -15]
      for bits in attempts {
        let step = inflated(rest, bits: bits)
        end = step.end
        guard end != .damaged || bits == attempts.last else { continue }
        bytes += step.bytes
        rest = rest.dropFirst(max(step.used, 1))
        break
      }
      if end != .whole || coding == "deflate" { return }
    }
  }
}

/// The text of one frame of a coded body as far as it goes.
func inflated(
  _ coded: ArraySlice<UInt8>, bits: Int32, bytesMax: Int = 4 << 20
) -> (bytes: [UInt8], used: Int, end: Unpacked.End) {
  var stream = z_stream()
  guard
    inflateInit2_(&stream, bits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  else { return ([], 0, .damaged) }
  defer { inflateEnd(&stream) }
  var coded = Array(coded)
  var plain = [UInt8](repeating: 0, count: bytesMax)
  let code = coded.withUnsafeMutableBufferPointer { input in
    plain.withUnsafeMutableBufferPointer { output in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(output.count)
      return inflate(&stream, Z_NO_FLUSH)
    }
  }
  let end: Unpacked.End =
    code == Z_STREAM_END ? .whole : code == Z_OK || code == Z_BUF_ERROR ? .cut : .damaged
  return (Array(plain[..<Int(stream.total_out)]), Int(stream.total_in), end)
}
