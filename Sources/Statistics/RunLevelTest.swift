/// The test of candidate runs against baseline runs, where a run is one number.
///
/// The variance is pooled over groups (the baseline set and each group of older runs), shrunk
/// towards a prior and held above a floor. Source: STATISTICS section 3.
public struct RunLevelTest: Sendable, Equatable {
  /// The prior's weight in degrees of freedom.
  public static let nu0 = 2.0
  /// The prior's standard deviation of one run, of log values.
  public static let sigma0 = 0.03
  /// A run's standard deviation is never taken to be less.
  public static let sigmaFloor = 0.005
  /// Degrees of freedom beyond which more history changes nothing.
  public static let dfMax = 120
  /// Degrees of freedom without which nothing is tested.
  public static let nuMin = 4

  /// Mean of the candidate runs.
  public var candidateMean: Double
  /// Mean of the baseline runs.
  public var baselineMean: Double
  /// Variance of one run.
  public var s2: Double
  /// Standard error of `d`.
  public var se: Double
  /// Degrees of freedom, at most `dfMax`.
  public var df: Int

  /// candidate mean - baseline mean.
  public var d: Double { candidateMean - baselineMean }
  /// d/SE.
  public var t: Double { d / se }
  /// P(T >= t).
  public var p: Double { StudentT.sf(t, df: Double(df)) }

  /// Tests K candidate runs against N baseline runs; nil if there is none of either, or fewer
  /// than `nuMin` degrees of freedom. Values are finite. O(runs).
  public init?(candidate: [Double], baseline: [Double], history: [[Double]]) {
    guard !candidate.isEmpty, !baseline.isEmpty else { return nil }
    let groups = ([baseline] + history).filter { !$0.isEmpty }
    let nu = groups.reduce(0) { $0 + $1.count - 1 }
    guard nu >= RunLevelTest.nuMin else { return nil }
    s2 = RunLevelTest.variance(groups: groups)
    df = min(nu, RunLevelTest.dfMax)
    candidateMean = mean(candidate)
    baselineMean = mean(baseline)
    se = (s2 * (1 / Double(candidate.count) + 1 / Double(baseline.count))).squareRoot()
  }

  /// The variance of one run from groups of runs: max((nu0 sigma0^2 + S)/(nu0 + nu), floor^2).
  public static func variance(groups: [[Double]]) -> Double {
    let nu = groups.reduce(0) { $0 + max(0, $1.count - 1) }
    let squares = groups.reduce(0) { $0 + sumOfSquares($1) }
    return max(
      (nu0 * sigma0 * sigma0 + squares) / (nu0 + Double(nu)), sigmaFloor * sigmaFloor)
  }

  /// The variance of one run of series in order, with prior and floor as for groups, from the
  /// differences of neighbours in each: a step that is not known yet hardly raises it. O(n).
  /// Source: von Neumann et al. 1941, the mean square successive difference.
  public static func variance(successive series: [ArraySlice<Double>]) -> Double {
    var squares = 0.0
    for x in series {
      for (before, after) in zip(x, x.dropFirst()) {
        squares += (after - before) * (after - before) / 2
      }
    }
    let nu = series.reduce(0) { $0 + max(0, $1.count - 1) }
    return max(
      (nu0 * sigma0 * sigma0 + squares) / (nu0 + Double(nu)), sigmaFloor * sigmaFloor)
  }

  /// d + t(confidence) SE.
  public func upper(_ confidence: Double) -> Double {
    d + StudentT.quantile(confidence, df: Double(df)) * se
  }
}

/// What a look may spend of the share of false alarms.
public enum Spending {
  /// The shares of at most five looks.
  public static let runs = [0.02, 0.15, 0.20, 0.28, 0.35]
  /// The shares of at most three looks at blocks of a duet.
  public static let blocks = [0.5, 0.25, 0.25]

  /// The shares where only `maxLooks` (1...shares.count) are allowed: what is left of 1 goes to
  /// the last one.
  public static func shares(_ shares: [Double], maxLooks: Int) -> [Double] {
    precondition((1...shares.count).contains(maxLooks), "\(maxLooks) of \(shares.count) looks")
    let earlier = shares[..<(maxLooks - 1)]
    if maxLooks == shares.count { return shares }
    return earlier + [1 - earlier.reduce(0, +)]
  }
}

/// The guards that a latency must pass before it blocks (STATISTICS section 6).
public enum Guards {
  /// Pairs (candidate, fresh) in which the candidate is not slower. O(KF).
  public static func inversions(candidate: [Double], fresh: [Double]) -> Int {
    candidate.reduce(0) { sum, value in sum + fresh.filter { value <= $0 }.count }
  }

  /// Inversions that are allowed: floor(3KF/20).
  public static func allowedInversions(candidates: Int, fresh: Int) -> Int {
    3 * candidates * fresh / 20
  }

  /// What every candidate run must exceed: the baseline's mean and the type-7 q-quantile of all
  /// deviations of main's runs from the mean of their group. The baseline is not empty.
  public static func mustExceed(baseline: [Double], history: [[Double]], q: Double) -> Double {
    let deviations = ([baseline] + history).flatMap { group in
      let center = mean(group)
      return group.map { $0 - center }
    }
    return mean(baseline) + Quantile.type7(deviations, q)
  }
}
