import Model
public import Plan

/// The bytes of every request of a run: built once a scenario and prompt, so that sending one is
/// a copy and at most one splice.
///
/// The body is the dialect's default (`model`, `messages`, `stream: true`,
/// `stream_options.include_usage`, `max_tokens`), the target's `body` merged over it, then the
/// scenario's. With `promptCache: bust` a nonce of fixed length leads the first message (the
/// system prompt if there is one, because a cached system prompt would hide part of the prefill).
public struct RequestTemplate: Sendable {
  /// Characters of the nonce, the space after it included.
  public static let nonceLength = 17

  private struct Body: Sendable {
    /// The whole body, with a placeholder where the nonce goes.
    var bytes: [UInt8]
    /// Where the nonce goes, nil for none.
    var nonceOffset: Int?
  }

  /// By scenario, then prompt.
  private let bodies: [[Body]]
  private let headersByScenario: [[HeaderPlan]]
  private let urlByScenario: [SecretText]
  private let runNonce: [UInt8]

  /// The templates of a plan; `runNonce` sets this run's nonces apart, usually its run id.
  public init(plan: Plan, runNonce: String) {
    let isBusting = plan.promptCache == .bust
    bodies = plan.scenarios.map { scenario in
      scenario.prompts.map { Self.body(scenario, prompt: $0, isBusting: isBusting) }
    }
    headersByScenario = plan.scenarios.map { Self.headers($0.target) }
    urlByScenario = plan.scenarios.map { scenario in
      var url = scenario.target.url
      url.template += scenario.target.path
      url.value += scenario.target.path
      return url
    }
    self.runNonce = Array(runNonce.utf8)
  }

  /// The request body as UTF-8 JSON.
  ///
  /// `scenario` and `prompt` are indices into the plan, `profile` the index into its profiles,
  /// `seq` the request's number in that profile. Every (profile, seq) has its own nonce; bodies
  /// of one scenario and prompt have the same length.
  public func body(scenario: Int, prompt: Int, profile: Int, seq: Int) -> [UInt8] {
    let body = bodies[scenario][prompt]
    guard let offset = body.nonceOffset else { return body.bytes }
    var bytes = body.bytes
    let nonce = nonceDigits(profile: profile, seq: seq)
    for (index, digit) in nonce.enumerated() { bytes[offset + index] = digit }
    return bytes
  }

  /// The request's header fields: the plan's, then `Content-Type` and `Accept` where the plan
  /// has none.
  public func headers(scenario: Int) -> [HeaderPlan] { headersByScenario[scenario] }

  /// Where the request goes: the target's URL and the scenario's path.
  public func url(scenario: Int) -> SecretText { urlByScenario[scenario] }

  /// Sixteen hexadecimal digits from SHA-256 over run, profile and number: they differ from the
  /// first character on, so that not even a short common prefix is cached.
  private func nonceDigits(profile: Int, seq: Int) -> [UInt8] {
    let digest = SHA256.digest(runNonce + Array(" \(profile) \(seq)".utf8))
    return Array(SHA256.hex(digest[..<8]).utf8)
  }

  private static func body(_ scenario: ScenarioPlan, prompt: String, isBusting: Bool) -> Body {
    guard isBusting else {
      return Body(bytes: JSONWriter.bytes(json(scenario, prompt: prompt, nonce: "")))
    }
    // Two placeholders that differ in every digit: where the two texts first differ is where
    // the nonce goes, whatever else the body holds.
    let zeros = JSONWriter.bytes(json(scenario, prompt: prompt, nonce: "0000000000000000 "))
    let ones = JSONWriter.bytes(json(scenario, prompt: prompt, nonce: "1111111111111111 "))
    return Body(bytes: zeros, nonceOffset: zip(zeros, ones).enumerated().first { $1.0 != $1.1 }?.0)
  }

  private static func json(_ scenario: ScenarioPlan, prompt: String, nonce: String) -> JSONValue {
    var texts: [(role: String, content: String)] = []
    if let system = scenario.system { texts.append(("system", system)) }
    texts.append(("user", prompt))
    texts[0].content = nonce + texts[0].content
    let messages = texts.map { text in
      JSONValue.object([
        JSONMember("role", .string(text.role)), JSONMember("content", .string(text.content)),
      ])
    }
    var members: [JSONMember] = []
    if !scenario.target.model.isEmpty {
      members.append(JSONMember("model", .string(scenario.target.model)))
    }
    members.append(JSONMember("messages", .array(messages)))
    members.append(JSONMember("stream", .bool(true)))
    members.append(
      JSONMember("stream_options", .object([JSONMember("include_usage", .bool(true))])))
    if let maxTokens = scenario.maxTokens {
      members.append(JSONMember("max_tokens", .integer(Int64(maxTokens))))
    }
    return JSONValue.object(members)
      .merging(expand(scenario.target.body, scenario.target.bodySecrets))
  }

  private static func expand(_ value: JSONValue, _ secrets: SecretValues) -> JSONValue {
    switch value {
    case .string(let text): .string(secrets.expand(text))
    case .array(let values): .array(values.map { expand($0, secrets) })
    case .object(let members):
      .object(members.map { JSONMember($0.name, expand($0.value, secrets)) })
    default: value
    }
  }

  private static func headers(_ target: TargetPlan) -> [HeaderPlan] {
    var headers = target.headers
    let names = Set(headers.map { $0.name.lowercased() })
    if !names.contains("content-type") {
      headers.append(HeaderPlan(name: "Content-Type", value: SecretText("application/json")))
    }
    if !names.contains("accept") {
      headers.append(HeaderPlan(name: "Accept", value: SecretText("text/event-stream")))
    }
    return headers
  }
}
