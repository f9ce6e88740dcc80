public import Model

/// Counts of durations in buckets of equal ratio: 32 to a doubling (3 %), in memory of fixed size.
public struct LogHistogram: Sendable, Equatable {
  private static let perDoubling = 32
  private static let perDoublingBits = 5

  private var counts = [UInt32](repeating: 0, count: 60 * perDoubling)
  /// Durations counted.
  public private(set) var count = 0
  /// The largest, or in a difference the largest up to its end.
  public private(set) var max = Nanos.zero

  /// Nothing counted.
  public init() {}

  /// Counts a duration; a negative one as none. O(1), allocates nothing.
  public mutating func add(_ duration: Nanos) {
    let value = UInt64(Swift.max(duration.rawValue, 0))
    counts[LogHistogram.bucket(of: value)] += 1
    count += 1
    if duration > max { max = duration }
  }

  /// Adds another's counts. O(buckets).
  public mutating func merge(_ other: LogHistogram) {
    for (bucket, n) in other.counts.enumerated() { counts[bucket] += n }
    count += other.count
    max = Swift.max(max, other.max)
  }

  /// What was counted since an `earlier` look at the same histogram. O(buckets).
  public func since(_ earlier: LogHistogram) -> LogHistogram {
    var latest = self
    for (bucket, n) in earlier.counts.enumerated() {
      latest.counts[bucket] -= min(n, latest.counts[bucket])
    }
    latest.count = latest.counts.reduce(0) { $0 + Int($1) }
    return latest
  }

  /// The upper edge of the bucket that holds the quantile by rank ceil(p n), at most `max`; zero
  /// without a value. O(buckets).
  public func quantile(_ p: Double) -> Nanos {
    guard count > 0 else { return .zero }
    let rank = Swift.max(Int((p * Double(count)).rounded(.up)), 1)
    var seen = 0
    for (bucket, n) in counts.enumerated() where n > 0 {
      seen += Int(n)
      if seen >= rank { return Swift.min(LogHistogram.upperEdge(of: bucket), max) }
    }
    return max
  }

  /// How many lie in buckets wholly above `limit`. O(buckets).
  public func count(over limit: Nanos) -> Int {
    let first = LogHistogram.bucket(of: UInt64(Swift.max(limit.rawValue, 0))) + 1
    return counts[first...].reduce(0) { $0 + Int($1) }
  }

  private static func bucket(of value: UInt64) -> Int {
    let exponent = 63 - value.leadingZeroBitCount
    if exponent < perDoublingBits { return Int(value) }
    let shift = exponent - perDoublingBits
    return (shift + 1) * perDoubling + Int(value >> UInt64(shift)) - perDoubling
  }

  private static func upperEdge(of bucket: Int) -> Nanos {
    if bucket < perDoubling { return Nanos(Int64(bucket)) }
    let shift = bucket / perDoubling - 1
    let step = UInt64(bucket % perDoubling + perDoubling)
    return Nanos(Int64(clamping: (step + 1) << UInt64(shift) - 1))
  }
}
