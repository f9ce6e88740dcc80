/// Masks secrets in what a service sent: each of their bytes becomes `*`.
///
/// The length stays, so that offsets into the text still hold; it says nothing that the lengths of
/// reads do not. A secret is found as it is, inside JSON strings (`\"`, `\u0041`, also in JSON that
/// is itself in a string), and percent-encoded; also where the text breaks off inside it.
public struct Redactor: Sendable {
  /// A secret's characters that show where a text breaks off inside it; fewer are chance.
  private static let partCountMin = 4

  /// Characters of the shortest secret: to mask each of a single letter would tell it.
  public static let countMin = 3
  /// Characters of the shortest word that is a secret because it is part of one.
  private static let wordCountMin = 6

  private var secrets: Set<String> = []
  private var patterns: [SecretPattern] = []
  /// The patterns that can begin with a byte, by that byte.
  private var beginnings = [[Int]](repeating: [], count: 256)

  /// A redactor of these secrets.
  public init(secrets: some Sequence<String> = [String]()) {
    for secret in secrets { add(secret) }
  }

  /// Masks one more secret from now on, such as a token from a login; of one of several words, as
  /// in `Bearer abcdef`, each long word too.
  public mutating func add(_ secret: String) {
    insert(secret)
    let words = secret.split(separator: " ")
    guard words.count > 1 else { return }
    for word in words where word.count >= Redactor.wordCountMin { insert(String(word)) }
  }

  private mutating func insert(_ secret: String) {
    guard secret.unicodeScalars.count >= Redactor.countMin, secrets.insert(secret).inserted
    else { return }
    let pattern = SecretPattern(secret)
    for byte in pattern.firstBytes { beginnings[Int(byte)].append(patterns.count) }
    patterns.append(pattern)
  }

