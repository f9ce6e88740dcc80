public import Model

/// When each thing happened first (or last) in one response; nil if it did not.
///
/// Every event that one read completes has that read's stamp.
public struct Milestones: Sendable, Equatable {
  /// The header was complete.
  public var headers: MonotonicNanos?
  /// The first byte of the body.
  public var firstByte: MonotonicNanos?
  /// The first event with a choice, a role alone allowed.
  public var firstChoice: MonotonicNanos?
  /// The first token: non-empty content, reasoning or tool-call arguments.
  public var firstToken: MonotonicNanos?
  /// The first token that is content, and not reasoning or a tool call.
  public var firstAnswer: MonotonicNanos?
  /// The last token.
  public var lastToken: MonotonicNanos?
  /// The dialect's end marker.
  public var done: MonotonicNanos?
  /// The transport said that the response is over; nil if we dropped the connection.
  public var end: MonotonicNanos?

  /// Nothing happened yet.
  public init() {}
}

/// What the server says it counted; nil where it did not say. The last word of a stream holds.
public struct TokenUsage: Sendable, Equatable {
  /// Output tokens.
  public var output: Int?
  /// Prompt tokens.
  public var input: Int?
  /// Prompt tokens that came from its cache.
  public var cached: Int?

  /// Nothing said yet.
  public init() {}

  /// Takes what a later event says; what it leaves out stays.
  mutating func update(_ later: TokenUsage) {
    output = later.output ?? output
    input = later.input ?? input
    cached = later.cached ?? cached
  }
}
