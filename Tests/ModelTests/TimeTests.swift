import Model
import TestKit
import Testing

@Suite("Times")
struct TimeTests {
  @Test(
    "A wall-clock time is written in RFC 3339, always UTC",
    arguments: [
      (0, "1970-01-01T00:00:00Z"),
      (1_769_860_800_000_000_000, "2026-01-31T12:00:00Z"),
      (1_769_860_800_999_999_999, "2026-01-31T12:00:00Z"),
      (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
      (-1, "1969-12-31T23:59:59Z"),
      (-2_208_988_800_000_000_000, "1900-01-01T00:00:00Z"),
      (Int64.max, "2262-04-11T23:47:16Z"),
      (Int64.min, "1677-09-21T00:12:43Z"),
    ] as [(Int64, String)])
  func written(nanos: Int64, text: String) {
    #expect(UnixNanos(nanos).iso8601 == text)
  }

  @Test(
    "Fractions, offsets and lowercase letters are read",
    arguments: [
      ("2026-01-31T12:00:00Z", 1_769_860_800_000_000_000),
      ("2026-01-31t12:00:00z", 1_769_860_800_000_000_000),
      ("2026-01-31 12:00:00Z", 1_769_860_800_000_000_000),
      ("2026-01-31T12:00:00.5Z", 1_769_860_800_500_000_000),
      ("2026-01-31T12:00:00.1234567891Z", 1_769_860_800_123_456_789),
      ("2026-01-31T14:30:00+02:30", 1_769_860_800_000_000_000),
      ("2026-01-31T04:00:00-08:00", 1_769_860_800_000_000_000),
      ("1969-12-31T23:59:59.999999999Z", -1),
      ("2024-02-29T00:00:00Z", 1_709_164_800_000_000_000),
    ] as [(String, Int64)])
  func read(text: String, nanos: Int64) {
    #expect(UnixNanos(iso8601: text) == UnixNanos(nanos))
  }

  @Test(
    "What is no time of the calendar is refused",
    arguments: [
      "", "2026", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12:00Z", "2026-1-31T12:00:00Z",
      "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-32T00:00:00Z",
      "2026-01-00T00:00:00Z", "2026-02-30T00:00:00Z", "2023-02-29T00:00:00Z",
      "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-31T24:00:00Z",
      "2026-01-31T12:60:00Z", "2026-01-31T12:00:61Z", "2026-01-31T12:00:00.Z",
      "2026-01-31T12:00:00+2:30", "2026-01-31T12:00:00+24:00", "2026-01-31T12:00:00Z ",
      " 2026-01-31T12:00:00Z", "2026-01-31T12:00:00ZZ", "+026-01-31T12:00:00Z",
      "9999-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "２026-01-31T12:00:00Z",
    ])
  func refused(text: String) {
    #expect(UnixNanos(iso8601: text) == nil)
  }

  @Test("Every whole second reads back from its text")
  func roundTrip() {
    var generator = SeededGenerator(seed: 11, label: "times")
    for _ in 0..<5_000 {
      let second = Int64(generator.nextIndex(below: 18_000_000_000)) - 9_000_000_000
      guard second.magnitude < 9_000_000_000 else { continue }
      let time = UnixNanos(second * 1_000_000_000)
      #expect(UnixNanos(iso8601: time.iso8601) == time, "\(second)")
    }
  }

  @Test("Text order is time order")
  func order() {
    var generator = SeededGenerator(seed: 12, label: "times")
    for _ in 0..<1_000 {
      let a = UnixNanos(Int64(generator.nextIndex(below: Int.max)))
      let b = UnixNanos(Int64(generator.nextIndex(below: Int.max)))
      #expect((a.iso8601 < b.iso8601) == (a < b) || a.iso8601 == b.iso8601)
    }
  }

  @Test(
    "Seconds become the nearest nanosecond, saturated, NaN zero",
    arguments: [
      (0, 0), (1.5, 1_500_000_000), (1e-9, 1), (0.4e-9, 0), (0.6e-9, 1), (-0.6e-9, -1),
      (0.036673, 36_673_000), (.infinity, .max), (-.infinity, .min), (1e12, .max), (.nan, 0),
    ] as [(Double, Int64)])
  func seconds(seconds: Double, nanos: Int64) {
    #expect(Nanos(seconds: seconds) == Nanos(nanos))
  }

  @Test("Lengths add, subtract, multiply and compare")
  func arithmetic() {
    let second = Nanos.seconds(1)
    #expect(Nanos.milliseconds(1_000) == second)
    #expect(Nanos.microseconds(1_000_000) == second)
    #expect(second + second - .milliseconds(500) == .milliseconds(1_500))
    #expect(second * 3 == .seconds(3))
    #expect(second.seconds == 1)
    #expect(second.milliseconds == 1_000)
    #expect(Nanos.zero < second)
    var sum = Nanos.zero
    sum += second
    #expect(sum == second)
    let start = MonotonicNanos(5)
    #expect((start + second) - start == second)
    #expect(start < start + second)
  }

  @Test("A test clock moves only when it is moved")
  func clock() {
    var clock = TestClock(start: MonotonicNanos(10))
    #expect(clock.now == MonotonicNanos(10))
    #expect(clock.advance(Nanos(5)) == MonotonicNanos(15))
    #expect(clock.now == MonotonicNanos(15))
  }
}
