/// Writes numbers as text into bytes, where there are too many for a `String` each.
///
/// A number gets the shortest decimal text that reads back as itself, the nearest to it among
/// those: the same as `description`, which writes what lies outside of 0.0001..<2^53. Source:
/// Giulietti, "The Schubfach way to render doubles", 2021; in that range every power of ten that is
/// needed is a whole number of at most 128 bits.
public enum NumberText {
  /// Whether a whole number ends in `.0`.
  public enum Whole: Sendable {
    /// It does not.
    case plain
    /// It does, as its description.
    case withPoint
  }

  /// Powers of ten from 0 on, shifted up until their highest bit is bit 127.
  private static let powers: [(high: UInt64, low: UInt64)] = {
    var power: UInt128 = 1
    return (0...21).map { _ in
      let shifted = power << UInt128(power.leadingZeroBitCount)
      power *= 10
      return (UInt64(truncatingIfNeeded: shifted >> 64), UInt64(truncatingIfNeeded: shifted))
    }
  }()

  /// Bytes of the longest text: a sign, 17 digits, `e-308`, and zeros behind a point.
  static let bytesMax = 32

  /// Appends a number; one that is not finite by its description.
  public static func append(_ value: Double, _ whole: Whole, to bytes: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytesMax) { buffer in
      bytes.append(contentsOf: text(of: value, whole, in: buffer))
    }
  }

  /// Appends a whole number.
  public static func append(_ value: Int64, to bytes: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytesMax) { buffer in
      bytes.append(contentsOf: text(of: value, in: buffer))
    }
  }

  /// The text at the end of a buffer of `bytesMax`.
  static func text(
    of value: Double, _ whole: Whole, in buffer: UnsafeMutableBufferPointer<UInt8>
  ) -> UnsafeBufferPointer<UInt8> {
    var text = DigitBuffer(buffer)
    let size = value.magnitude
    if size >= 0.0001, size < 0x1p53 {
      let integer = UInt64(size)
      if Double(integer) == size {
        if whole == .withPoint { text.put(".0") }
        text.put(digitsOf: integer)
      } else {
        text.put(shortest(size))
      }
      if value < 0 { text.put(UInt8(ascii: "-")) }
    } else {
      var description = value.description
      if whole == .plain, description.hasSuffix(".0") { description.removeLast(2) }
      for byte in description.utf8.reversed() { text.put(byte) }
    }
    return text.bytes
  }

  /// The text at the end of a buffer of `bytesMax`.
  static func text(
    of value: Int64, in buffer: UnsafeMutableBufferPointer<UInt8>
  ) -> UnsafeBufferPointer<UInt8> {
    var text = DigitBuffer(buffer)
    text.put(digitsOf: value.magnitude)
    if value < 0 { text.put(UInt8(ascii: "-")) }
    return text.bytes
  }

  /// `digits` times ten to the `-decimals`.
  fileprivate struct Decimal {
    var digits: UInt64
    var decimals: Int
  }

  /// The shortest decimal of a number in the range that is not whole, with zeros at its end
  /// perhaps. The names are the paper's.
  private static func shortest(_ value: Double) -> Decimal {
    let c = value.significandBitPattern | 1 << 52
    let q = Int(value.exponentBitPattern) - 1_075
    let isLowerCloser = value.significandBitPattern == 0
    // Floors of q log10(2), or of q log10(2) + log10(3/4); and of k log2(10).
    let k = (q * 1_262_611 - (isLowerCloser ? 524_031 : 0)) >> 22
    let h = q + (-k * 1_741_647) >> 19 + 1
    let power = powers[-k]
    let lower = roundToOdd(power, (4 * c - (isLowerCloser ? 1 : 2)) << UInt64(h)) + c & 1
    let middle = roundToOdd(power, 4 * c << UInt64(h))
    let upper = roundToOdd(power, (4 * c + 2) << UInt64(h)) - c & 1
    let s = middle / 4
    if s >= 10 {
      let tens = s / 10
      let (isBelow, isAbove) = (lower <= 40 * tens, 40 * tens + 40 <= upper)
      if isBelow != isAbove { return Decimal(digits: tens + (isAbove ? 1 : 0), decimals: -k - 1) }
    }
    let (isBelow, isAbove) = (lower <= 4 * s, 4 * s + 4 <= upper)
    if isBelow != isAbove { return Decimal(digits: s + (isAbove ? 1 : 0), decimals: -k) }
    let half = 4 * s + 2
    let isUp = middle > half || middle == half && s & 1 == 1
    return Decimal(digits: s + (isUp ? 1 : 0), decimals: -k)
  }

  /// The high part of a product, its lowest bit set if anything lies below.
  private static func roundToOdd(_ power: (high: UInt64, low: UInt64), _ factor: UInt64) -> UInt64 {
    let carried = power.low.multipliedFullWidth(by: factor).high
    let product = power.high.multipliedFullWidth(by: factor)
    let (low, isOver) = product.low.addingReportingOverflow(carried)
    return (product.high + (isOver ? 1 : 0)) | (low > 1 ? 1 : 0)
  }
}

/// Text that is written from its end.
private struct DigitBuffer {
  private let buffer: UnsafeMutableBufferPointer<UInt8>
  private var start: Int

  init(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
    self.buffer = buffer
    start = buffer.count
  }

  var bytes: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: UnsafeBufferPointer(buffer)[start...])
  }

  mutating func put(_ byte: UInt8) {
    start -= 1
    buffer[start] = byte
  }

  mutating func put(_ text: StaticString) {
    for index in (0..<text.utf8CodeUnitCount).reversed() { put(text.utf8Start[index]) }
  }

  /// So many digits, the last ones of a number; gives the others.
  private mutating func put(_ count: Int, digitsOf value: UInt64) -> UInt64 {
    var (rest, left) = (value, count)
    // Two at once: each division waits for the one before it.
    while left >= 2 {
      let shorter = rest / 100
      let pair = UInt32(truncatingIfNeeded: rest &- shorter &* 100)
      put(UInt8(truncatingIfNeeded: 0x30 + pair % 10))
      put(UInt8(truncatingIfNeeded: 0x30 + pair / 10))
      rest = shorter
      left -= 2
    }
    if left > 0 {
      put(UInt8(truncatingIfNeeded: 0x30 + rest % 10))
      rest /= 10
    }
    return rest
  }

  /// One digit at least.
  mutating func put(digitsOf value: UInt64) {
    var rest = value
    while rest >= 100 { rest = put(2, digitsOf: rest) }
    _ = put(rest >= 10 ? 2 : 1, digitsOf: rest)
  }

  /// A decimal with at least one digit before its point.
  mutating func put(_ decimal: NumberText.Decimal) {
    var (digits, decimals) = (decimal.digits, decimal.decimals)
    while digits % 10 == 0 {
      digits /= 10
      decimals -= 1
    }
    digits = put(decimals, digitsOf: digits)
    put(UInt8(ascii: "."))
    put(digitsOf: digits)
  }
}
