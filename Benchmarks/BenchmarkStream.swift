import Model
import StreamMeter

/// A stream of one dialect as its service writes one, with so many events that carry a token.
struct BenchmarkStream {
  /// The dialect's name, or what is special of it.
  let name: String
  let dialect: Dialect
  private(set) var bytes: [UInt8] = []
  /// Where each content event ends.
  private var ends: [Int] = []

  /// What a dialect's events look like, complete with their framing.
  private struct Shape {
    var start = ""
    var beforeText: String
    var afterText: String
    var end: String
  }

  private init(_ name: String, _ dialect: Dialect, events: Int, _ shape: Shape) {
    self.name = name
    self.dialect = dialect
    let words = [" the", " model", " answers", " \\\"quoted\\\"", " caf\\u00e9", " 数据", ".\\n"]
    bytes += shape.start.utf8
    for i in 0..<events {
      bytes += (shape.beforeText + words[i % words.count] + shape.afterText).utf8
      ends.append(bytes.count)
    }
    bytes += shape.end.utf8
  }

  /// The stream in reads of so many content events.
  func reads(events count: Int) -> [Range<Int>] {
    let cuts = stride(from: count - 1, to: ends.count, by: count).map { ends[$0] }
    return pieces([0] + cuts + [bytes.count])
  }

  /// The stream in reads of so many bytes.
  func reads(bytes count: Int) -> [Range<Int>] {
    pieces(Array(stride(from: 0, to: bytes.count, by: count)) + [bytes.count])
  }

  private func pieces(_ cuts: [Int]) -> [Range<Int>] {
    zip(cuts, cuts.dropFirst()).map { $0..<$1 }.filter { !$0.isEmpty }
  }
}

extension BenchmarkStream {
  /// One a dialect, and the chat's bytes by the paths of a plan.
  static func all(events: Int) -> [BenchmarkStream] {
    let chat = chat(events)
    var streams = Dialect.names.compactMap { name -> BenchmarkStream? in
      guard let dialect = Dialect.named(name), let shape = shape(of: name, events, chat)
      else { return nil }
      return BenchmarkStream(name, dialect, events: events, shape)
    }
    let choice: [JSONPath.Step] = [.member("choices"), .index(0)]
    let usage: [JSONPath.Step] = [.member("usage")]
    let custom = CustomDialect(
      content: JSONPath(choice + [.member("delta"), .member("content")]),
      finish: JSONPath(choice + [.member("finish_reason")]),
      outputTokens: JSONPath(usage + [.member("completion_tokens")]),
      inputTokens: JSONPath(usage + [.member("prompt_tokens")]), error: .member("error"),
      end: .data("[DONE]"))
    let dialect = Dialect(custom: custom)
    streams.append(BenchmarkStream("chat by paths", dialect, events: events, chat))
    return streams
  }

  private static func shape(of name: String, _ events: Int, _ chat: Shape) -> Shape? {
    switch name {
    case "openai-chat": chat
    case "openai-completions": completions(events)
    case "openai-responses": responses
    case "anthropic-messages": messages
    case "ollama-chat": ollama(#""message":{"role":"assistant","content":""#, #""}"#)
    case "ollama-generate": ollama(#""response":""#, #"""#)
    case "tgi": generation
    case "raw-text": Shape(beforeText: "", afterText: "", end: "")
    default: nil
    }
  }

  private static let chatHead =
    #"data: {"id":"chatcmpl-5f2c7a6b41b94f31ae3e","object":"chat.completion.chunk","#
    + #""created":1769860800,"model":"llama-3.1-8b","choices":[{"index":0,"#

  /// As vLLM writes it: a role chunk, content chunks, a finish chunk, usage, marker.
  private static func chat(_ events: Int) -> Shape {
    let usage =
      #"data: {"id":"chatcmpl-5f2c","object":"chat.completion.chunk","created":1769860800,"#
      + #""model":"llama-3.1-8b","choices":[],"usage":{"prompt_tokens":24,"total_tokens":"#
      + "\(24 + events),\"completion_tokens\":\(events)}}\n\ndata: [DONE]\n\n"
    let role = #""delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null"#
    let stop =
      #""delta":{"content":""},"logprobs":null,"finish_reason":"stop","stop_reason":null"#
    return Shape(
      start: chatHead + role + "}]}\n\n", beforeText: chatHead + #""delta":{"content":""#,
      afterText: #""},"logprobs":null,"finish_reason":null}]}"# + "\n\n",
      end: chatHead + stop + "}]}\n\n" + usage)
  }

  private static func completions(_ events: Int) -> Shape {
    let head =
      #"data: {"id":"cmpl-5f2c7a6b41b94f31ae3e","object":"text_completion","#
      + #""created":1769860800,"model":"llama-3.1-8b","choices":["#
    return Shape(
      beforeText: head + #"{"index":0,"text":""#,
      afterText: #"","logprobs":null,"finish_reason":null}]}"# + "\n\n",
      end: head + "],\"usage\":{\"completion_tokens\":\(events)}}\n\ndata: [DONE]\n\n")
  }

  private static let responses = Shape(
    beforeText: "event: response.output_text.delta\n"
      + #"data: {"type":"response.output_text.delta","item_id":"msg_67c9fdcf37fc8190ba82","#
      + #""output_index":0,"content_index":0,"delta":""#,
    afterText: #"","logprobs":[],"sequence_number":57}"# + "\n\n",
    end: "event: response.completed\n"
      + #"data: {"type":"response.completed","response":{"status":"completed"}}"# + "\n\n")

  private static let messages = Shape(
    start: "event: message_start\n"
      + #"data: {"type":"message_start","message":{"usage":{"input_tokens":24}}}"# + "\n\n",
    beforeText: "event: content_block_delta\n"
      + #"data: {"type":"content_block_delta","index":0,"#
      + #""delta":{"type":"text_delta","text":""#,
    afterText: #""}}"# + "\n\n",
    end: "event: message_stop\n" + #"data: {"type":"message_stop"}"# + "\n\n")

  private static func ollama(_ before: String, _ after: String) -> Shape {
    let head = #"{"model":"llama3.1:8b","created_at":"2026-01-31T12:00:00.123456789Z","#
    return Shape(
      beforeText: head + before, afterText: after + #","done":false}"# + "\n",
      end: head + #""done":true,"done_reason":"stop","eval_count":512}"# + "\n")
  }

  private static let generation = Shape(
    beforeText: #"data:{"index":57,"token":{"id":1234,"text":""#,
    afterText: #"","logprob":-0.5,"special":false},"generated_text":null,"details":null}"#
      + "\n\n",
    end: #"data:{"index":513,"token":{"id":2,"text":"</s>","logprob":-0.1,"special":true},"#
      + #""generated_text":"text","details":{"generated_tokens":512}}"# + "\n\n")
}
