import Glibc
import Model

/// Whole HTTP responses.
enum Response {
  /// An HTML page of any media type.
  static func page(_ media: String, status: Int = 200) -> [UInt8] {
    let body = "<!DOCTYPE html>\n<html><body><h1>A page of a proxy</h1></body></html>\n"
    return Array(
      ("HTTP/1.1 \(status) \(reason(status))\r\nContent-Type: \(media)\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8)
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
    case 101: "Switching Protocols"
    case 200: "OK"
    case 302: "Found"
    case 307: "Temporary Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 411: "Length Required"
    case 413: "Content Too Large"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 505: "HTTP Version Not Supported"
    default: "Unknown"
    }
  }
}

/// How HTTP writes a time (RFC 9110 section 5.6.7), as strftime takes it.
enum HTTPDateForm: String {
  /// The one that is written today.
  case fixed = "%a, %d %b %Y %H:%M:%S GMT"
  /// Two older ones, which a client must still read.
  case rfc850 = "%A, %d-%b-%y %H:%M:%S GMT"
  case asctime = "%a %b %e %H:%M:%S %Y"
}

/// A time as HTTP writes it, whole seconds.
func httpDate(_ time: UnixNanos, _ form: HTTPDateForm = .fixed) -> String {
  var seconds = time_t(time.rawValue / 1_000_000_000)
  var fields = tm()
  gmtime_r(&seconds, &fields)
  var text = [CChar](repeating: 0, count: 64)
  let count = strftime(&text, text.count, form.rawValue, &fields)
  return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
