/// The request of one connection, as far as it has come, and its reply.
struct MetricsRequest: Sendable {
  /// A head beyond this is refused.
  static let headBytesMax = 8_192
  static let path = "/metrics"

  private var head: [UInt8] = []

  /// Takes the next bytes; the whole reply once the request's head is complete or too long, nil
  /// before.
  mutating func add(_ bytes: ArraySlice<UInt8>, body: () -> [UInt8]) -> [UInt8]? {
    head += bytes
    guard let end = endOfHead else {
      return head.count > Self.headBytesMax
        ? Self.reply("431 Request Header Fields Too Large", Array("too long\n".utf8)) : nil
    }
    guard end <= Self.headBytesMax else {
      return Self.reply("431 Request Header Fields Too Large", Array("too long\n".utf8))
    }
    return reply(body: body)
  }

  /// Where the empty line begins; bare line feeds are taken as well.
  private var endOfHead: Int? {
    var lineStart = 0
    for (index, byte) in head.enumerated() where byte == 0x0A {
      let line = head[lineStart..<index]
      if lineStart > 0, line.isEmpty || line.elementsEqual([0x0D]) { return lineStart }
      lineStart = index + 1
    }
    return nil
  }

  private func reply(body: () -> [UInt8]) -> [UInt8] {
    let line = String(decoding: head.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
    let parts = line.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[2].hasPrefix("HTTP/1.") else {
      return Self.reply("400 Bad Request", Array("no HTTP/1 request\n".utf8))
    }
    let isHead = parts[0] == "HEAD"
    guard parts[0] == "GET" || isHead else {
      return Self.reply(
        "405 Method Not Allowed", Array("GET or HEAD\n".utf8), fields: ["Allow: GET, HEAD"])
    }
    guard parts[1].prefix(while: { $0 != "?" }) == Self.path else {
      return Self.reply(
        "404 Not Found", Array("the metrics are at \(Self.path)\n".utf8), isHead: isHead)
    }
    return Self.reply("200 OK", body(), type: MetricsText.contentType, isHead: isHead)
  }

  private static func reply(
    _ status: String, _ body: [UInt8], type: String = "text/plain; charset=utf-8",
    fields: [String] = [], isHead: Bool = false
  ) -> [UInt8] {
    let lines =
      [
        "HTTP/1.1 \(status)", "Content-Type: \(type)", "Content-Length: \(body.count)",
        "Cache-Control: no-store", "Connection: close",
      ] + fields
    let head = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    return isHead ? head : head + body
  }
}
