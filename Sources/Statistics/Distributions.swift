import Glibc

/// The standard normal distribution.
public enum Normal {
  /// P(Z <= z).
  public static func cdf(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

  /// P(Z > z).
  public static func sf(_ z: Double) -> Double { 0.5 * erfc(z / 2.0.squareRoot()) }

  /// The z with P(Z <= z) = p, for p in 0...1.
  public static func quantile(_ p: Double) -> Double {
    if p <= 0 { return -.infinity }
    if p >= 1 { return .infinity }
    if p < 0.5 { return -quantile(upper: p) }
    return quantile(upper: 1 - p)
  }

  private static func quantile(upper q: Double) -> Double {
    q == 0.5 ? 0 : root(from: 0, to: 40) { q - sf($0) }
  }
}

/// Student's t distribution with real degrees of freedom.
public enum StudentT {
  /// P(T > t) for df > 0; relative error below 1e-8 also far out.
  public static func sf(_ t: Double, df: Double) -> Double {
    precondition(df > 0, "\(df) degrees of freedom")
    if t.isNaN { return .nan }
    if t.isInfinite { return t < 0 ? 1 : 0 }
    let square = t * t
    let tail =
      0.5
      * incompleteBeta(
        x: df / (df + square), complement: square / (df + square), a: df / 2, b: 0.5)
    return t >= 0 ? tail : 1 - tail
  }

  /// P(T <= t).
  public static func cdf(_ t: Double, df: Double) -> Double { sf(-t, df: df) }

  /// The t with P(T <= t) = p, for p in 0...1.
  public static func quantile(_ p: Double, df: Double) -> Double {
    precondition(df > 0, "\(df) degrees of freedom")
    if p <= 0 { return -.infinity }
    if p >= 1 { return .infinity }
    if p == 0.5 { return 0 }
    return p < 0.5 ? -quantile(upper: p, df: df) : quantile(upper: 1 - p, df: df)
  }

  /// Newton's steps inside a bracket: the density is the derivative, so a few suffice.
  private static func quantile(upper q: Double, df: Double) -> Double {
    var high = 1.0
    while sf(high, df: df) > q && high < 1e300 { high *= 2 }
    var low = high > 1 ? high / 2 : 0
    var t = low + (high - low) / 2
    let constant =
      logGamma((df + 1) / 2) - logGamma(df / 2) - 0.5 * log(df * .pi)
    for _ in 0..<200 {
      let excess = sf(t, df: df) - q
      if excess > 0 { low = t } else { high = t }
      let density = exp(constant - (df + 1) / 2 * log1p(t * t / df))
      var next = t + excess / density
      if !(next > low && next < high) { next = low + (high - low) / 2 }
      if (next - t).magnitude <= 1e-14 * t.magnitude { return next }
      t = next
    }
    return t
  }
}

/// The beta-binomial distribution: k of n where the chance itself is Beta(a, b).
public enum BetaBinomial {
  /// The upper tail of one count.
  public struct Tail: Sendable, Equatable {
    /// P(X = k).
    public var pmf: Double
    /// P(X >= k).
    public var atLeast: Double
    /// P(X >= k) - P(X = k)/2.
    public var midP: Double { atLeast - 0.5 * pmf }
  }

  /// P(X = k) for k in 0...n and positive a and b.
  public static func pmf(k: Int, n: Int, a: Double, b: Double) -> Double {
    let (k, n) = (Double(k), Double(n))
    let choose = -log(n + 1) - logBeta(n - k + 1, k + 1)
    return exp(choose + logBeta(k + a, n - k + b) - logBeta(a, b))
  }

  /// The upper tail at k; sums on the side of k that is away from the mean, so that small tails
  /// keep their relative precision (1e-8). O(n) at worst; terms below 1e-18 of the sum are cut.
  public static func tail(k: Int, n: Int, a: Double, b: Double) -> Tail {
    precondition(a > 0 && b > 0 && (0...n).contains(k), "k \(k), n \(n), a \(a), b \(b)")
    let point = pmf(k: k, n: n, a: a, b: b)
    if Double(k) > Double(n) * a / (a + b) {
      var (term, sum, i) = (point, point, k)
      while i < n && term > sum * 1e-18 {
        let x = Double(i)
        term *= (Double(n) - x) * (a + x) / ((x + 1) * (b + Double(n) - x - 1))
        sum += term
        i += 1
      }
      return Tail(pmf: point, atLeast: min(1, sum))
    }
    var (term, below, i) = (point, 0.0, k)
    while i > 0 && (i == k || term > below * 1e-18) {
      let x = Double(i - 1)
      term *= (x + 1) * (b + Double(n) - x - 1) / ((Double(n) - x) * (a + x))
      below += term
      i -= 1
    }
    return Tail(pmf: point, atLeast: max(0, 1 - below))
  }
}
