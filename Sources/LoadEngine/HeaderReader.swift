import Curl
import Glibc
import Model

/// Reads the few header fields that matter from the lines of a response, each with its end.
struct HeaderReader {
  /// Bytes of all header lines of a response, interim responses and trailers included.
  static let bytesMax = 64 << 10
  /// The one status below 200 after which no other comes.
  static let switchingProtocols = 101
  /// Seconds of `Retry-After` beyond which it says so many: 30 days, longer than any run and within
  /// what a run file may hold.
  static let retrySecondsMax: Int64 = 30 * 86_400

  /// The status of the latest status line, 0 before one.
  private(set) var status = 0
  private(set) var contentType: String?
  /// How long to wait by `Retry-After`, at most `retrySecondsMax`; a moment that has passed is no
  /// wait. Known once the header is complete.
  private(set) var retryAfter: Nanos?
  /// How the body is coded.
  private(set) var codings = BodyCodings()
  private(set) var bytes = 0
  /// True once the final header's empty line came.
  private(set) var isComplete = false

  /// Forgets all but the content type's text, which the next response will most likely repeat.
  mutating func reset() {
    lastContentType = contentType ?? lastContentType
    forgetFields()
    status = 0
    bytes = 0
    isComplete = false
  }

  private mutating func forgetFields() {
    contentType = nil
    retryAfter = nil
    retryAt = nil
    date = nil
    codings = BodyCodings()
  }

  private var lastContentType: String?
  /// The moments of `Retry-After`, where it is one, and of `Date`: seconds since 1970.
  private var retryAt: Int64?
  private var date: Int64?

  /// Takes one line with its end; true if it completed the final header. False also for a line
  /// beyond the limit: see `isTooLarge`. `now` is the wall clock, in seconds since 1970: it is read
  /// only where `Retry-After` is a moment and no `Date` says what that counts from.
  mutating func line(
    _ line: UnsafeRawBufferPointer, now: @autoclosure () -> Int64 = HTTPDate.now()
  ) -> Bool {
    bytes += line.count
    if isComplete || isTooLarge { return false }
    let text = HeaderReader.trimmed(line)
    if text.isEmpty {
      isComplete = status >= 200
      if isComplete, let retryAt {
        let wait = min(max(retryAt - (date ?? now()), 0), HeaderReader.retrySecondsMax)
        retryAfter = .seconds(wait)
      }
      return isComplete
    }
    if HeaderReader.value(of: "http/", in: text) != nil {
      status = HeaderReader.status(text)
      forgetFields()
    } else if let value = HeaderReader.value(of: "content-type:", in: text) {
      contentType = content(HeaderReader.trimmed(value))
    } else if let value = HeaderReader.value(of: "retry-after:", in: text) {
      take(retryAfter: HeaderReader.trimmed(value), now: now())
    } else if let value = HeaderReader.value(of: "date:", in: text) {
      date = HTTPDate.seconds(HeaderReader.trimmed(value), now: now())
    } else if let value = HeaderReader.value(of: "content-encoding:", in: text) {
      codings.addContent(value)
    } else if let value = HeaderReader.value(of: "transfer-encoding:", in: text) {
      codings.addTransfer(value)
    }
    return false
  }

  /// Seconds or a moment; anything else says nothing.
  private mutating func take(retryAfter value: UnsafeRawBufferPointer, now: Int64) {
    if value.allSatisfy({ (0x30...0x39).contains($0) }), !value.isEmpty {
      let seconds = HeaderReader.number(value, digitsMax: 9).map(Int64.init) ?? .max
      retryAfter = .seconds(min(seconds, HeaderReader.retrySecondsMax))
    } else {
      retryAt = HTTPDate.seconds(value, now: now)
    }
  }

  /// Takes the header for complete, whatever came of it.
  mutating func complete() {
    isComplete = true
  }

  /// True if the header is beyond our limit.
  var isTooLarge: Bool { bytes > HeaderReader.bytesMax }

  private func content(_ value: UnsafeRawBufferPointer) -> String {
    if let lastContentType, lastContentType.utf8.elementsEqual(value) { return lastContentType }
    return String(decoding: value, as: UTF8.self)
  }

  static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var (low, high) = (0, bytes.count)
    while low < high, bytes[low] <= 0x20 { low += 1 }
    while high > low, bytes[high - 1] <= 0x20 { high -= 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[low..<high])
  }

  /// What follows a lower-case name at the line's start; nil if the line has another.
  static func value(
    of name: StaticString, in line: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer? {
    let count = name.utf8CodeUnitCount
    guard line.count >= count, let start = line.baseAddress,
      strncasecmp(start.assumingMemoryBound(to: CChar.self), name.cString, count) == 0
    else { return nil }
    return UnsafeRawBufferPointer(rebasing: line[count...])
  }

  private static func status(_ line: UnsafeRawBufferPointer) -> Int {
    guard let space = line.firstIndex(of: 0x20) else { return 0 }
    let digits = line[(space + 1)...].prefix(3)
    return number(UnsafeRawBufferPointer(rebasing: digits), digitsMax: 3) ?? 0
  }

  private static func number(_ digits: UnsafeRawBufferPointer, digitsMax: Int) -> Int? {
    guard !digits.isEmpty, digits.count <= digitsMax else { return nil }
    var value = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      value = value * 10 + Int(digit - 0x30)
    }
    return value
  }
}

extension StaticString {
  fileprivate var cString: UnsafePointer<CChar> {
    UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
  }
}
