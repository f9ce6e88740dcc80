/// Splits of a series by E-Divisive with means (Matteson & James 2014, alpha = 1).
public enum EDivisive {
  /// The best split of a series.
  public struct Split: Sendable, Equatable {
    /// Values before it.
    public var index: Int
    /// The statistic q there, larger for a clearer split.
    public var q: Double
  }

  /// A split that the order of the values does not explain.
  public struct SignificantSplit: Sendable, Equatable {
    /// Where, and how clear.
    public var split: Split
    /// (1 + permutations that split as clearly)/(1 + permutations).
    public var p: Double
  }

  /// q(t) for every t that leaves `minimum` (at least 2) values on each side; empty if there is
  /// none. O(n^2): distances are moved from side to side as t grows.
  public static func statistics(_ x: [Double], minimum: Int) -> [Split] {
    precondition(minimum > 1, "segments of \(minimum)")
    guard x.count >= 2 * minimum else { return [] }
    var splits: [Split] = []
    scan(x, reaches: reaches(x), minimum: minimum) { splits.append(Split(index: $0, q: $1)) }
    return splits
  }

  /// The split with the largest q, the smallest index among equals; nil if there is none.
  public static func bestSplit(_ x: [Double], minimum: Int) -> Split? {
    var best: Split?
    for split in statistics(x, minimum: minimum) where split.q > best?.q ?? -.infinity {
      best = split
    }
    return best
  }

  /// The best split, if its p over so many random orders is at most `pMax`; else nil.
  ///
  /// `random` fills a list with uniform bits, one for each value but the first, and is called for
  /// an order each until p is known to be too large, so that a series in which nothing happened
  /// costs a few orders only. A q counts as equal within a billionth: the same values in another
  /// order round differently. O(n) an order, and O(n) for each place in it at which it could be as
  /// clear as the split.
  public static func significantSplit(
    _ x: [Double], minimum: Int, permutations: Int, pMax: Double,
    random: (inout [UInt64]) -> Void
  ) -> SignificantSplit? {
    guard let best = bestSplit(x, minimum: minimum), best.q > 0 else { return nil }
    let walk = DivisiveWalk(x, minimum: minimum, enough: best.q * (1 - 1e-9))
    var order = walk.order
    var bits = [UInt64](repeating: 0, count: x.count - 1)
    var asClear = 0
    func p() -> Double { Double(1 + asClear) / Double(1 + permutations) }
    for _ in 0..<permutations {
      random(&bits)
      shuffle(&order, bits)
      if order.withUnsafeBufferPointer({ walk.isAsClear($0) }) { asClear += 1 }
      if p() > pMax { return nil }
    }
    return SignificantSplit(split: best, p: p())
  }

  /// Fisher–Yates. An index comes from the high half of 64 random bits times the bound: for n
  /// values its bias is below n/2^64, and it needs no division (Lemire 2019).
  private static func shuffle(_ order: inout [Int32], _ bits: [UInt64]) {
    order.withUnsafeMutableBufferPointer { order in
      bits.withUnsafeBufferPointer { bits in
        guard let order = order.baseAddress, var word = bits.baseAddress else { return }
        // No sum here can be too large: checks would cost as much as the rest.
        var i = bits.count
        while i > 0 {
          let j = Int(
            truncatingIfNeeded: word.pointee.multipliedFullWidth(
              by: UInt64(truncatingIfNeeded: i &+ 1)
            ).high)
          let moved = order[i]
          order[i] = order[j]
          order[j] = moved
          word += 1
          i &-= 1
        }
      }
    }
  }

  /// The sum of each value's distances to all others, which no order changes. O(n^2).
  private static func reaches(_ x: [Double]) -> [Double] {
    x.withUnsafeBufferPointer { x in
      x.indices.map { distances(from: x[$0], to: x, x.indices) }
    }
  }

  /// Calls `each` with every t that leaves `minimum` values on each side, and its q.
  private static func scan(
    _ x: [Double], reaches: [Double], minimum: Int, _ each: (Int, Double) -> Void
  ) {
    var (within, between, rest) = (0.0, 0.0, reaches.reduce(0, +) / 2)
    x.withUnsafeBufferPointer { x in
      for t in 1...(x.count - minimum) {
        // The shorter side is summed; all distances together are known.
        let isLeft = t - 1 <= x.count - t
        let side = isLeft ? 0..<(t - 1) : t..<x.count
        let sum = distances(from: x[t - 1], to: x, side)
        let toLeft = isLeft ? sum : reaches[t - 1] - sum
        let toRight = reaches[t - 1] - toLeft
        within += toLeft
        between += toRight - toLeft
        rest -= toRight
        if t < minimum { continue }
        let (m, n) = (Double(t), Double(x.count - t))
        let energy =
          2 / (m * n) * between - 2 / (m * (m - 1)) * within - 2 / (n * (n - 1)) * rest
        each(t, m * n / (m + n) * energy)
      }
    }
  }

  /// The sum of distances to some values; four sums, so that no addition waits for the one
  /// before it.
  static func distances(
    from value: Double, to x: UnsafeBufferPointer<Double>, _ indices: Range<Int>
  ) -> Double {
    var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
    var i = indices.lowerBound
    while i + 4 <= indices.upperBound {
      a += (x[i] - value).magnitude
      b += (x[i + 1] - value).magnitude
      c += (x[i + 2] - value).magnitude
      d += (x[i + 3] - value).magnitude
      i += 4
    }
    while i < indices.upperBound {
      a += (x[i] - value).magnitude
      i += 1
    }
    return (a + b) + (c + d)
  }
}
