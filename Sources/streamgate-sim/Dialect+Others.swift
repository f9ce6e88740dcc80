import Model

// Anthropic, Ollama, TGI, plain text, and two services of nobody's dialect. Sources: the API
// references of Anthropic and Ollama; TGI's OpenAPI description.

extension Dialect {
  private static let failure = "the simulated service failed"

  static let anthropicMessages = Dialect(
    name: "anthropic-messages", path: "/v1/messages",
    media: "text/event-stream; charset=utf-8", framing: .events,
    request: RequestForm(conversation: "messages", preamble: "system", limits: [["max_tokens"]]),
    traits: [.marker, .events, .json, .lines, .pings, .reasoning, .toolCalls, .start],
    start: {
      [
        WireEvent(
          "message_start",
          #"{"type":"message_start","message":\#($0.message(content: "", isOpen: true))}"#),
        Reply.block("start", #""content_block":{"type":"text","text":""}"#),
        WireEvent("ping", #"{"type":"ping"}"#),
      ]
    },
    token: { _ in
      TokenEvent(
        name: "content_block_delta",
        beforeText: #"{"type":"content_block_delta","index":0,"#
          + #""delta":{"type":"text_delta","text":""#,
        afterText: #""}}"#)
    },
    finish: {
      [
        WireEvent("content_block_stop", #"{"type":"content_block_stop","index":0}"#),
        WireEvent(
          "message_delta",
          #"{"type":"message_delta","delta":{"stop_reason":"\#($0.anthropicReason)","#
            + #""stop_sequence":null},"usage":{"output_tokens":\#($0.tokens)}}"#),
      ]
    },
    marker: { _ in [WireEvent("message_stop", #"{"type":"message_stop"}"#)] },
    errors: { _ in
      let error = #"{"type":"overloaded_error","message":"\#(failure)"}"#
      return [WireEvent("error", #"{"type":"error","error":\#(error)}"#)]
    },
    whole: {
      $0.message(content: #"{"type":"text","text":\#(jsonText($0.text))}"#, isOpen: false)
    },
    reasoning: { _ in
      ["Let me", " think."].map {
        Reply.block("delta", #""delta":{"type":"thinking_delta","thinking":"\#($0)"}"#)
      }
    },
    toolCall: { _ in
      [#"{\"q\":"#, "1}"].map {
        Reply.block("delta", #""delta":{"type":"input_json_delta","partial_json":"\#($0)"}"#)
      }
    })

  static let ollamaChat = Dialect(
    name: "ollama-chat", path: "/api/chat", media: "application/x-ndjson", framing: .lines,
    request: RequestForm(
      conversation: "messages", limits: [["options", "num_predict"]], streamsByDefault: true),
    traits: [.marker, .json, .lines, .reasoning, .toolCalls],
    start: { _ in [] },
    token: {
      TokenEvent(
        beforeText: $0.ollamaHead + #","message":{"role":"assistant","content":""#,
        afterText: #""},"done":false}"#)
    },
    finish: { _ in [] },
    marker: {
      [
        WireEvent(
          $0.ollamaHead + #","message":{"role":"assistant","content":""},\#($0.ollamaEnd)}"#)
      ]
    },
    errors: { _ in [WireEvent(#"{"error":"\#(failure)"}"#)] },
    whole: {
      $0.ollamaHead + #","message":{"role":"assistant","content":\#(jsonText($0.text))},"#
        + $0.ollamaEnd + "}"
    },
    reasoning: { reply in
      ["Let me", " think."].map {
        let message = #"{"role":"assistant","content":"","thinking":"\#($0)"}"#
        return WireEvent(reply.ollamaHead + #","message":\#(message),"done":false}"#)
      }
    },
    toolCall: {
      let call = #"{"function":{"name":"search","arguments":{"q":1}}}"#
      let message = #"{"role":"assistant","content":"","tool_calls":[\#(call)]}"#
      return [WireEvent($0.ollamaHead + #","message":\#(message),"done":false}"#)]
    })

  static let ollamaGenerate = Dialect(
    name: "ollama-generate", path: "/api/generate", media: "application/x-ndjson",
    framing: .lines,
    request: RequestForm(
      conversation: "prompt", preamble: "system", limits: [["options", "num_predict"]],
      streamsByDefault: true),
    traits: [.marker, .json, .lines, .reasoning],
    start: { _ in [] },
    token: {
      TokenEvent(beforeText: $0.ollamaHead + #","response":""#, afterText: #"","done":false}"#)
    },
    finish: { _ in [] },
    marker: { [WireEvent($0.ollamaHead + #","response":"",\#($0.ollamaEnd)}"#)] },
    errors: { _ in [WireEvent(#"{"error":"\#(failure)"}"#)] },
    whole: { $0.ollamaHead + #","response":\#(jsonText($0.text)),\#($0.ollamaEnd)}"# },
    reasoning: { reply in
      ["Let me", " think."].map {
        WireEvent(reply.ollamaHead + #","response":"","thinking":"\#($0)","done":false}"#)
      }
    })

  static let textGeneration = Dialect(
    name: "tgi", path: "/generate_stream", wholePath: "/generate", media: "text/event-stream",
    framing: .events,
    request: RequestForm(
      conversation: "inputs", limits: [["parameters", "max_new_tokens"]],
      usageFlag: ["parameters", "details"], streamsByDefault: true),
    traits: [.marker, .events, .json, .lines],
    start: { _ in [] },
    token: { _ in
      TokenEvent(
        beforeText: #"{"token":{"id":7,"text":""#,
        afterText: #"","logprob":-0.5,"special":false},"#
          + #""generated_text":null,"details":null,"index":"#,
        firstNumber: 1, afterNumber: "}")
    },
    finish: { _ in [] },
    marker: {
      let details =
        #"{"finish_reason":"\#($0.isCut ? "length" : "eos_token")","#
        + #""generated_tokens":\#($0.tokens),"seed":null,"input_length":\#($0.promptTokens)}"#
      return [
        WireEvent(
          #"{"token":{"id":2,"text":"</s>","logprob":-0.1,"special":true},"#
            + #""generated_text":\#(jsonText($0.text)),"#
            + #""details":\#($0.includesUsage ? details : "null"),"index":\#($0.tokens + 1)}"#)
      ]
    },
    errors: { _ in [WireEvent(#"{"error":"\#(failure)","error_type":"generation"}"#)] },
    whole: {
      #"{"generated_text":\#(jsonText($0.text)),"details":{"#
        + #""finish_reason":"\#($0.isCut ? "length" : "eos_token")","#
        + #""generated_tokens":\#($0.tokens),"seed":null,"prefill":[],"tokens":[]}}"#
    })

  static let rawText = Dialect(
    name: "raw-text", path: "/raw", media: "text/plain; charset=utf-8", framing: .text,
    request: RequestForm(
      conversation: "prompt", limits: [["max_tokens"]], streamsByDefault: true),
    traits: [.unmarked],
    start: { _ in [] },
    token: { _ in TokenEvent(beforeText: "", afterText: "") },
    finish: { _ in [] },
    marker: { _ in [] },
    errors: { _ in [] },
    whole: { #"{"text":\#(jsonText($0.text))}"# })

  /// A service of its own kind: a plain `input` and `metadata`, named events.
  static let plainInput = Dialect(
    name: "custom-events", path: "/api/v1/generate/stream", media: "text/event-stream",
    framing: .events,
    request: RequestForm(
      conversation: "input", limits: [["metadata", "max_tokens"]], streamsByDefault: true),
    traits: [.marker, .events, .json, .lines, .start],
    start: { [WireEvent("start", #"{"event":"start","id":"\#($0.id)"}"#)] },
    token: { _ in
      TokenEvent(
        name: "token", beforeText: #"{"event":"token","output":{"text":""#, afterText: #""}}"#)
    },
    finish: {
      [
        WireEvent(
          "usage",
          #"{"event":"usage","finish_reason":"\#($0.stopReason)","usage":\#($0.plainUsage)}"#)
      ]
    },
    marker: { _ in [WireEvent("end", #"{"event":"end"}"#)] },
    errors: { _ in [WireEvent("failure", #"{"event":"failure","failure":"\#(failure)"}"#)] },
    whole: {
      #"{"output":{"text":\#(jsonText($0.text))},"finish_reason":"\#($0.stopReason)","#
        + #""usage":\#($0.plainUsage)}"#
    })

  /// A service of its own kind: messages, and a JSON text a line.
  static let inferenceChat = Dialect(
    name: "custom-lines", path: "/inference/chat/stream", media: "application/x-ndjson",
    framing: .lines,
    request: RequestForm(
      conversation: "messages", limits: [["max_tokens"]], streamsByDefault: true),
    traits: [.marker, .json, .lines, .start],
    start: { [WireEvent(#"{"type":"start","id":"\#($0.id)"}"#)] },
    token: { _ in
      TokenEvent(beforeText: #"{"type":"delta","delta":{"text":""#, afterText: #""}}"#)
    },
    finish: {
      [
        WireEvent(
          #"{"type":"usage","finish_reason":"\#($0.stopReason)","usage":\#($0.plainUsage)}"#)
      ]
    },
    marker: { _ in [WireEvent(#"{"type":"done"}"#)] },
    errors: { _ in [WireEvent(#"{"type":"failure","failure":{"message":"\#(failure)"}}"#)] },
    whole: {
      #"{"reply":{"text":\#(jsonText($0.text))},"finish_reason":"\#($0.stopReason)","#
        + #""usage":\#($0.plainUsage)}"#
    })
}

extension Reply {
  fileprivate static func block(_ kind: String, _ members: String) -> WireEvent {
    let name = "content_block_" + kind
    return WireEvent(name, #"{"type":"\#(name)","index":0,\#(members)}"#)
  }

  fileprivate var anthropicReason: String { isCut ? "max_tokens" : "end_turn" }

  /// Anthropic counts cached tokens apart from the other input tokens.
  fileprivate func message(content: String, isOpen: Bool) -> String {
    let cached = cachedTokens ?? 0
    return #"{"id":"msg_\#(id)","type":"message","role":"assistant","#
      + #""model":\#(jsonText(model)),"content":[\#(content)],"#
      + #""stop_reason":\#(isOpen ? "null" : "\"\(anthropicReason)\""),"stop_sequence":null,"#
      + #""usage":{"input_tokens":\#(promptTokens - cached),"cache_creation_input_tokens":0,"#
      + #""cache_read_input_tokens":\#(cached),"output_tokens":\#(isOpen ? 1 : tokens)}}"#
  }

  fileprivate var ollamaHead: String {
    let time = UnixNanos(Int64(created) * 1_000_000_000)
    return #"{"model":\#(jsonText(model)),"created_at":"\#(time.iso8601)""#
  }

  fileprivate var ollamaEnd: String {
    #""done":true,"done_reason":"\#(stopReason)","total_duration":1000000,"load_duration":1000,"#
      + #""prompt_eval_count":\#(promptTokens),"prompt_eval_duration":100000,"#
      + #""eval_count":\#(tokens),"eval_duration":900000"#
  }

  fileprivate var plainUsage: String {
    #"{"input_tokens":\#(promptTokens),"output_tokens":\#(tokens),"#
      + #""cached_tokens":\#(cachedTokens ?? 0)}"#
  }
}
