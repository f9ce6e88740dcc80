import Glibc

/// What came back for a request, once all of it is there.
public struct WholeReply: Sendable, Equatable {
  /// The status of the last response.
  public var status: Int
  /// The lines of all headers as they came, with their ends: interim responses too.
  public var headerLines: [[UInt8]]
  /// The body as it came, in whatever coding.
  public var body: [UInt8]

  /// The value of the last header of that lower-case name, without blanks around it; nil without
  /// one. O(header).
  public func value(of name: String) -> String? {
    headerLines.reversed().lazy.compactMap { line -> String? in
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
        String(decoding: line[..<colon], as: UTF8.self).lowercased() == name
      else { return nil }
      let value = line[(colon + 1)...].drop { $0 <= 0x20 }
      let end = value.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? value.startIndex
      return String(decoding: value[..<end], as: UTF8.self)
    }.first
  }
}

/// What became of a request whose whole reply was wanted.
public enum WholeReplyOutcome: Sendable, Equatable {
  /// It was answered.
  case whole(WholeReply)
  /// The reply is longer than it may be.
  case tooLong
  /// There is no whole reply; libcurl's code and words. They may tell an address, never a header.
  case failed(TransportCode, reason: String)
}

extension EasyHandle {
  /// Bytes of all header lines of a reply that are taken.
  public static let headerBytesMax = 64 << 10

  /// Runs the transfer alone, blocks until it is over, and gives the reply.
  public borrowing func performWhole(bodyBytesMax: Int) throws(CurlError) -> WholeReplyOutcome {
    let collected = UnsafeMutablePointer<Collected>.allocate(capacity: 1)
    collected.initialize(to: Collected(bodyBytesMax: bodyBytesMax))
    defer {
      collected.deinitialize(count: 1)
      collected.deallocate()
    }
    try setFunctions(
      header: { bytes, size, count, context in
        Collected.take(bytes, size * count, context) { $0.takeHeader($1) }
      },
      body: { bytes, size, count, context in
        Collected.take(bytes, size * count, context) { $0.takeBody($1) }
      }, attempt: { _ in 0 }, context: UnsafeMutableRawPointer(collected))
    let code = perform()
    if collected.pointee.isTooLong { return .tooLong }
    guard code.isOK else {
      return .failed(code, reason: errorText.isEmpty ? code.text : errorText)
    }
    return .whole(
      WholeReply(
        status: responseStatus, headerLines: collected.pointee.lines,
        body: collected.pointee.body))
  }
}

/// What libcurl's functions gather.
private struct Collected {
  let bodyBytesMax: Int
  var lines: [[UInt8]] = []
  var headerBytes = 0
  var body: [UInt8] = []
  var isTooLong = false

  init(bodyBytesMax: Int) {
    self.bodyBytesMax = bodyBytesMax
  }

  mutating func takeHeader(_ bytes: UnsafeRawBufferPointer) {
    headerBytes += bytes.count
    isTooLong = headerBytes > EasyHandle.headerBytesMax
    if !isTooLong { lines.append(Array(bytes)) }
  }

  mutating func takeBody(_ bytes: UnsafeRawBufferPointer) {
    isTooLong = body.count + bytes.count > bodyBytesMax
    if !isTooLong { body += bytes }
  }

  /// What a function for data returns: all bytes taken, or none to stop the transfer.
  static func take(
    _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
    _ body: (inout Collected, UnsafeRawBufferPointer) -> Void
  ) -> Int {
    guard let bytes, let context else { return 0 }
    let collected = context.assumingMemoryBound(to: Collected.self)
    body(&collected.pointee, UnsafeRawBufferPointer(start: bytes, count: count))
    return collected.pointee.isTooLong ? 0 : count
  }
}
