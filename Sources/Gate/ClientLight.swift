public import Model

/// Whether the client could still be trusted with what it measured in the latest seconds: the rule
/// of `ClientCheck` for a whole run, held against a part of it.
public struct ClientLight: Sendable, Equatable {
  /// What a person is shown.
  public enum Colour: String, Sendable, CaseIterable {
    /// Nothing to hold the client against: no latency yet, or nothing happened.
    case unknown
    /// Each figure is at most half of its limit.
    case green
    /// One figure is above half of its limit.
    case amber
    /// One figure is beyond its limit: a run that stayed so would be invalid.
    case red
  }

  /// The figures that have a limit.
  public enum Rule: String, Sendable, CaseIterable {
    /// The median loop lag, at most 1 % of the smallest median ttft.
    case loopLagMedian = "loop lag p50"
    /// The p99 of the loop lag, at most 10 % of it.
    case loopLagP99 = "loop lag p99"
    /// The share of arrivals dropped by the client or sent later than 10 % of it, at most 1 %.
    case late = "late arrivals"
  }

  /// The light.
  public var colour: Colour
  /// The figure that is nearest to its limit or furthest beyond it; nil while unknown.
  public var rule: Rule?

  /// A light and its reason.
  public init(_ colour: Colour, rule: Rule? = nil) {
    self.colour = colour
    self.rule = rule
  }
}

/// The client's figures over a part of a run.
public struct RecentLags: Sendable, Equatable {
  /// Median loop lag.
  public var loopLagMedian = Nanos.zero
  /// Its 0.99 quantile.
  public var loopLagP99 = Nanos.zero
  /// Median schedule lag of what was sent.
  public var scheduleLagMedian = Nanos.zero
  /// Its 0.99 quantile.
  public var scheduleLagP99 = Nanos.zero
  /// Arrivals that were due.
  public var arrivals = 0
  /// Of those, dropped for the client's lateness, or sent later than `ClientCheck.limit`.
  public var late = 0

  /// Nothing seen.
  public init() {}
}

extension ClientCheck {
  /// What the client's error is held against, METRICS' E: 10 % of the smallest median time to
  /// first token.
  public static func limit(smallestMedian: Nanos) -> Nanos {
    Nanos(seconds: smallestMedian.seconds * errorShare)
  }

  /// The largest median loop lag that a run may have.
  public static func medianLimit(smallestMedian: Nanos) -> Nanos {
    Nanos(seconds: smallestMedian.seconds * errorShare * medianShare)
  }

  /// The light of a part of a run; unknown without a median to hold it against.
  public static func light(of lags: RecentLags, smallestMedian: Nanos?) -> ClientLight {
    guard let smallestMedian, smallestMedian > .zero else { return ClientLight(.unknown) }
    let limit = limit(smallestMedian: smallestMedian).seconds
    let shares: [(rule: ClientLight.Rule, share: Double)] = [
      (.loopLagMedian, lags.loopLagMedian.seconds / (limit * medianShare)),
      (.loopLagP99, lags.loopLagP99.seconds / limit),
      (.late, Double(lags.late) / Double(max(lags.arrivals, 1)) / lateShareMax),
    ]
    guard let worst = shares.max(by: { $0.share < $1.share }) else { return ClientLight(.unknown) }
    let colour: ClientLight.Colour =
      worst.share > 1 ? .red : worst.share > 0.5 ? .amber : .green
    return ClientLight(colour, rule: worst.rule)
  }
}
