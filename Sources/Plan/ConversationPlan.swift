public import Model

/// How a scenario of several turns goes on after a reply.
public struct ConversationPlan: Sendable, Equatable {
  /// Turns of a conversation, at least 2; each is one request.
  public var turns: Int
  /// Earlier messages that a request carries at most, the system prompt not counted; nil: all.
  /// Only whole exchanges are sent, so an odd number is one less.
  public var history: Int?
  /// The pause between the end of a reply and the next turn; each one is drawn by the seed.
  public var think: ClosedRange<Nanos>
  /// The request header that carries the conversation's id, nil for none.
  public var idHeader: String?
  /// The body's member that carries the conversation's id, as names from the outermost; nil for
  /// none.
  public var idMember: [String]?

  /// A conversation; by default it keeps everything, and its user thinks 1 s to 3 s.
  public init(
    turns: Int, history: Int? = nil, think: ClosedRange<Nanos> = ConversationPlan.thinkDefault,
    idHeader: String? = nil, idMember: [String]? = nil
  ) {
    self.turns = turns
    self.history = history
    self.think = think
    self.idHeader = idHeader
    self.idMember = idMember
  }

  /// The pause of the stress profile's users.
  public static let thinkDefault: ClosedRange<Nanos> = .seconds(1)...(.seconds(3))

  /// Earlier exchanges that a request carries at most.
  public var exchangesMax: Int { history.map { $0 / 2 } ?? turns - 1 }
}

extension ScenarioPlan {
  /// Requests that one arrival of the scenario makes: its turns.
  public var turns: Int { conversation?.turns ?? 1 }
}
