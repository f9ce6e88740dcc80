import Model

/// Whole HTTP responses, and the head of a stream.
enum Response {
  /// The head of a 200 stream.
  static func streamHead(requestID: String) -> [UInt8] {
    Array(
      ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
        + "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n"
        + "X-Request-Id: \(requestID)\r\n\r\n").utf8)
  }

  /// A JSON body; `header` is whole lines.
  static func json(_ status: Int, _ body: [UInt8], header: String = "") -> [UInt8] {
    Array(
      ("HTTP/1.1 \(status) \(reason(status))\r\nContent-Type: application/json\r\n"
        + "\(header)Content-Length: \(body.count)\r\n\r\n").utf8) + body
  }

  /// An error as OpenAI's API words it.
  static func error(_ status: Int, _ message: String, header: String = "") -> [UInt8] {
    let kind =
      status == 429 ? "rate_limit_error" : status < 500 ? "invalid_request_error" : "server_error"
    let error = JSONValue.object([
      JSONMember("message", .string(message)), JSONMember("type", .string(kind)),
      JSONMember("code", .integer(Int64(status))),
    ])
    return json(
      status, JSONWriter.bytes(.object([JSONMember("error", error)])), header: header)
  }

  /// What a client waits for before it sends a large body.
  static let proceed = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  private static func reason(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 400: "Bad Request"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 411: "Length Required"
    case 413: "Content Too Large"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 505: "HTTP Version Not Supported"
    default: "Unknown"
    }
  }
}
