import Model
import Plan

/// Until when something is accepted, as a flag says it.
enum Expiry {
  private static let day: Int64 = 86_400_000_000_000
  /// Days at most.
  private static let daysMax = 36_500

  /// `30d`, `6w`, `12h` from `now` on; the end of a day in UTC, `2026-12-31`; or a moment,
  /// `2026-12-31T12:00:00Z`. Nil for any other text.
  static func time(_ text: String, from now: UnixNanos) -> UnixNanos? {
    for (unit, days) in [("d", 1), ("w", 7)] where text.hasSuffix(unit) {
      guard let count = Int(text.dropLast()), (0...daysMax).contains(count) else { continue }
      return UnixNanos(now.rawValue + Int64(count * days) * day)
    }
    if let length = Nanos(duration: text) { return UnixNanos(now.rawValue + length.rawValue) }
    if let start = UnixNanos(iso8601: text + "T00:00:00Z") {
      return UnixNanos(start.rawValue + day)
    }
    return UnixNanos(iso8601: text)
  }
}
