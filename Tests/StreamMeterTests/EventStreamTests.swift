import Model
import StreamMeter
import Testing

@Suite("Event streams by the WHATWG rules")
struct EventStreamTests {
  private static let one = #"{"choices":[{"delta":{"content":"x"}}]}"#

  @Test(
    "A rule of the standard decides how many tokens a body has",
    arguments: [
      ("data: \(one)\n\n", 1),  // LF
      ("data: \(one)\r\n\r\n", 1),  // CR LF
      ("data: \(one)\r\r", 1),  // CR
      ("data: \(one)\n\r", 1),  // mixed
      ("data:\(one)\n\n", 1),  // no space after the colon
      ("data:  \(one)\n\n", 1),  // one space goes, JSON allows the other
      ("\u{FEFF}data: \(one)\n\n", 1),  // one BOM goes
      ("\u{FEFF}\u{FEFF}data: \(one)\n\n", 0),  // the second makes the name unknown
      ("\n\u{FEFF}data: \(one)\n\n", 0),  // a BOM elsewhere too
      (":data: \(one)\n\n", 0),  // a comment
      ("data: \(one)", 0),  // no end of line
      ("data: \(one)\n", 0),  // no blank line: not dispatched
      ("data: {\"choices\":\ndata: [{\"delta\":{\"content\":\"x\"}}]}\n\n", 1),  // joined by LF
      ("data: {\"choices\":\n: aside\nid: 7\ndata: [{\"delta\":{\"content\":\"x\"}}]}\n\n", 1),
      ("event: message\ndata: \(one)\n\n", 1),
      ("event: ping\ndata: \(one)\n\n", 0),
      ("event: ping\nevent: message\ndata: \(one)\n\n", 1),  // the last name holds
      ("event: ping\n\ndata: \(one)\n\n", 1),  // a name without data is forgotten
      ("data: \(one)\nevent: ping\n\n", 0),  // a name may follow the data
      ("id: a\u{0}b\ndata: \(one)\n\n", 1),  // NUL in an id
      ("id\nretry\nevent\ndata: \(one)\n\n", 1),  // fields without a colon
      ("retry: soon\ndata: \(one)\n\n", 1),
      ("Data: \(one)\n\n", 0),  // names are case-sensitive
      (" data: \(one)\n\n", 0),
      ("data : \(one)\n\n", 0),
      ("datax: \(one)\n\n", 0),
      ("\n\n\ndata: \(one)\n\n\n\ndata: \(one)\n\n", 2),
    ])
  func rule(_ body: String, _ tokens: Int) throws {
    let reading = try Harness.reading(body)
    #expect(reading.contentEvents == tokens)
    #expect(reading.outcome != .malformed)
  }

  @Test("A field without a colon is a field with an empty value")
  func dataWithoutColon() throws {
    let reading = try Harness.reading("data\n\n")
    #expect(reading.events == 1)
    #expect(reading.outcome == .malformed)
  }

  @Test(
    "Lines of data are joined by a line feed, which parts what it parts in JSON",
    arguments: [
      ("data: {\"n\":1\ndata: 2}\n\n", true), ("data: {\"n\":\"a\ndata: b\"}\n\n", true),
      ("data: {\"n\":12\ndata: }\n\n", false), ("data: {\"n\":1}\ndata\n\n", false),
    ])
  func joined(_ body: String, _ isMalformed: Bool) throws {
    #expect((try Harness.reading(body).outcome == .malformed) == isMalformed)
  }

  @Test("A CR at the end of a read completes its event, and an LF that follows is no blank line")
  func carriageReturnAtCut() throws {
    var meter = try Harness.meter()
    let half = Array("data: {\"choices\":\r\ndata: [{\"delta\":{\"content\":\"x\"}}]}\r\n\r\n".utf8)
    let firstReturn = try #require(half.firstIndex(of: 0x0D)) + 1
    let reading = try Harness.feed(&meter, half, cuts: [firstReturn, half.count - 1])
    #expect(reading.contentEvents == 1)
    #expect(reading.milestones.firstToken == MonotonicNanos(Int64(half.count - 1)))
  }

  @Test("A meter that was reset remembers nothing of the stream before")
  func reset() throws {
    var meter = try Harness.meter()
    let cut = Array("data: {\"choices\":[{\"del\r".utf8)
    let whole = Array("\n\(Harness.token())\(Harness.marker)".utf8)
    let fresh = try Harness.feed(&meter, whole)
    let before = try Harness.feed(&meter, cut, cuts: [9], end: .broken(code: 56))
    #expect(before.outcome == .broken)
    let after = try Harness.feed(&meter, whole)
    #expect(after.outcome == .complete)
    #expect(after.milestones == fresh.milestones)
    #expect(after.evidence == nil)
    #expect(after.bodyBytes == whole.count)
  }

  @Test("Text after the marker is drained and changes nothing")
  func afterMarker() throws {
    let reading = try Harness.reading(
      Harness.token() + Harness.marker + "data: {\n\n" + Harness.token())
    #expect(reading.outcome == .complete)
    #expect(reading.contentEvents == 1)
    #expect(reading.actions == [.finished])
  }

  @Test(
    "Each cap ends a stream as limit, however its bytes are packed",
    arguments: [
      (MeterLimits(lineBytesMax: 60), 1),
      (MeterLimits(eventBytesMax: 60), 1),
      (MeterLimits(eventsMax: 2), 2),
      (MeterLimits(bodyBytesMax: 150), 2),
    ])
  func limits(_ limits: MeterLimits, _ tokens: Int) throws {
    let long = Harness.token(String(repeating: "y", count: 60))
    let body = Array((Harness.token() + (tokens == 1 ? long : Harness.token() + long)).utf8)
    var meter = try Harness.meter(limits: limits)
    for cuts in [[], [1], Array(1..<body.count), [body.count - 1]] {
      let reading = try Harness.feed(&meter, body, cuts: cuts)
      #expect(reading.outcome == .limit)
      #expect(reading.contentEvents == tokens)
      #expect(reading.actions.last == .stop)
    }
  }

  @Test("A stream that just keeps within its caps is complete")
  func withinLimits() throws {
    let body = Harness.token() + Harness.marker
    let line = Harness.token().utf8.count - 2
    let caps = MeterLimits(
      lineBytesMax: line, eventBytesMax: line - 6, eventsMax: 2, bodyBytesMax: body.utf8.count)
    #expect(try Harness.reading(body, limits: caps).outcome == .complete)
  }
}
