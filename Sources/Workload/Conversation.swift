public import Model

/// A later turn of an open loop's conversation.
public struct LaterTurn: Sendable, Equatable {
  /// From the end of the reply before it.
  public var think: Nanos
  /// What is sent; the same scenario as the first turn's.
  public var request: PlannedRequest

  /// A turn after a pause.
  public init(think: Nanos, request: PlannedRequest) {
    self.think = think
    self.request = request
  }
}

/// What a conversation has been so far: the real replies that its next request carries.
public struct Conversation: Sendable, Equatable {
  /// Bytes of replies that are kept; beyond it the oldest exchanges go.
  public static let bytesMax = 1 << 20

  /// One turn that is over.
  public struct Exchange: Sendable, Equatable {
    /// Index into the scenario's prompts.
    public var prompt: Int
    /// The reply's text as the inside of a JSON string, escapes as the service wrote them.
    public var reply: [UInt8]
  }

  /// The `seq` of its first request: with the profile, its name in a run.
  public let number: Int
  /// The turns that are kept, the oldest first.
  public private(set) var exchanges: [Exchange] = []
  /// Turns that are over, those without a reply included.
  public private(set) var turns = 0

  /// A conversation whose first request has the number `number` in its profile.
  public init(number: Int) {
    self.number = number
  }

  /// A turn is over. One without a reply leaves no trace in what later turns send: services that
  /// want user and assistant by turns would refuse them. `reply` is the inside of a JSON string;
  /// what is no UTF-8 in it is replaced. O(bytes).
  public mutating func append(prompt: Int, reply: [UInt8], exchangesMax: Int) {
    turns += 1
    guard !reply.isEmpty else { return }
    let isText = String(validating: reply, as: UTF8.self) != nil
    let text = isText ? reply : Array(String(decoding: reply, as: UTF8.self).utf8)
    exchanges.append(Exchange(prompt: prompt, reply: text))
    var bytes = exchanges.reduce(0) { $0 + $1.reply.count }
    while let first = exchanges.first,
      exchanges.count > exchangesMax || bytes > Conversation.bytesMax
    {
      bytes -= first.reply.count
      exchanges.removeFirst()
    }
  }
}
