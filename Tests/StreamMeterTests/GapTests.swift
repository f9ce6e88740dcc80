import Model
import StreamMeter
import TestKit
import Testing

@Suite("Gaps, bursts, stalls and the sample")
struct GapTests {
  private static let start = MonotonicNanos(1_000_000_000)

  /// Feeds reads of so many milliseconds after the start.
  private func feed(
    _ meter: inout StreamMeter, _ reads: [(milliseconds: Int64, body: String)]
  ) {
    meter.head(status: 200, contentType: Harness.eventStream, at: GapTests.start)
    for (milliseconds, body) in reads {
      var bytes = Array(body.utf8)
      bytes.withUnsafeMutableBytes { bytes in
        _ = meter.read(
          UnsafeRawBufferPointer(bytes), at: GapTests.start + .milliseconds(milliseconds))
      }
    }
    meter.end(.clean, at: GapTests.start + .milliseconds((reads.last?.milliseconds ?? 0) + 3))
  }

  @Test("A sample holds every stamp from its intended time, and gaps by rule 7")
  func sample() throws {
    var meter = try Harness.meter()
    let token = Harness.token()
    feed(
      &meter,
      [
        (100, Harness.role), (150, token), (160, token + token), (165, ": ping\n\n"),
        (180, token), (210, token + token + token), (217, Harness.marker),
      ])
    var sample = StreamSample(
      profile: 1, scenario: 2, seq: 3, intended: .milliseconds(40), outcome: .droppedLate)
    meter.fill(&sample, profileStart: GapTests.start + .milliseconds(-50))

    var expected = StreamSample(
      profile: 1, scenario: 2, seq: 3, intended: .milliseconds(40), outcome: .complete)
    expected.headers = .milliseconds(10)
    expected.firstByte = .milliseconds(110)
    expected.firstChoice = .milliseconds(110)
    expected.firstToken = .milliseconds(160)
    expected.firstAnswer = .milliseconds(160)
    expected.lastToken = .milliseconds(220)
    expected.done = .milliseconds(227)
    expected.end = .milliseconds(230)
    expected.contentEvents = 7
    expected.burstEvents = 5
    expected.bodyBytes =
      (Harness.role + Harness.marker + ": ping\n\n").utf8.count
      + 7 * token.utf8.count
    expected.gapMedian = .milliseconds(20)
    expected.gapP99 = Nanos(29_800_000)
    expected.gapMax = .milliseconds(30)
    expected.gapMaxAt = .milliseconds(260)
    expected.httpStatus = 200
    #expect(sample == expected)
    #expect(meter.contentReads == 4)
    #expect(meter.stallCount == 0)
  }

  @Test("Pieces with one stamp are one read: no gap between them, and one burst")
  func pieces() throws {
    var meter = try Harness.meter()
    let token = Harness.token()
    feed(
      &meter,
      [(10, token), (30, token), (30, token), (30, token), (50, token), (50, Harness.marker)])
    #expect(meter.contentEvents == 5)
    #expect(meter.contentReads == 3)
    #expect(meter.burstEvents == 3)
    let least = meter.gapQuantile(0)
    #expect(least == .milliseconds(20))
    #expect(meter.gapMax == .milliseconds(20))
  }

  @Test("The wait for the marker is a gap that can be the largest, and a stall, but no cadence")
  func waitForMarker() throws {
    var meter = try Harness.meter()
    let token = Harness.token()
    feed(&meter, [(10, token), (20, token), (520, Harness.marker)])
    #expect(meter.gapMax == .milliseconds(500))
    #expect(meter.gapMaxAt == GapTests.start + .milliseconds(520))
    #expect(meter.stallCount == 1)
    #expect(meter.stallTotal == .milliseconds(500))
    let largest = meter.gapQuantile(1)
    #expect(largest == .milliseconds(10))
  }

