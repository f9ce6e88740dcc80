/// Sample quantiles.
public enum Quantile {
  /// The type-7 quantile of an ascending, non-empty sample, p in 0...1: h = (n-1)p, between
  /// x[floor h] and its successor. +infinity where it would lean on an infinite successor. O(1).
  /// Source: Hyndman & Fan 1996, definition 7; METRICS.
  public static func type7(sorted x: [Double], _ p: Double) -> Double {
    precondition(!x.isEmpty && (0...1).contains(p), "quantile \(p) of \(x.count) values")
    let h = Double(x.count - 1) * p
    let l = Int(h)
    let weight = h - Double(l)
    guard weight > 0, l + 1 < x.count else { return x[l] }
    if x[l + 1].isInfinite { return x[l + 1] }
    return x[l] + weight * (x[l + 1] - x[l])
  }

  /// The type-7 quantile of a sample in any order. O(n log n).
  public static func type7(_ x: [Double], _ p: Double) -> Double {
    type7(sorted: x.sorted(), p)
  }

  /// The Harrell–Davis quantile of an ascending, non-empty sample, 0 < p < 1: the mean of the
  /// order statistics weighted by Beta((n+1)p, (n+1)(1-p)). O(n sqrt n).
  /// Source: Harrell & Davis 1982.
  public static func harrellDavis(sorted x: [Double], _ p: Double) -> Double {
    precondition(!x.isEmpty && p > 0 && p < 1, "quantile \(p) of \(x.count) values")
    let n = Double(x.count)
    let (a, b) = ((n + 1) * p, (n + 1) * (1 - p))
    var (sum, below) = (0.0, 0.0)
    for (index, value) in x.enumerated() {
      let upTo = regularizedIncompleteBeta(Double(index + 1) / n, a: a, b: b)
      let weight = upTo - below
      below = upTo
      if weight > 0 { sum += weight * value }
    }
    return sum
  }
}
