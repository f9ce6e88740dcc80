import Model
import Testing

@testable import StreamMeter

@Suite struct ReplyTextTests {
  private func reply(_ body: String, isKept: Bool = true) throws -> String {
    var meter = try Harness.meter()
    meter.keepReplies(isKept)
    _ = try Harness.feed(&meter, Array(body.utf8), cuts: Array(1..<body.utf8.count))
    return String(decoding: meter.replyText, as: UTF8.self)
  }

  @Test("The answer's deltas are kept as the service wrote them, without reasoning")
  func deltas() throws {
    let thought = "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n"
    let body =
      Harness.role + thought + Harness.token("a\\n") + Harness.token("\\ud83d")
      + Harness.token("\\ude00é") + Harness.marker
    #expect(try reply(body) == "a\\n\\ud83d\\ude00é")
    #expect(try reply(body, isKept: false).isEmpty)
  }

  @Test("Raw text is kept as the inside of a JSON string, and what is not shown is left out")
  func otherDialects() throws {
    var text = try Harness.meter(Dialect.named("raw-text"))
    text.keepReplies(true)
    let plain = "a\"b\\\n\u{1}é"
    _ = try Harness.feed(
      &text, Array(plain.utf8), cuts: Array(1..<plain.utf8.count), contentType: nil)
    #expect(String(decoding: text.replyText, as: UTF8.self) == "a\\\"b\\\\\\u000a\\u0001é")
    var tokens = try Harness.meter(Dialect.named("tgi"))
    tokens.keepReplies(true)
    let body = """
      data: {"token":{"text":"x","special":false},"generated_text":null}

      data: {"token":{"text":"</s>","special":true},"generated_text":"x"}


      """
    _ = try Harness.feed(&tokens, Array(body.utf8))
    #expect(String(decoding: tokens.replyText, as: UTF8.self) == "x")
  }

  @Test("A reply is forgotten with the next request, and one without an end is kept as it came")
  func resets() throws {
    var meter = try Harness.meter()
    meter.keepReplies(true)
    for text in ["one", "two"] {
      _ = try Harness.feed(
        &meter, Array(Harness.token(text).utf8), end: .broken(code: 56))
      #expect(String(decoding: meter.replyText, as: UTF8.self) == text)
    }
  }

  @Test("Of an endless reply whole deltas are kept up to the limit")
  func limit() throws {
    let delta = String(repeating: "x", count: 100_000)
    let body = String(repeating: Harness.token(delta), count: 4) + Harness.token("y")
    var meter = try Harness.meter()
    meter.keepReplies(true)
    _ = try Harness.feed(&meter, Array((body + Harness.marker).utf8))
    #expect(meter.replyText.count == 200_000)
    #expect(ReplyText.bytesMax < 300_000)
  }
}
