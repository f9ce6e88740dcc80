// Every dialect, one entry each; docs/dialects.md tells where each comes from.
extension Dialect {
  /// Every dialect that needs nothing from a plan.
  static let all: [Dialect] = [
    openAIChat, openAICompletions, openAIResponses, anthropicMessages, ollamaChat, ollamaGenerate,
    textGenerationInference, rawText,
  ]

  private static let openAIUsage = [
    PathRule("usage.completion_tokens", .usageOutput),
    PathRule("usage.prompt_tokens", .usageInput),
    PathRule("usage.prompt_tokens_details.cached_tokens", .usageCached),
  ]

  private static let openAIErrors = [
    PathRule("error", .error), PathRule("object", .error, equals: "error"),
  ]

  static let commonEvents = [
    "error": EventRule(.error), "ping": EventRule(.ignored),
  ]

  /// OpenAI's chat completions, as vLLM, SGLang, llama.cpp, litellm and others write them too.
  ///
  /// Reasoning comes as `reasoning_content` (DeepSeek, vLLM) or `reasoning` (OpenRouter, newer
  /// vLLM); usage in a chunk of its own, on the finish chunk, or as null on each chunk; older
  /// vLLM marks an error by `object` alone.
  private static let openAIChat = Dialect(
    name: "openai-chat",
    endMarker: "[DONE]",
    paths: chatText("choices[].delta") + openAIUsage + openAIErrors,
    events: commonEvents,
    reply: chatText("choices[].message") + openAIUsage + openAIErrors)

  private static func chatText(_ message: String) -> [PathRule] {
    [
      PathRule("choices[]", .choice),
      PathRule("\(message).content", .content),
      PathRule("\(message).refusal", .content),
      PathRule("\(message).reasoning_content", .reasoning),
      PathRule("\(message).reasoning", .reasoning),
      PathRule("\(message).tool_calls[].function.arguments", .toolArguments),
      PathRule("\(message).function_call.arguments", .toolArguments),
      PathRule("choices[].finish_reason", .finishReason),
    ]
  }

  /// OpenAI's completions of a prompt, as vLLM and llama.cpp write them too.
  private static let openAICompletions = Dialect(
    name: "openai-completions",
    endMarker: "[DONE]",
    paths: completionText + openAIUsage + openAIErrors,
    events: commonEvents,
    reply: completionText + openAIUsage + openAIErrors)

  private static let completionText = [
    PathRule("choices[]", .choice),
    PathRule("choices[].text", .content),
    PathRule("choices[].finish_reason", .finishReason),
  ]

  /// OpenAI's responses. A stream ends with `response.completed`, or with `response.incomplete`
  /// where a limit cut the answer, which is as whole a stream as a chat's with the finish reason
  /// `length`; `response.failed` is an error. There is no `[DONE]`.
  private static let openAIResponses = Dialect(
    name: "openai-responses",
    paths: [PathRule("type", .eventName), PathRule("error", .error)],
    events: commonEvents.merging(responseEvents) { $1 },
    reply: [
      PathRule("output[]", .choice),
      PathRule("output[].content[].text", .content),
      PathRule("output[].content[].refusal", .content),
      PathRule("output[].summary[].text", .reasoning),
      PathRule("output[].arguments", .toolArguments),
      PathRule("status", .finishReason),
      PathRule("status", .error, equals: "failed"),
      PathRule("error", .error),
    ] + responseUsage(""))

  private static let responseEvents: [String: EventRule] = {
    var events = [
      "response.output_item.added": EventRule(paths: [PathRule("item", .choice)]),
      "response.failed": EventRule(.error),
      "response.completed": EventRule(
        .end, paths: [PathRule("response.status", .finishReason)] + responseUsage("response.")),
      "response.incomplete": EventRule(
        .end,
        paths: [PathRule("response.incomplete_details.reason", .finishReason)]
          + responseUsage("response.")),
    ]
    let deltas: [(PathMeaning, [String])] = [
      (.content, ["output_text", "refusal"]),
      (.reasoning, ["reasoning_text", "reasoning_summary_text"]),
      (
        .toolArguments,
        [
          "function_call_arguments", "mcp_call_arguments", "custom_tool_call_input",
          "code_interpreter_call_code",
        ]
      ),
    ]
    for (meaning, names) in deltas {
      for name in names {
        events["response.\(name).delta"] = EventRule(paths: [PathRule("delta", meaning)])
      }
    }
    return events
  }()