  @Test("A gap of exactly the stall gap is none; the first token is waited for, not stalled for")
  func stallGap() throws {
    var meter = try Harness.meter()
    let token = Harness.token()
    feed(&meter, [(5_000, token), (5_200, token), (5_401, token), (5_401, Harness.marker)])
    #expect(meter.stallCount == 1)
    #expect(meter.stallTotal == .milliseconds(201))
  }

  @Test("Of gaps that are equally large the first is kept")
  func firstOfEqualGaps() throws {
    var meter = try Harness.meter()
    let token = Harness.token()
    feed(&meter, [(10, token), (20, token), (30, token), (40, Harness.marker)])
    #expect(meter.gapMaxAt == GapTests.start + .milliseconds(20))
  }

  @Test("What the reader itself stood still is left out of a gap and of the stall timer")
  func pauses() throws {
    var meter = try Harness.meter()
    meter.head(status: 200, contentType: Harness.eventStream, at: GapTests.start)
    func read(_ milliseconds: Int64) {
      let bytes = Array(Harness.token().utf8)
      _ = bytes.withUnsafeBytes { meter.read($0, at: GapTests.start + .milliseconds(milliseconds)) }
    }
    let at = { (milliseconds: Int64) in GapTests.start + .milliseconds(milliseconds) }
    meter.excuse(.milliseconds(500), until: at(5))
    #expect(meter.lastContentAt == nil)
    read(10)
    meter.excuse(.milliseconds(290), until: at(310))
    #expect(meter.lastContentAt == at(300))
    read(310)
    #expect(meter.gapMax == .milliseconds(10) && meter.stallCount == 0)
    // No more than what had passed.
    meter.excuse(.seconds(9), until: at(340))
    read(640)
    #expect(meter.gapMax == .milliseconds(300) && meter.stallCount == 1)
    #expect(meter.milestones.lastToken == at(640))
  }

  @Test("One read with content has no gap")
  func noGap() throws {
    var meter = try Harness.meter()
    feed(&meter, [(10, Harness.token() + Harness.marker)])
    #expect(meter.gapMax == nil)
    let median = meter.gapQuantile(0.5)
    #expect(median == nil)
  }

  @Test("The timers' questions are answered while a stream runs")
  func timers() throws {
    var meter = try Harness.meter()
    meter.head(status: 200, contentType: Harness.eventStream, at: GapTests.start)
    for (milliseconds, body, last) in [
      (Int64(1), Harness.role, nil as Int64?), (2, Harness.token(), 2), (3, Harness.role, 2),
      (4, Harness.token(), 4),
    ] {
      let bytes = Array(body.utf8)
      _ = bytes.withUnsafeBytes { meter.read($0, at: GapTests.start + .milliseconds(milliseconds)) }
      let expected = last.map { GapTests.start + .milliseconds($0) }
      #expect(meter.lastContentAt == expected)
      #expect(meter.hasFirstToken == (last != nil))
    }
  }

  @Test("The quantiles of a very long stream are those of an even sample of its gaps")
  func longStream() throws {
    var meter = try Harness.meter()
    let token = Array(Harness.token().utf8)
    var stamp = GapTests.start
    meter.head(status: 200, contentType: Harness.eventStream, at: stamp)
    for i in 0..<20_001 {
      stamp = stamp + .microseconds(Int64(i))
      _ = token.withUnsafeBytes { meter.read($0, at: stamp) }
    }
    meter.end(.broken(code: 56), at: stamp)
    let quantiles = [meter.gapQuantile(0.5), meter.gapQuantile(0.99)]
    let median = try #require(quantiles[0])
    let high = try #require(quantiles[1])
    #expect((Nanos.microseconds(9_980)...Nanos.microseconds(10_020)).contains(median))
    #expect((Nanos.microseconds(19_780)...Nanos.microseconds(19_820)).contains(high))
    #expect(meter.gapMax == .microseconds(20_000))
  }
}
