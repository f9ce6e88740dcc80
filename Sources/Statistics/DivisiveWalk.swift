/// Orders of a series' values, held against the q of its best split.
///
/// Of an order let S_t be the sum over its first t values of a value's own distribution function
/// less that of all n. Were distances within a side counted as often as across,
/// t (n - t) q(t)/(2 n) would be the integral of S_t squared (Székely & Rizzo 2013: the energy
/// distance in one dimension); the q of a split is a little less. A further value changes the norm
/// of S_t by no more than the norm of its own term. So of a clear split a place or two of an order
/// tell that all others fall short. Of a split that is not clear every place is looked at.
struct DivisiveWalk {
  /// The values as places among the sorted ones, in the order of the series.
  let order: [Int32]
  private let minimum: Int
  private let enough: Double
  private let sorted: [Double]
  /// Distances between neighbouring sorted values.
  private let gaps: [Double]
  /// Of each sorted value how far it is from the largest.
  private let fromTop: [Double]
  /// Of each sorted value the sum of the gaps above it, each times the values below the gap; and of
  /// all gaps, times the square of these.
  private let weights: [Double]
  private let whole: Double
  /// Of each sorted value the sum of its distances to all others.
  private let reaches: [Double]
  /// Of each sorted value the norm of its term, in `units`, rounded up.
  private let strides: [Int32]
  /// Of each t the least norm of S_t at which q(t) may be `enough`, in `units`, rounded down.
  private let needed: [Int32]
  /// Whole units of a norm: sums of these do not wait for each other as those of fractions do.
  private let units: Double
  /// False where so many places would have to be looked at that all of them cost less.
  private let isClear: Bool
  /// Of each t the factors of the distances across, within the left side and within the right.
  private let factors: [SIMD4<Double>]

  /// How often the mean square of the norm a split must have for its places to be looked at one by
  /// one, and how many of an order then are at most.
  private static let clearness = 4.0
  private static let looksMax = 12
  /// Units that all terms together have.
  private static let unitsMax = 0x1p28

  /// Values of which `minimum` are to lie on each side of a split, and the q to be reached.
  init(_ x: [Double], minimum: Int, enough: Double) {
    let n = x.count
    let ranked = x.indices.sorted { (x[$0], $0) < (x[$1], $1) }
    var order = [Int32](repeating: 0, count: n)
    for (place, index) in ranked.enumerated() { order[index] = Int32(place) }
    self.order = order
    self.minimum = minimum
    self.enough = enough
    let sorted = ranked.map { x[$0] }
    self.sorted = sorted
    gaps = zip(sorted, sorted.dropFirst()).map { $1 - $0 }
    fromTop = sorted.map { sorted[n - 1] - $0 }
    var weights = [Double](repeating: 0, count: n)
    for i in gaps.indices.reversed() { weights[i] = weights[i + 1] + gaps[i] * Double(i + 1) }
    self.weights = weights
    whole = gaps.enumerated().reduce(0) {
      $0 + $1.element * Double($1.offset + 1) * Double($1.offset + 1)
    }
    // The sum of a value's distances to all others, from that of the one before it: i + 1 values
    // go away by the gap between, the others come nearer.
    var reach = sorted.reduce(0) { $0 + ($1 - sorted[0]) }
    var reaches = [reach]
    for (i, gap) in gaps.enumerated() {
      reach += Double(2 * (i + 1) - n) * gap
      reaches.append(reach)
    }
    self.reaches = reaches
    let size = Double(n)
    let spread = reaches.reduce(0, +) / (2 * size * size)
    let norms = reaches.map { max(0, $0 / size - spread).squareRoot() * (1 + 1e-9) }
    let sum = norms.reduce(0, +)
    // Values so small or so large that their distances are no numbers to count in whole units.
    let isCountable = sum.isNormal && (DivisiveWalk.unitsMax / sum).isNormal && enough.isFinite
    let units = isCountable ? DivisiveWalk.unitsMax / sum : 0
    self.units = units
    strides = norms.map { isCountable ? Int32(($0 * units).rounded(.up)) : 0 }
    needed = (0...n).map { t in
      guard isCountable else { return 0 }
      let norm = (enough * Double(t) * Double(n - t) / (2 * size)).squareRoot() * (1 - 1e-9)
      return Int32(min(norm * units, 2 * DivisiveWalk.unitsMax))
    }
    factors = (0...n).map { t in
      let (l, r) = (Double(t), Double(n - t))
      return SIMD4(2 / size, 2 * r / (size * (l - 1)), 2 * l / (size * (r - 1)), 0)
    }
    // The mean over all orders of the square of S_t is t (n - t)/(n (n - 1)) of this.
    let squares = norms.reduce(0) { $0 + $1 * $1 }
    isClear =
      isCountable && enough * (size - 1) >= 2 * DivisiveWalk.clearness * squares
  }

  /// True if a split of the values in this order is as clear.
  func isAsClear(_ order: UnsafeBufferPointer<Int32>) -> Bool {
    guard isClear else { return isAsClearAnywhere(order) }
    return withUnsafeTemporaryAllocation(of: Int32.self, capacity: order.count + 1) { walked in
      var sum: Int32 = 0
      walked[0] = 0
      strides.withUnsafeBufferPointer { strides in
        for i in 0..<order.count {
          sum &+= strides[Int(truncatingIfNeeded: order[i])]
          walked[i &+ 1] = sum
        }
      }
      var looks = DivisiveWalk.looksMax
      return needed.withUnsafeBufferPointer { needed in
        let search = Search(order: order, walked: UnsafeBufferPointer(walked), needed: needed)
        // S is 0 before the first value and after the last.
        let first = search.first(from: minimum, to: order.count - minimum, at: 0, norm: 0)
        let last = search.last(
          from: first, to: order.count - minimum, at: order.count, norm: 0)
        return look(search, first, last, &looks)
      } ?? isAsClearAnywhere(order)
    }
  }

