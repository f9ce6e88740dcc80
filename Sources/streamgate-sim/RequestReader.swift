/// One request, whole.
struct Request {
  var method: String
  /// Without query.
  var path: String
  var body: [UInt8]
  /// `x-request-id`, if sent.
  var requestID: String?
  /// `traceparent`, if sent.
  var traceparent: String?
  /// `content-type`, if sent.
  var contentType: String?
  /// `authorization`, if sent.
  var authorization: String?
  /// `cookie`, if sent.
  var cookie: String?
  /// True if the client wants the connection closed after the response.
  var closes: Bool
}

/// Why bytes are no request that is answered; the connection ends after the response.
struct Refusal: Error {
  var status: Int
  var message: String
}

/// Cuts a connection's bytes into requests (RFC 9112): any number in one read, any cut. Bodies
/// need Content-Length.
struct RequestReader {
  /// Bytes that a request line and headers may have.
  static let headBytesMax = 64 << 10
  /// Bytes that a body may have.
  static let bodyBytesMax = 16 << 20

  /// What `next` found.
  enum Result {
    /// More bytes are needed.
    case incomplete
    /// More bytes are needed, and the client waits to be told so; comes once a request.
    case wantsContinue
    /// A request.
    case request(Request)
    /// No request.
    case refused(Refusal)
  }

  private var bytes: [UInt8] = []
  private var searched = 0
  private var head: Head?

  private struct Head {
    var request: Request
    var length: Int
    var bodyLength: Int
    var wantsContinue: Bool
  }

  /// True if no more may be added before `next` has taken a request out.
  var isFull: Bool { bytes.count > RequestReader.headBytesMax + RequestReader.bodyBytesMax }

  /// Adds what was read.
  mutating func append(_ new: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: new)
  }

  /// The next request, if it is whole. O(its bytes) over all calls.
  mutating func next() -> Result {
    do throws(Refusal) {
      if head == nil { head = try readHead() }
    } catch {
      return .refused(error)
    }
    guard var found = head else { return .incomplete }
    let end = found.length + found.bodyLength
    guard bytes.count >= end else {
      guard found.wantsContinue else { return .incomplete }
      found.wantsContinue = false
      head = found
      return .wantsContinue
    }
    found.request.body = Array(bytes[found.length..<end])
    bytes.removeSubrange(..<end)
    head = nil
    searched = 0
    return .request(found.request)
  }

  private mutating func readHead() throws(Refusal) -> Head? {
    if searched == 0 {
      // An empty line before a request is ignored (RFC 9112 section 2.2).
      let blank = bytes.prefix { $0 == 0x0D || $0 == 0x0A }.count
      bytes.removeFirst(blank)
    }
    guard let end = endOfHead() else {
      guard bytes.count <= RequestReader.headBytesMax else { throw tooLarge }
      searched = max(0, bytes.count - 3)
      return nil
    }
    guard end <= RequestReader.headBytesMax else { throw tooLarge }
    guard let text = String(validating: bytes[..<(end - 4)], as: UTF8.self) else {
      throw Refusal(status: 400, message: "the header is not UTF-8")
    }
    return try parse(text, length: end)
  }

  private var tooLarge: Refusal {
    Refusal(status: 431, message: "the header has more than \(RequestReader.headBytesMax) bytes")
  }

  private func endOfHead() -> Int? {
    var at = searched
    while at + 4 <= bytes.count {
      if bytes[at] == 0x0D, bytes[at + 1] == 0x0A, bytes[at + 2] == 0x0D, bytes[at + 3] == 0x0A {
        return at + 4
      }
      at += 1
    }
    return nil
  }

  private func parse(_ text: String, length: Int) throws(Refusal) -> Head {
    var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
    let words = lines.removeFirst().split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[1].hasPrefix("/") else {
      throw Refusal(status: 400, message: "the request line is not METHOD /PATH HTTP/1.1")
    }
    guard words[2] == "HTTP/1.1" else {
      throw Refusal(status: 505, message: "only HTTP/1.1 is spoken here")
    }
    let path = words[1].prefix { $0 != "?" }
    var head = Head(
      request: Request(method: String(words[0]), path: String(path), body: [], closes: false),
      length: length, bodyLength: 0, wantsContinue: false)
    var sawLength = false
    for line in lines {
      guard let colon = line.firstIndex(of: ":"), colon != line.startIndex,
        !line.hasPrefix(" "), !line.hasPrefix("\t")
      else { throw Refusal(status: 400, message: "a header line is not NAME: VALUE") }
      let value = trimmed(line[line.index(after: colon)...])
      if line[..<colon].lowercased() == "content-length" {
        guard !sawLength else { throw Refusal(status: 400, message: "two Content-Length") }
        sawLength = true
      }
      try note(line[..<colon].lowercased(), value, in: &head)
    }
    return head
  }

  private func note(
    _ name: String, _ value: Substring, in head: inout Head
  ) throws(Refusal) {
    switch name {
    case "content-length":
      guard !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        throw Refusal(status: 400, message: "Content-Length is no number")
      }
      guard let count = Int(value), count <= RequestReader.bodyBytesMax else {
        throw Refusal(
          status: 413, message: "the body has more than \(RequestReader.bodyBytesMax) bytes")
      }
      head.bodyLength = count
    case "transfer-encoding":
      throw Refusal(status: 411, message: "a body needs Content-Length here")
    case "connection":
      head.request.closes = value.lowercased().contains("close")
    case "expect":
      head.wantsContinue = value.lowercased() == "100-continue"
    case "content-type":
      head.request.contentType = String(value)
    case "authorization":
      head.request.authorization = String(value)
    case "cookie":
      head.request.cookie = String(value)
    case "x-request-id":
      head.request.requestID = String(value)
    case "traceparent":
      head.request.traceparent = String(value)
    default:
      break
    }
  }
}

private func trimmed(_ text: Substring) -> Substring {
  var text = text
  while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
  while let last = text.last, last == " " || last == "\t" { text.removeLast() }
  return text
}
