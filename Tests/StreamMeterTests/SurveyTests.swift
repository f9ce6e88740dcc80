import Model
import Testing

@testable import StreamMeter

@Suite("What check says of a stream")
struct SurveyTests {
  @Test("A survey counts what the meter counts, over the whole corpus", arguments: Corpus.files)
  func corpus(_ file: CorpusFile) throws {
    let dialect = try #require(file.dialect)
    let bytes = try file.bytes
    var meter = try Harness.meter(dialect)
    let reading = try Harness.feed(&meter, bytes, contentType: nil)
    // The meter stops at an error and at the end; a survey looks at all.
    guard reading.outcome.isSuccess, dialect.framing != .text else { return }
    let survey = StreamSurvey(dialect, body: bytes)
    #expect(survey.events >= reading.events)
    let places = survey.findings.filter { $0.count > 0 }.map(\.meaning)
    #expect(
      places.contains("content") || places.contains("reasoning")
        || places.contains("tool call"))
    if dialect.framing != .document { #expect(places.contains("end")) }
    #expect((reading.usage.output != nil) == places.contains("usage output"))
  }

  private func survey(
    _ body: String, end: CustomDialect.End,
    framing: CustomDialect.Framing = .sse
  ) throws -> [String: StreamSurvey.Finding] {
    func path(_ text: String) throws -> JSONPath { try JSONPath(parsing: text) }
    let dialect = Dialect(
      custom:
        CustomDialect(
          framing: framing, content: try path("$.delta.text"),
          outputTokens: try path("$.usage.output"), error: try path("$.failure"), end: end)
    )
    let survey = StreamSurvey(dialect, body: Array(body.utf8))
    return Dictionary(uniqueKeysWithValues: survey.findings.map { ($0.meaning, $0) })
  }

  @Test("Matches are told one by one in the first five events, and counted in all")
  func matches() throws {
    let token = "data: {\"delta\":{\"text\":\"x\"}}\n\n"
    let body = "\u{FEFF}" + String(repeating: token, count: 7) + "event: end\ndata: bye\n\n"
    let found = try survey(body, end: .event("end"))
    #expect(found["content"]?.matches.map(\.event) == [1, 2, 3, 4, 5])
    #expect(found["content"]?.count == 7)
    #expect(found["end"]?.first == .init(event: 8, text: "end"))
    #expect(found["usage output"]?.count == 0)
    #expect(found["error"]?.hints.isEmpty == true)
  }

  @Test("Where a dialect of the table finds no text, what was there is told too")
  func otherDialect() throws {
    let chat = try #require(Dialect.named("openai-chat"))
    let body = "event: token\ndata: {\"output\":{\"text\":\"hello\"}}\n\n"
    let content = StreamSurvey(chat, body: Array(body.utf8)).findings.first {
      $0.place == "$.choices[*].delta.content"
    }
    #expect(content?.count == 0)
    #expect(content?.hints.map(\.place) == ["$.output.text"])
    let own = Harness.token("a") + Harness.marker
    let found = StreamSurvey(chat, body: Array(own.utf8)).findings
    #expect(found.allSatisfy { $0.count > 0 })
  }

  @Test("A path that never matched is told what was there: texts for texts, numbers for numbers")
  func hints() throws {
    let body = """
      event: token
      data: {"id":"r","delta":{"txt":"hello"},"n":1}

      event: stop
      data: {"usage":{"outputs":9,"note":"a"}}

      data: [END]


      """
    let found = try survey(body, end: .event("stopp"))
    #expect(found["content"]?.hints.first == .init(place: "$.delta.txt", text: "hello"))
    #expect(found["usage output"]?.hints.first == .init(place: "$.usage.outputs", text: "9"))
    #expect(found["usage output"]?.hints.map(\.place) == ["$.usage.outputs", "$.n"])
    #expect(found["end"]?.hints.map(\.place) == ["event stop", "event token"])
    let data = try survey(body, end: .data("[DONE]"))
    #expect(data["end"]?.hints == [.init(place: "data", text: "[END]")])
  }

  @Test("A value of the wrong kind is no match")
  func kinds() throws {
    let body = "{\"delta\":{\"text\":5},\"usage\":{\"output\":\"9\"},\"done\":false}\n"
    let end = JSONPath.member("done")
    for marker in [CustomDialect.End.value(end, equals: "true"), .value(end, equals: nil)] {
      let found = try survey(body, end: marker, framing: .ndjson)
      #expect(found.values.allSatisfy { $0.count == 0 })
      #expect(found["content"]?.hints.map(\.place) == ["$.usage.output"])
    }
  }

  @Test("Garbage has no events, and long texts are cut")
  func odd() throws {
    #expect(try survey("", end: .data("x"))["content"]?.hints.isEmpty == true)
    let long = String(repeating: "y", count: 10_000)
    let found = try survey("data: {\"delta\":{\"text\":\"\(long)\"}}\n\n", end: .data("x"))
    #expect(found["content"]?.first?.text.count == StreamSurvey.textMax + 1)
  }
}
