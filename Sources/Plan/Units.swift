public import Model

/// Why a text is not the value that it should be.
struct ValueError: Error, Equatable {
  /// What is wrong, after the value's path: `"5" has no unit`.
  var what: String
  /// What to write instead.
  var remedy: String?

  init(_ what: String, remedy: String? = nil) {
    self.what = what
    self.remedy = remedy
  }
}

/// A decimal number as digits, so that units are applied without rounding: `digits` x 10^-scale.
struct Decimal: Equatable {
  /// All digits, without the point.
  var digits: Int64
  /// Digits after the point.
  var scale: Int

  /// Digits that a number may have.
  private static let digitsMax = 18

  /// The number at the start of `text` and what follows it; nil where no digit starts the text,
  /// or where there are too many.
  static func prefix(of text: String) -> (number: Decimal, rest: String)? {
    var number = Decimal(digits: 0, scale: 0)
    var count = 0
    var hasPoint = false
    var rest = Substring(text)
    while let scalar = rest.unicodeScalars.first {
      if scalar == ".", !hasPoint, count > 0 {
        hasPoint = true
      } else if ("0"..."9").contains(scalar) {
        count += 1
        guard count <= digitsMax else { return nil }
        number.digits = number.digits * 10 + Int64(scalar.value - 48)
        if hasPoint { number.scale += 1 }
      } else {
        break
      }
      rest = Substring(rest.unicodeScalars.dropFirst())
    }
    guard count > 0, !hasPoint || number.scale > 0 else { return nil }
    return (number, String(rest))
  }

  /// The number times 10^`exponent` if that is whole and fits, else nil.
  func whole(timesTenTo exponent: Int, times factor: Int64 = 1) -> Int64? {
    let (product, overflow) = digits.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    var value = product
    for _ in 0..<max(0, exponent - scale) {
      let (next, overflow) = value.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      value = next
    }
    for _ in 0..<max(0, scale - exponent) {
      guard value % 10 == 0 else { return nil }
      value /= 10
    }
    return value
  }

  /// The nearest double to the number over 10^`shift`: one correctly rounded division.
  func double(overTenTo shift: Int) -> Double {
    let power = (0..<(scale + shift)).reduce(1.0) { value, _ in value * 10 }
    return Double(digits) / power
  }
}

/// A length of time: `250ms`, `5s`, `2m`, `1h`; whole nanoseconds.
func parseDuration(_ text: String) -> Result<Nanos, ValueError> {
  guard let (number, unit) = Decimal.prefix(of: text) else {
    return .failure(
      ValueError("\(quoted(text)) is no duration", remedy: "write a number and a unit, as in 5s"))
  }
  let units: [(name: String, exponent: Int, factor: Int64)] = [
    ("us", 3, 1), ("ms", 6, 1), ("s", 9, 1), ("m", 9, 60), ("h", 9, 3_600),
  ]
  guard let match = units.first(where: { $0.name == unit }) else {
    let what = unit.isEmpty ? "has no unit" : "has an unknown unit"
    return .failure(ValueError("\(quoted(text)) \(what)", remedy: "units are us, ms, s, m, h"))
  }
  guard let value = number.whole(timesTenTo: match.exponent, times: match.factor) else {
    return .failure(ValueError("\(quoted(text)) is no whole number of nanoseconds that fits"))
  }
  return .success(Nanos(value))
}

extension Nanos {
  /// A duration as plans and flags write it, such as `90s` or `2h`; nil for any other text.
  public init?(duration text: String) {
    guard case .success(let value) = parseDuration(text) else { return nil }
    self = value
  }

  /// The longest of `init(period:)`: a hundred years.
  private static let periodDaysMax: Int64 = 36_500

  /// A time as people tell it of the past or future: whole days and weeks, `30d` or `6w`, or a
  /// duration, `12h`; a hundred years at most. Nil for any other text.
  public init?(period text: String) {
    let max = Nanos.day.rawValue * Nanos.periodDaysMax
    for (unit, days) in [("d", Int64(1)), ("w", 7)] where text.hasSuffix(unit) {
      guard let count = Int64(text.dropLast()), (0...Nanos.periodDaysMax / days).contains(count)
      else { return nil }
      self.init(count * days * Nanos.day.rawValue)
      return
    }
    guard let length = Nanos(duration: text), length.rawValue <= max else { return nil }
    self = length
  }

  /// A day of 24 hours.
  public static let day = Nanos(86_400_000_000_000)
}

