import Model
import Plan
import Testing
import Workload

@Suite struct RequestTemplateTests {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test("A body is the dialect's default with the scenario's prompt, system prompt and limit")
  func defaultBody() {
    let template = RequestTemplate(plan: samplePlan(), runNonce: "run")
    #expect(
      text(template.body(scenario: 1, prompt: 0, profile: 0, seq: 0))
        == #"{"model":"m","messages":[{"role":"system","content":"s"},"#
        + #"{"role":"user","content":"d"}],"stream":true,"#
        + #""stream_options":{"include_usage":true},"max_tokens":500}"#)
  }

  @Test("A plan's body members are merged over the default, and null removes one")
  func mergedBody() throws {
    var plan = samplePlan()
    plan.scenarios[0].target.body = try JSONReader.parse(
      Array(#"{"temperature":0.4,"stream_options":null,"metadata":{"t":"${T}"}}"#.utf8))
    plan.scenarios[0].target.bodySecrets = SecretValues(["T": "a\"b"])
    let template = RequestTemplate(plan: plan, runNonce: "run")
    let body = try JSONReader.parse(template.body(scenario: 0, prompt: 1, profile: 0, seq: 0))
    #expect(body["temperature"] == .number(0.4))
    #expect(body["stream_options"] == nil)
    #expect(body["metadata"]?["t"] == .string("a\"b"))
    #expect(body["stream"] == .bool(true))
  }

  @Test("Busting puts a nonce of fixed length first, another for each request, in any text")
  func nonce() throws {
    var plan = samplePlan(promptCache: .bust)
    plan.scenarios[0].prompts[0] = "0000000000000000 \"quoted\"\n\u{0}é"
    plan.scenarios[0].target.model = "0000000000000000 1111111111111111 "
    let template = RequestTemplate(plan: plan, runNonce: "run")
    var seen: Set<String> = []
    for (profile, seq) in [(0, 0), (0, 1), (1, 0), (1, 11), (11, 1)] {
      let body = try JSONReader.parse(
        template.body(scenario: 0, prompt: 0, profile: profile, seq: seq))
      let content = try #require(body["messages"]?.arrayValue?.first?["content"]?.stringValue)
      #expect(
        content.utf8.dropFirst(RequestTemplate.nonceLength).elementsEqual(
          plan.scenarios[0].prompts[0].utf8))
      #expect(body["model"] == .string("0000000000000000 1111111111111111 "))
      seen.insert(String(content.prefix(RequestTemplate.nonceLength)))
    }
    #expect(seen.count == 5)
    let other = RequestTemplate(plan: plan, runNonce: "another")
    #expect(
      other.body(scenario: 0, prompt: 0, profile: 0, seq: 0)
        != template.body(scenario: 0, prompt: 0, profile: 0, seq: 0))
  }

  @Test("With a system prompt the nonce leads the system prompt, the first thing a cache sees")
  func nonceBeforeSystem() throws {
    let template = RequestTemplate(plan: samplePlan(promptCache: .bust), runNonce: "run")
    let body = try JSONReader.parse(template.body(scenario: 1, prompt: 0, profile: 0, seq: 0))
    let messages = try #require(body["messages"]?.arrayValue)
    #expect(messages[0]["content"]?.stringValue?.hasSuffix(" s") == true)
    #expect(messages[1]["content"] == .string("d"))
  }

  @Test("The plan's headers stay, and the defaults come only where the plan has none")
  func headers() {
    var plan = samplePlan()
    plan.scenarios[0].target.headers = [
      HeaderPlan(name: "accept", value: SecretText("*/*"))
    ]
    let template = RequestTemplate(plan: plan, runNonce: "run")
    #expect(
      template.headers(scenario: 0).map { "\($0.name): \($0.value.value)" }
        == ["accept: */*", "Content-Type: application/json"])
    #expect(template.url(scenario: 0).value == "http://127.0.0.1:8080/v1/chat/completions")
  }
}
