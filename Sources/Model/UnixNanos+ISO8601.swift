extension UnixNanos {
  /// The time as `2026-01-31T12:00:00Z`, fractions of a second cut off (RFC 3339, always UTC).
  public var iso8601: String {
    let seconds = rawValue.flooredQuotient(by: 1_000_000_000)
    let days = seconds.flooredQuotient(by: 86_400)
    let secondOfDay = seconds - days * 86_400
    let date = CivilDate(daysSinceEpoch: days)
    var text = DigitText()
    text.append(date.year, 4)
    text.append("-", date.month, 2)
    text.append("-", date.day, 2)
    text.append("T", secondOfDay / 3_600, 2)
    text.append(":", secondOfDay / 60 % 60, 2)
    text.append(":", secondOfDay % 60, 2)
    return text.ending(with: "Z")
  }

  /// The time as `iso8601`, with nine decimals of a second where it is not a whole one.
  public var iso8601Exact: String {
    let fraction = rawValue - rawValue.flooredQuotient(by: 1_000_000_000) * 1_000_000_000
    guard fraction > 0 else { return iso8601 }
    var text = DigitText(iso8601.utf8.dropLast())
    text.append(".", fraction, 9)
    return text.ending(with: "Z")
  }

  /// Reads `2026-01-31T12:00:00Z`, with an optional fraction (up to nine digits are kept) and `Z`
  /// or a numeric offset; nil for anything else (RFC 3339 section 5.6).
  public init?(iso8601 text: String) {
    var scan = DigitScanner(Array(text.utf8))
    guard let year = scan.digits(4), scan.take("-"), let month = scan.digits(2), scan.take("-"),
      let day = scan.digits(2), scan.take("T") || scan.take("t") || scan.take(" "),
      let hour = scan.digits(2), scan.take(":"), let minute = scan.digits(2), scan.take(":"),
      let second = scan.digits(2)
    else { return nil }
    guard (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
    else { return nil }
    var fraction: Int64 = 0
    if scan.take(".") {
      guard let nanos = scan.fraction() else { return nil }
      fraction = nanos
    }
    guard let offset = scan.offsetSeconds(), scan.isAtEnd else { return nil }
    let date = CivilDate(year: year, month: month, day: day)
    let days = date.daysSinceEpoch
    guard CivilDate(daysSinceEpoch: days) == date else { return nil }  // 30 February
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
    guard seconds.magnitude < 9_000_000_000 else { return nil }
    self.init(seconds * 1_000_000_000 + fraction)
  }
}

/// A day of the proleptic Gregorian calendar. Source: Howard Hinnant, *chrono-Compatible
/// Low-Level Date Algorithms* (days_from_civil, civil_from_days).
struct CivilDate: Equatable {
  var year: Int64
  var month: Int64
  var day: Int64

  init(year: Int64, month: Int64, day: Int64) {
    self.year = year
    self.month = month
    self.day = day
  }

  init(daysSinceEpoch: Int64) {
    let shifted = daysSinceEpoch + 719_468
    let era = shifted.flooredQuotient(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSinceEpoch: Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear.flooredQuotient(by: 400)
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}

/// Reads fixed-width decimal fields from ASCII bytes.
private struct DigitScanner {
  let bytes: [UInt8]
  var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { position == bytes.count }

  mutating func take(_ character: Character) -> Bool {
    guard position < bytes.count, bytes[position] == character.asciiValue else { return false }
    position += 1
    return true
  }

  mutating func digits(_ count: Int) -> Int64? {
    guard position + count <= bytes.count else { return nil }
    var value: Int64 = 0
    for byte in bytes[position..<position + count] {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - 0x30)
    }
    position += count
    return value
  }

  mutating func fraction() -> Int64? {
    var value: Int64 = 0
    var kept = 0
    var seen = 0
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
      if kept < 9 {
        value = value * 10 + Int64(bytes[position] - 0x30)
        kept += 1
      }
      seen += 1
      position += 1
    }
    guard seen > 0 else { return nil }
    for _ in kept..<9 { value *= 10 }
    return value
  }

  mutating func offsetSeconds() -> Int64? {
    if take("Z") || take("z") { return 0 }
    let sign: Int64
    if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
    guard let hour = digits(2), take(":"), let minute = digits(2), hour < 24, minute < 60
    else { return nil }
    return sign * (hour * 3_600 + minute * 60)
  }
}

extension Int64 {
  /// The quotient rounded towards minus infinity; `divisor` is positive.
  func flooredQuotient(by divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}

/// Writes fixed-width decimal fields.
private struct DigitText {
  private var bytes: [UInt8]

  init(_ bytes: some Sequence<UInt8> = []) {
    self.bytes = Array(bytes)
    self.bytes.reserveCapacity(32)
  }

  /// Appends the last so many digits of a number of at least 0, behind a character. A time of 64
  /// bits in nanoseconds lies in a year of four digits.
  mutating func append(_ before: Unicode.Scalar, _ value: Int64, _ width: Int) {
    bytes.append(UInt8(ascii: before))
    append(value, width)
  }

  /// The same without one.
  mutating func append(_ value: Int64, _ width: Int) {
    var power: Int64 = 1
    for _ in 1..<width { power *= 10 }
    while power > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(value / power % 10))
      power /= 10
    }
  }

  func ending(with last: Unicode.Scalar) -> String {
    String(decoding: bytes + [UInt8(ascii: last)], as: UTF8.self)
  }
}
