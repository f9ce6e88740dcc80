import Model
import StreamMeter
import TestKit
import Testing

/// One line of the table: what came, how the transport ended, what it is called.
struct OutcomeCase: Sendable, CustomTestStringConvertible {
  var name: String
  var body: String
  var end: TransportEnd = .clean
  var status = 200
  var contentType: String? = Harness.eventStream
  var isEndMarkerRequired = true
  var outcome: Outcome

  var testDescription: String { name }
}

@Suite("Outcomes")
struct OutcomeTests {
  private static let token = Harness.token()
  private static let marker = Harness.marker

  static let streams: [OutcomeCase] = [
    OutcomeCase(name: "marker, clean end", body: token + marker, outcome: .complete),
    OutcomeCase(
      name: "marker, dropped by us", body: token + marker, end: .abandoned, outcome: .complete),
    OutcomeCase(
      name: "marker, total time-out", body: token + marker, end: .timedOut(.total),
      outcome: .complete),
    OutcomeCase(
      name: "marker, broken end", body: token + marker, end: .broken(code: 18), outcome: .broken),
    OutcomeCase(
      name: "marker, bad HTTP", body: token + marker, end: .failed(.protocol, code: 56),
      outcome: .broken),
    OutcomeCase(name: "marker, no token", body: Harness.role + marker, outcome: .empty),
    OutcomeCase(name: "marker alone", body: marker, outcome: .empty),
    OutcomeCase(name: "no marker", body: token, outcome: .truncated),
    OutcomeCase(name: "no body", body: "", outcome: .truncated),
    OutcomeCase(name: "cut in a field's name", body: "dat", outcome: .truncated),
    OutcomeCase(name: "comments only", body: ": hello\n\n", outcome: .truncated),
    OutcomeCase(
      name: "no marker, allowed", body: token, isEndMarkerRequired: false,
      outcome: .completeNoMarker),
    OutcomeCase(
      name: "no marker, allowed, cut event", body: token + "data: {", isEndMarkerRequired: false,
      outcome: .truncated),
    OutcomeCase(
      name: "no marker, allowed, no token", body: Harness.role, isEndMarkerRequired: false,
      outcome: .empty),
    OutcomeCase(
      name: "marker, though not required", body: token + marker, isEndMarkerRequired: false,
      outcome: .complete),
    OutcomeCase(name: "broken", body: token, end: .broken(code: 56), outcome: .broken),
    OutcomeCase(name: "re-sent", body: "", end: .resent, outcome: .broken),
    OutcomeCase(
      name: "error event", body: token + "data: {\"error\":{}}\n\n" + marker, outcome: .errorEvent),
    OutcomeCase(
      name: "named error event", body: "event: error\ndata: no\n\n", outcome: .errorEvent),
    OutcomeCase(name: "no JSON", body: token + "data: {\n\n" + marker, outcome: .malformed),
    OutcomeCase(
      name: "JSON body", body: "{\"choices\":[]}", contentType: "application/json",
      outcome: .notAStream),
    OutcomeCase(name: "JSON body, wrong type", body: "{\"choices\":[]}", outcome: .notAStream),
    OutcomeCase(
      name: "page, no type", body: "<html>\n</html>\n", contentType: nil, outcome: .notAStream),
    OutcomeCase(
      name: "no type, a stream", body: token + marker, contentType: nil, outcome: .complete),
    OutcomeCase(
      name: "type with parameters", body: token + marker,
      contentType: " Text/Event-Stream ; charset=latin1", outcome: .complete),
    OutcomeCase(
      name: "type that begins alike", body: token + marker, contentType: "text/event-streams",
      outcome: .notAStream),
    OutcomeCase(
      name: "first-token time-out", body: Harness.role, end: .timedOut(.firstToken),
      outcome: .timeoutFirstToken),
    OutcomeCase(name: "stall", body: token, end: .timedOut(.stall), outcome: .timeoutStall),
    OutcomeCase(name: "total", body: token, end: .timedOut(.total), outcome: .timeoutTotal),
    OutcomeCase(name: "stopped", body: token, end: .cancelled, outcome: .cancelled),
  ]

