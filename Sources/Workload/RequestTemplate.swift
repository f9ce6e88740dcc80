import Model
public import Plan

/// The bytes of every request of a run: built once a scenario and prompt, so that sending one is
/// a copy and at most one splice.
///
/// The body is the dialect's default (`RequestForm`), the target's `body` merged over it, then the
/// scenario's, with its `{{…}}` filled. With `promptCache: bust` a nonce of fixed length leads the
/// system prompt, because a cached one would hide part of the prefill, or else the prompt.
/// The requests of one conversation share a nonce, so that its own history may be cached and
/// nothing else.
public struct RequestTemplate: Sendable {
  /// Characters of the nonce, the space after it included.
  public static let nonceLength = 17

  private struct Body: Sendable {
    /// The whole body, with a placeholder where the nonce goes.
    var bytes: [UInt8]
    /// Where the nonce goes, nil for none.
    var nonceOffset: Int?
    /// Where earlier messages go, nil for a single turn.
    var historyOffset: Int?
    /// Where the conversation's id goes, nil for none.
    var idOffset: Int?
  }

  /// By scenario, then prompt.
  private let bodies: [[Body]]
  private let scenarios: [ScenarioPlan]
  private let headersByScenario: [[HeaderPlan]]
  private let urlByScenario: [SecretText]
  private let runNonce: [UInt8]

  /// The templates of a plan; `runNonce` sets this run's nonces apart, usually its run id.
  public init(plan: Plan, runNonce: String) {
    let isBusting = plan.promptCache == .bust
    bodies = plan.scenarios.map { scenario in
      scenario.prompts.map { Self.body(scenario, prompt: $0, isBusting: isBusting) }
    }
    scenarios = plan.scenarios
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

  /// The body of a conversation's next request: its system prompt, the exchanges that it keeps, and
  /// the prompt. O(bytes).
  public func body(
    scenario: Int, prompt: Int, profile: Int, conversation: Conversation
  ) -> [UInt8] {
    let body = bodies[scenario][prompt]
    var bytes = body.bytes
    let nonce = nonceDigits(profile: profile, seq: conversation.number)
    if let offset = body.nonceOffset {
      bytes.replaceSubrange(offset..<offset + nonce.count, with: nonce)
    }
    if let offset = body.idOffset {
      let id = Array(conversationID(profile: profile, number: conversation.number).utf8)
      bytes.replaceSubrange(offset..<offset + id.count, with: id)
    }
    guard let offset = body.historyOffset, !conversation.exchanges.isEmpty else { return bytes }
    var leading: [UInt8] = []
    // Without a system prompt the nonce leads the oldest message that is left, and no other one.
    if let nonceOffset = body.nonceOffset, nonceOffset > offset {
      bytes.removeSubrange(nonceOffset..<nonceOffset + Self.nonceLength)
      leading = nonce + [0x20]
    }
    bytes.insert(
      contentsOf: messages(conversation, scenario: scenario, leading: leading), at: offset)
    return bytes
  }

  /// What names a conversation to the service: 32 hexadecimal digits, others in each run.
  public func conversationID(profile: Int, number: Int) -> String {
    let digest = SHA256.digest(runNonce + Array(" conversation \(profile) \(number)".utf8))
    return SHA256.hex(digest[..<(Self.idLength / 2)])
  }

  /// Characters of a conversation's id.
  public static let idLength = 32

  /// The messages of earlier turns, each followed by a comma; `leading` leads the first one's text.
  private func messages(
    _ conversation: Conversation, scenario: Int, leading: [UInt8]
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    for (index, exchange) in conversation.exchanges.enumerated() {
      bytes += Array(#"{"role":"user","content":""#.utf8)
      if index == 0 { bytes += leading }
      let prompt = JSONWriter.bytes(.string(scenarios[scenario].prompts[exchange.prompt]))
      bytes += prompt.dropFirst()
      bytes += Array(#"},{"role":"assistant","content":""#.utf8)
      bytes += exchange.reply
      bytes += Array(#""},"#.utf8)
    }
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

  /// What differs from request to request. A place in the body is found by two placeholders that
  /// differ from their first byte on: where the two texts first differ is where it goes, whatever
  /// else the body holds.
  private struct Placeholders {
    var nonce = ""
    var id = String(repeating: "0", count: RequestTemplate.idLength)
    /// True for an element before the last message.
    var hasHistory = false
  }

  private static func body(_ scenario: ScenarioPlan, prompt: String, isBusting: Bool) -> Body {
    func bytes(_ placeholders: Placeholders) -> [UInt8] {
      let texts = BodyTexts(scenario, prompt: prompt, nonce: placeholders.nonce)
      return JSONWriter.bytes(
        texts.body(hasHistory: placeholders.hasHistory, conversationID: placeholders.id))
    }
    let nonce = isBusting ? "0000000000000000 " : ""
    let plain = bytes(Placeholders(nonce: nonce))
    func offset(_ placeholders: Placeholders) -> Int? {
      zip(plain, bytes(placeholders)).enumerated().first { $1.0 != $1.1 }?.0
    }
    var body = Body(bytes: plain)
    if isBusting { body.nonceOffset = offset(Placeholders(nonce: "1111111111111111 ")) }
    guard let conversation = scenario.conversation else { return body }
    body.historyOffset = offset(Placeholders(nonce: nonce, hasHistory: true))
    if conversation.idMember != nil {
      let ones = String(repeating: "1", count: idLength)
      body.idOffset = offset(Placeholders(nonce: nonce, id: ones))
    }
    return body
  }

  /// The plan's headers, and the dialect's where the plan has none of that name.
  private static func headers(_ target: TargetPlan) -> [HeaderPlan] {
    let form = RequestForm.of(target.dialect)
    let accept: String
    switch (target.isStreamed, target.custom?.framing) {
    case (false, _): accept = "application/json"
    case (true, .ndjson): accept = "application/x-ndjson"
    case (true, _): accept = form?.accept ?? "text/event-stream"
    }
    let usual =
      [
        HeaderPlan(name: "Content-Type", value: SecretText("application/json")),
        HeaderPlan(name: "Accept", value: SecretText(accept)),
      ] + (form?.headers ?? [])
    return target.headers.completed(by: usual)
  }
}
