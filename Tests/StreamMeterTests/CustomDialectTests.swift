import Model
import StreamMeter
import Testing

@Suite("A service of its own kind is metered by the paths of a plan")
struct CustomDialectTests {
  private func dialect(
    _ framing: CustomDialect.Framing = .sse, end: CustomDialect.End?
  ) throws -> CustomDialect {
    CustomDialect(
      framing: framing, content: try JSONPath(parsing: "$.choices[1]['out text']"),
      reasoning: try JSONPath(parsing: "$.thought"), finish: try JSONPath(parsing: "$.why"),
      outputTokens: try JSONPath(parsing: "$.usage.out"),
      inputTokens: try JSONPath(parsing: "$.usage['in']"),
      cachedTokens: try JSONPath(parsing: "$.usage.cached"),
      error: try JSONPath(parsing: "$.failure"), end: end)
  }

  private let events = [
    #"{"thought":"hm"}"#, #"{"choices":[{"out text":"no"},{"out text":"a"}]}"#,
    #"{"choices":[{"out text":"no"},{"out text":""}]}"#,
    #"{"choices":[{"out text":"no"}]}"#, #"{"choices":[0,{"out text":"b"},{"out text":"no"}]}"#,
    #"{"why":"stop","usage":{"out":3,"in":7,"cached":2}}"#,
  ]

  private func sse(_ events: [String]) -> String {
    events.map { "data: \($0)\n\n" }.joined()
  }

  @Test("Paths give tokens, reasoning, counts and the reason; an index means that element alone")
  func paths() throws {
    let custom = Dialect(custom: try dialect(end: .data("[END]")))
    let body = sse(events)
    let whole = try Harness.reading(body + "data: [END]\n\n", custom)
    #expect(whole.outcome == .complete)
    #expect(whole.contentEvents == 3)
    #expect([whole.usage.output, whole.usage.input, whole.usage.cached] == [3, 7, 2])
    // The stamp of a read is where it ends: reasoning is the first token and no answer.
    let cuts = [sse([events[0]]).utf8.count, sse(Array(events[..<2])).utf8.count]
    let cut = try Harness.reading(body, custom, cuts: cuts)
    #expect(cut.outcome == .truncated && cut.evidence?.finishReason == "stop")
    #expect(cut.milestones.firstToken == MonotonicNanos(Int64(cuts[0])))
    #expect(cut.milestones.firstAnswer == MonotonicNanos(Int64(cuts[1])))
    #expect(
      try Harness.reading(sse([events[1], #"{"failure":"x"}"#]), custom).outcome == .errorEvent)
    #expect(
      try Harness.reading(sse([events[1], #"{"failure":null}"#]) + "data: [END]\n\n", custom)
        .outcome == .complete)
  }

  @Test(
    "Each way to end a stream ends it, and nothing else does",
    arguments: [
      (.data("[END]"), "data: [END]\n\n", "data: [DONE]\n\n{}"),
      (.data(#"{"end":1}"#), "data: {\"end\":1}\n\n", "data: {\"end\":2}\n\n"),
      (.event("fin"), "event: fin\ndata: bye\n\n", "event: end\ndata: {}\n\n"),
      (.event("fin"), "event: fin\ndata: {}\n\n", "event: fin\n\n"),
      (
        .value(JSONPath([.member("d")]), equals: nil), "data: {\"d\":1}\n\n",
        "data: {\"d\":false}\n\n"
      ),
      (
        .value(JSONPath([.member("d")]), equals: "done"), "data: {\"d\":\"done\"}\n\n",
        "data: {\"d\":\"token\"}\n\n"
      ),
      (
        .value(JSONPath([.member("d")]), equals: "true"), "data: {\"d\":true}\n\n",
        "data: {\"d\":false}\n\n"
      ),
      (
        .value(JSONPath([.member("open")]), equals: "false"), "data: {\"open\":false}\n\n",
        "data: {\"open\":true}\n\n"
      ),
    ] as [(CustomDialect.End, String, String)])
  func ends(end: CustomDialect.End, marker: String, other: String) throws {
    let custom = Dialect(custom: try dialect(end: end))
    let token = sse([events[1]])
    #expect(try Harness.reading(token + marker, custom).outcome == .complete)
    #expect(try Harness.reading(token, custom).outcome == .truncated)
    #expect(try Harness.reading(token + other, custom).outcome != .complete)
    #expect(
      try Harness.reading(token + marker, custom, end: .broken(code: 56)).outcome == .broken)
  }

  @Test("Lines of JSON are events too, and without an end marker a clean end is the end")
  func lines() throws {
    let end = CustomDialect.End.value(JSONPath([.member("type")]), equals: "done")
    let body = events.map { $0 + "\n" }.joined()
    let custom = Dialect(custom: try dialect(.ndjson, end: end))
    let reading = { (body: String, dialect: Dialect) in
      try Harness.reading(body, dialect, contentType: "application/x-ndjson")
    }
    #expect(try reading(body + "{\"type\":\"done\"}\n", custom).outcome == .complete)
    #expect(try reading(body, custom).outcome == .truncated)
    let unmarked = Dialect(custom: try dialect(.ndjson, end: nil))
    #expect(try reading(body, unmarked).outcome == .completeNoMarker)
    #expect(try Harness.reading(body, custom).outcome == .notAStream)
    var plain = try dialect(.ndjson, end: nil)
    plain.contentType = "application/json"
    let asJSON = try Harness.reading(
      body, Dialect(custom: plain), contentType: "Application/JSON; charset=utf-8")
    #expect(asJSON.outcome == .completeNoMarker)
    #expect(try reading(body, Dialect(custom: plain)).outcome == .notAStream)
  }

  @Test("Where it does not stream the same paths lead into the reply")
  func unstreamed() throws {
    let custom = try #require(Dialect(custom: try dialect(end: .data("[END]"))).unstreamed)
    let reading = try Harness.reading(
      #"{"choices":[0,{"out text":"all"}],"usage":{"out":4,"in":5}}"#, custom,
      contentType: "application/json")
    #expect(reading.outcome == .complete)
    #expect([reading.usage.output, reading.usage.input, reading.usage.cached] == [4, 5, nil])
  }
}