  private static func responseUsage(_ prefix: String) -> [PathRule] {
    [
      PathRule("\(prefix)usage.output_tokens", .usageOutput),
      PathRule("\(prefix)usage.input_tokens", .usageInput),
      PathRule("\(prefix)usage.input_tokens_details.cached_tokens", .usageCached),
    ]
  }

  /// Anthropic's messages. Its count of input tokens leaves out those that the cache was read or
  /// written for.
  private static let anthropicMessages = Dialect(
    name: "anthropic-messages",
    paths: [PathRule("type", .eventName), PathRule("error", .error)],
    events: commonEvents.merging([
      "message_start": EventRule(
        paths: [PathRule("message", .choice)] + messageUsage("message.")),
      "content_block_start": EventRule(paths: [
        PathRule("content_block.text", .content),
        PathRule("content_block.thinking", .reasoning),
      ]),
      "content_block_delta": EventRule(paths: [
        PathRule("delta.text", .content),
        PathRule("delta.thinking", .reasoning),
        PathRule("delta.partial_json", .toolArguments),
      ]),
      "message_delta": EventRule(
        paths: [PathRule("delta.stop_reason", .finishReason)] + messageUsage("")),
      "message_stop": EventRule(.end),
    ]) { $1 },
    reply: [
      PathRule("content[]", .choice),
      PathRule("content[].text", .content),
      PathRule("content[].thinking", .reasoning),
      PathRule("content[].input", .toolCall),
      PathRule("stop_reason", .finishReason),
      PathRule("error", .error),
    ] + messageUsage(""))

  private static func messageUsage(_ prefix: String) -> [PathRule] {
    [
      PathRule("\(prefix)usage.output_tokens", .usageOutput),
      PathRule("\(prefix)usage.input_tokens", .usageInput),
      PathRule("\(prefix)usage.cache_creation_input_tokens", .usageInputApart),
      PathRule("\(prefix)usage.cache_read_input_tokens", .usageCachedApart),
    ]
  }

  /// Ollama's chat: a JSON object a line, the last with `done` and the counts.
  private static let ollamaChat = Dialect(
    name: "ollama-chat",
    framing: .lines,
    paths: ollamaChatText + ollamaEnd,
    reply: ollamaChatText + ollamaEnd)

  private static let ollamaChatText = [
    PathRule("message", .choice),
    PathRule("message.content", .content),
    PathRule("message.thinking", .reasoning),
    PathRule("message.tool_calls[]", .toolCall),
  ]

  /// Ollama's completion of a prompt.
  private static let ollamaGenerate = Dialect(
    name: "ollama-generate",
    framing: .lines,
    paths: ollamaText + ollamaEnd,
    reply: ollamaText + ollamaEnd)

  private static let ollamaText = [
    PathRule("response", .content), PathRule("thinking", .reasoning),
  ]

  private static let ollamaEnd = [
    PathRule("done", .end, equals: "true"),
    PathRule("done_reason", .finishReason),
    PathRule("eval_count", .usageOutput),
    PathRule("prompt_eval_count", .usageInput),
    PathRule("error", .error),
  ]

  /// Hugging Face TGI's `generate_stream`: the last event is the one with the whole text, and
  /// with the counts if the request asked for details. A special token (the end of the sequence)
  /// is counted by the service, and shown to nobody.
  private static let textGenerationInference = Dialect(
    name: "tgi",
    paths: [
      PathRule("token", .choice),
      PathRule("token.text", .content),
      PathRule("token.special", .hidden, equals: "true"),
      PathRule("generated_text", .end),
      PathRule("details.finish_reason", .finishReason),
      PathRule("details.generated_tokens", .usageOutput),
      PathRule("details.input_length", .usageInput),
      PathRule("error", .error),
    ],
    events: commonEvents,
    reply: [
      PathRule("generated_text", .content),
      PathRule("details.finish_reason", .finishReason),
      PathRule("details.generated_tokens", .usageOutput),
      PathRule("error", .error),
    ])

  /// Text as it comes, without events, counts and marker: only the transport tells that it is
  /// whole.
  private static let rawText = Dialect(
    name: "raw-text", framing: .text, hasEndMarker: false, paths: [])
}
