public import Model

/// Why a forge did not do what was asked.
public enum ForgeError: Error, Sendable, Equatable {
  /// It refused for good: its status and its own words, foreign text without the token.
  case refused(status: Int, said: String)
  /// It asks for a longer pause than there is time for.
  case busy(pause: Nanos)
  /// It did not answer, or with a fault of its own, as often as it was asked; the last
  /// reason, a clause about it.
  case unreachable(reason: String)
  /// Its certificate is not trusted: nothing was sent, and another attempt would be no better.
  case untrusted(reason: String)
  /// It sends the request on to another host, where the token must not go.
  case redirected(to: String)
  /// Its answer is not what its interface promises.
  case unexpected(what: String)
}

/// How long a forge is asked before it is given up.
public struct ForgePatience: Sendable {
  /// How often one request is sent.
  public var attemptsMax: Int
  /// The pause before the second attempt; each further one is twice as long.
  public var firstPause: Nanos
  /// One request, from its start to the end of its answer.
  public var requestTimeMax: Nanos
  /// All requests and pauses of one errand.
  public var timeMax: Nanos

  /// Patience; what is left out is what a pipeline's step can spend on a comment.
  public init(
    attemptsMax: Int = 5, firstPause: Nanos = .seconds(1),
    requestTimeMax: Nanos = .seconds(20), timeMax: Nanos = .seconds(90)
  ) {
    self.attemptsMax = attemptsMax
    self.firstPause = firstPause
    self.requestTimeMax = requestTimeMax
    self.timeMax = timeMax
  }
}
