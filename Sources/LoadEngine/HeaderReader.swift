import Glibc
import Model

/// Reads the few header fields that matter from the lines that libcurl hands out.
struct HeaderReader {
  /// Bytes of all header lines of a response, interim responses and trailers included.
  static let bytesMax = 64 << 10

  /// The status of the latest status line, 0 before one.
  private(set) var status = 0
  private(set) var contentType: String?
  private(set) var retryAfter: Nanos?
  private(set) var bytes = 0
  /// True once the final header's empty line came.
  private(set) var isComplete = false

  /// Forgets all but the content type's text, which the next response will most likely repeat.
  mutating func reset() {
    lastContentType = contentType ?? lastContentType
    contentType = nil
    retryAfter = nil
    status = 0
    bytes = 0
    isComplete = false
  }

  private var lastContentType: String?

  /// Takes one line with its end; true if it completed the final header. False also for a line
  /// beyond the limit: see `isTooLarge`.
  mutating func line(_ line: UnsafeRawBufferPointer) -> Bool {
    bytes += line.count
    if isComplete || isTooLarge { return false }
    let text = HeaderReader.trimmed(line)
    if text.isEmpty {
      isComplete = status >= 200
      return isComplete
    }
    if HeaderReader.value(of: "http/", in: text) != nil {
      status = HeaderReader.status(text)
      contentType = nil
      retryAfter = nil
    } else if let value = HeaderReader.value(of: "content-type:", in: text) {
      contentType = content(HeaderReader.trimmed(value))
    } else if let value = HeaderReader.value(of: "retry-after:", in: text) {
      // The form with a date needs a wall clock: such a date is not a wait, and is left out.
      let number = HeaderReader.trimmed(value)
      retryAfter = HeaderReader.number(number, digitsMax: 9).map { .seconds(Int64($0)) }
    }
    return false
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

  private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var (low, high) = (0, bytes.count)
    while low < high, bytes[low] <= 0x20 { low += 1 }
    while high > low, bytes[high - 1] <= 0x20 { high -= 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[low..<high])
  }

  /// What follows a lower-case name at the line's start; nil if the line has another.
  private static func value(
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
