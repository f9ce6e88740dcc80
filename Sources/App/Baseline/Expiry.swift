import Model
import Plan

/// Until when something is accepted, as a flag says it.
enum Expiry {
  /// `30d`, `6w`, `12h` from `now` on; the end of a day in UTC, `2026-12-31`; or a moment,
  /// `2026-12-31T12:00:00Z`. Nil for any other text.
  static func time(_ text: String, from now: UnixNanos) -> UnixNanos? {
    if let length = Nanos(period: text) { return UnixNanos(now.rawValue + length.rawValue) }
    if let start = UnixNanos(iso8601: text + "T00:00:00Z") {
      return UnixNanos(start.rawValue + Nanos.day.rawValue)
    }
    return UnixNanos(iso8601: text)
  }
}
