import Glibc

/// A TCP connection to the simulator that hides nothing: what was read, and how it ended.
final class RawConnection {
  /// Milliseconds without a byte after which a test fails.
  private static let patienceMilliseconds: Int32 = 60_000

  private let descriptor: Int32
  private var unread: [UInt8] = []
  /// Bytes read so far.
  private(set) var bytesRead = 0

  init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw RawError(what: "connect: \(errno)") }
    var one: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit { close(descriptor) }

  /// Sends all of it; a peer that closes early is no error.
  func send(_ text: String) { send(Array(text.utf8)) }

  /// Sends all of it; a peer that closes early is no error.
  func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// Reads one response.
  func response() throws -> RawResponse {
    var response = RawResponse()
    guard let head = try take(through: "\r\n\r\n", &response.ending) else { return response }
    let lines = head.split(separator: "\r\n")
    response.status = lines.first.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      response.headers[parts[0].lowercased()] = String(parts[1].dropFirst())
    }
    if response.status == 100 { return response }
    if response.headers["transfer-encoding"] == "chunked" {
      try readChunks(into: &response)
    } else {
      let count = response.headers["content-length"].flatMap(Int.init) ?? 0
      response.body = try take(count, &response.ending)
    }
    return response
  }

  /// The next line, with its end.
  func line() throws -> String? {
    var ending = RawResponse.Ending.whole
    return try take(through: "\r\n", &ending)
  }

  /// So many bytes, fewer if the connection ends.
  func bytes(_ count: Int) throws -> [UInt8] {
    var ending = RawResponse.Ending.whole
    while unread.count < count, try readMore(&ending) {}
    return pop(min(count, unread.count))
  }

  /// How the connection ends, if nothing more comes before.
  func end() throws -> RawResponse.Ending {
    var ending = RawResponse.Ending.whole
    let rest = try take(.max, &ending)
    guard rest.isEmpty else { throw RawError(what: "\(rest.count) bytes more than expected") }
    return ending
  }

  /// Everything until the connection ends, `isEnough` says so, or `bytesMax` have come.
  func rest(bytesMax: Int = .max, isEnough: ([UInt8]) -> Bool = { _ in false }) throws
    -> (bytes: [UInt8], ending: RawResponse.Ending)
  {
    var ending = RawResponse.Ending.whole
    while unread.count < bytesMax, !isEnough(unread) {
      guard try readMore(&ending) else { break }
    }
    return (unread, ending)
  }

  private func readChunks(into response: inout RawResponse) throws {
    while let line = try take(through: "\r\n", &response.ending) {
      guard let size = Int(line.dropLast(), radix: 16) else {
        throw RawError(what: "chunk size \(line)")
      }
      let chunk = try take(size + 2, &response.ending)
      guard response.ending == .whole else {
        response.cutChunk = chunk
        return
      }
      guard chunk.hasSuffix("\r\n") else { throw RawError(what: "chunk without end") }
      if size == 0 { return }
      response.chunks.append(String(chunk.dropLast()))
    }
  }

  private func take(through end: String, _ ending: inout RawResponse.Ending) throws -> String? {
    let end = Array(end.utf8)
    var searched = 0
    while true {
      while searched + end.count <= unread.count {
        if unread[searched..<searched + end.count].elementsEqual(end) {
          return String(decoding: pop(searched + end.count), as: UTF8.self)
        }
        searched += 1
      }
      guard try readMore(&ending) else { return nil }
    }
  }

  private func take(_ count: Int, _ ending: inout RawResponse.Ending) throws -> String {
    while unread.count < count {
      guard try readMore(&ending) else { break }
    }
    return String(decoding: pop(min(count, unread.count)), as: UTF8.self)
  }

  private func pop(_ count: Int) -> [UInt8] {
    defer { unread.removeFirst(count) }
    return Array(unread[..<count])
  }

  private func readMore(_ ending: inout RawResponse.Ending) throws -> Bool {
    var readable = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&readable, 1, RawConnection.patienceMilliseconds) != 0 else {
      throw RawError(what: "nothing came")
    }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else {
      ending = count == 0 ? .closed : errno == ECONNRESET ? .reset : .failed(errno)
      return false
    }
    bytesRead += count
    unread.append(contentsOf: buffer[..<count])
    return true
  }
}

/// A response as it was on the wire.
struct RawResponse: Equatable {
  enum Ending: Equatable {
    /// The response was whole.
    case whole
    /// FIN came inside it.
    case closed
    /// RST came inside it.
    case reset
    /// Another error, by errno.
    case failed(Int32)
  }

  var status = 0
  var headers: [String: String] = [:]
  /// The chunks of a chunked body, each without its frame.
  var chunks: [String] = []
  /// What came of a chunk that was cut.
  var cutChunk: String?
  /// The body where Content-Length frames it.
  var body = ""
  var ending = Ending.whole
}

struct RawError: Error {
  var what: String
}
