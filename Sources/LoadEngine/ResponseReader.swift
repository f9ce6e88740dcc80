import Curl
import Glibc

/// Who takes the parts of a response, in the order in which they came.
protocol ResponseSink {
  /// A line of the header or of a trailer, with its end; false to stop.
  func headerLine(_ line: UnsafeRawBufferPointer) -> Bool
  /// A piece of the body, without its framing; false to stop.
  func body(_ piece: UnsafeRawBufferPointer) -> Bool
}

/// Reads responses of HTTP/1.1 (RFC 9112) from the bytes of a connection, however they were packed
/// into reads, and finds where each one ends. It is as lenient as clients are: lines may end with a
/// bare LF, a chunk's size may have anything behind it.
///
/// Pieces are handed out where they lie; only a line that straddles two reads is copied.
struct ResponseReader: ~Copyable {
  /// What a read came to.
  enum Step: Equatable {
    /// The response goes on.
    case more
    /// It is over, as HTTP says it should be.
    case whole
    /// The sink wants no more.
    case stopped
    /// It cannot be understood; libcurl's code for that.
    case failed(TransportCode)
  }

  private enum State {
    /// Before a line of the header; the first is the status line. Next: any.
    case header
    /// Within a body of known length. Next: whole.
    case length
    /// Within a body that ends with the connection.
    case untilClose
    /// Within the digits of a chunk's size. Next: chunkExtension, chunk, trailer.
    case chunkSize
    /// Behind them, up to the line's end. Next: chunk, trailer.
    case chunkExtension
    /// Within a chunk. Next: chunkEnd.
    case chunk
    /// Behind a chunk. Next: chunkSize.
    case chunkEnd
    /// Before a line of the trailer. Next: whole.
    case trailer
    /// At the end. Next: none but by `begin`.
    case whole
  }

  /// No chunk is as large, in bytes.
  private static let chunkBytesMax = 1 << 59
  /// Bytes of what may follow a chunk's size on its line, all chunks together.
  private static let extensionBytesMax = 1 << 20
  private static let lineFeed = UInt8(ascii: "\n")

  private var state = State.header
  /// Bytes that the body or the chunk still has.
  private var left = 0
  private var hasSizeDigit = false
  private var extensionBytes = 0
  /// The line so far that straddles reads.
  private var line: [UInt8] = []
  private var isStatusLineDue = true
  private var status = 0
  private var framing = Framing()
  /// True once any byte of the response came.
  private(set) var hasBegun = false
  /// True if the connection may carry another request after the response.
  private(set) var isKept = false

  /// What the header says of the body's end.
  private struct Framing {
    var length: Int?
    var isChunked = false
    var hasOtherCoding = false
    var isKept = true
  }

  /// Makes ready for the next response.
  mutating func begin() {
    state = .header
    left = 0
    hasSizeDigit = false
    extensionBytes = 0
    line.removeAll(keepingCapacity: true)
    isStatusLineDue = true
    status = 0
    framing = Framing()
    hasBegun = false
    isKept = false
  }

  /// True for a body of no stated length: it ends with the connection.
  var isUntilClose: Bool { state == .untilClose }

  /// True once the final header has come.
  var isInBody: Bool { state != .header }

