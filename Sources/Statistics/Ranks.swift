/// Two samples put into one order: what rank tests are made of. O(n log n).
struct PooledRanks {
  /// Mid-ranks of the first sample in its own order.
  let x: [Double]
  /// Mid-ranks of the second sample in its own order.
  let y: [Double]
  /// Sizes of the groups of equal values, singles included.
  let ties: [Int]

  init(_ first: [Double], _ second: [Double]) {
    let (ranks, ties) = PooledRanks.midranks(first + second)
    x = Array(ranks[..<first.count])
    y = Array(ranks[first.count...])
    self.ties = ties
  }

  /// Ranks from 1, equal values sharing the mean of theirs; infinities tie with one another.
  static func midranks(_ values: [Double]) -> (ranks: [Double], ties: [Int]) {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var ties: [Int] = []
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count && values[order[end]] == values[order[start]] { end += 1 }
      let rank = Double(start + end + 1) / 2
      for index in order[start..<end] { ranks[index] = rank }
      ties.append(end - start)
      start = end
    }
    return (ranks, ties)
  }

  /// The chance of each doubled rank sum of `size` elements drawn from `doubled` (twice the
  /// mid-ranks, so that they are whole). O(n · size · sum).
  static func rankSumChances(doubled: [Int], size: Int) -> [Double] {
    let total = doubled.reduce(0, +)
    var table = [[Double]](
      repeating: [Double](repeating: 0, count: total + 1), count: size + 1)
    table[0][0] = 1
    for (seen, rank) in doubled.enumerated() {
      for drawn in stride(from: min(size, seen + 1), to: 0, by: -1) {
        for sum in stride(from: total, through: rank, by: -1) {
          table[drawn][sum] += table[drawn - 1][sum - rank]
        }
      }
    }
    let all = table[size].reduce(0, +)
    return table[size].map { $0 / all }
  }
}

/// Cliff's delta: how much more often x > y than x < y.
public struct CliffsDelta: Sendable, Equatable {
  /// Pairs with x > y.
  public var greater: Int
  /// Pairs with x < y.
  public var less: Int
  /// (greater - less)/(mn), -1...1.
  public var delta: Double

  /// Of two non-empty samples. O(n log n).
  public init(_ x: [Double], _ y: [Double]) {
    precondition(!x.isEmpty && !y.isEmpty, "samples of \(x.count) and \(y.count)")
    let (xs, ys) = (x.sorted(), y.sorted())
    var (below, belowOrEqual) = (0, 0)
    greater = 0
    less = 0
    for value in xs {
      while below < ys.count && ys[below] < value { below += 1 }
      while belowOrEqual < ys.count && ys[belowOrEqual] <= value { belowOrEqual += 1 }
      greater += below
      less += ys.count - belowOrEqual
    }
    delta = Double(greater - less) / (Double(xs.count) * Double(ys.count))
  }
}
