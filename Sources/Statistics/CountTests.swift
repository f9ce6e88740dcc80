import Glibc

/// Fisher's exact test of two rates; `greater`: the first rate is greater.
public struct FisherExact: Sendable, Equatable {
  /// p-values; two-sided sums the tables that are no more probable than the observed one.
  public var tails: Tails
  /// P(K >= k) - P(K = k)/2.
  public var midGreater: Double

  /// k1 of n1 against k2 of n2. O(k1 + k2).
  public init(k1: Int, n1: Int, k2: Int, n2: Int) {
    precondition((0...n1).contains(k1) && (0...n2).contains(k2), "\(k1)/\(n1), \(k2)/\(n2)")
    let k = k1 + k2
    let (low, high) = (max(0, k - n2), min(k, n1))
    func logChoose(_ n: Int, _ k: Int) -> Double {
      logGamma(Double(n) + 1) - logGamma(Double(k) + 1) - logGamma(Double(n - k) + 1)
    }
    let all = logChoose(n1 + n2, k)
    let chances = (low...high).map { exp(logChoose(n1, $0) + logChoose(n2, k - $0) - all) }
    // Sums over the whole support are 1 up to rounding of the logarithms; divide that out.
    let total = chances.reduce(0, +)
    let observed = chances[k1 - low]
    tails = Tails(
      greater: min(1, chances[(k1 - low)...].reduce(0, +) / total),
      less: min(1, chances[...(k1 - low)].reduce(0, +) / total),
      twoSided: min(
        1, chances.filter { $0 <= observed * (1 + 1e-7) }.reduce(0, +) / total))
    midGreater = tails.greater - 0.5 * observed / total
  }
}

/// Welch's t test of the difference of two means.
public struct Welch: Sendable, Equatable {
  /// mean x - mean y.
  public var difference: Double
  /// difference/SE; 0 where both are 0.
  public var t: Double
  /// Satterthwaite's degrees of freedom.
  public var df: Double
  /// Standard error of the difference.
  public var se: Double
  /// p-values; `greater`: x's mean is greater.
  public var tails: Tails

  /// Of two samples of at least two values. O(n).
  public init(_ x: [Double], _ y: [Double]) {
    precondition(x.count > 1 && y.count > 1, "samples of \(x.count) and \(y.count)")
    let (vx, vy) = (
      Statistics.variance(x) / Double(x.count), Statistics.variance(y) / Double(y.count)
    )
    difference = mean(x) - mean(y)
    se = (vx + vy).squareRoot()
    guard se > 0 else {
      df = Double(x.count + y.count - 2)
      t = difference == 0 ? 0 : (difference > 0 ? .infinity : -.infinity)
      let p = difference == 0 ? 0.5 : (difference > 0 ? 0.0 : 1.0)
      tails = Tails(greater: p, less: 1 - p, twoSided: difference == 0 ? 1 : 0)
      return
    }
    df =
      (vx + vy) * (vx + vy)
      / (vx * vx / Double(x.count - 1) + vy * vy / Double(y.count - 1))
    t = difference / se
    tails = Tails(
      greater: StudentT.sf(t, df: df), less: StudentT.cdf(t, df: df),
      twoSided: min(1, 2 * StudentT.sf(t.magnitude, df: df)))
  }

  /// The interval of the difference that holds the truth with the given confidence.
  public func interval(confidence: Double) -> ClosedRange<Double> {
    let half = StudentT.quantile(0.5 + confidence / 2, df: df) * se
    return (difference - half)...(difference + half)
  }
}

/// The exact (Clopper–Pearson) interval of a rate.
public enum RateInterval {
  /// Of k of n with n > 0; 0...1 of nothing. O(sqrt n) a halving.
  public static func exact(k: Int, n: Int, confidence: Double) -> ClosedRange<Double> {
    guard n > 0 else { return 0...1 }
    precondition((0...n).contains(k), "\(k) of \(n)")
    let tail = (1 - confidence) / 2
    let (kd, nd) = (Double(k), Double(n))
    let low =
      k == 0
      ? 0 : root(from: 0, to: 1) { regularizedIncompleteBeta($0, a: kd, b: nd - kd + 1) - tail }
    let high =
      k == n
      ? 1
      : root(from: 0, to: 1) {
        regularizedIncompleteBeta($0, a: kd + 1, b: nd - kd) - (1 - tail)
      }
    return low...max(low, high)
  }
}