  /// An order with how far S can have gone after so many of its values.
  private struct Search {
    let order: UnsafeBufferPointer<Int32>
    let walked: UnsafeBufferPointer<Int32>
    let needed: UnsafeBufferPointer<Int32>

    /// The first place of a range, behind `place` with its norm, where q may be enough; the one
    /// after the range if there is none.
    func first(from start: Int, to end: Int, at place: Int, norm: Int32) -> Int {
      let more = norm &- walked[place]
      var t = start
      while t <= end, walked[t] &+ more < needed[t] { t &+= 1 }
      return t
    }

    /// The last place of a range, before `place` with its norm, where q may be enough; the one
    /// before the range if there is none.
    func last(from start: Int, to end: Int, at place: Int, norm: Int32) -> Int {
      let more = norm &+ walked[place]
      var t = end
      while t >= start, more &- walked[t] < needed[t] { t &-= 1 }
      return t
    }
  }

  /// Whether a split from one place to another is as clear, nil if that took too many looks.
  private func look(_ search: Search, _ first: Int, _ last: Int, _ looks: inout Int) -> Bool? {
    if first > last { return false }
    if looks == 0 { return nil }
    looks -= 1
    let t = (first + last) / 2
    let norm = norm(search.order, t)
    if norm < 0 { return true }
    let whole = Int32(min((norm * units).rounded(.up), 2 * DivisiveWalk.unitsMax))
    let before = search.last(from: first, to: t - 1, at: t, norm: whole)
    guard let found = look(search, first, before, &looks) else { return nil }
    if found { return true }
    return look(search, search.first(from: t + 1, to: last, at: t, norm: whole), last, &looks)
  }

  /// The norm of S_t, or -1 if q(t) is `enough`. O(n).
  private func norm(_ order: UnsafeBufferPointer<Int32>, _ t: Int) -> Double {
    // The shorter side is marked: the other one's S is the same with the other sign.
    let isShort = 2 * t <= order.count
    let side = UnsafeBufferPointer(rebasing: isShort ? order[..<t] : order[t...])
    let words = order.count / 64 + 1
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: words) { marks in
      marks.initialize(repeating: 0)
      var crossed = 0.0
      // No place is out of bounds: checks would cost as much as the rest.
      weights.withUnsafeBufferPointer { weights in
        for place in side {
          let place = Int(truncatingIfNeeded: place)
          marks[place &>> 6] |= 1 &<< UInt64(truncatingIfNeeded: place)
          crossed += weights[place]
        }
      }
      // The largest of two marked values is the one of rank r in 2 r - 1 of all pairs.
      var (counted, pairs) = (0.0, 1.0)
      fromTop.withUnsafeBufferPointer { fromTop in
        for word in 0..<words {
          var rest = marks[word]
          let first = word &<< 6
          while rest != 0 {
            counted += pairs * fromTop[first &+ rest.trailingZeroBitCount]
            pairs += 2
            rest &= rest &- 1
          }
        }
      }
      let share = Double(side.count) / Double(order.count)
      let square = max(0, counted - share * (2 * crossed - share * whole))
      return q(marks, side.count, square) >= enough ? -1 : square.squareRoot()
    }
  }

  /// q(t) from the square of the norm, or more where it is not enough anyway. O(n).
  private func q(
    _ marks: UnsafeMutableBufferPointer<UInt64>, _ t: Int, _ square: Double
  ) -> Double {
    let (m, n) = (Double(t), Double(gaps.count + 1 - t))
    let most = 2 * square * (m + n) / (m * n)
    if most < enough { return most }
    // Distances within the marked side and within the other one.
    var (within, rest) = (0.0, 0.0)
    var below = 0.0
    for i in gaps.indices {
      below += Double(marks[i >> 6] >> UInt64(i & 63) & 1)
      let others = Double(i + 1) - below
      within += gaps[i] * below * (m - below)
      rest += gaps[i] * others * (n - others)
    }
    let excess = 2 * within / (m * m * (m - 1)) + 2 * rest / (n * n * (n - 1))
    return most - m * n / (m + n) * excess
  }

  /// The same by q at every place, as `EDivisive.statistics` comes to it. O(n^2).
  private func isAsClearAnywhere(_ order: UnsafeBufferPointer<Int32>) -> Bool {
    let n = order.count
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: n) { x in
      sorted.withUnsafeBufferPointer { sorted in
        for i in 0..<n { x.initializeElement(at: i, to: sorted[Int(order[i])]) }
      }
      let values = UnsafeBufferPointer(x)
      return reaches.withUnsafeBufferPointer { reaches in
        factors.withUnsafeBufferPointer { factors in
          var (within, between) = (0.0, 0.0)
          var rest = total
          for t in 1...(n - minimum) {
            let isLeft = t - 1 <= n - t
            let sum = EDivisive.distances(
              from: values[t - 1], to: values, isLeft ? 0..<(t - 1) : t..<n)
            let reach = reaches[Int(order[t - 1])]
            let toLeft = isLeft ? sum : reach - sum
            let toRight = reach - toLeft
            within += toLeft
            between += toRight - toLeft
            rest -= toRight
            if t < minimum { continue }
            let factor = factors[t]
            if factor.x * between - factor.y * within - factor.z * rest >= enough { return true }
          }
          return false
        }
      }
    }
  }

  private var total: Double { reaches.reduce(0, +) / 2 }
}
