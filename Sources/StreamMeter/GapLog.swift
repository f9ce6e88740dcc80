/// The gaps of one response, for its quantiles; in memory that is used again.
///
/// At most `countMax` are kept: when full, every second is dropped and from then on only every
/// second is taken, and so on, so that the quantiles of a very long stream are those of an even
/// sample of it. Which are kept depends on the gaps' order alone.
struct GapLog: ~Copyable {
  /// Gaps kept at most, 32 KiB.
  static let countMax = 4096
  private static let countFirst = 128

  private var values = UnsafeMutableBufferPointer<Int64>(start: nil, count: 0)
  private var count = 0
  /// Every `stride`-th gap is kept, and so many are to be passed over before the next.
  private var stride = 1
  private var skip = 0
  private var isSorted = false

  deinit { values.deallocate() }

  /// Forgets the gaps, keeps the memory.
  mutating func reset() {
    count = 0
    stride = 1
    skip = 0
    isSorted = false
  }

  /// Takes a gap. Amortised O(1); not after a quantile was asked for.
  mutating func add(_ nanos: Int64) {
    precondition(!isSorted, "a gap after a quantile")
    if skip > 0 {
      skip -= 1
      return
    }
    if count == values.count { makeRoom() }
    values[count] = nanos
    count += 1
    skip = stride - 1
  }

  private mutating func makeRoom() {
    if count < GapLog.countMax {
      let grown = UnsafeMutableBufferPointer<Int64>.allocate(
        capacity: max(GapLog.countFirst, 2 * count))
      _ = grown.initialize(fromContentsOf: values)
      values.deallocate()
      values = grown
      return
    }
    for i in 0..<count / 2 { values[i] = values[2 * i] }
    count /= 2
    stride *= 2
  }

  /// The quantile by rule 7 of Hyndman and Fan, nil without a gap. O(n log n) the first time.
  mutating func quantile(_ p: Double) -> Double? {
    precondition(p >= 0 && p <= 1, "quantile \(p)")
    guard count > 0 else { return nil }
    if !isSorted {
      var kept = UnsafeMutableBufferPointer(rebasing: values[..<count])
      kept.sort()
      isSorted = true
    }
    let h = Double(count - 1) * p
    let low = Int(h)
    let below = Double(values[low])
    guard low + 1 < count else { return below }
    return below + (h - Double(low)) * (Double(values[low + 1]) - below)
  }
}
