import Glibc
import Model

/// Room for what the flight recorder may keep of one open stream, made with its slot: the callbacks
/// copy into it, and make it larger where a slot has its first stream of many reads.
///
/// Of a stream with more than the room, the first and the last half are kept.
struct FlightBuffer: ~Copyable {
  /// Reads of a stream that are kept.
  static let readsMax = 1_024
  /// Reads for which there is room at first.
  static let readsFirst = 128
  /// Bytes of a body that are kept.
  static let bodyBytesMax = 64 << 10
  /// Bytes of all kept header lines.
  static let headerBytesMax = 1_024
  /// Bytes of one kept header line; the rest of it is cut off.
  static let headerLineBytesMax = 256

  private struct Read {
    var at: MonotonicNanos
    var bytes: UInt32
    var events: UInt32
  }

  // Stays first, as the pointer in Slot.
  private var reads: UnsafeMutablePointer<Read>
  private var readsRoom: Int
  private let readsMax: Int
  private var readCount = 0
  private let bodyMax: Int
  private let body: UnsafeMutableRawPointer
  private var bodyCount = 0
  private let headers: UnsafeMutablePointer<UInt8>
  private var headerCount = 0

  init(_ mode: RecorderMode, readsMax: Int = readsMax, bodyBytesMax: Int = bodyBytesMax) {
    precondition(readsMax >= 2 && readsMax % 2 == 0 && bodyBytesMax >= 2 && bodyBytesMax % 2 == 0)
    self.readsMax = mode == .off ? 0 : readsMax
    bodyMax = mode == .full ? bodyBytesMax : 0
    readsRoom = min(self.readsMax, FlightBuffer.readsFirst)
    reads = .allocate(capacity: readsRoom)
    body = .allocate(byteCount: bodyMax, alignment: 16)
    headers = .allocate(capacity: FlightBuffer.headerBytesMax)
  }

  deinit {
    reads.deallocate()
    body.deallocate()
    headers.deallocate()
  }

  /// Forgets the stream, keeps the room.
  mutating func reset() {
    readCount = 0
    bodyCount = 0
    headerCount = 0
  }

  // MARK: What callbacks tell

  /// Takes a piece of the body. Pieces with one stamp are one read. O(bytes).
  mutating func add(_ bytes: UnsafeRawBufferPointer, at stamp: MonotonicNanos, contentEvents: Int) {
    guard readsMax > 0, !bytes.isEmpty else { return }
    let last = FlightBuffer.place(readCount - 1, of: readsMax)
    if readCount > 0, reads[last].at == stamp {
      reads[last].bytes &+= UInt32(truncatingIfNeeded: bytes.count)
      reads[last].events &+= UInt32(truncatingIfNeeded: contentEvents)
    } else {
      let next = FlightBuffer.place(readCount, of: readsMax)
      if next >= readsRoom { makeRoom() }
      (reads + next).initialize(
        to: Read(
          at: stamp, bytes: UInt32(truncatingIfNeeded: bytes.count),
          events: UInt32(truncatingIfNeeded: contentEvents)))
      readCount += 1
    }
    if bodyMax > 0 { copy(bytes) }
  }

  /// Doubles the room for reads; what is there lies in order, as long as there is not all room.
  private mutating func makeRoom() {
    let room = min(readsMax, readsRoom * 2)
    let grown = UnsafeMutablePointer<Read>.allocate(capacity: room)
    grown.moveInitialize(from: reads, count: readsRoom)
    reads.deallocate()
    reads = grown
    readsRoom = room
  }

  /// Takes a line of the header, if it is one that is kept.
  mutating func headerLine(_ line: UnsafeRawBufferPointer) {
    if HeaderReader.value(of: "http/", in: line) != nil {
      headerCount = 0
      return
    }
    guard FlightBuffer.isKept(line), let start = line.baseAddress else { return }
    let count = min(line.count, FlightBuffer.headerLineBytesMax)
    guard headerCount + count < FlightBuffer.headerBytesMax else { return }
    (headers + headerCount).update(
      from: start.assumingMemoryBound(to: UInt8.self), count: count)
    headers[headerCount + count] = 0x0A
    headerCount += count + 1
  }

