import CLinux
import Glibc

/// One connection of the floor: takes the chunks of a body apart and looks for content in lines.
struct FloorStream {
  private enum State {
    /// Before the empty line that ends the header.
    case head
    /// In a chunk's length.
    case length
    /// In a chunk, so many bytes before its end.
    case data
    /// Before the line end after a chunk.
    case dataEnd
    /// Before the empty line after the last chunk.
    case end
    /// The response is over.
    case over
  }

  /// Bytes of a line that straddles two reads, at most; more are not looked at.
  private static let lineBytesMax = 4_096

  /// What stands before a token's text, `"content":"`, at one address for ever.
  private static let name: StaticString = "\"content\":\""

  private static let nameBytes = name.utf8CodeUnitCount

  let descriptor: Int32
  private(set) var number = 0
  /// Nanoseconds of CLOCK_MONOTONIC, as are the others.
  private(set) var sent: Int64 = 0
  /// When the first event with content was read, 0 before that.
  private(set) var first: Int64 = 0
  private(set) var chunks = 0
  private(set) var hasMarker = false
  private var state = State.head
  private var left = 0
  private var lineEnds = 0
  private let line: UnsafeMutablePointer<UInt8>
  private var lineCount = 0

  var hasEnded: Bool { state == .over }

  /// Lives as long as the process, and with it the memory of its line.
  init(descriptor: Int32) {
    self.descriptor = descriptor
    line = .allocate(capacity: FloorStream.lineBytesMax)
  }

  mutating func begin(number: Int, at now: Int64) {
    self.number = number
    (sent, first, chunks, hasMarker) = (now, 0, 0, false)
    (state, left, lineEnds, lineCount) = (.head, 0, 0, 0)
  }

  /// Takes the bytes of one read.
  mutating func feed(_ start: UnsafeMutableRawPointer, _ count: Int, at now: Int64) {
    var p = start.assumingMemoryBound(to: UInt8.self)
    let end = p + count
    while p < end {
      switch state {
      case .head:
        // An empty line: two line ends with nothing but CR between.
        if p.pointee == 0x0A { lineEnds += 1 } else if p.pointee != 0x0D { lineEnds = 0 }
        if lineEnds == 2 { (state, left) = (.length, 0) }
        p += 1
      case .length:
        let byte = p.pointee
        p += 1
        if byte == 0x0A {
          state = left == 0 ? .end : .data
        } else if byte != 0x0D {
          left = left << 4 | Int(byte < 0x3A ? byte & 15 : (byte & 15) + 9)
        }
      case .data:
        let taken = min(end - p, left)
        scan(p, taken, at: now)
        p += taken
        left -= taken
        if left == 0 { state = .dataEnd }
      case .dataEnd:
        if p.pointee == 0x0A { state = .length }
        p += 1
      case .end:
        if p.pointee == 0x0A { state = .over }
        p += 1
      case .over: return
      }
    }
  }

  private mutating func scan(_ start: UnsafeMutablePointer<UInt8>, _ count: Int, at now: Int64) {
    var p = start
    let end = start + count
    while p < end {
      guard let found = memchr(p, 0x0A, end - p) else { return keep(p, end - p) }
      let newline = found.assumingMemoryBound(to: UInt8.self)
      if lineCount > 0 {
        keep(p, newline - p)
        look(line, lineCount, at: now)
        lineCount = 0
      } else if newline > p {
        look(p, newline - p, at: now)
      }
      p = newline + 1
    }
  }

  private mutating func keep(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) {
    let taken = min(count, FloorStream.lineBytesMax - lineCount)
    memcpy(line + lineCount, bytes, taken)
    lineCount += taken
  }

  private mutating func look(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, at now: Int64) {
    guard count > 6, memcmp(bytes, "data: ", 6) == 0 else { return }
    if bytes[6] == UInt8(ascii: "[") {
      hasMarker = true
      return
    }
    guard
      let found = streamgate_find(bytes, count, FloorStream.name.utf8Start, FloorStream.nameBytes)
    else {
      return
    }
    let text = found.assumingMemoryBound(to: UInt8.self) + FloorStream.nameBytes
    guard text < bytes + count, text.pointee != UInt8(ascii: "\"") else { return }
    chunks += 1
    if first == 0 { first = now }
  }
}
