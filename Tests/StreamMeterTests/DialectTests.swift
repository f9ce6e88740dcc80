import Model
import StreamMeter
import Testing

/// One line of the table: a dialect, what came, how the transport ended, what it is called.
struct DialectCase: Sendable, CustomTestStringConvertible {
  var dialect: String
  var name: String
  var body: String
  var end: TransportEnd = .clean
  var contentType: String?
  var isEndMarkerRequired = true
  var outcome: Outcome

  var testDescription: String { "\(dialect): \(name)" }
}

@Suite("Dialects by their tables")
struct DialectTests {
  private static let line = "{\"response\":\"x\",\"done\":false}\n"
  private static let last = "{\"response\":\"\",\"done\":true}\n"
  private static let delta = """
    event: response.output_text.delta
    data: {"type":"response.output_text.delta","delta":"x"}


    """
  private static let completed = """
    event: response.completed
    data: {"type":"response.completed","response":{"status":"completed"}}


    """
  private static let block = """
    event: content_block_delta
    data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"x"}}


    """
  private static let stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"

  private static let lines: [DialectCase] = [
    ("marker", line + last, .clean, Outcome.complete),
    ("marker, dropped by us", line + last, .abandoned, .complete),
    ("marker, broken end", line + last, .broken(code: 18), .broken),
    (
      "marker without the line's end, broken end", line + last.dropLast(), .broken(code: 18),
      .broken
    ),
    ("no marker", line, .clean, .truncated),
    ("a marker that is false", line + line, .clean, .truncated),
    ("marker alone", last, .clean, .empty),
    ("error", line + "{\"error\":\"no\"}\n", .clean, .errorEvent),
    ("error that is null", line + "{\"error\":null,\"done\":true}\n", .clean, .complete),
    ("no JSON", line + "nonsense\n", .clean, .malformed),
    ("a list", "[{\"response\":\"x\"}]\n", .clean, .notAStream),
    ("stall", line, .timedOut(.stall), .timeoutStall),
  ].map { name, body, end, outcome in
    DialectCase(
      dialect: "ollama-generate", name: name, body: String(body), end: end, outcome: outcome)
  }

  private static let streams: [DialectCase] = [
    DialectCase(
      dialect: "ollama-generate", name: "an event stream's type", body: line + last,
      contentType: "text/event-stream", outcome: .notAStream),
    DialectCase(
      dialect: "ollama-generate", name: "its type with parameters", body: line + last,
      contentType: "Application/X-NDJSON; charset=utf-8", outcome: .complete),
    DialectCase(
      dialect: "ollama-generate", name: "no marker, allowed", body: line,
      isEndMarkerRequired: false, outcome: .completeNoMarker),
    DialectCase(
      dialect: "ollama-generate", name: "no marker, allowed, cut line", body: line + "{\"resp",
      isEndMarkerRequired: false, outcome: .truncated),
    DialectCase(
      dialect: "openai-responses", name: "completed", body: delta + completed, outcome: .complete),
    DialectCase(
      dialect: "openai-responses", name: "completed, broken end", body: delta + completed,
      end: .broken(code: 18), outcome: .broken),
    DialectCase(
      dialect: "openai-responses", name: "a chat's marker is none", body: delta + Harness.marker,
      outcome: .malformed),
    DialectCase(
      dialect: "openai-responses", name: "no marker", body: delta, outcome: .truncated),
    DialectCase(
      dialect: "anthropic-messages", name: "stop", body: block + stop, outcome: .complete),
    DialectCase(
      dialect: "anthropic-messages", name: "no stop", body: block, outcome: .truncated),
    DialectCase(
      dialect: "anthropic-messages", name: "stop cut before its blank line",
      body: block + stop.dropLast(), outcome: .truncated),
    DialectCase(
      dialect: "tgi", name: "text that is null is no end",
      body: "data: {\"token\":{\"text\":\"x\",\"special\":false},\"generated_text\":null}\n\n",
      outcome: .truncated),
    DialectCase(
      dialect: "raw-text", name: "text", body: "x", contentType: "text/plain",
      outcome: .completeNoMarker),
    DialectCase(
      dialect: "raw-text", name: "a page", body: "<html>", contentType: "text/html",
      outcome: .notAStream),
    DialectCase(
      dialect: "raw-text", name: "broken", body: "x", end: .broken(code: 18), outcome: .broken),
    DialectCase(dialect: "raw-text", name: "nothing", body: "", outcome: .empty),
  ]

