import Curl
import Model
import Workload

/// Room for one login or refresh under way: its transfer, what it sends, and the reply so far. At
/// one address while it is used.
struct LoginTransfer: ~Copyable {
  /// Bytes of a reply at most: it holds a token or two, not a page.
  static let replyBytesMax = 256 << 10

  // Stays first, as in Slot.
  private let wiring: UnsafeMutablePointer<Wiring>
  let easy: EasyHandle
  /// The open request's; libcurl does not copy it.
  var headers: CurlList?

  /// Who logs in; nil: the transfer is free.
  private(set) var user: Int?
  private(set) var step = LoginStep.login
  private(set) var sentAt = MonotonicNanos(0)
  private(set) var deadline = MonotonicNanos(.max)
  private(set) var header = HeaderReader()
  private(set) var reply: [UInt8] = []
  private(set) var isTooLong = false

  init(easy: consuming EasyHandle, wiring: UnsafeMutablePointer<Wiring>) {
    self.wiring = wiring
    self.easy = easy
  }

  /// Makes ready for a request.
  mutating func begin(
    user: Int, step: LoginStep, body: [UInt8], at now: MonotonicNanos, within limit: Nanos
  ) throws(CurlError) {
    self.user = user
    self.step = step
    sentAt = now
    deadline = now + limit
    header.reset()
    reply.removeAll(keepingCapacity: true)
    isTooLong = false
    try easy.setPost(copying: body)
  }

  /// The loop stood still so long: the time limit passes later by as much.
  mutating func excuse(_ pause: Nanos) {
    if user != nil { deadline = deadline + pause }
  }

  /// The request is over; the credentials in it are forgotten.
  mutating func end() {
    user = nil
    deadline = MonotonicNanos(.max)
    reply.removeAll()
    headers = nil
  }

  mutating func headerLine(_ line: UnsafeRawBufferPointer) -> Bool {
    _ = wiring.pointee.stamp()
    _ = header.line(line)
    isTooLong = isTooLong || header.isTooLarge
    return !isTooLong
  }

  mutating func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    _ = wiring.pointee.stamp()
    isTooLong = isTooLong || reply.count + bytes.count > LoginTransfer.replyBytesMax
    if !isTooLong { reply.append(contentsOf: bytes) }
    return !isTooLong
  }

  /// Connects the transfer's callbacks with what lies at `pointer`.
  static func connect(_ pointer: UnsafeMutablePointer<LoginTransfer>) throws(CurlError) {
    try pointer.pointee.easy.setFunctions(
      header: { bytes, size, count, context in
        guard let bytes, let context else { return 0 }
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        let transfer = context.assumingMemoryBound(to: LoginTransfer.self)
        return transfer.pointee.headerLine(line) ? line.count : 0
      },
      body: { bytes, size, count, context in
        guard let bytes, let context else { return 0 }
        let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
        let transfer = context.assumingMemoryBound(to: LoginTransfer.self)
        return transfer.pointee.take(piece) ? piece.count : 0
      },
      // A login that libcurl sends again on another connection is one login to the user.
      attempt: { _ in 0 },
      context: UnsafeMutableRawPointer(pointer))
  }
}
