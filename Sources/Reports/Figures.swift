import Glibc
import Model

/// How numbers are written in every report: the same figure, the same text.
public enum Figures {
  /// Written for a figure that does not exist.
  public static let none = "–"

  /// Written for a time that has no end: of requests that never got there.
  public static let never = "never"

  /// A number with so many decimals, rounded half away from zero; never `-0`.
  public static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "not a number" : value < 0 ? "-inf" : "inf" }
    let scale = powerOfTen(decimals)
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 9e15 else { return String(value) }
    let digits = String(Int64(scaled))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard decimals > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }

  /// Seconds as `41.2 ms` or `1.62 s`: three significant digits, from microseconds to seconds;
  /// `never` for +infinity.
  public static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite else { return seconds > 0 ? never : none }
    if seconds == 0 { return "0 ms" }
    let rounded = significant(seconds, digits: 3)
    let size = rounded.magnitude
    if size < 1e-3 { return fixed(rounded * 1e6, decimals: decimals(for: size * 1e6)) + " µs" }
    if size < 1 { return fixed(rounded * 1e3, decimals: decimals(for: size * 1e3)) + " ms" }
    return fixed(rounded, decimals: decimals(for: size)) + " s"
  }

  /// A duration with its sign: `+82.0 ms`.
  static func signedDuration(_ seconds: Double) -> String {
    seconds < 0 ? duration(seconds) : "+" + duration(seconds)
  }

  /// A length that somebody chose, `60 s`: without decimals where it has none.
  static func length(_ length: Nanos) -> String {
    let seconds = length.seconds
    return seconds >= 1 && seconds == seconds.rounded()
      ? fixed(seconds, decimals: 0) + " s" : duration(seconds)
  }

  /// A rate as `6.20/s`: three significant digits.
  public static func rate(_ perSecond: Double) -> String {
    guard perSecond.isFinite, perSecond != 0 else { return fixed(perSecond, decimals: 0) + "/s" }
    let rounded = significant(perSecond, digits: 3)
    return fixed(rounded, decimals: decimals(for: rounded.magnitude)) + "/s"
  }

  /// A share as `3.1 %`, three significant digits at most, at most two decimals.
  public static func percent(_ share: Double) -> String {
    let value = share * 100
    let size = value.magnitude
    return fixed(value, decimals: size >= 99.95 ? 0 : size >= 0.995 || size == 0 ? 1 : 2) + " %"
  }

  /// A change of a share of the value, `+19.8 %`.
  static func change(_ share: Double) -> String {
    let text = fixed(share * 100, decimals: share.magnitude >= 0.9995 ? 0 : 1) + " %"
    return share < 0 && text.hasPrefix("-") ? text : "+" + text
  }

  /// A change of a share, in percentage points: `+2.90 points`.
  static func points(_ share: Double, unit: String = "points") -> String {
    let text = fixed(share * 100, decimals: 2) + " " + unit
    return text.hasPrefix("-") ? text : "+" + text
  }

  /// A bare p: `<0.001`, `0.012`, `0.31`.
  static func p(_ value: Double) -> String {
    if value < 0.001 { return "<0.001" }
    return value < 0.1 ? fixed(value, decimals: 3) : fixed(min(value, 1), decimals: 2)
  }

  /// A p with its relation: `p < 0.001`, `p = 0.012`.
  static func pRelation(_ value: Double) -> String {
    value < 0.001 ? "p < 0.001" : "p = " + p(value)
  }

  /// A number of things with its noun, `1 run`, `5 runs`.
  public static func count(_ n: Int, _ noun: String, plural: String? = nil) -> String {
    n == 1 ? "1 \(noun)" : "\(n) \(plural ?? noun + "s")"
  }

  /// `a`, `a and b`, `a, b and c`.
  static func list(_ items: [String]) -> String {
    guard let last = items.last else { return "" }
    return items.count == 1 ? last : items.dropLast().joined(separator: ", ") + " and " + last
  }

  private static func decimals(for size: Double) -> Int {
    size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2
  }

  /// Rounded to so many significant digits.
  static func significant(_ value: Double, digits: Int) -> Double {
    guard value.isFinite, value != 0 else { return value }
    let exponent = digits - 1 - Int(floor(log10(value.magnitude)))
    guard exponent.magnitude < 300 else { return value }
    let scale = powerOfTen(Int(exponent.magnitude))
    return exponent >= 0 ? (value * scale).rounded() / scale : (value / scale).rounded() * scale
  }

  private static func powerOfTen(_ exponent: Int) -> Double {
    var power = 1.0
    for _ in 0..<exponent { power *= 10 }
    return power
  }
}
