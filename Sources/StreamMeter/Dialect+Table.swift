extension Dialect {
  /// Every dialect, one entry each.
  static let all: [Dialect] = [openAIChat]

  /// OpenAI's chat completions, as vLLM, SGLang, llama.cpp, litellm and others write them too.
  ///
  /// Reasoning comes as `reasoning_content` (DeepSeek, vLLM) or `reasoning` (OpenRouter, newer
  /// vLLM); usage in a chunk of its own, on the finish chunk, or as null on each chunk; older
  /// vLLM marks an error by `object` alone.
  private static let openAIChat = Dialect(
    name: "openai-chat",
    defaultPath: "/v1/chat/completions",
    contentType: "text/event-stream",
    hasEndMarker: true,
    endMarker: Array("[DONE]".utf8),
    paths: PathTable(
      [
        PathRule("choices[]", .choice),
        PathRule("choices[].delta.content", .content),
        PathRule("choices[].delta.reasoning_content", .reasoning),
        PathRule("choices[].delta.reasoning", .reasoning),
        PathRule("choices[].delta.tool_calls[].function.arguments", .toolArguments),
        PathRule("choices[].delta.function_call.arguments", .toolArguments),
        PathRule("choices[].finish_reason", .finishReason),
        PathRule("usage.completion_tokens", .usageOutput),
        PathRule("usage.prompt_tokens", .usageInput),
        PathRule("usage.prompt_tokens_details.cached_tokens", .usageCached),
        PathRule("error", .error),
        PathRule("object", .error, equals: "error"),
      ], eventNames: ["error": .error, "ping": .ignored]))
}
