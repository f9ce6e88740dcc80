import Model

/// Scenarios of several turns.
extension PlanResolver {
  /// How a scenario goes on after its first reply, nil for one turn.
  mutating func readConversation(
    _ section: PlanReader.Section
  ) -> ConversationPlan? {
    let keys = ["history", "think", "conversation"]
    var turns = 1
    if section["turns"].node != nil {
      turns = reader.optional(section["turns"], .count(1...PlanLimits.turnsMax)) ?? 1
    }
    guard turns > 1 else {
      for key in keys where section[key].node != nil && section["turns"].node == nil {
        reader.report(
          ValueError("this key is for conversations", remedy: "set turns"), section[key])
      }
      return nil
    }
    var plan = ConversationPlan(turns: turns)
    plan.history = reader.optional(section["history"], .count(0...2 * PlanLimits.turnsMax))
    plan.think = reader.value(
      section["think"], .durationRange(.zero...(.seconds(PlanLimits.thinkMax))),
      default: ConversationPlan.thinkDefault)
    guard section["conversation"].node != nil else { return plan }
    let id = reader.section(section["conversation"], .conversation)
    if id["header"].node != nil {
      plan.idHeader = reader.optional(id["header"], .headerName)
    }
    if id["body"].node != nil {
      plan.idMember = reader.optional(id["body"], .memberPath)?.split(separator: ".").map(
        String.init)
    }
    if id.entries.isEmpty {
      reader.report(
        ValueError("the id has no place", remedy: "name a header or a member of the body"),
        section["conversation"])
    }
    return plan
  }
}

extension ValueKind where Value == String {
  /// The name of a header that the program does not set itself.
  fileprivate static var headerName: ValueKind {
    ValueKind(
      parse: { text in HeaderCheck.name(text).map { _ in text } }, show: { $0 })
  }

  /// Names joined by points: `metadata.conversation_id`; not the messages.
  fileprivate static var memberPath: ValueKind {
    ValueKind(
      parse: { text in
        checkWord(text).flatMap { text in
          let names = text.split(separator: ".", omittingEmptySubsequences: false)
          if names.contains(where: \.isEmpty) {
            return .failure(ValueError("\(quoted(text)) holds an empty name"))
          }
          return ["messages", "stream"].contains(names[0])
            ? .failure(ValueError("\(names[0]) is the program's own")) : .success(text)
        }
      }, show: { $0 })
  }
}

extension ValueKind where Value == ClosedRange<Nanos> {
  /// Two durations or one: `3s..6s`, `2s`.
  static func durationRange(_ limits: ClosedRange<Nanos>) -> ValueKind {
    ValueKind(
      parse: { text in
        parseDurationRange(text).flatMap { range in
          for end in [range.lowerBound, range.upperBound] {
            if case .failure(let error) = Result.success(end).inRange(limits, durationText) {
              return .failure(error)
            }
          }
          return .success(range)
        }
      }, show: durationRangeText)
  }
}
