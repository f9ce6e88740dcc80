import Model
import Plan
import Testing
import Workload

@Suite("The body of a request is its dialect's, and the plan's over it")
struct BodyTests {
  private func body(
    _ dialect: String, isStreamed: Bool = true, patch: String = "{}", maxTokens: Int? = 9,
    system: String? = "be brief", model: String = "m", promptCache: PromptCache = .asIs
  ) throws -> String {
    var plan = samplePlan(promptCache: promptCache)
    plan.scenarios[0].maxTokens = maxTokens
    plan.scenarios[0].system = system
    plan.scenarios[0].prompts[0] = "say {{system}} \"a\""
    plan.scenarios[0].target.dialect = dialect
    plan.scenarios[0].target.isStreamed = isStreamed
    plan.scenarios[0].target.model = model
    plan.scenarios[0].target.body = try JSONReader.parse(Array(patch.utf8))
    plan.scenarios[0].target.bodySecrets = SecretValues(["T": "t0ken"])
    let template = RequestTemplate(plan: plan, runNonce: "run")
    return String(
      decoding: template.body(scenario: 0, prompt: 0, profile: 0, seq: 0), as: UTF8.self)
  }

  private static let prompt = #""say {{system}} \"a\"""#
  private static let user = #"{"role":"user","content":\#(prompt)}"#
  private static let messages = #"[{"role":"system","content":"be brief"},\#(user)]"#

  @Test(
    "The default bodies",
    arguments: [
      (
        "openai-chat", true,
        #"{"model":"m","messages":\#(messages),"stream":true,"#
          + #""stream_options":{"include_usage":true},"max_tokens":9}"#
      ),
      (
        "openai-chat", false,
        #"{"model":"m","messages":\#(messages),"stream":false,"max_tokens":9}"#
      ),
      (
        "openai-completions", true,
        #"{"model":"m","prompt":"be brief\n\nsay {{system}} \"a\"","stream":true,"#
          + #""stream_options":{"include_usage":true},"max_tokens":9}"#
      ),
      (
        "openai-responses", true,
        #"{"model":"m","instructions":"be brief","input":[\#(user)],"stream":true,"#
          + #""max_output_tokens":9}"#
      ),
      (
        "anthropic-messages", true,
        #"{"model":"m","max_tokens":9,"system":"be brief","messages":[\#(user)],"stream":true}"#
      ),
      (
        "ollama-chat", true,
        #"{"model":"m","messages":\#(messages),"stream":true,"options":{"num_predict":9}}"#
      ),
      (
        "ollama-generate", false,
        #"{"model":"m","prompt":\#(prompt),"system":"be brief","stream":false,"#
          + #""options":{"num_predict":9}}"#
      ),
      (
        "tgi", true,
        #"{"inputs":"be brief\n\nsay {{system}} \"a\"","#
          + #""parameters":{"max_new_tokens":9,"details":true}}"#
      ),
      (
        "raw-text", true,
        #"{"model":"m","prompt":"be brief\n\nsay {{system}} \"a\"","max_tokens":9}"#
      ),
    ])
  func defaults(dialect: String, isStreamed: Bool, expected: String) throws {
    #expect(try body(dialect, isStreamed: isStreamed) == expected)
  }

  @Test("What the plan does not say is left out, and an object with its last member")
  func absent() throws {
    let plain = try body("ollama-chat", maxTokens: nil, system: nil, model: "")
    #expect(plain == #"{"messages":[\#(BodyTests.user)],"stream":true}"#)
    let anthropic = try body("anthropic-messages", maxTokens: nil, system: nil)
    #expect(anthropic.contains(#""max_tokens":1024"#) && !anthropic.contains("system\":"))
  }

  @Test(
    "A service of its own kind gets the prompt where the plan puts it, and nothing is read twice")
  func custom() throws {
    let patch =
      #"{"input":"Q: {{prompt}} [{{model}}] {{other}} ${T}","metadata":{"n":"{{maxTokens}}","#
      + #""tenant":"acme","sys":"{{system}}"}}"#
    #expect(
      try body("custom", patch: patch)
        == #"{"input":"Q: say {{system}} \"a\" [m] {{other}} t0ken","#
        + #""metadata":{"n":9,"tenant":"acme","sys":"be brief"}}"#)
  }

  @Test("A dialect's own place for the prompt gives way to another one")
  func moved() throws {
    let patch = #"{"messages":null,"chat":{"turns":"{{messages}}"}}"#
    let text = try body("openai-chat", patch: patch)
    #expect(text.contains(#""chat":{"turns":\#(BodyTests.messages)}"#))
    #expect(!text.contains(#""messages":"#))
  }

  @Test("The nonce leads the system prompt where it has a place of its own, else the prompt")
  func nonce() throws {
    for (dialect, name) in [
      ("openai-chat", "content"), ("openai-responses", "instructions"),
      ("openai-completions", "prompt"), ("tgi", "inputs"), ("anthropic-messages", "system"),
      ("ollama-generate", "system"),
    ] {
      let text = try body(dialect, promptCache: .bust)
      let plain = try body(dialect)
      let place = try #require(text.firstRange(of: "\"\(name)\":\""))
      let nonce = text[place.upperBound...].prefix(RequestTemplate.nonceLength)
      #expect(nonce.dropLast().allSatisfy(\.isHexDigit) && nonce.last == " ", "\(dialect): \(text)")
      #expect(String(text[..<place.upperBound]) + text[nonce.endIndex...] == plain)
    }
  }

  @Test("Each dialect asks for what it can read, and brings the headers that its service wants")
  func headers() throws {
    func headers(_ change: (inout TargetPlan) -> Void) -> [String] {
      var plan = samplePlan()
      change(&plan.scenarios[0].target)
      return RequestTemplate(plan: plan, runNonce: "r").headers(scenario: 0).map {
        "\($0.name): \($0.value.value)"
      }
    }
    let json = "Content-Type: application/json"
    #expect(headers { $0.dialect = "ollama-chat" } == [json, "Accept: application/x-ndjson"])
    #expect(headers { $0.dialect = "raw-text" } == [json, "Accept: text/plain"])
    #expect(headers { $0.isStreamed = false } == [json, "Accept: application/json"])
    #expect(
      headers { $0.dialect = "anthropic-messages" } == [
        json, "Accept: text/event-stream", "anthropic-version: 2023-06-01",
      ])
    let own = HeaderPlan(name: "Anthropic-Version", value: SecretText("x"))
    let changed = headers {
      $0.dialect = "anthropic-messages"
      $0.headers = [own]
    }
    #expect(changed == ["Anthropic-Version: x", json, "Accept: text/event-stream"])
    #expect(
      headers {
        $0.dialect = "custom"
        $0.custom = CustomDialect(framing: .ndjson, content: JSONPath([]))
      } == [json, "Accept: application/x-ndjson"])
  }
}
