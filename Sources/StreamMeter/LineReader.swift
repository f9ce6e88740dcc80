import Glibc

/// Cuts lines from a body that comes in reads; a line ends at LF, CR, or CR LF, or, as wanted, at
/// LF alone.
///
/// A line that lies in one read is given in place. Only one that straddles reads is copied, and
/// only new bytes are searched, so that a body in single bytes costs O(bytes) too.
struct LineReader: ~Copyable {
  /// What `next` found.
  enum Step {
    /// A line without its end; valid until `keepRest`.
    case line(UnsafeRawBufferPointer)
    /// No further end of a line in this read: call `keepRest`.
    case exhausted
    /// More than the limit's bytes without an end.
    case tooLong
  }

  private static let lineFeed: UInt8 = 0x0A
  private static let carriageReturn: UInt8 = 0x0D

  private let bytesMax: Int
  private var isCarriageReturnAnEnd = true
  /// The start of a line whose end has not come, or the line that was given last.
  private var straddling = ByteBuffer()
  private var isStraddlingGiven = false
  /// True after a CR at the very end of a read: an LF at the start of the next belongs to it.
  private var isLineFeedDue = false
  private var read = UnsafeRawBufferPointer(start: nil, count: 0)
  private var position = 0
  /// Where in this read the next LF and CR are; `read.count` if nowhere. Found once, not per line:
  /// most streams have no CR at all.
  private var nextLineFeed = 0
  private var nextCarriageReturn = 0
  /// Bytes of the body before this read.
  private var readOffset = 0
  /// Bytes of the body before the line that was given last.
  private(set) var lineOffset = 0
  private var straddlingOffset = 0

  init(bytesMax: Int) {
    self.bytesMax = bytesMax
  }

  /// The bytes after the last end of a line.
  var rest: UnsafeRawBufferPointer {
    isStraddlingGiven ? UnsafeRawBufferPointer(start: nil, count: 0) : straddling.bytes
  }

  /// Bytes of the body before the line whose end has not come.
  var restOffset: Int { straddling.isEmpty ? readOffset + position : straddlingOffset }

  /// Ready for another body.
  mutating func reset(isCarriageReturnAnEnd: Bool) {
    self.isCarriageReturnAnEnd = isCarriageReturnAnEnd
    straddling.reset()
    isStraddlingGiven = false
    isLineFeedDue = false
  }

  /// Begins a read; `offset` is the number of the body's bytes before it.
  mutating func begin(_ bytes: UnsafeRawBufferPointer, offset: Int) {
    read = bytes
    readOffset = offset
    position = 0
    if isLineFeedDue, let first = bytes.first {
      isLineFeedDue = false
      if first == LineReader.lineFeed { position = 1 }
    }
    nextLineFeed = find(LineReader.lineFeed)
    nextCarriageReturn =
      isCarriageReturnAnEnd ? find(LineReader.carriageReturn) : read.count
  }

  /// The next line of this read.
  mutating func next() -> Step {
    if nextLineFeed < position { nextLineFeed = find(LineReader.lineFeed) }
    if nextCarriageReturn < position { nextCarriageReturn = find(LineReader.carriageReturn) }
    let end = min(nextLineFeed, nextCarriageReturn)
    if isStraddlingGiven {
      isStraddlingGiven = false
      straddling.removeAll()
    }
    guard straddling.count + (end - position) <= bytesMax else { return .tooLong }
    guard end < read.count else { return .exhausted }
    let piece = UnsafeRawBufferPointer(rebasing: read[position..<end])
    let start = position
    position = end + 1
    if end == nextCarriageReturn {
      if position == read.count {
        isLineFeedDue = true
      } else if nextLineFeed == position {
        position += 1
      }
    }
    if straddling.isEmpty {
      lineOffset = readOffset + start
      return .line(piece)
    }
    lineOffset = straddlingOffset
    straddling.append(piece)
    isStraddlingGiven = true
    return .line(straddling.bytes)
  }

  /// Ends a read: keeps what follows the last end of a line. Lines given before become invalid.
  mutating func keepRest() {
    straddlingOffset = restOffset
    straddling.append(UnsafeRawBufferPointer(rebasing: read[position...]))
    position = read.count
  }

  private func find(_ byte: UInt8) -> Int {
    guard let base = read.baseAddress, position < read.count,
      let found = memchr(base + position, Int32(byte), read.count - position)
    else { return read.count }
    return UnsafeRawPointer(found) - base
  }
}