/// A duration as a plan writes it; `parseDuration` reads the same value back.
func durationText(_ value: Nanos) -> String {
  let inSeconds = value.rawValue >= 1_000_000_000
  let (unit, digits): (Int64, Int) = inSeconds ? (1_000_000_000, 9) : (1_000_000, 6)
  var fraction = String(value.rawValue % unit)
  fraction = String(repeating: "0", count: digits - fraction.count) + fraction
  while fraction.last == "0" { fraction.removeLast() }
  let whole = "\(value.rawValue / unit)"
  return whole + (fraction.isEmpty ? "" : "." + fraction) + (inSeconds ? "s" : "ms")
}

/// A range of durations, both ends included: `3s..6s`; `2s` alone is `2s..2s`.
func parseDurationRange(_ text: String) -> Result<ClosedRange<Nanos>, ValueError> {
  let ends = text.split(separator: "..", omittingEmptySubsequences: false).map(String.init)
  guard ends.count <= 2 else {
    return .failure(ValueError("\(quoted(text)) is no range", remedy: "write it as in 3s..6s"))
  }
  return parseDuration(ends[0]).flatMap { low in
    guard ends.count == 2 else { return .success(low...low) }
    return parseDuration(ends[1]).flatMap { high in
      low <= high
        ? .success(low...high)
        : .failure(ValueError("\(quoted(text)) goes down", remedy: "write the smaller one first"))
    }
  }
}

/// A range as a plan writes it; `parseDurationRange` reads the same value back.
func durationRangeText(_ range: ClosedRange<Nanos>) -> String {
  let (low, high) = (durationText(range.lowerBound), durationText(range.upperBound))
  return range.lowerBound == range.upperBound ? low : "\(low)..\(high)"
}

/// A whole number: `200`, `20k`, `5M`, `1G`.
func parseCount(_ text: String) -> Result<Int, ValueError> {
  let exponents = ["": 0, "k": 3, "M": 6, "G": 9]
  guard let (number, unit) = Decimal.prefix(of: text) else {
    return .failure(
      ValueError("\(quoted(text)) is no count", remedy: "write a whole number, as in 200 or 20k"))
  }
  guard let exponent = exponents[unit] else {
    return .failure(ValueError("\(quoted(text)) has an unknown unit", remedy: "units are k, M, G"))
  }
  guard let value = number.whole(timesTenTo: exponent) else {
    return .failure(ValueError("\(quoted(text)) is no whole number that fits"))
  }
  return .success(Int(value))
}

/// A share as `5%`; 0...1 for 0 %...100 %.
func parseShare(_ text: String) -> Result<Double, ValueError> {
  guard let (number, unit) = Decimal.prefix(of: text) else {
    return .failure(ValueError("\(quoted(text)) is no share", remedy: "write it as in 5%"))
  }
  guard unit == "%" else {
    return .failure(ValueError("\(quoted(text)) has no %", remedy: "write a share as in 5%"))
  }
  let value = number.double(overTenTo: 2)
  guard value <= 1 else { return .failure(ValueError("\(quoted(text)) is more than 100%")) }
  return .success(value)
}

/// A share as a plan writes it; `parseShare` reads the same value back.
func shareText(_ value: Double) -> String {
  var power = 1.0
  for scale in 0..<13 {
    let digits = (value * 100 * power).rounded()
    if digits.magnitude < 9e15,
      Decimal(digits: Int64(digits), scale: scale).double(overTenTo: 2) == value
    {
      return decimalText(Int64(digits), scale: scale) + "%"
    }
    power *= 10
  }
  return numberText(value * 100) + "%"
}

/// A number: `5`, `0.15`, `1e3`; finite.
func parseNumber(_ text: String) -> Result<Double, ValueError> {
  let isPlain = text.unicodeScalars.allSatisfy {
    ("0"..."9").contains($0) || [".", "-", "+", "e", "E"].contains($0)
  }
  guard isPlain, let value = Double(text) else {
    return .failure(ValueError("\(quoted(text)) is no number", remedy: "write it as in 2.5"))
  }
  guard value.isFinite else { return .failure(ValueError("\(quoted(text)) is out of range")) }
  return .success(value)
}

/// The shortest text that reads back as the same number.
func numberText(_ value: Double) -> String {
  String(decoding: JSONWriter.bytes(.number(value)), as: UTF8.self)
}

private func decimalText(_ digits: Int64, scale: Int) -> String {
  guard scale > 0 else { return "\(digits)" }
  var text = "\(digits)"
  while text.count <= scale { text = "0" + text }
  let point = text.index(text.endIndex, offsetBy: -scale)
  return text[..<point] + "." + text[point...]
}
