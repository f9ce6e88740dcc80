/// The Kaplan–Meier curve: the share still waiting after each time, where some times are only
/// lower bounds (censored). At equal times events come before censorings.
public struct KaplanMeier: Sendable, Equatable {
  /// The different times, ascending, censored ones included.
  public var times: [Double]
  /// S(t) right after each time.
  public var survival: [Double]

  /// Of a non-empty sample; `isCensored[i]` says that t[i] is a lower bound. O(n log n).
  public init(_ t: [Double], isCensored: [Bool]) {
    precondition(t.count == isCensored.count, "\(t.count) times, \(isCensored.count) marks")
    let order = t.indices.sorted { t[$0] < t[$1] }
    times = []
    survival = []
    var (remaining, current, start) = (t.count, 1.0, 0)
    while start < order.count {
      var (end, events) = (start, 0)
      while end < order.count && t[order[end]] == t[order[start]] {
        if !isCensored[order[end]] { events += 1 }
        end += 1
      }
      current *= 1 - Double(events) / Double(remaining)
      times.append(t[order[start]])
      survival.append(current)
      remaining -= end - start
      start = end
    }
  }

  /// The smallest time with S(t) <= 1 - p, +infinity if the curve does not come down so far.
  public func quantile(_ p: Double) -> Double {
    // A product of fractions may miss its value by rounding; a step must not be lost to that.
    let level = (1 - p) * (1 + 1e-12)
    guard let index = survival.firstIndex(where: { $0 <= level }) else { return .infinity }
    return times[index]
  }
}

/// The log-rank test of two censored samples; z < 0: x has fewer events than expected, so x is
/// slower. A request censored at t counts as waiting at t.
public struct LogRank: Sendable, Equatable {
  /// Events of x.
  public var observed: Double
  /// Events of x if the samples were alike.
  public var expected: Double
  /// Hypergeometric variance of the difference.
  public var variance: Double
  /// (observed - expected)/sqrt(variance); 0 where the variance is.
  public var z: Double
  /// Two-sided, by the normal distribution.
  public var twoSided: Double

  /// O(n log n).
  public init(_ x: [Double], isCensored xMarks: [Bool], _ y: [Double], isCensored yMarks: [Bool]) {
    precondition(x.count == xMarks.count && y.count == yMarks.count, "marks do not match")
    let entries =
      (zip(x, xMarks).map { ($0, $1, true) } + zip(y, yMarks).map { ($0, $1, false) })
      .sorted { $0.0 < $1.0 }
    var (atRisk, atRiskX) = (Double(entries.count), Double(x.count))
    observed = 0
    expected = 0
    variance = 0
    var start = 0
    while start < entries.count {
      var (end, events, leaving, leavingX) = (start, 0.0, 0.0, 0.0)
      while end < entries.count && entries[end].0 == entries[start].0 {
        let (_, isCensored, isX) = entries[end]
        if !isCensored { events += 1 }
        if !isCensored && isX { observed += 1 }
        leaving += 1
        if isX { leavingX += 1 }
        end += 1
      }
      if events > 0 {
        let share = atRiskX / atRisk
        expected += events * share
        if atRisk > 1 {
          variance += events * share * (1 - share) * (atRisk - events) / (atRisk - 1)
        }
      }
      atRisk -= leaving
      atRiskX -= leavingX
      start = end
    }
    z = variance > 0 ? (observed - expected) / variance.squareRoot() : 0
    twoSided = min(1, 2 * Normal.sf(z.magnitude))
  }
}
