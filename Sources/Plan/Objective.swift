public import Model

/// A bound that a run must keep: `[profile[/scenario]:] metric[.pNN] (<|<=|==) value`.
public struct Objective: Sendable, Equatable {
  /// The profile it is judged in, nil for each of ramp-up and sustained.
  public var profile: ProfileKind?
  /// The scenario it is judged in, nil for all, pooled.
  public var scenario: String?
  /// What is bounded.
  public var metric: ObjectiveMetric
  /// How.
  public var comparison: ObjectiveComparison
  /// The bound: seconds for a latency, a share for a rate, a count for `==`.
  public var bound: Double

  /// True for a bound on logins: they belong to the whole run and to no profile.
  public var isLogin: Bool {
    if case .latency(.login, _) = metric { true } else { false }
  }

  /// An objective.
  public init(
    profile: ProfileKind? = nil, scenario: String? = nil, metric: ObjectiveMetric,
    comparison: ObjectiveComparison, bound: Double
  ) {
    self.profile = profile
    self.scenario = scenario
    self.metric = metric
    self.comparison = comparison
    self.bound = bound
  }
}

/// What an objective bounds.
public enum ObjectiveMetric: Sendable, Hashable {
  /// A quantile of a latency; `quantile` in 0..<1, such as 0.95.
  case latency(ObjectiveLatency, quantile: Double)
  /// A share or count of requests.
  case rate(RateMetric)
}

extension ObjectiveMetric {
  /// True for what a reply that does not stream has not.
  public var needsStream: Bool {
    switch self {
    case .latency(let latency, _): latency.needsStream
    case .rate(let rate): rate == .stalled
    }
  }
}

extension ObjectiveLatency {
  /// True for what a reply that does not stream has not: the moment of its first token is that of
  /// its last one.
  public var needsStream: Bool {
    switch self {
    case .ttft, .ttftSent, .ttfa, .tpot: true
    case .duration, .login: false
    }
  }
}

/// A latency that objectives can bound.
public enum ObjectiveLatency: String, Sendable, CaseIterable {
  /// First token, from the intended time.
  case ttft
  /// First token, from sending.
  case ttftSent = "ttft_sent"
  /// First token that is not reasoning.
  case ttfa
  /// Last token, from the intended time.
  case duration
  /// Time per output token.
  case tpot
  /// A login or refresh.
  case login
}

/// How an objective compares.
public enum ObjectiveComparison: String, Sendable {
  /// Below the bound.
  case less = "<"
  /// At most the bound.
  case lessOrEqual = "<="
  /// Equal: `== 0` counts events.
  case equal = "=="
}
