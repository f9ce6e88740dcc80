import Model
import TestKit
import Testing

@Suite("Usage", .waiting)
struct UsageTests {
  /// What a dialect's stream says of its tokens; nil where it has no place for it.
  struct Usage: Equatable {
    var prompt: Int?
    var cached: Int?
    var output: Int?
  }

  @Test("Every dialect reports prompt, cached and output tokens where it has a place for them")
  func everyDialect() throws {
    let simulator = try Simulator("--tokens 4 --prompt-cache 100")
    let prompt = String(repeating: "p", count: 128)
    for dialect in ServedDialect.all where dialect.name != "raw-text" {
      // The same text is one conversation in every dialect: the first fills the cache.
      let flags = #"{"stream_options":{"include_usage":true},"parameters":{"details":true},"#
      let body = flags + dialect.body.replacing("Hello.", with: prompt).dropFirst()
      let chunks = try simulator.chat(dialect.path, body).chunks
      let events = try dialect.events(chunks.flatMap { Array($0.utf8) })
        .filter { $0 != "[DONE]" }.map { try JSONReader.parse(Array($0.utf8)) }
      let isFirst = dialect.name == "openai-chat"
      let usage = events.reduce(Usage()) { UsageTests.read($1, dialect.name, $0) }
      #expect(usage.prompt == 32, "\(dialect.name)")
      #expect(usage.output == 4, "\(dialect.name)")
      let hasPlace = !["ollama-chat", "ollama-generate", "tgi"].contains(dialect.name)
      #expect(usage.cached == (hasPlace ? isFirst ? 0 : 31 : nil), "\(dialect.name)")
    }
  }

  private static func read(_ event: JSONValue, _ dialect: String, _ before: Usage) -> Usage {
    var usage = before
    func count(_ path: String...) -> Int? {
      path.reduce(event) { (value: JSONValue?, name) in value?[name] }?.intValue
    }
    switch dialect {
    case "openai-chat", "openai-completions":
      usage.prompt = count("usage", "prompt_tokens") ?? usage.prompt
      usage.cached = count("usage", "prompt_tokens_details", "cached_tokens") ?? usage.cached
      usage.output = count("usage", "completion_tokens") ?? usage.output
    case "openai-responses":
      usage.prompt = count("response", "usage", "input_tokens")
      usage.cached = count("response", "usage", "input_tokens_details", "cached_tokens")
      usage.output = count("response", "usage", "output_tokens")
    case "anthropic-messages":
      if let apart = count("message", "usage", "input_tokens"),
        let cached = count("message", "usage", "cache_read_input_tokens")
      {
        (usage.prompt, usage.cached) = (apart + cached, cached)
      }
      usage.output = count("usage", "output_tokens") ?? usage.output
    case "ollama-chat", "ollama-generate":
      (usage.prompt, usage.output) = (count("prompt_eval_count"), count("eval_count"))
    case "tgi":
      usage.prompt = count("details", "input_length")
      usage.output = count("details", "generated_tokens")
    default:
      usage.prompt = count("usage", "input_tokens") ?? usage.prompt
      usage.cached = count("usage", "cached_tokens") ?? usage.cached
      usage.output = count("usage", "output_tokens") ?? usage.output
    }
    return usage
  }
}
