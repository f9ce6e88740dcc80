import Glibc

/// Reads a date as HTTP writes it (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, and
/// the two older forms that a recipient must take, `Sunday, 06-Nov-94 08:49:37 GMT` and
/// `Sun Nov  6 08:49:37 1994`.
public enum HTTPDate {
  /// Seconds since 1970; nil for anything else. `now`, in the same seconds, tells which century two
  /// digits of a year mean: one that is not more than 50 years ahead. The day's name is not held
  /// against the date. O(1).
  public static func seconds(_ text: UnsafeRawBufferPointer, now: Int64) -> Int64? {
    var reader = DateReader(text)
    let name = reader.letters()
    guard name.count >= 3 else { return nil }
    var fields = tm()
    let isWhole: Bool
    if !reader.take(UInt8(ascii: ",")) {
      isWhole = reader.asctime(&fields)
    } else if name.count == 3 {
      isWhole = reader.fixed(&fields)
    } else {
      isWhole = reader.rfc850(&fields, now: now)
    }
    guard isWhole, reader.isAtEnd else { return nil }
    let wanted = fields
    let seconds = Int64(timegm(&fields))
    // timegm makes 31 February a day in March.
    guard fields.tm_mday == wanted.tm_mday, fields.tm_mon == wanted.tm_mon else { return nil }
    return seconds
  }

  /// The same of a text.
  public static func seconds(_ text: String, now: Int64) -> Int64? {
    var text = text
    return text.withUTF8 { seconds(UnsafeRawBufferPointer($0), now: now) }
  }

  /// Seconds since 1970 by the wall clock.
  public static func now() -> Int64 { Int64(time(nil)) }
}

/// Takes a date apart from its start on; each function says whether what it wants is there.
private struct DateReader {
  private static let months: [StaticString] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private var rest: Slice<UnsafeRawBufferPointer>

  init(_ text: UnsafeRawBufferPointer) {
    rest = text[...]
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func take(_ byte: UInt8) -> Bool {
    guard rest.first == byte else { return false }
    rest = rest.dropFirst()
    return true
  }

  mutating func letters() -> Slice<UnsafeRawBufferPointer> {
    let letters = rest.prefix { (0x41...0x5A).contains($0 & 0xDF) }
    rest = rest[letters.endIndex...]
    return letters
  }

  /// ` 06 Nov 1994 08:49:37 GMT`
  mutating func fixed(_ fields: inout tm) -> Bool {
    take(0x20) && day(&fields) && take(0x20) && month(&fields) && take(0x20) && year(&fields)
      && take(0x20) && clock(&fields) && zone()
  }

  /// ` 06-Nov-94 08:49:37 GMT`
  mutating func rfc850(_ fields: inout tm, now: Int64) -> Bool {
    guard take(0x20), day(&fields), take(UInt8(ascii: "-")), month(&fields),
      take(UInt8(ascii: "-")), let short = digits(2)
    else { return false }
    var moment = time_t(now)
    var present = tm()
    gmtime_r(&moment, &present)
    let year = present.tm_year + 1_900
    var whole = year - year % 100 + short
    if whole > year + 50 { whole -= 100 }
    if whole <= year - 50 { whole += 100 }
    fields.tm_year = whole - 1_900
    return take(0x20) && clock(&fields) && zone()
  }

  /// ` Nov  6 08:49:37 1994`
  mutating func asctime(_ fields: inout tm) -> Bool {
    guard take(0x20), month(&fields), take(0x20) else { return false }
    if take(0x20) {
      guard let day = digits(1) else { return false }
      fields.tm_mday = day
    } else if !day(&fields) {
      return false
    }
    return take(0x20) && clock(&fields) && take(0x20) && year(&fields)
  }

  private mutating func day(_ fields: inout tm) -> Bool {
    guard let day = digits(2) else { return false }
    fields.tm_mday = day
    return true
  }

  private mutating func month(_ fields: inout tm) -> Bool {
    let name = letters()
    let index = DateReader.months.firstIndex { month in
      name.elementsEqual(UnsafeBufferPointer(start: month.utf8Start, count: 3))
    }
    guard let index else { return false }
    fields.tm_mon = Int32(index)
    return true
  }

  private mutating func year(_ fields: inout tm) -> Bool {
    guard let year = digits(4) else { return false }
    fields.tm_year = year - 1_900
    return true
  }

  private mutating func clock(_ fields: inout tm) -> Bool {
    guard let hour = digits(2), take(UInt8(ascii: ":")), let minute = digits(2),
      take(UInt8(ascii: ":")), let second = digits(2), hour < 24, minute < 60, second <= 60
    else { return false }
    // A leap second is taken for the one before: to timegm it would be another day's.
    (fields.tm_hour, fields.tm_min, fields.tm_sec) = (hour, minute, min(second, 59))
    return true
  }

  private mutating func zone() -> Bool { take(0x20) && letters().elementsEqual("GMT".utf8) }

  private mutating func digits(_ count: Int) -> Int32? {
    let digits = rest.prefix(count)
    guard digits.count == count, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    rest = rest.dropFirst(count)
    return digits.reduce(0) { $0 * 10 + Int32($1 - 0x30) }
  }
}
