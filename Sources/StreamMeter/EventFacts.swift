/// What one event says, as far as the dialect's table asks.
///
/// Slices lie in the event's data and live as long as it does.
struct EventFacts: ~Copyable {
  var hasChoice = false
  var hasReasoning = false
  var hasToolArguments = false
  var isError = false
  /// The answer's raw text, the last one where an event has several; nil for none.
  var content: UnsafeRawBufferPointer?
  var isEnd = false
  /// True if the content is not shown to a reader.
  var isHidden = false
  /// The name that the data itself gives the event, nil for none.
  var name: UnsafeRawBufferPointer?
  /// The reason's raw text, nil for none.
  var finishReason: UnsafeRawBufferPointer?
  /// Counts, nil where not said or null.
  var usage = TokenUsage()
  /// Counts of prompt tokens that the prompt's count leaves out.
  private var inputApart = 0

  /// True if the event says any count.
  var hasUsage: Bool { usage.output != nil || usage.input != nil || usage.cached != nil }

  /// True if a choice and a name are all that the event has said so far.
  var isNothingButChoice: Bool {
    !hasReasoning && !hasToolArguments && !isError && content == nil && !isEnd && !isHidden
      && finishReason == nil && !hasUsage && inputApart == 0
  }

  /// True if the event carries text of the answer.
  var hasContent: Bool { content != nil }

  /// True if the event carries a token.
  var hasToken: Bool { !isHidden && (hasContent || hasReasoning || hasToolArguments) }

  /// True if the event carries a token of the answer.
  var hasAnswer: Bool { hasContent && !isHidden }

  /// Adds what the prompt's count leaves out, once the whole event is read.
  mutating func settleUsage() {
    if let input = usage.input { usage.input = input + inputApart }
  }
}

/// The kind of a JSON value, as far as meanings ask.
enum JSONKind {
  case object
  case array
  case string
  case number
  case null
  case `true`
  case `false`
}

extension EventFacts {
  /// Takes a value that a path leads to. `text` is a string's raw inside, and another scalar's
  /// text; empty for objects and arrays.
  mutating func note(_ meaning: PathMeaning, _ kind: JSONKind, _ text: UnsafeRawBufferPointer) {
    let isText = kind == .string && !text.isEmpty
    switch meaning {
    case .eventName: if isText { name = text }
    case .choice: if kind == .object { hasChoice = true }
    case .content: if isText { content = text }
    case .reasoning: if isText { hasReasoning = true }
    case .toolArguments: if isText { hasToolArguments = true }
    case .toolCall: if kind == .object { hasToolArguments = true }
    case .hidden: isHidden = true
    case .finishReason: if isText { finishReason = text }
    case .usageOutput: usage.output = count(kind, text) ?? usage.output
    case .usageInput: usage.input = count(kind, text) ?? usage.input
    case .usageInputApart: inputApart += count(kind, text) ?? 0
    case .usageCached: usage.cached = count(kind, text) ?? usage.cached
    case .usageCachedApart:
      usage.cached = count(kind, text) ?? usage.cached
      inputApart += count(kind, text) ?? 0
    case .end: if kind != .null && kind != .false { isEnd = true }
    case .endByText: isEnd = true
    case .error:
      if kind != .null && kind != .false && !(kind == .string && text.isEmpty) { isError = true }
    }
  }

  /// A whole number of at most 15 digits, nil for any other value: no service counts so far.
  private func count(_ kind: JSONKind, _ text: UnsafeRawBufferPointer) -> Int? {
    guard kind == .number, text.count <= 15 else { return nil }
    var value = 0
    for byte in text {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    return value
  }
}
