// OpenAI's three dialects. Source: the API reference of chat completions, completions and
// responses; vLLM for the older error object.

extension Dialect {
  private static let openAITraits: Set<Trait> = [
    .marker, .events, .json, .lines, .usageShapes, .otherError, .errorText,
  ]
  private static let usageFlag = ["stream_options", "include_usage"]
  private static let done = WireEvent("[DONE]")

  static let openAIChat = Dialect(
    name: "openai-chat", path: "/v1/chat/completions",
    media: "text/event-stream; charset=utf-8", framing: .events,
    request: RequestForm(
      conversation: "messages", limits: [["max_completion_tokens"], ["max_tokens"]],
      usageFlag: usageFlag),
    traits: openAITraits.union([.reasoning, .toolCalls, .start]),
    start: { [$0.chatDelta(#""role":"assistant","content":"""#)] },
    token: {
      TokenEvent(
        beforeText: $0.chunkHead + #"{"index":0,"delta":{"content":""#,
        afterText: #""},"logprobs":null,"finish_reason":null}]\#($0.usageOnEach)}"#)
    },
    finish: {
      $0.openAIFinish(
        #"{"index":0,"delta":{},"logprobs":null,"finish_reason":"\#($0.stopReason)"}"#)
    },
    marker: { _ in [done] },
    errors: openAIErrors,
    whole: {
      #"{"id":"\#($0.id)","object":"chat.completion","created":\#($0.created),"#
        + #""model":\#(jsonText($0.model)),"choices":[{"index":0,"message":{"role":"assistant","#
        + #""content":\#(jsonText($0.text))},"logprobs":null,"#
        + #""finish_reason":"\#($0.stopReason)"}],"usage":\#($0.openAIUsage)}"#
    },
    reasoning: {
      [
        $0.chatDelta(#""reasoning_content":"Let me""#),
        $0.chatDelta(#""reasoning_content":" think.""#),
      ]
    },
    toolCall: {
      let function = #""function":{"name":"search","arguments":"""#
      return [
        $0.chatDelta(
          #""tool_calls":[{"index":0,"id":"call_1","type":"function",\#(function)}}]"#),
        $0.chatDelta(#""tool_calls":[{"index":0,"function":{"arguments":"{\"q\":"}}]"#),
        $0.chatDelta(#""tool_calls":[{"index":0,"function":{"arguments":"1}"}}]"#),
      ]
    })

  static let openAICompletions = Dialect(
    name: "openai-completions", path: "/v1/completions",
    media: "text/event-stream; charset=utf-8", framing: .events,
    request: RequestForm(
      conversation: "prompt", limits: [["max_tokens"]], usageFlag: usageFlag),
    traits: openAITraits,
    start: { _ in [] },
    token: {
      TokenEvent(
        beforeText: $0.chunkHead + #"{"index":0,"text":""#,
        afterText: #"","logprobs":null,"finish_reason":null}]\#($0.usageOnEach)}"#)
    },
    finish: {
      $0.openAIFinish(
        #"{"index":0,"text":"","logprobs":null,"finish_reason":"\#($0.stopReason)"}"#)
    },
    marker: { _ in [done] },
    errors: openAIErrors,
    whole: {
      $0.chunkHead + #"{"index":0,"text":\#(jsonText($0.text)),"logprobs":null,"#
        + #""finish_reason":"\#($0.stopReason)"}],"usage":\#($0.openAIUsage)}"#
    })

  private static let openAIErrors: @Sendable (Reply) -> [WireEvent] = { _ in
    let message = #""message":"the simulated service failed""#
    return [
      WireEvent(#"{"error":{\#(message),"type":"server_error","code":500}}"#),
      WireEvent(#"{"object":"error",\#(message),"type":"InternalServerError","code":500}"#),
      WireEvent("error", "{\(message)}"),
      WireEvent(#"{"error":"the simulated service failed"}"#),
    ]
  }

  static let openAIResponses = Dialect(
    name: "openai-responses", path: "/v1/responses",
    media: "text/event-stream; charset=utf-8", framing: .events,
    request: RequestForm(
      conversation: "input", preamble: "instructions", limits: [["max_output_tokens"]]),
    traits: [.marker, .events, .json, .lines, .otherError, .reasoning, .toolCalls, .start],
    start: { reply in
      let item = #"{"id":"\#(reply.id)","type":"message","status":"in_progress","#
      return [
        reply.numbered("response.created", 0, reply.response("in_progress", output: "")),
        reply.numbered("response.in_progress", 1, reply.response("in_progress", output: "")),
        reply.numbered(
          "response.output_item.added", 2,
          #""output_index":0,"item":\#(item)"role":"assistant","content":[]}"#),
        reply.numbered(
          "response.content_part.added", 3,
          reply.place + #","part":{"type":"output_text","text":"","annotations":[]}"#),
      ]
    },
    token: {
      TokenEvent(
        name: "response.output_text.delta",
        beforeText: #"{"type":"response.output_text.delta",\#($0.place),"delta":""#,
        afterText: #"","logprobs":[],"sequence_number":"#, firstNumber: 4, afterNumber: "}")
    },
    finish: {
      let number = 4 + $0.tokens
      return [
        $0.numbered(
          "response.output_text.done", number,
          $0.place + #","text":\#(jsonText($0.text)),"logprobs":[]"#),
        $0.numbered(
          "response.content_part.done", number + 1, $0.place + #","part":\#($0.textPart)"#),
        $0.numbered(
          "response.output_item.done", number + 2, #""output_index":0,"item":\#($0.messageItem)"#),
      ]
    },
    marker: {
      let name = $0.isCut ? "response.incomplete" : "response.completed"
      let status = $0.isCut ? "incomplete" : "completed"
      return [$0.numbered(name, 7 + $0.tokens, $0.response(status, output: $0.messageItem))]
    },
    errors: {
      let message = #""message":"the simulated service failed""#
      return [
        $0.numbered("error", 99, #""code":"server_error",\#(message),"param":null"#),
        $0.numbered(
          "response.failed", 99,
          #""response":{"id":"\#($0.id)","object":"response","status":"failed","#
            + #""error":{"code":"server_error",\#(message)}}"#),
      ]
    },
    whole: {
      let status = $0.isCut ? "incomplete" : "completed"
      return $0.responseObject(status, output: $0.messageItem)
    },
    reasoning: {
      let place = #""item_id":"rs_1","output_index":0,"summary_index":0"#
      let name = "response.reasoning_summary_text.delta"
      return [
        $0.numbered(name, 4, place + #","delta":"Let me""#),
        $0.numbered(name, 5, place + #","delta":" think.""#),
      ]
    },
    toolCall: {
      let place = #""item_id":"fc_1","output_index":0"#
      let name = "response.function_call_arguments.delta"
      return [
        $0.numbered(name, 4, place + #","delta":"{\"q\":""#),
        $0.numbered(name, 5, place + #","delta":"1}""#),
      ]
    })
}

// What OpenAI's events share.
extension Reply {
  fileprivate var chunkHead: String {
    let object = dialect.name == "openai-chat" ? "chat.completion.chunk" : "text_completion"
    return #"{"id":"\#(id)","object":"\#(object)","created":\#(created),"#
      + #""model":\#(jsonText(model)),"choices":["#
  }

  fileprivate func chatDelta(_ members: String) -> WireEvent {
    WireEvent(
      chunkHead + #"{"index":0,"delta":{\#(members)},"logprobs":null,"finish_reason":null}]"#
        + usageOnEach + "}")
  }

  fileprivate var usageOnEach: String {
    includesUsage && usageShape == .onEach ? #","usage":null"# : ""
  }

  fileprivate func openAIFinish(_ choice: String) -> [WireEvent] {
    let usage = #","usage":\#(openAIUsage)}"#
    guard includesUsage else { return [WireEvent(chunkHead + choice + "]}")] }
    if usageShape == .onFinish { return [WireEvent(chunkHead + choice + "]" + usage)] }
    return [
      WireEvent(chunkHead + choice + "]\(usageOnEach)}"), WireEvent(chunkHead + "]" + usage),
    ]
  }

  fileprivate var openAIUsage: String {
    let details = #","prompt_tokens_details":{"cached_tokens":\#(cachedTokens ?? 0)}"#
    return #"{"prompt_tokens":\#(promptTokens),"completion_tokens":\#(tokens),"#
      + #""total_tokens":\#(promptTokens + tokens)\#(cachedTokens == nil ? "" : details)}"#
  }

  fileprivate var place: String { #""item_id":"\#(id)","output_index":0,"content_index":0"# }

  fileprivate var textPart: String {
    #"{"type":"output_text","text":\#(jsonText(text)),"annotations":[]}"#
  }

  fileprivate var messageItem: String {
    #"{"id":"\#(id)","type":"message","status":"\#(isCut ? "incomplete" : "completed")","#
      + #""role":"assistant","content":[\#(textPart)]}"#
  }

  fileprivate func numbered(_ name: String, _ number: Int, _ members: String) -> WireEvent {
    WireEvent(name, #"{"type":"\#(name)",\#(members),"sequence_number":\#(number)}"#)
  }

  fileprivate func response(_ status: String, output: String) -> String {
    #""response":"# + responseObject(status, output: output)
  }

  fileprivate func responseObject(_ status: String, output: String) -> String {
    let usage =
      #"{"input_tokens":\#(promptTokens),"#
      + #""input_tokens_details":{"cached_tokens":\#(cachedTokens ?? 0)},"#
      + #""output_tokens":\#(tokens),"output_tokens_details":{"reasoning_tokens":0},"#
      + #""total_tokens":\#(promptTokens + tokens)}"#
    let reason = status == "incomplete" ? #"{"reason":"max_output_tokens"}"# : "null"
    return #"{"id":"resp_\#(id)","object":"response","created_at":\#(created),"#
      + #""status":"\#(status)","error":null,"incomplete_details":\#(reason),"#
      + #""model":\#(jsonText(model)),"output":[\#(output)],"#
      + #""usage":\#(status == "in_progress" ? "null" : usage)}"#
  }
}
