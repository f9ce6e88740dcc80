import Model
import TestKit
import Testing

@Suite("Chat completions", .waiting)
struct ChatTests {
  @Test("A stream is a role chunk, max_tokens tokens, a finish chunk, usage and the end marker")
  func stream() throws {
    let simulator = try Simulator("--tokens 9")
    let response = try simulator.chat(Wire.chat, Wire.body(maxTokens: 4, usage: true))
    #expect(response.status == 200)
    #expect(response.headers["content-type"] == "text/event-stream; charset=utf-8")
    #expect(try response.events().last == "[DONE]")
    let objects = try response.objects()
    #expect(objects.count == 1 + 4 + 1 + 1)
    #expect(objects.allSatisfy { $0["object"] == .string("chat.completion.chunk") })
    #expect(objects.allSatisfy { $0["model"] == .string(#"m "1""#) })
    let first = objects[0]["choices"]?.arrayValue?.first
    #expect(first?["delta"]?["role"] == .string("assistant"))
    #expect(first?["delta"]?["content"] == .string(""))
    #expect(try response.words().count == 4)
    let finish = objects[5]["choices"]?.arrayValue?.first
    #expect(finish?["finish_reason"] == .string("length"))
    #expect(finish?["delta"] == .object([]))
    #expect(objects[6]["choices"] == .array([]))
    #expect(objects[6]["usage"]?["prompt_tokens"] == .integer(2))
    #expect(objects[6]["usage"]?["completion_tokens"] == .integer(4))
    #expect(objects[6]["usage"]?["total_tokens"] == .integer(6))
  }

  @Test("Without max_tokens a reply has its own length, stops by itself, and reports no usage")
  func ownLength() throws {
    let simulator = try Simulator("--tokens 5")
    let objects = try simulator.chat().objects()
    #expect(objects.count == 1 + 5 + 1)
    #expect(
      objects[6]["choices"]?.arrayValue?.first?["finish_reason"] == .string("stop"))
  }

  @Test("max_completion_tokens goes before max_tokens")
  func completionTokens() throws {
    let simulator = try Simulator()
    let body = #"{"max_completion_tokens":3,"# + Wire.body(maxTokens: 8).dropFirst()
    #expect(try simulator.chat(Wire.chat, body).words().count == 3)
  }

  @Test("Without stream the reply is one JSON body with usage")
  func body() throws {
    let simulator = try Simulator()
    let response = try simulator.chat(Wire.chat, Wire.body(maxTokens: 3, streams: false))
    #expect(response.headers["content-type"] == "application/json")
    let value = try JSONReader.parse(Array(response.body.utf8))
    let choice = value["choices"]?.arrayValue?.first
    #expect(value["object"] == .string("chat.completion"))
    #expect(choice?["message"]?["content"]?.stringValue?.split(separator: " ").count == 3)
    #expect(choice?["finish_reason"] == .string("length"))
    #expect(value["usage"]?["completion_tokens"] == .integer(3))
  }

  @Test("A reply says what it cost and what is left, as real services do")
  func serviceHeaders() throws {
    let simulator = try Simulator("--ttft 12ms --ttft-sigma 0 --prefill-per-token 1ms")
    for streams in [true, false] {
      let response = try simulator.chat(Wire.chat, Wire.body(maxTokens: 2, streams: streams))
      // The prompt has two tokens.
      #expect(response.headers["server-timing"] == "prefill;dur=2.0, model;dur=12.0")
      #expect(response.headers["openai-processing-ms"] == "14")
      #expect(response.headers["x-request-id"]?.hasPrefix("chatcmpl-") == true)
      #expect(response.headers["x-ratelimit-limit-requests"] == "10000")
      let left = streams ? "9999" : "9998"
      #expect(response.headers["x-ratelimit-remaining-requests"] == left)
      #expect(response.headers["x-ratelimit-remaining-tokens"] == "1999998")
    }
    let refused = try simulator.chat("/fault/http_429" + Wire.chat)
    #expect(refused.headers["x-ratelimit-remaining-requests"] == "0")
  }

  @Test("Each token of --stamps is the moment at which the ledger says that it was sent")
  func stamps() throws {
    let simulator = try Simulator("--stamps --tokens 3 --gap 1ms")
    let words = try simulator.chat().words()
    _ = try simulator.stop()
    let sent = try #require(try simulator.requests().first).numbers("token_sent_ns")
    let stamps = words.map { Int($0.dropFirst().dropLast()) }
    #expect(words.allSatisfy { $0.hasPrefix("@") && $0.utf8.count == 21 })
    #expect(stamps == sent)
  }

  @Test("With --early-head the head and the role chunk come long before the first token")
  func earlyHead() throws {
    let simulator = try Simulator("--early-head --ttft 60m")
    let connection = try simulator.connect()
    connection.send(Wire.post())
    #expect(try connection.line() == "HTTP/1.1 200 OK\r\n")
    #expect(try simulator.stop().code == 0)
    #expect(try simulator.requests().first?["end"] == .string("stopped"))
  }

  @Test("A burst of tokens leaves in one send, and the next after as many gaps")
  func burst() throws {
    let simulator = try Simulator("--burst 3 --tokens 7 --gap 2ms")
    #expect(try simulator.chat().words().count == 7)
    _ = try simulator.stop()
    let request = try #require(try simulator.requests().first)
    let due = request.numbers("token_due_ns").map { $0 - (request["received_ns"]?.intValue ?? 0) }
    #expect(due == [0, 0, 0, 6_000_000, 6_000_000, 6_000_000, 12_000_000])
    let sent = request.numbers("token_sent_ns")
    #expect(Set(sent).count == 3)
  }

  @Test("A client that reads late gets every token")
  func slowReader() throws {
    let simulator = try Simulator("--tokens 60000 --burst 64")
    let connection = try simulator.connect()
    connection.send(Wire.post())
    // Another client is served all the while.
    #expect(try simulator.chat(Wire.chat, Wire.body(maxTokens: 2)).words().count == 2)
    let response = try connection.response()
    #expect(response.ending == .whole)
    #expect(response.chunks.count == 1 + 60_000 + 1 + 1)
  }
}
