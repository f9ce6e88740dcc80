import Model
import Testing

@testable import App

@Suite("Until when something is accepted")
struct ExpiryTests {
  /// 2026-11-28T12:00:00Z.
  private static let now = UnixNanos(1_795_867_200_000_000_000)

  @Test(
    "Days, weeks, hours, a day and a moment are read",
    arguments: [
      ("30d", "2026-12-28T12:00:00Z"), ("2w", "2026-12-12T12:00:00Z"),
      ("12h", "2026-11-29T00:00:00Z"), ("2026-12-31", "2027-01-01T00:00:00Z"),
      ("2026-12-31T08:00:00Z", "2026-12-31T08:00:00Z"), ("0d", "2026-11-28T12:00:00Z"),
      ("2025-01-31", "2025-02-01T00:00:00Z"),
    ])
  func times(text: String, end: String) {
    #expect(ExpiryTests.now.iso8601 == "2026-11-28T12:00:00Z")
    #expect(Expiry.time(text, from: ExpiryTests.now)?.iso8601 == end)
  }

  @Test(
    "Anything else is no time",
    arguments: [
      "", "d", "-3d", "3 d", "2026-13-01", "2026-02-30", "soon", "999999d", "1y",
      "36500w", "2500000h",
    ])
  func others(text: String) {
    #expect(Expiry.time(text, from: ExpiryTests.now) == nil)
  }
}
