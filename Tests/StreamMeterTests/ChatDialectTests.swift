import Model
import StreamMeter
import Testing

@Suite("OpenAI chat by its table")
struct ChatDialectTests {
  private func delta(_ text: String) throws -> Reading {
    try Harness.reading("data: {\"choices\":[{\"index\":0,\"delta\":\(text)}]}\n\n")
  }

  @Test("The table finds a dialect by its name, and none by another")
  func table() throws {
    let chat = try #require(Dialect.named("openai-chat"))
    #expect(chat.contentTypes == ["text/event-stream"])
    #expect(chat.hasEndMarker)
    #expect(Dialect.names.contains("openai-chat"))
    #expect(Dialect.named("openai") == nil)
  }

  @Test(
    "Only a delta that a reader can see is a token",
    arguments: [
      (#"{"role":"assistant"}"#, false, false),
      (#"{"role":"assistant","content":""}"#, false, false),
      (#"{"content":null}"#, false, false),
      (#"{"content":7}"#, false, false),
      (#"{}"#, false, false),
      (#"{"content":"x"}"#, true, true),
      (#"{"content":" "}"#, true, true),
      (#"{"reasoning_content":"x"}"#, true, false),
      (#"{"reasoning":"x"}"#, true, false),
      (#"{"reasoning_c0ntent":"x","reasonin":"x","Content":"x","conten":"x"}"#, false, false),
      (#"{"reasoning_content":"","content":null}"#, false, false),
      (#"{"reasoning_content":"x","content":"y"}"#, true, true),
      (#"{"tool_calls":[{"index":0,"function":{"name":"f","arguments":""}}]}"#, false, false),
      (#"{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}"#, true, false),
      (#"{"tool_calls":[{"index":0},{"function":{"arguments":"1"}}]}"#, true, false),
      (#"{"tool_calls":{"function":{"arguments":"1"}}}"#, false, false),
      (#"{"x":{"content":"y"}}"#, false, false),
      (#"{"content":["x"]}"#, false, false),
    ])
  func token(_ text: String, _ isToken: Bool, _ isAnswer: Bool) throws {
    let reading = try delta(text)
    #expect(reading.contentEvents == (isToken ? 1 : 0))
    #expect((reading.milestones.firstToken != nil) == isToken)
    #expect((reading.milestones.firstAnswer != nil) == isAnswer)
    #expect(reading.milestones.firstChoice != nil)
  }

  @Test("An event without a choice is no first choice")
  func firstChoice() throws {
    let reading = try Harness.reading(#"data: {"choices":[],"usage":null}"# + "\n\n")
    #expect(reading.milestones.firstChoice == nil)
    #expect(reading.milestones.firstByte != nil)
  }

  @Test(
    "Usage is read in each of its shapes, and its last word holds",
    arguments: [
      (
        #"{"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":5}}"#,
        11 as Int?, 5 as Int?, nil as Int?
      ),
      (
        #"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"completion_tokens":5}}"#,
        nil, 5, nil
      ),
      (
        #"{"usage":{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":8}}}"#,
        9, nil, 8
      ),
      (#"{"choices":[{"delta":{}}],"usage":null}"#, nil, nil, nil),
      (#"{"usage":{"prompt_tokens":9,"prompt_tokens_details":null}}"#, 9, nil, nil),
      (#"{"usage":{"prompt_tokens":-1,"completion_tokens":1.5}}"#, nil, nil, nil),
      (#"{"usage":{"prompt_tokens":1e3,"completion_tokens":12345678901234567890}}"#, nil, nil, nil),
      (#"{"usage":{"prompt_tokens":"9"}}"#, nil, nil, nil),
    ])
  func usage(_ data: String, _ input: Int?, _ output: Int?, _ cached: Int?) throws {
    let reading = try Harness.reading("data: \(data)\n\n")
    #expect(reading.usage.input == input)
    #expect(reading.usage.output == output)
    #expect(reading.usage.cached == cached)
  }

  @Test("Running usage is replaced by the later one, and null takes nothing back")
  func runningUsage() throws {
    let reading = try Harness.reading(
      [1, 2, 3].map { "data: {\"usage\":{\"completion_tokens\":\($0)}}\n\n" }.joined()
        + "data: {\"usage\":null}\n\ndata: {\"usage\":{\"prompt_tokens\":7}}\n\n")
    #expect(reading.usage.output == 3)
    #expect(reading.usage.input == 7)
  }

  @Test(
    "An error is told from a null where errors stand",
    arguments: [
      (#"{"error":{"message":"no"}}"#, true), (#"{"error":"no"}"#, true),
      (#"{"error":null,"choices":[]}"#, false), (#"{"error":false}"#, false),
      (#"{"error":""}"#, false), (#"{"object":"error","message":"no"}"#, true),
      (#"{"object":"chat.completion.chunk"}"#, false), (#"{"object":"erro"}"#, false),
      (#"{"choices":[{"delta":{"error":"x"}}]}"#, false),
    ])
  func error(_ data: String, _ isError: Bool) throws {
    let reading = try Harness.reading(Harness.token() + "data: \(data)\n\n" + Harness.marker)
    #expect(reading.outcome == (isError ? .errorEvent : .complete))
    #expect(reading.actions == [isError ? .stop : .finished])
    if isError {
      #expect(reading.evidence?.excerpt == data)
      #expect(reading.evidence?.offset == Harness.token().utf8.count)
    }
  }

  @Test("The finish reason is kept for a failure")
  func finishReason() throws {
    let reading = try Harness.reading(
      Harness.token() + #"data: {"choices":[{"delta":{},"finish_reason":"length"}]}"# + "\n\n")
    #expect(reading.outcome == .truncated)
    #expect(reading.evidence?.finishReason == "length")
  }
}
