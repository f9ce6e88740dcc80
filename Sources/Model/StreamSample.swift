/// One request as it was seen: stamps, counts and its outcome.
///
/// `intended` and `sent` count from the start of the profile; every other stamp counts from
/// `intended`, so that a latency is read off without a subtraction. A stamp is nil if its event
/// did not happen.
public struct StreamSample: Sendable, Equatable {
  /// Index into the run's `profiles`.
  public var profile: Int
  /// Index into the run's `scenarios`.
  public var scenario: Int
  /// Index into the run's `regions`, nil for a run without regions.
  public var region: Int?
  /// The stage of the profile, 0 where it has one stage.
  public var stage: Int
  /// The turn of a conversation, 0 for the first.
  public var turn: Int
  /// True before the profile's warm-up cut; such a sample enters no figure of the gate.
  public var isWarmup: Bool
  /// Position in the profile's schedule, unique within the profile.
  public var seq: Int

  /// When the request should have been sent, from profile start.
  public var intended: Nanos
  /// When it was handed to the transport, from profile start.
  public var sent: Nanos?
  /// From `intended`: connection and TLS are up.
  public var requestSent: Nanos?
  /// From `intended`: the response's header was complete.
  public var headers: Nanos?
  /// From `intended`: the first byte of the body.
  public var firstByte: Nanos?
  /// From `intended`: the first event with a choice, a role alone allowed.
  public var firstChoice: Nanos?
  /// From `intended`: the first token; this is `ttft`.
  public var firstToken: Nanos?
  /// From `intended`: the first token that is not reasoning; this is `ttfa`.
  public var firstAnswer: Nanos?
  /// From `intended`: the last token; this is `duration`.
  public var lastToken: Nanos?
  /// From `intended`: the dialect's end marker.
  public var done: Nanos?
  /// From `intended`: the transport said that the response is over.
  public var end: Nanos?

  /// How the request ended.
  public var outcome: Outcome
  /// The server's count of output tokens, nil if it sent none.
  public var usageOutputTokens: Int?
  /// The server's count of prompt tokens.
  public var usageInputTokens: Int?
  /// The server's count of prompt tokens that came from its cache.
  public var usageCachedTokens: Int?
  /// Events that carried a token.
  public var contentEvents: Int
  /// Content events that arrived in a read holding two or more of them.
  public var burstEvents: Int
  /// Bytes of the body.
  public var bodyBytes: Int

  /// Median gap between consecutive reads with content, nil with fewer than two such reads.
  public var gapMedian: Nanos?
  /// 0.99 quantile of the gaps.
  public var gapP99: Nanos?
  /// The largest gap, the wait for the end marker included.
  public var gapMax: Nanos?
  /// When the largest gap ended, from profile start.
  public var gapMaxAt: Nanos?

  /// True if the connection had carried a request before.
  public var connectionReused: Bool
  /// The response's status, nil if none came.
  public var httpStatus: Int?
  /// What a failure left behind; nil for a success.
  public var evidence: Evidence?

  /// A request that nothing is known of but its place in the schedule.
  public init(
    profile: Int, scenario: Int, region: Int? = nil, stage: Int = 0, turn: Int = 0,
    isWarmup: Bool = false, seq: Int, intended: Nanos, outcome: Outcome
  ) {
    self.profile = profile
    self.scenario = scenario
    self.region = region
    self.stage = stage
    self.turn = turn
    self.isWarmup = isWarmup
    self.seq = seq
    self.intended = intended
    self.outcome = outcome
    contentEvents = 0
    burstEvents = 0
    bodyBytes = 0
    connectionReused = false
  }

  /// Output tokens in the run's unit: the server's usage, else content events.
  public func outputTokens(unit: TokenUnit) -> Int? {
    switch unit {
    case .usage: usageOutputTokens
    case .events: contentEvents
    }
  }

  /// `sent - intended`: the client's delay, nil for a request that was not sent.
  public var scheduleLag: Nanos? { sent.map { $0 - intended } }
}

/// What a run counts output tokens by; one unit a run.
public enum TokenUnit: String, Sendable {
  /// The server's own count.
  case usage
  /// Events that carried content.
  case events
}

/// What a failed request left behind, for a person to look at. Text is the server's and foreign.
public struct Evidence: Sendable, Equatable {
  /// The transport library's own code, nil if the transport had no complaint.
  public var transportCode: Int?
  /// Bytes of the body before the failure.
  public var offset: Int
  /// The first bytes of the body or of the offending event, at most 200.
  public var excerpt: String
  /// The finish reason, if one was sent.
  public var finishReason: String?
  /// The response's `Retry-After`.
  public var retryAfter: Nanos?
  /// One sentence on what was seen.
  public var detail: String

  /// Evidence of a failure.
  public init(
    transportCode: Int? = nil, offset: Int = 0, excerpt: String = "",
    finishReason: String? = nil, retryAfter: Nanos? = nil, detail: String = ""
  ) {
    self.transportCode = transportCode
    self.offset = offset
    self.excerpt = excerpt
    self.finishReason = finishReason
    self.retryAfter = retryAfter
    self.detail = detail
  }
}