  /// Takes the bytes of one read. What follows a whole response was not asked for, and ends the
  /// connection's use.
  mutating func read(_ bytes: UnsafeRawBufferPointer, into sink: some ResponseSink) -> Step {
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return .more }
    hasBegun = true
    var next = start
    let end = start + bytes.count
    while next < end {
      let step: Step
      switch state {
      case .header, .trailer: step = takeLine(&next, end, sink)
      case .length, .untilClose, .chunk: step = takeBody(&next, end, sink)
      case .chunkSize: step = takeSize(&next, end)
      case .chunkExtension: step = takeExtension(&next, end)
      case .chunkEnd: step = takeChunkEnd(&next)
      case .whole:
        isKept = false
        return .whole
      }
      if step == .whole, next < end { isKept = false }
      guard step == .more else { return step }
    }
    return state == .whole ? .whole : .more
  }

  /// The connection was closed by the peer: what that means for the response.
  mutating func close() -> TransportCode {
    isKept = false
    switch state {
    case .whole, .untilClose: return .ok
    case .header where !hasBegun: return .gotNothing
    default: return .partial
    }
  }

  // MARK: Lines

  private mutating func takeLine(
    _ next: inout UnsafeRawPointer, _ end: UnsafeRawPointer, _ sink: some ResponseSink
  ) -> Step {
    let count = end - next
    guard let feed = memchr(next, Int32(ResponseReader.lineFeed), count) else {
      line.append(contentsOf: UnsafeRawBufferPointer(start: next, count: count))
      next = end
      if state == .header, isStatusLineDue, !line.withUnsafeBytes(ResponseReader.mayBeHTTP) {
        return .failed(.unsupportedProtocol)
      }
      return line.count > HeaderReader.bytesMax ? .failed(.outOfMemory) : .more
    }
    let lineEnd = UnsafeRawPointer(feed) + 1
    let rest = UnsafeRawBufferPointer(start: next, count: lineEnd - next)
    next = lineEnd
    guard line.count + rest.count <= HeaderReader.bytesMax else { return .failed(.outOfMemory) }
    if line.isEmpty { return take(rest, sink) }
    line.append(contentsOf: rest)
    let whole = line
    line.removeAll(keepingCapacity: true)
    return whole.withUnsafeBytes { take($0, sink) }
  }

  /// Takes a line with its end.
  private mutating func take(
    _ bytes: UnsafeRawBufferPointer, _ sink: some ResponseSink
  ) -> Step {
    let isEmpty = bytes.count == 1 || (bytes.count == 2 && bytes[0] == UInt8(ascii: "\r"))
    if state == .trailer {
      if isEmpty { return finishResponse() }
      return sink.headerLine(bytes) ? .more : .stopped
    }
    if isStatusLineDue {
      if let failure = takeStatusLine(bytes) { return .failed(failure) }
    } else if !isEmpty, let failure = takeField(bytes) {
      return .failed(failure)
    }
    guard sink.headerLine(bytes) else { return .stopped }
    guard isEmpty else { return .more }
    return endHeader()
  }

  /// Why a line is no status line, nil if it is one.
  private mutating func takeStatusLine(_ bytes: UnsafeRawBufferPointer) -> TransportCode? {
    guard let version = HeaderReader.value(of: "http/", in: bytes) else {
      return .unsupportedProtocol
    }
    guard version.count >= 3, version[0] == UInt8(ascii: "1"), version[1] == UInt8(ascii: "."),
      version[2] == UInt8(ascii: "0") || version[2] == UInt8(ascii: "1")
    else { return .unsupportedProtocol }
    guard version.count >= 7, version[3] == UInt8(ascii: " ") else { return .weirdReply }
    var status = 0
    for digit in version[4..<7] {
      guard (0x30...0x39).contains(digit) else { return .weirdReply }
      status = status * 10 + Int(digit - 0x30)
    }
    guard status >= 100 else { return .weirdReply }
    self.status = status
    framing = Framing()
    framing.isKept = version[2] == UInt8(ascii: "1")
    isStatusLineDue = false
    return nil
  }

  /// Takes a field that tells where the body ends; why the response makes no sense, nil if it does.
  private mutating func takeField(_ bytes: UnsafeRawBufferPointer) -> TransportCode? {
    if bytes.contains(0) { return .weirdReply }
    if let value = HeaderReader.value(of: "content-length:", in: bytes) {
      // A list of one and the same is what proxies make of two lines (RFC 9110, 8.6).
      for part in value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
        let digits = HeaderReader.trimmed(UnsafeRawBufferPointer(rebasing: part))
        guard let length = ResponseReader.length(digits),
          framing.length == nil || framing.length == length
        else { return .weirdReply }
        framing.length = length
      }
    } else if let value = HeaderReader.value(of: "transfer-encoding:", in: bytes) {
      BodyCodings.forEachToken(value) { token in
        if BodyCodings.equal(token, "chunked") {
          framing.isChunked = true
        } else if !BodyCodings.equal(token, "identity") {
          framing.hasOtherCoding = true
        }
      }
    } else if let value = HeaderReader.value(of: "connection:", in: bytes) {
      BodyCodings.forEachToken(value) { token in
        if BodyCodings.equal(token, "close") { framing.isKept = false }
        if BodyCodings.equal(token, "keep-alive") { framing.isKept = true }
      }
    }
    return nil
  }

  /// Digits alone; nil for anything else, and for what no body has.
  private static func length(_ digits: UnsafeRawBufferPointer) -> Int? {
    guard (1...18).contains(digits.count) else { return nil }
    var value = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      value = value * 10 + Int(digit - 0x30)
    }
    return value
  }

  /// True while the bytes may become a status line.
  private static func mayBeHTTP(_ bytes: UnsafeRawBufferPointer) -> Bool {
    zip(bytes, "http/".utf8).allSatisfy { $0 == $1 || $0 | 0x20 == $1 }
  }

  /// The header's empty line came.
  private mutating func endHeader() -> Step {
    isStatusLineDue = true
    if status == HeaderReader.switchingProtocols {
      state = .whole
      return .whole
    }
    if status < 200 { return .more }
    if status == 204 || status == 304 { return finishResponse() }
    if framing.isChunked {
      state = .chunkSize
    } else if let length = framing.length, !framing.hasOtherCoding {
      left = length
      state = .length
      if length == 0 { return finishResponse() }
    } else {
      state = .untilClose
    }
    return .more
  }

  private mutating func finishResponse() -> Step {
    state = .whole
    isKept = framing.isKept
    return .whole
  }

  // MARK: Bodies

  private mutating func takeBody(
    _ next: inout UnsafeRawPointer, _ end: UnsafeRawPointer, _ sink: some ResponseSink
  ) -> Step {
    let isBounded = state != .untilClose
    let count = isBounded ? min(left, end - next) : end - next
    let piece = UnsafeRawBufferPointer(start: next, count: count)
    next += count
    if isBounded {
      left -= count
      if left == 0 { state = state == .chunk ? .chunkEnd : .whole }
    }
    guard sink.body(piece) else { return .stopped }
    if state == .whole { isKept = framing.isKept }
    return .more
  }

  private mutating func takeSize(_ next: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> Step {
    while next < end {
      let byte = next.load(as: UInt8.self)
      guard let digit = ResponseReader.hexDigit(byte) else {
        if !hasSizeDigit { return .failed(.receive) }
        state = .chunkExtension
        return .more
      }
      // Before the shift, which drops what it moves out.
      guard left < ResponseReader.chunkBytesMax >> 4 else { return .failed(.receive) }
      left = left << 4 | digit
      hasSizeDigit = true
      next += 1
    }
    return .more
  }

  private static func hexDigit(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x30...0x39: Int(byte - 0x30)
    case 0x41...0x46: Int(byte - 0x41 + 10)
    case 0x61...0x66: Int(byte - 0x61 + 10)
    default: nil
    }
  }

  private mutating func takeExtension(
    _ next: inout UnsafeRawPointer, _ end: UnsafeRawPointer
  ) -> Step {
    while next < end {
      let byte = next.load(as: UInt8.self)
      next += 1
      guard byte != ResponseReader.lineFeed else {
        state = left == 0 ? .trailer : .chunk
        hasSizeDigit = false
        return .more
      }
      extensionBytes += 1
      if extensionBytes > ResponseReader.extensionBytesMax { return .failed(.receive) }
    }
    return .more
  }

  private mutating func takeChunkEnd(_ next: inout UnsafeRawPointer) -> Step {
    let byte = next.load(as: UInt8.self)
    next += 1
    switch byte {
    case ResponseReader.lineFeed: state = .chunkSize
    case UInt8(ascii: "\r"): break
    default: return .failed(.receive)
    }
    return .more
  }
}
