import Model
import Plan

/// Fills the template of a request's body with one scenario's texts and one prompt.
struct BodyTexts {
  private let scenario: ScenarioPlan
  private let template: JSONValue
  private let prompt: String
  private let system: String?
  /// True if the system prompt is one of the messages.
  private let isSystemAMessage: Bool

  /// The nonce leads what a service reads first: the system prompt, else the prompt.
  init(_ scenario: ScenarioPlan, prompt: String, nonce: String) {
    self.scenario = scenario
    template = scenario.target.bodyTemplate
    let hasOwnPlace = template.contains(.system)
    isSystemAMessage = !hasOwnPlace && template.contains(.messages)
    if let system = scenario.system, hasOwnPlace || isSystemAMessage {
      self.system = nonce + system
      self.prompt = prompt
    } else {
      // Where nothing else carries the system prompt it leads the prompt.
      let led = scenario.system.map { $0 + "\n\n" } ?? ""
      system = nil
      self.prompt = nonce + led + prompt
    }
  }

  /// The whole body. `hasHistory` puts an element before the last message, a number, which differs
  /// from any message in its first byte.
  func body(hasHistory: Bool, conversationID: String) -> JSONValue {
    let filled = fill(template, hasHistory: hasHistory) ?? .object([])
    guard let path = scenario.conversation?.idMember else { return filled }
    return filled.merging(
      path.reversed().reduce(.string(conversationID)) { .object([JSONMember($1, $0)]) })
  }

  /// A template's value, nil where it stands open for what there is not; an object goes with its
  /// last member.
  private func fill(_ template: JSONValue, hasHistory: Bool) -> JSONValue? {
    switch template {
    case .string(let text):
      if let placeholder = BodyPlaceholder.allCases.first(where: { $0.token == text }) {
        return value(of: placeholder, hasHistory: hasHistory)
      }
      return .string(fill(text))
    case .array(let values):
      return .array(values.compactMap { fill($0, hasHistory: hasHistory) })
    case .object(let members):
      let filled = members.compactMap { member in
        fill(member.value, hasHistory: hasHistory).map { JSONMember(member.name, $0) }
      }
      return filled.isEmpty && !members.isEmpty ? nil : .object(filled)
    case .null, .bool, .integer, .number: return template
    }
  }

  private func value(of placeholder: BodyPlaceholder, hasHistory: Bool) -> JSONValue? {
    switch placeholder {
    case .model: scenario.target.model.isEmpty ? nil : .string(scenario.target.model)
    case .messages: .array(messages(hasHistory: hasHistory))
    case .prompt: .string(prompt)
    case .system: system.map { .string($0) }
    case .maxTokens:
      (scenario.maxTokens ?? RequestForm.of(scenario.target.dialect)?.maxTokens)
        .map { .integer(Int64($0)) }
    case .stream: .bool(scenario.target.isStreamed)
    }
  }

  private func messages(hasHistory: Bool) -> [JSONValue] {
    var texts: [(role: String, content: String)] = []
    if isSystemAMessage, let system { texts.append(("system", system)) }
    texts.append(("user", prompt))
    var messages = texts.map { text in
      JSONValue.object([
        JSONMember("role", .string(text.role)), JSONMember("content", .string(text.content)),
      ])
    }
    if hasHistory { messages.insert(.integer(0), at: messages.count - 1) }
    return messages
  }

  /// A text that has placeholders inside: what they stand for is put in once and is not read again.
  private func fill(_ text: String) -> String {
    var filled = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "{{") {
      let token = [BodyPlaceholder.prompt, .system, .model].first {
        rest[start.lowerBound...].hasPrefix($0.token)
      }
      let end = token.map { rest.index(start.lowerBound, offsetBy: $0.token.count) }
      filled += expand(rest[..<(end == nil ? start.upperBound : start.lowerBound)])
      switch token {
      case .prompt: filled += prompt
      case .system: filled += system ?? ""
      case .model: filled += scenario.target.model
      default: break
      }
      rest = rest[(end ?? start.upperBound)...]
    }
    return filled + expand(rest)
  }

  private func expand(_ text: Substring) -> String {
    scenario.target.bodySecrets.expand(String(text))
  }
}

extension JSONValue {
  /// True if a placeholder stands in one of the template's texts. O(size).
  fileprivate func contains(_ placeholder: BodyPlaceholder) -> Bool {
    switch self {
    case .string(let text): text.contains(placeholder.token)
    case .array(let values): values.contains { $0.contains(placeholder) }
    case .object(let members): members.contains { $0.value.contains(placeholder) }
    case .null, .bool, .integer, .number: false
    }
  }
}
