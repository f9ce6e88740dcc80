/// Counts of values in buckets with given upper bounds, as metrics systems want them; in memory
/// of fixed size.
public struct BucketHistogram: Sendable, Equatable {
  /// The bounds that OpenTelemetry recommends for times, in nanoseconds: 10 ms, doubled up to
  /// 81.92 s.
  public static let times: [Int64] = (0..<14).map { 10_000_000 << Int64($0) }
  /// Those for tokens: 1, times four up to 67,108,864.
  public static let tokens: [Int64] = (0..<14).map { 1 << Int64(2 * $0) }

  /// Upper bounds, rising; a value that equals one is in its bucket. A last bucket has no bound.
  public let bounds: [Int64]
  /// Values in each bucket, one more than bounds.
  public private(set) var counts: [Int]
  /// The sum of all values, in their unit.
  public private(set) var sum: Int64 = 0

  /// Nothing counted, in buckets with these bounds.
  public init(bounds: [Int64]) {
    self.bounds = bounds
    counts = [Int](repeating: 0, count: bounds.count + 1)
  }

  /// All values.
  public var count: Int { counts.reduce(0, +) }

  /// Counts a value. O(buckets).
  public mutating func add(_ value: Int64) {
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
  }

  /// Adds the counts of a histogram with the same bounds.
  public mutating func merge(_ other: BucketHistogram) {
    precondition(bounds == other.bounds, "other bounds: \(other.bounds)")
    for (index, count) in other.counts.enumerated() { counts[index] += count }
    sum += other.sum
  }
}
