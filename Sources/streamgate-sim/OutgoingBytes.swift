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
    append(form, number, text)
  }

  /// Adds a token's event whose text is `@`, the time of sending and a space, as one chunk.
  mutating func append(stampedToken form: TokenForm, number: [UInt8]) {
    let place = append(form, number, OutgoingBytes.stampText)
    stampOffsets.append(place + 1)
  }

  /// `@`, room for the digits, and a space.
  private static let stampText =
    [UInt8(ascii: "@")] + [UInt8](repeating: 0x30, count: stampDigits) + [UInt8(ascii: " ")]

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

  /// Adds a chunk of one event, room for all of it at once, and returns where its text stands.
  @discardableResult
  private mutating func append(_ form: TokenForm, _ number: [UInt8], _ text: [UInt8]) -> Int {
    let count =
      form.prefix.count + text.count + form.afterText.count + number.count + form.suffix.count
    let digits = max(1, (Int.bitWidth - count.leadingZeroBitCount + 3) / 4)
    var end = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: digits + count + 4))
    return bytes.withUnsafeMutableBytes { out in
      for place in (0..<digits).reversed() {
        let digit = UInt8(truncatingIfNeeded: count >> (place * 4) & 15)
        out[end] = digit < 10 ? 0x30 + digit : 0x57 + digit
        end += 1
      }
      end = OutgoingBytes.endLine(out, end)
      end = OutgoingBytes.copy(form.prefix, to: out, end)
      let place = end
      end = OutgoingBytes.copy(text, to: out, end)
      end = OutgoingBytes.copy(form.afterText, to: out, end)
      end = OutgoingBytes.copy(number, to: out, end)
      end = OutgoingBytes.copy(form.suffix, to: out, end)
      _ = OutgoingBytes.endLine(out, end)
      return place
    }
  }

  private static func endLine(_ out: UnsafeMutableRawBufferPointer, _ place: Int) -> Int {
    out[place] = 0x0D
    out[place + 1] = 0x0A
    return place + 2
  }

  /// Returns where the copy ends.
  private static func copy(
    _ bytes: [UInt8], to out: UnsafeMutableRawBufferPointer, _ place: Int
  ) -> Int {
    if bytes.isEmpty { return place }
    UnsafeMutableRawBufferPointer(rebasing: out[place...]).copyBytes(from: bytes)
    return place + bytes.count
  }
}