  private static func isKept(_ line: UnsafeRawBufferPointer) -> Bool {
    guard let first = line.first else { return false }
    switch first | 0x20 {
    case UInt8(ascii: "x"):
      return HeaderReader.value(of: "x-request-id:", in: line) != nil
        || HeaderReader.value(of: "x-ratelimit-", in: line) != nil
    case UInt8(ascii: "s"): return HeaderReader.value(of: "server-timing:", in: line) != nil
    case UInt8(ascii: "o"):
      return HeaderReader.value(of: "openai-processing-ms:", in: line) != nil
    default: return false
    }
  }

  /// The first half in order, then the second half round and round.
  private static func place(_ number: Int, of capacity: Int) -> Int {
    let half = capacity / 2
    return number < half ? number : half + (number - half) % half
  }

  private mutating func copy(_ bytes: UnsafeRawBufferPointer) {
    let half = bodyMax / 2
    var rest = bytes
    if bodyCount + rest.count > bodyMax {
      // Of one large piece only the end can survive in the second half.
      let isFirst = max(0, half - bodyCount)
      let skipped = max(0, rest.count - isFirst - half)
      let first = UnsafeRawBufferPointer(rebasing: rest.prefix(isFirst))
      put(first)
      bodyCount += skipped
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(first.count + skipped))
    }
    while !rest.isEmpty {
      let place = FlightBuffer.place(bodyCount, of: bodyMax)
      let part = rest.prefix(bodyMax - place)
      put(UnsafeRawBufferPointer(rebasing: part))
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
    }
  }

  /// Copies bytes that fit behind each other.
  private mutating func put(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
    (body + FlightBuffer.place(bodyCount, of: bodyMax)).copyMemory(
      from: start, byteCount: bytes.count)
    bodyCount += bytes.count
  }

  // MARK: What is kept

  /// The stream that was over at a moment, with times from `intended`.
  func stream(
    _ sample: StreamSample, intended: MonotonicNanos, over: MonotonicNanos
  ) -> RecordedStream {
    var stream = RecordedStream(sample: sample, over: over - intended, headers: keptHeaders)
    let kept = FlightBuffer.kept(readCount, of: readsMax)
    func read(_ number: Int) -> RecordedRead {
      let read = reads[FlightBuffer.place(number, of: readsMax)]
      return RecordedRead(
        at: read.at - intended, bytes: Int(read.bytes), contentEvents: Int(read.events))
    }
    stream.reads = kept.first.map(read)
    stream.readsOmitted = kept.last.lowerBound - kept.first.upperBound
    stream.lastReads = kept.last.map(read)
    if bodyMax > 0 { stream.body = keptBody }
    return stream
  }

  private var keptBody: RecordedBody {
    let kept = FlightBuffer.kept(bodyCount, of: bodyMax)
    func bytes(_ range: Range<Int>) -> [UInt8] {
      range.map { number in
        body.load(fromByteOffset: FlightBuffer.place(number, of: bodyMax), as: UInt8.self)
      }
    }
    return RecordedBody(
      bytes: bytes(kept.first), bytesOmitted: kept.last.lowerBound - kept.first.upperBound,
      lastBytes: bytes(kept.last))
  }

  /// Which of `count` elements a room has: one range where it has all.
  private static func kept(
    _ count: Int, of capacity: Int
  ) -> (first: Range<Int>, last: Range<Int>) {
    count <= capacity
      ? (0..<count, count..<count) : (0..<capacity / 2, count - capacity / 2..<count)
  }

  private var keptHeaders: [RecordedHeader] {
    let lines = UnsafeBufferPointer(start: headers, count: headerCount).split(separator: 0x0A)
    return lines.compactMap { line in
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      let value = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: line[(colon + 1)...]))
      return RecordedHeader(
        name: String(decoding: line[..<colon], as: UTF8.self).lowercased(),
        value: String(decoding: HeaderReader.trimmed(value), as: UTF8.self))
    }
  }

  /// The service's id of the request, nil if it sent none.
  var requestID: String? { keptHeaders.first { $0.name == "x-request-id" }?.value }
}
