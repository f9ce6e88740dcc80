/// A regression that a person accepted: within its scope a hypothesis neither fails the gate nor
/// makes it inconclusive, until it expires.
public struct Waiver: Sendable, Equatable {
  /// Unique within the environment.
  public var id: String
  /// The metric's name; nil: every metric.
  public var metric: String?
  /// The profile; nil: every profile and the composites.
  public var profile: String?
  /// The scenario; nil: every scenario.
  public var scenario: String?
  /// Why, in the words of the person who accepted it.
  public var reason: String
  /// Who accepted it, nil where that is not known.
  public var acceptedBy: String?
  /// When it was accepted.
  public var acceptedAt: UnixNanos
  /// From when on it is without effect; nil: never.
  public var expiresAt: UnixNanos?

  /// A waiver; without a scope it covers everything.
  public init(
    id: String, metric: String? = nil, profile: String? = nil, scenario: String? = nil,
    reason: String, acceptedBy: String? = nil, acceptedAt: UnixNanos = UnixNanos(0),
    expiresAt: UnixNanos? = nil
  ) {
    self.id = id
    self.metric = metric
    self.profile = profile
    self.scenario = scenario
    self.reason = reason
    self.acceptedBy = acceptedBy
    self.acceptedAt = acceptedAt
    self.expiresAt = expiresAt
  }

  /// True if the hypothesis is in the waiver's scope, whether or not the waiver has expired. A
  /// waiver of one cell does not cover the composite that the cell is part of.
  public func covers(_ id: HypothesisID) -> Bool {
    (metric == nil || metric == id.metric.name)
      && (profile == nil || profile == id.profile)
      && (scenario == nil || scenario == id.scenario)
  }

  /// True from the moment of its expiry on.
  public func isExpired(at time: UnixNanos) -> Bool {
    expiresAt.map { $0 <= time } ?? false
  }
}