  static let statuses: [OutcomeCase] =
    [
      (302, Outcome.redirect), (304, .redirect), (400, .http4xx), (401, .auth), (403, .auth),
      (404, .http4xx), (429, .http429), (499, .http4xx), (500, .http5xx), (503, .http5xx),
      (600, .http5xx), (101, .protocol), (0, .protocol), (201, .complete),
    ].map { status, outcome in
      OutcomeCase(
        name: "status \(status)", body: token + marker, status: status, outcome: outcome)
    }

  @Test("What came and how it ended decide the outcome", arguments: streams + statuses)
  func table(_ line: OutcomeCase) throws {
    let reading = try Harness.reading(
      line.body, end: line.end, isEndMarkerRequired: line.isEndMarkerRequired,
      status: line.status, contentType: line.contentType)
    #expect(reading.outcome == line.outcome)
    #expect((reading.evidence == nil) == line.outcome.isSuccess)
    #expect(reading.evidence?.detail.isEmpty != true)
  }

  @Test(
    "A request that never got a header has an outcome too",
    arguments: [
      (TransportEnd.timedOut(.connect), Outcome.connect),
      (.failed(.connect, code: 7), .connect), (.failed(.dns, code: 6), .dns),
      (.failed(.tls, code: 35), .tls), (.failed(.protocol, code: 8), .protocol),
      (.failed(.redirect, code: 47), .redirect), (.failed(.limit, code: 27), .limit),
      (.timedOut(.firstToken), .timeoutFirstToken), (.timedOut(.total), .timeoutTotal),
      (.broken(code: 52), .broken), (.resent, .broken), (.cancelled, .cancelled),
      (.clean, .broken), (.failed(.badCoding, code: 61), .protocol),
      (.failed(.cutCoding, code: 61), .broken), (.failed(.codingLimit, code: 61), .limit),
    ])
  func withoutHeader(_ end: TransportEnd, _ outcome: Outcome) throws {
    var meter = try Harness.meter()
    meter.end(end, at: MonotonicNanos(5))
    #expect(meter.outcome == outcome)
    #expect(meter.httpStatus == nil)
    #expect(meter.evidence?.detail.isEmpty == false)
  }

  @Test("A refusal is read as evidence, up to the cap, and stays what its status said")
  func refusal() throws {
    let body = #"{"error":{"message":"Rate limit reached"}}"# + String(repeating: " ", count: 300)
    var meter = try Harness.meter(limits: MeterLimits(drainBytesMax: 320))
    meter.head(
      status: 429, contentType: "application/json", retryAfter: .seconds(3), at: MonotonicNanos(1))
    #expect(meter.outcome == .http429)
    var bytes = Array(body.utf8)
    let first = bytes.withUnsafeMutableBytes {
      meter.read(UnsafeRawBufferPointer($0), at: MonotonicNanos(2))
    }
    #expect(first == .stop)
    meter.end(.broken(code: 56), at: MonotonicNanos(3))
    let seen = meter.evidence
    let evidence = try #require(seen)
    #expect(meter.outcome == .http429)
    #expect(meter.httpStatus == 429)
    #expect(evidence.excerpt == String(body.prefix(200)))
    #expect(evidence.retryAfter == .seconds(3))
    #expect(evidence.transportCode == 56)
    #expect(evidence.offset == bytes.count)
  }

  @Test("A server that goes on after the marker is dropped at the cap, and the stream is complete")
  func endlessAfterMarker() throws {
    var meter = try Harness.meter(limits: MeterLimits(drainBytesMax: 10))
    let body = Array((Self.token + Self.marker + ": and so on and so on").utf8)
    let reading = try Harness.feed(
      &meter, body, cuts: [body.count - 21, body.count - 15], end: .abandoned)
    #expect(reading.actions == [.finished, .finished, .stop])
    #expect(reading.outcome == .complete)
    #expect(reading.milestones.end == nil)
  }

  @Test("Bytes that are no UTF-8 are shown as far as they can be")
  func excerptOfBytes() throws {
    var meter = try Harness.meter()
    let reading = try Harness.feed(&meter, [0x64, 0x61, 0x74, 0x61, 0x3A, 0xFF, 0x0A, 0x0A])
    #expect(reading.outcome == .malformed)
    #expect(reading.evidence?.excerpt == "\u{FFFD}")
  }

  @Test("An event's excerpt has at most 200 bytes")
  func excerptLength() throws {
    let long = String(repeating: "z", count: 500)
    let reading = try Harness.reading("data: \(long)\n\n")
    #expect(reading.evidence?.excerpt == String(long.prefix(200)))
  }
}
