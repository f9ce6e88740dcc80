public import Model

/// How long data that comes at any moment waits until the loop looks at it: of the time in which
/// the loop was not waiting for data, each moment counts with what was left until it looked.
///
/// Reads alone do not tell it: what comes for one stream during a pause is one read after it, and
/// so the longer the pause, the fewer of its reads are counted.
public struct BlindTime: Sendable, Equatable {
  /// A moment: what waits for less counts as nothing.
  private static let unit = Nanos.microseconds(250)

  private var elapsed = Nanos.zero
  private var waits = LogHistogram()

  /// No time yet.
  public init() {}

  /// Of so much time, the loop was blind for a part in one piece.
  mutating func add(_ blind: Nanos, of elapsed: Nanos) {
    self.elapsed += elapsed
    var left = blind
    while left >= BlindTime.unit {
      waits.add(left)
      left = left - BlindTime.unit
    }
  }

  /// What data waits for at most, in this share of the time. O(buckets).
  public func quantile(_ p: Double) -> Nanos {
    let moments = Double(elapsed.rawValue) / Double(BlindTime.unit.rawValue)
    let waiting = Double(waits.count)
    guard moments > 0, waiting > (1 - p) * moments else { return .zero }
    return waits.quantile(1 - (1 - p) * moments / waiting)
  }

  mutating func merge(_ other: BlindTime) {
    elapsed += other.elapsed
    waits.merge(other.waits)
  }

  /// What was added since an earlier look. O(buckets).
  public func since(_ earlier: BlindTime) -> BlindTime {
    var later = BlindTime()
    later.elapsed = elapsed - earlier.elapsed
    later.waits = waits.since(earlier.waits)
    return later
  }
}
