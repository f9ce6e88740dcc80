/// One split of a series by E-Divisive with means (Matteson & James 2014, alpha = 1).
public enum EDivisive {
  /// The best split of a series.
  public struct Split: Sendable, Equatable {
    /// Values before it.
    public var index: Int
    /// The statistic q there, larger for a clearer split.
    public var q: Double
  }

  /// q(t) for every t that leaves `minimum` (at least 2) values on each side; empty if there is
  /// none. O(n^2): distances are moved from side to side as t grows.
  public static func statistics(_ x: [Double], minimum: Int) -> [Split] {
    precondition(minimum > 1, "segments of \(minimum)")
    guard x.count >= 2 * minimum else { return [] }
    var (within, between, rest) = (0.0, 0.0, 0.0)
    for i in x.indices {
      for j in 0..<i { rest += (x[i] - x[j]).magnitude }
    }
    var splits: [Split] = []
    for t in 1...(x.count - minimum) {
      let moved = x[t - 1]
      let toLeft = x[..<(t - 1)].reduce(0) { $0 + ($1 - moved).magnitude }
      let toRight = x[t...].reduce(0) { $0 + ($1 - moved).magnitude }
      within += toLeft
      between += toRight - toLeft
      rest -= toRight
      if t < minimum { continue }
      let (m, n) = (Double(t), Double(x.count - t))
      let energy =
        2 / (m * n) * between - 2 / (m * (m - 1)) * within - 2 / (n * (n - 1)) * rest
      splits.append(Split(index: t, q: m * n / (m + n) * energy))
    }
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
}
