/// A gated latency metric: one number a cell and run, the natural logarithm of seconds.
public enum LatencyMetric: String, Sendable, CaseIterable, Comparable {
  /// Median time from a request's start to its last token, at the scenario's reference length.
  case durstdP50 = "durstd_p50"
  /// Median time to the last token; only of scenarios that do not stream.
  case durationP50 = "duration_p50"
  /// Median time per output token.
  case tpotP50 = "tpot_p50"
  /// Median time to first token.
  case ttftP50 = "ttft_p50"
  /// 0.95 quantile of the time to first token.
  case ttftP95 = "ttft_p95"

  /// By name.
  public static func < (a: LatencyMetric, b: LatencyMetric) -> Bool { a.rawValue < b.rawValue }
}

/// A gated rate: k of n.
public enum RateMetric: String, Sendable, CaseIterable, Comparable {
  /// Requests that failed before their stream, or without a first token.
  case error
  /// One-second buckets in which a stall ended.
  case stalled
  /// Streams that broke off after their first token.
  case truncated

  /// By name.
  public static func < (a: RateMetric, b: RateMetric) -> Bool { a.rawValue < b.rawValue }
}

/// What a hypothesis is about: a latency or a rate.
public enum GateMetric: Sendable, Hashable, Comparable {
  /// A latency, tested as a shift of logarithms.
  case latency(LatencyMetric)
  /// A rate, tested as k of n.
  case rate(RateMetric)

  /// The metric's name in plans, stores and reports.
  public var name: String {
    switch self {
    case .latency(let metric): metric.rawValue
    case .rate(let metric): metric.rawValue
    }
  }

  /// The metric of that name, nil if there is none.
  public init?(name: String) {
    if let metric = LatencyMetric(rawValue: name) {
      self = .latency(metric)
    } else if let metric = RateMetric(rawValue: name) {
      self = .rate(metric)
    } else {
      return nil
    }
  }

  /// By name.
  public static func < (a: GateMetric, b: GateMetric) -> Bool { a.name < b.name }
}