  /// The text without its secrets.
  public func masked(_ text: String) -> String {
    guard !patterns.isEmpty else { return text }
    var bytes = Array(text.utf8)
    mask(&bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Masks the secrets in a text, also one that the text's end cuts; with `isStartCut` also one
  /// that its start cuts. O(bytes x secrets), and O(secret) where one may begin.
  public func mask(_ bytes: inout [UInt8], isStartCut: Bool = false) {
    guard !patterns.isEmpty else { return }
    var ranges: [Range<Int>] = []
    if isStartCut, let end = cutStart(bytes) { ranges.append(0..<end) }
    for start in bytes.indices {
      for index in beginnings[Int(bytes[start])] {
        guard let end = found(patterns[index], in: bytes, at: start) else { continue }
        ranges.append(start..<end)
      }
    }
    for range in ranges {
      for index in range { bytes[index] = UInt8(ascii: "*") }
    }
  }

  /// Where a secret that begins at `start` ends, nil if none does.
  private func found(_ pattern: SecretPattern, in bytes: [UInt8], at start: Int) -> Int? {
    switch pattern.match(bytes, at: start) {
    case .whole(let end): return end
    case .part(let count): return count >= leastPart(of: pattern) ? bytes.count : nil
    case .none: return nil
    }
  }

  /// Where a secret whose beginning is missing ends.
  private func cutStart(_ bytes: [UInt8]) -> Int? {
    patterns.compactMap { pattern -> Int? in
      let least = leastPart(of: pattern)
      guard pattern.count > least else { return nil }
      for from in 1...(pattern.count - least) {
        // The cut may also be inside the character before.
        for start in 0..<min(SecretPattern.characterBytesMax, bytes.count) {
          if case .whole(let end) = pattern.match(bytes, at: start, from: from) { return end }
        }
      }
      return nil
    }.max()
  }

  private func leastPart(of pattern: SecretPattern) -> Int {
    min(Redactor.partCountMin, (pattern.count + 1) / 2)
  }
}

/// One secret as it may stand in a text.
private struct SecretPattern {
  /// Bytes of one character as JSON and percent encoding write it: two `\uXXXX`, four `%XX`.
  static let characterBytesMax = 12

  /// How far a text agrees with a secret.
  enum Match {
    case none
    /// The text ends inside the secret, after so many of its characters.
    case part(Int)
    /// Where the secret ends.
    case whole(Int)
  }

  /// A character and what it may be written as.
  private struct Letter {
    let scalar: Unicode.Scalar
    let plain: [UInt8]
    /// `%XX` for each byte, in lower case.
    let percent: [UInt8]

    init(_ scalar: Unicode.Scalar) {
      self.scalar = scalar
      plain = Array(String(scalar).utf8)
      percent = plain.flatMap { byte -> [UInt8] in
        let digits = String(byte, radix: 16)
        return Array(("%" + (digits.count == 1 ? "0" : "") + digits).utf8)
      }
    }
  }

  private let letters: [Letter]

  init(_ secret: String) {
    // Several backslashes are one: how many stand in a text depends on how often it was escaped.
    var scalars: [Unicode.Scalar] = []
    for scalar in secret.unicodeScalars where scalar != "\\" || scalars.last != "\\" {
      scalars.append(scalar)
    }
    letters = scalars.map(Letter.init)
  }

  var count: Int { letters.count }

  /// What a text's first byte may be.
  var firstBytes: Set<UInt8> {
    var bytes: Set<UInt8> = [UInt8(ascii: "\\"), UInt8(ascii: "%")]
    if let first = letters.first {
      bytes.insert(first.plain[0])
      if first.scalar == " " { bytes.insert(UInt8(ascii: "+")) }
    }
    return bytes
  }

  /// Matches the characters from `from` on against the text at `start`. Both readings of `%` and
  /// `+` are tried: as they are, and as an encoding.
  func match(_ bytes: [UInt8], at start: Int, from: Int = 0) -> Match {
    let plain = match(bytes, at: start, from: from, isEncoded: false)
    if case .whole = plain { return plain }
    let encoded = match(bytes, at: start, from: from, isEncoded: true)
    switch (plain, encoded) {
    case (_, .whole): return encoded
    case (.part(let a), .part(let b)): return .part(max(a, b))
    case (.part, .none): return plain
    default: return encoded
    }
  }

  private func match(_ bytes: [UInt8], at start: Int, from: Int, isEncoded: Bool) -> Match {
    var position = start
    for index in from..<letters.count {
      guard position < bytes.count else { return .part(index - from) }
      switch SecretPattern.step(letters[index], bytes, position, isEncoded) {
      case .none: return .none
      case .part: return .part(index - from)
      case .whole(let end): position = end
      }
    }
    return .whole(position)
  }

  /// One character at a position.
  private static func step(
    _ letter: Letter, _ bytes: [UInt8], _ position: Int, _ isEncoded: Bool
  ) -> Match {
    let byte = bytes[position]
    if isEncoded, byte == UInt8(ascii: "%") {
      return compare(bytes, position, with: letter.percent)
    }
    if isEncoded, byte == UInt8(ascii: "+"), letter.scalar == " " {
      return .whole(position + 1)
    }
    if byte == UInt8(ascii: "\\") { return escape(letter.scalar, bytes, position) }
    return compare(bytes, position, with: letter.plain)
  }

  /// A character after one backslash or, in JSON inside of JSON, several.
  private static func escape(
    _ scalar: Unicode.Scalar, _ bytes: [UInt8], _ start: Int
  ) -> Match {
    var position = start
    while position < bytes.count, bytes[position] == UInt8(ascii: "\\") { position += 1 }
    guard position < bytes.count else { return scalar == "\\" ? .whole(position) : .part(0) }
    if bytes[position] == UInt8(ascii: "u") {
      let unicode = unicodeEscape(scalar, bytes, position)
      if case .none = unicode, scalar == "\\" { return .whole(position) }
      return unicode
    }
    if scalar == "\\" { return .whole(position) }
    let letter: UInt8
    switch scalar {
    case "\"", "/": letter = UInt8(truncatingIfNeeded: scalar.value)
    case "\u{08}": letter = UInt8(ascii: "b")
    case "\u{0C}": letter = UInt8(ascii: "f")
    case "\n": letter = UInt8(ascii: "n")
    case "\r": letter = UInt8(ascii: "r")
    case "\t": letter = UInt8(ascii: "t")
    default: return .none
    }
    return bytes[position] == letter ? .whole(position + 1) : .none
  }

  /// `uXXXX`, and a second one after backslashes where the character needs two.
  private static func unicodeEscape(
    _ scalar: Unicode.Scalar, _ bytes: [UInt8], _ start: Int
  ) -> Match {
    var position = start
    for (number, unit) in String(scalar).utf16.enumerated() {
      if number > 0 {
        let before = position
        while position < bytes.count, bytes[position] == UInt8(ascii: "\\") { position += 1 }
        guard position > before || position == bytes.count else { return .none }
      }
      let digits = String(unit, radix: 16)
      let text = "u" + String(repeating: "0", count: 4 - digits.count) + digits
      switch compare(bytes, position, with: Array(text.utf8)) {
      case .whole(let end): position = end
      case let other: return other
      }
    }
    return .whole(position)
  }

  /// Compares; of an encoding, hexadecimal digits in either case.
  private static func compare(
    _ bytes: [UInt8], _ position: Int, with expected: [UInt8]
  ) -> Match {
    let isEncoding = expected.count > 2
    for (offset, byte) in expected.enumerated() {
      guard position + offset < bytes.count else { return .part(0) }
      let found = bytes[position + offset]
      guard found == byte || (isEncoding && (0x61...0x66).contains(byte) && found == byte - 0x20)
      else {
        return .none
      }
    }
    return .whole(position + expected.count)
  }
}

extension Evidence {
  /// The evidence without secrets in what the service sent.
  public func redacted(by redactor: Redactor) -> Evidence {
    var evidence = self
    evidence.excerpt = redactor.masked(excerpt)
    evidence.finishReason = finishReason.map(redactor.masked)
    evidence.detail = redactor.masked(detail)
    return evidence
  }
}
