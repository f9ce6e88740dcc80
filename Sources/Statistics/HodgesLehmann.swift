import Glibc

/// The Hodges–Lehmann shift between two finite, non-empty samples: the median of all x - y.
///
/// The differences are never listed: the k-th smallest is found by halving over the numbers
/// themselves, O(64 (m + n)) each.
public struct HodgesLehmann: Sendable {
  /// An interval and what it is worth.
  public struct Interval: Sendable, Equatable {
    /// The lower end.
    public var lower: Double
    /// The upper end.
    public var upper: Double
    /// Rank of the lower end among all differences, from 1.
    public var rank: Int
  }

  /// The median of the differences.
  public let estimate: Double
  private let x: [Double]
  private let y: [Double]

  /// Sorts the samples. O(n log n).
  public init(_ x: [Double], _ y: [Double]) {
    precondition(!x.isEmpty && !y.isEmpty, "samples of \(x.count) and \(y.count)")
    let (xs, ys) = (x.sorted(), y.sorted())
    let count = xs.count * ys.count
    let low = HodgesLehmann.difference(xs, ys, rank: (count + 1) / 2)
    let high =
      count % 2 == 0 ? HodgesLehmann.difference(xs, ys, rank: count / 2 + 1) : low
    estimate = (low + high) / 2
    self.x = xs
    self.y = ys
  }

  /// By the normal distribution, without a correction for ties.
  public func asymptotic(confidence: Double) -> Interval {
    let (m, n) = (Double(x.count), Double(y.count))
    let z = Normal.quantile(0.5 + confidence / 2)
    let k = max(1, Int((m * n / 2 - z * (m * n * (m + n + 1) / 12).squareRoot()).rounded(.down)))
    return interval(rank: k)
  }

  /// By the distribution of U without ties, and the confidence that it reaches. For tens.
  public func exact(confidence: Double) -> (interval: Interval, achieved: Double) {
    let size = x.count + y.count
    let chances = PooledRanks.rankSumChances(doubled: Array(1...size), size: x.count)
    let lowest = x.count * (x.count + 1) / 2
    var (below, q) = (0.0, 0)
    while below + chances[lowest + q] < (1 - confidence) / 2 {
      below += chances[lowest + q]
      q += 1
    }
    if q == 0 { return (interval(rank: 1), 1 - 2 * chances[lowest]) }
    return (interval(rank: q), 1 - 2 * below)
  }

  private func interval(rank: Int) -> Interval {
    Interval(
      lower: HodgesLehmann.difference(x, y, rank: rank),
      upper: HodgesLehmann.difference(x, y, rank: x.count * y.count - rank + 1), rank: rank)
  }

  /// The `rank`-th smallest x - y, exact: subtraction rounds monotonically, so that counting the
  /// differences up to a bound takes one walk, and the bounds are halved by their bit patterns.
  private static func difference(_ x: [Double], _ y: [Double], rank: Int) -> Double {
    var low = orderedBits(x[0] - y[y.count - 1])
    var high = orderedBits(x[x.count - 1] - y[0])
    while low < high {
      let middle = low + (high - low) / 2
      if countUpTo(doubleOfOrderedBits(middle), x, y) >= rank {
        high = middle
      } else {
        low = middle + 1
      }
    }
    return doubleOfOrderedBits(low)
  }

  private static func countUpTo(_ bound: Double, _ x: [Double], _ y: [Double]) -> Int {
    var (count, first) = (0, 0)
    for value in x {
      while first < y.count && value - y[first] > bound { first += 1 }
      count += y.count - first
    }
    return count
  }
}
