import Model

/// Bytes of one send, reused: framing without an allocation a token.
struct OutgoingBytes {
  private(set) var bytes: [UInt8] = []
  private var stampOffsets: [Int] = []
  private var digits = [UInt8](repeating: 0x30, count: OutgoingBytes.stampDigits)

  /// Digits of a stamp: enough for any Int64.
  private static let stampDigits = 19
  /// Bytes of a token that is a stamp: `@`, the digits and a space.
  static let stampBytes = stampDigits + 2

  /// Forgets everything.
  mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    stampOffsets.removeAll(keepingCapacity: true)
  }

  /// Adds bytes as they are.
  mutating func append(_ raw: [UInt8]) {
    bytes.append(contentsOf: raw)
  }

  /// Adds a token's event as one chunk.
  mutating func append(token form: TokenForm, number: [UInt8], text: [UInt8]) {
    openChunk(
      form.prefix.count + text.count + form.afterText.count + number.count + form.suffix.count)
    bytes.append(contentsOf: form.prefix)
    bytes.append(contentsOf: text)
    closeToken(form, number)
  }

  /// Adds a token's event whose text is `@`, the time of sending and a space, as one chunk.
  mutating func append(stampedToken form: TokenForm, number: [UInt8]) {
    openChunk(
      form.prefix.count + OutgoingBytes.stampBytes + form.afterText.count + number.count
        + form.suffix.count)
    bytes.append(contentsOf: form.prefix)
    bytes.append(UInt8(ascii: "@"))
    stampOffsets.append(bytes.count)
    for _ in 0..<OutgoingBytes.stampDigits { bytes.append(UInt8(ascii: "0")) }
    bytes.append(UInt8(ascii: " "))
    closeToken(form, number)
  }

  /// Puts the time of sending where it belongs.
  mutating func stamp(_ time: MonotonicNanos) {
    guard !stampOffsets.isEmpty else { return }
    var rest = time.rawValue
    for place in stride(from: OutgoingBytes.stampDigits - 1, through: 0, by: -1) {
      digits[place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    for offset in stampOffsets {
      for place in 0..<OutgoingBytes.stampDigits { bytes[offset + place] = digits[place] }
    }
  }

  private mutating func openChunk(_ count: Int) {
    var shift = (Int.bitWidth - count.leadingZeroBitCount + 3) / 4 * 4
    while shift > 0 {
      shift -= 4
      let digit = UInt8(truncatingIfNeeded: count >> shift & 15)
      bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
    bytes.append(0x0D)
    bytes.append(0x0A)
  }

  private mutating func closeToken(_ form: TokenForm, _ number: [UInt8]) {
    bytes.append(contentsOf: form.afterText)
    bytes.append(contentsOf: number)
    bytes.append(contentsOf: form.suffix)
    bytes.append(0x0D)
    bytes.append(0x0A)
  }
}