  @Test("What came and how it ended decide the outcome", arguments: lines + streams)
  func table(_ line: DialectCase) throws {
    let dialect = try #require(Dialect.named(line.dialect))
    let reading = try Harness.reading(
      line.body, dialect, end: line.end, isEndMarkerRequired: line.isEndMarkerRequired,
      contentType: line.contentType)
    #expect(reading.outcome == line.outcome)
    #expect((reading.evidence == nil) == line.outcome.isSuccess)
  }

  @Test(
    "A reply that does not stream is whole or not by the transport and its JSON",
    arguments: [
      ("{\"response\":\"x\",\"done\":true}", TransportEnd.clean, Outcome.complete),
      ("{\"response\":\"x\"}", .broken(code: 18), .broken),
      ("{\"response\":\"x\"}", .timedOut(.total), .timeoutTotal),
      ("{\"response\":\"x\"", .clean, .truncated),
      ("{\"response\":\"x\"}{}", .clean, .malformed),
      ("{\"response\":\"\"}", .clean, .empty),
      ("{\"error\":\"no\"}", .clean, .errorEvent),
      ("[]", .clean, .notAStream), ("", .clean, .truncated),
    ])
  func reply(_ body: String, _ end: TransportEnd, _ outcome: Outcome) throws {
    let dialect = Dialect.named("ollama-generate")?.unstreamed
    let reading = try Harness.reading(
      body, dialect, end: end, contentType: "application/json; charset=utf-8")
    #expect(reading.outcome == outcome)
    #expect(reading.milestones.firstToken == reading.milestones.lastToken)
    #expect((reading.milestones.firstToken != nil) == (outcome == .complete))
    #expect(reading.gapMax == nil)
  }

  @Test("A stream where a reply was asked for is no reply, and the other way round")
  func mixedUp() throws {
    let chat = Dialect.named("openai-chat")
    let stream = try Harness.reading(Harness.token() + Harness.marker, chat?.unstreamed)
    #expect(stream.outcome == .notAStream)
    let reply = try Harness.reading("{\"choices\":[]}", chat, contentType: "application/json")
    #expect(reply.outcome == .notAStream)
  }

  @Test("A reply beyond the event limit ends as limit")
  func replyLimit() throws {
    let reading = try Harness.reading(
      "{\"response\":\"\(String(repeating: "x", count: 100))\"}",
      Dialect.named("ollama-generate")?.unstreamed, limits: MeterLimits(eventBytesMax: 50),
      contentType: nil)
    #expect(reading.outcome == .limit)
    #expect(reading.actions == [.stop])
  }

  @Test("Each read of raw text is one content event, pieces of one read are one")
  func rawText() throws {
    let dialect = Dialect.named("raw-text")
    let reading = try Harness.reading("abcdef", dialect, cuts: [2, 2, 5], contentType: nil)
    #expect(reading.contentEvents == 3)
    #expect(reading.contentReads == 3)
    #expect(reading.burstEvents == 0)
    #expect(reading.milestones.firstToken == MonotonicNanos(2))
    #expect(reading.milestones.firstAnswer == MonotonicNanos(2))
    #expect(reading.milestones.lastToken == MonotonicNanos(6))
    #expect(reading.gapMax == Nanos(3))
    var meter = try Harness.meter(dialect)
    meter.head(status: 200, contentType: nil, at: MonotonicNanos(0))
    for _ in 0..<2 {
      _ = [UInt8]("ab".utf8).withUnsafeBytes { meter.read($0, at: MonotonicNanos(7)) }
    }
    meter.end(.clean, at: MonotonicNanos(8))
    let (events, reads) = (meter.contentEvents, meter.contentReads)
    #expect(events == 1)
    #expect(reads == 1)
  }

  @Test("A meter goes from dialect to dialect and keeps nothing")
  func changes() throws {
    var meter = try Harness.meter()
    let files = Corpus.files.filter { $0.name != "empty.txt" }
    for file in files + files.reversed() {
      let dialect = try #require(file.dialect)
      meter.reset(dialect: dialect, isEndMarkerRequired: true)
      let again = try Harness.feed(&meter, file.bytes, contentType: nil)
      var fresh = try Harness.meter(dialect)
      let first = try Harness.feed(&fresh, file.bytes, contentType: nil)
      #expect(again.outcome == first.outcome, "\(file)")
      #expect(again.evidence == first.evidence, "\(file)")
      #expect(again.milestones == first.milestones, "\(file)")
    }
  }
}
