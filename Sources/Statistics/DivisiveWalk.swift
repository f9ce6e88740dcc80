/// Orders of a series' values, held against the q of its best split.
///
/// Of an order let S_t be the sum over its first t values of a value's own distribution function
/// less that of all n. Were distances within a side counted as often as across,
/// t (n - t) q(t)/(2 n) would be the integral of S_t squared (Székely & Rizzo 2013: the energy
/// distance in one dimension); the q of a split is a little less. A further value changes the norm
/// of S_t by no more than the norm of its own term. So most places of most orders are known to
/// fall short without being looked at, the more the clearer the split.
struct DivisiveWalk {
  /// The values as places among the sorted ones, in the order of the series.
  let order: [Int]
  private let minimum: Int
  private let enough: Double
  /// Distances between neighbouring sorted values.
  private let gaps: [Double]
  /// Of each sorted value the norm of its term.
  private let strides: [Double]
  private let total: Double
  /// Of each t the least norm of S_t at which q(t) may be `enough`.
  private let needed: [Double]

  /// Values of which `minimum` are to lie on each side of a split, and the q to be reached.
  init(_ x: [Double], minimum: Int, enough: Double) {
    let n = x.count
    let sorted = x.indices.sorted { (x[$0], $0) < (x[$1], $1) }
    var order = [Int](repeating: 0, count: n)
    for (place, index) in sorted.enumerated() { order[index] = place }
    self.order = order
    self.minimum = minimum
    self.enough = enough
    gaps = zip(sorted, sorted.dropFirst()).map { x[$1] - x[$0] }
    // The sum of a value's distances to all others, from that of the one before it: i + 1 values
    // go away by the gap between, the others come nearer.
    var reach = sorted.reduce(0) { $0 + (x[$1] - x[sorted[0]]) }
    var reaches = [reach]
    for (i, gap) in gaps.enumerated() {
      reach += Double(2 * (i + 1) - n) * gap
      reaches.append(reach)
    }
    let size = Double(n)
    let spread = reaches.reduce(0, +) / (2 * size * size)
    strides = reaches.map { max(0, $0 / size - spread).squareRoot() * (1 + 1e-9) }
    total = strides.reduce(0, +)
    needed = (0...n).map { t in
      (enough * Double(t) * Double(n - t) / (2 * size)).squareRoot() * (1 - 1e-9)
    }
  }

  /// True if a split of the values in this order is as clear.
  func isAsClear(_ order: [Int]) -> Bool {
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: order.count) { isLeft in
      isLeft.initialize(repeating: 0)
      return order.withUnsafeBufferPointer { order in
        strides.withUnsafeBufferPointer { strides in
          needed.withUnsafeBufferPointer { needed in
            // From the last place that was looked at, and to the end, where S is 0 again.
            var (bound, rest) = (0.0, total)
            for t in 1...(order.count - minimum) {
              let place = order[t - 1]
              isLeft[place] = 1
              bound += strides[place]
              rest -= strides[place]
              guard bound >= needed[t], rest >= needed[t], t >= minimum else { continue }
              let square = squaredNorm(isLeft, t)
              if q(isLeft, t, square) >= enough { return true }
              bound = square.squareRoot()
            }
            return false
          }
        }
      }
    }
  }

  /// The integral of S_t squared, where the values that are marked are the first t. O(n).
  private func squaredNorm(_ isLeft: UnsafeMutableBufferPointer<Int32>, _ t: Int) -> Double {
    let share = Double(t) / Double(gaps.count + 1)
    // Four sums, so that no addition waits for the one before it.
    var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
    return gaps.withUnsafeBufferPointer { gaps in
      var (i, below) = (0, Int32(0))
      while i + 4 <= gaps.count {
        let first = below &+ isLeft[i]
        let second = first &+ isLeft[i + 1]
        let third = second &+ isLeft[i + 2]
        below = third &+ isLeft[i + 3]
        let (w, x) = (Double(first) - Double(i + 1) * share, Double(second) - Double(i + 2) * share)
        let (y, z) = (Double(third) - Double(i + 3) * share, Double(below) - Double(i + 4) * share)
        a += gaps[i] * w * w
        b += gaps[i + 1] * x * x
        c += gaps[i + 2] * y * y
        d += gaps[i + 3] * z * z
        i += 4
      }
      while i < gaps.count {
        below &+= isLeft[i]
        let off = Double(below) - Double(i + 1) * share
        a += gaps[i] * off * off
        i += 1
      }
      return (a + b) + (c + d)
    }
  }

  /// q(t) from that integral, or more where it is not enough anyway. O(n).
  private func q(
    _ isLeft: UnsafeMutableBufferPointer<Int32>, _ t: Int, _ square: Double
  ) -> Double {
    let (m, n) = (Double(t), Double(gaps.count + 1 - t))
    let most = 2 * square * (m + n) / (m * n)
    if most < enough { return most }
    // Distances within the left side and within the right one.
    var (left, right) = (0.0, 0.0)
    var below = 0.0
    for i in gaps.indices {
      below += Double(isLeft[i])
      let rest = Double(i + 1) - below
      left += gaps[i] * below * (m - below)
      right += gaps[i] * rest * (n - rest)
    }
    let excess = 2 * left / (m * m * (m - 1)) + 2 * right / (n * n * (n - 1))
    return most - m * n / (m + n) * excess
  }
}
