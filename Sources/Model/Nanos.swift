/// A length of time in whole nanoseconds; negative when an event came before its reference.
public struct Nanos: Sendable, Hashable, Comparable {
  /// Nanoseconds.
  public var rawValue: Int64

  /// A length of `rawValue` nanoseconds.
  public init(_ rawValue: Int64) {
    self.rawValue = rawValue
  }

  /// No time.
  public static let zero = Nanos(0)

  /// `count` microseconds.
  public static func microseconds(_ count: Int64) -> Nanos { Nanos(count * 1_000) }

  /// `count` milliseconds.
  public static func milliseconds(_ count: Int64) -> Nanos { Nanos(count * 1_000_000) }

  /// `count` seconds.
  public static func seconds(_ count: Int64) -> Nanos { Nanos(count * 1_000_000_000) }

  /// The nearest whole nanosecond to a number of seconds; saturates beyond ±292 years, and takes
  /// NaN for zero.
  public init(seconds: Double) {
    let scaled = (seconds * 1e9).rounded()
    if scaled.isNaN {
      self = .zero
    } else if scaled.magnitude >= 9.2e18 {
      self.init(scaled < 0 ? .min : .max)
    } else {
      self.init(Int64(scaled))
    }
  }

  /// The length in seconds.
  public var seconds: Double { Double(rawValue) / 1e9 }

  /// The length in milliseconds.
  public var milliseconds: Double { Double(rawValue) / 1e6 }

  /// The shorter one first.
  public static func < (a: Nanos, b: Nanos) -> Bool { a.rawValue < b.rawValue }

  /// The sum of two lengths.
  public static func + (a: Nanos, b: Nanos) -> Nanos { Nanos(a.rawValue + b.rawValue) }

  /// The difference of two lengths.
  public static func - (a: Nanos, b: Nanos) -> Nanos { Nanos(a.rawValue - b.rawValue) }

  /// A whole multiple of a length.
  public static func * (a: Nanos, count: Int64) -> Nanos { Nanos(a.rawValue * count) }

  /// Adds a length.
  public static func += (a: inout Nanos, b: Nanos) { a.rawValue += b.rawValue }
}

/// A reading of `CLOCK_MONOTONIC`; comparable only with readings of the same boot.
public struct MonotonicNanos: Sendable, Hashable, Comparable {
  /// Nanoseconds since an arbitrary point.
  public var rawValue: Int64

  /// A reading of `rawValue` nanoseconds.
  public init(_ rawValue: Int64) {
    self.rawValue = rawValue
  }

  /// The earlier one first.
  public static func < (a: MonotonicNanos, b: MonotonicNanos) -> Bool { a.rawValue < b.rawValue }

  /// The time from `b` to `a`.
  public static func - (a: MonotonicNanos, b: MonotonicNanos) -> Nanos {
    Nanos(a.rawValue - b.rawValue)
  }

  /// The moment `length` later.
  public static func + (a: MonotonicNanos, length: Nanos) -> MonotonicNanos {
    MonotonicNanos(a.rawValue + length.rawValue)
  }
}

/// A wall-clock time: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds.
public struct UnixNanos: Sendable, Hashable, Comparable {
  /// Nanoseconds since the epoch.
  public var rawValue: Int64

  /// A time of `rawValue` nanoseconds since the epoch.
  public init(_ rawValue: Int64) {
    self.rawValue = rawValue
  }

  /// The earlier one first.
  public static func < (a: UnixNanos, b: UnixNanos) -> Bool { a.rawValue < b.rawValue }
}
