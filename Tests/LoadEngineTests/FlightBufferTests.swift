import Model
import TestKit
import Testing

@testable import LoadEngine

@Suite("What the flight recorder keeps of one stream")
struct FlightBufferTests {
  private let sample = Build.success(seq: 0)

  private func add(
    _ bytes: [UInt8], to buffer: inout FlightBuffer, at: Int64, events: Int = 0
  ) {
    bytes.withUnsafeBytes { buffer.add($0, at: MonotonicNanos(at), contentEvents: events) }
  }

  private func stream(_ buffer: borrowing FlightBuffer) -> RecordedStream {
    buffer.stream(sample, intended: MonotonicNanos(1_000), over: MonotonicNanos(9_000))
  }

  @Test("Pieces with one stamp are one read, and times count from when the stream was due")
  func pieces() {
    var buffer = FlightBuffer(.full)
    add([1, 2], to: &buffer, at: 1_500, events: 1)
    add([3], to: &buffer, at: 1_500, events: 2)
    add([4], to: &buffer, at: 2_500)
    add([], to: &buffer, at: 3_500)
    let stream = stream(buffer)
    #expect(
      stream.reads == [
        RecordedRead(at: Nanos(500), bytes: 3, contentEvents: 3),
        RecordedRead(at: Nanos(1_500), bytes: 1, contentEvents: 0),
      ])
    #expect(stream.body == RecordedBody(bytes: [1, 2, 3, 4]))
    #expect(stream.over == Nanos(8_000))
    buffer.reset()
    #expect(self.stream(buffer).reads.isEmpty)
    #expect(self.stream(buffer).body == RecordedBody(bytes: []))
  }

  @Test("Timing keeps no bytes, off keeps nothing")
  func modes() {
    for mode in [RecorderMode.timing, .off] {
      var buffer = FlightBuffer(mode)
      add([1, 2], to: &buffer, at: 1_500, events: 1)
      #expect(stream(buffer).body == nil)
      #expect(stream(buffer).reads.count == (mode == .timing ? 1 : 0))
    }
  }

  @Test("However a body is cut into pieces, its first and last bytes and reads are kept")
  func rings() {
    var random = SeededGenerator(seed: 3, label: "pieces")
    for _ in 0..<300 {
      var buffer = FlightBuffer(.full, readsMax: 8, bodyBytesMax: 16)
      let count = random.nextIndex(below: 70)
      let body = (0..<count).map { _ in UInt8(random.nextIndex(below: 256)) }
      var sizes: [Int] = []
      var offset = 0
      while offset < count {
        let size = min(count - offset, 1 + random.nextIndex(below: 40))
        add(Array(body[offset..<offset + size]), to: &buffer, at: 2_000 + Int64(sizes.count))
        sizes.append(size)
        offset += size
      }
      let stream = stream(buffer)
      let isWhole = count <= 16
      #expect(
        stream.body
          == RecordedBody(
            bytes: Array(isWhole ? body[...] : body.prefix(8)),
            bytesOmitted: isWhole ? 0 : count - 16, lastBytes: isWhole ? [] : body.suffix(8)))
      let areAll = sizes.count <= 8
      #expect(stream.reads.map(\.bytes) == Array(areAll ? sizes[...] : sizes.prefix(4)))
      #expect(stream.lastReads.map(\.bytes) == (areAll ? [] : sizes.suffix(4)))
      #expect(stream.readsOmitted == (areAll ? 0 : sizes.count - 8))
    }
  }

  @Test("Of the header the lines that help to find the request are kept, of the last response")
  func headers() {
    var buffer = FlightBuffer(.off)
    let lines = [
      "HTTP/1.1 103 Early Hints\r\n", "x-request-id: early\r\n", "HTTP/1.1 200 OK\r\n",
      "X-Request-ID:  r-1 \r\n", "Server-Timing: db;dur=53\r\n", "set-cookie: secret=1\r\n",
      "OpenAI-Processing-MS: 12\r\n", "x-ratelimit-remaining-tokens: 149\r\n", "x-other: 1\r\n",
      "\r\n",
    ]
    for line in lines { Array(line.utf8).withUnsafeBytes { buffer.headerLine($0) } }
    #expect(
      stream(buffer).headers == [
        RecordedHeader(name: "x-request-id", value: "r-1"),
        RecordedHeader(name: "server-timing", value: "db;dur=53"),
        RecordedHeader(name: "openai-processing-ms", value: "12"),
        RecordedHeader(name: "x-ratelimit-remaining-tokens", value: "149"),
      ])
    #expect(buffer.requestID == "r-1")
  }

  @Test("Endless headers are kept up to the limit")
  func hostileHeaders() {
    var buffer = FlightBuffer(.timing)
    for index in 0..<100 {
      let line = "x-ratelimit-\(index): " + String(repeating: "9", count: 5_000) + "\r\n"
      Array(line.utf8).withUnsafeBytes { buffer.headerLine($0) }
    }
    let headers = stream(buffer).headers
    #expect(!headers.isEmpty)
    #expect(
      headers.map { $0.name.utf8.count + $0.value.utf8.count }.reduce(0, +)
        <= FlightBuffer.headerBytesMax)
  }
}
