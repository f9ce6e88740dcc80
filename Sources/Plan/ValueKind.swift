import Model

/// How one sort of scalar is read and shown.
struct ValueKind<Value> {
  /// The value of a text, or why it has none.
  var parse: (String) -> Result<Value, ValueError>
  /// The text that a plan would have for a value.
  var show: (Value) -> String
}

/// Longest text of a name-like value (model, path, branch), in UTF-8 bytes.
let wordBytesMax = 2_048

extension ValueKind where Value == Nanos {
  static func duration(_ range: ClosedRange<Nanos>) -> ValueKind {
    ValueKind(
      parse: {
        parseDuration($0).inRange(range) { durationText($0) }
      }, show: durationText)
  }
}

extension ValueKind where Value == Int {
  static func count(_ range: ClosedRange<Int>) -> ValueKind {
    ValueKind(parse: { parseCount($0).inRange(range) { "\($0)" } }, show: { "\($0)" })
  }
}

extension ValueKind where Value == UInt64 {
  static var seed: ValueKind {
    ValueKind(
      parse: { text in
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = UInt64(text) else {
          return .failure(
            ValueError(
              "\(quoted(text)) is no seed", remedy: "write a whole number from 0 to 2^64-1"))
        }
        return .success(value)
      }, show: { "\($0)" })
  }
}

extension ValueKind where Value == Double {
  /// A number above 0, at most `max`.
  static func positive(max: Double) -> ValueKind {
    ValueKind(
      parse: { text in
        parseNumber(text).flatMap { value in
          value > 0 && value <= max
            ? .success(value)
            : .failure(
              ValueError("\(quoted(text)) is not above 0 and at most \(numberText(max))"))
        }
      }, show: numberText)
  }

  static func number(_ range: ClosedRange<Double>) -> ValueKind {
    ValueKind(parse: { parseNumber($0).inRange(range, numberText) }, show: numberText)
  }

  /// A share above 0 %.
  static var share: ValueKind {
    ValueKind(
      parse: { text in
        parseShare(text).flatMap {
          $0 > 0 ? .success($0) : .failure(ValueError("\(quoted(text)) is not above 0%"))
        }
      }, show: shareText)
  }
}

extension ValueKind where Value == Bool {
  /// `true` or `false`.
  static var flag: ValueKind {
    ValueKind(
      parse: { choose($0, from: ["true", "false"]) { $0 == "true" } },
      show: { $0 ? "true" : "false" })
  }
}

extension ValueKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of an enumeration's names; `later` are names that this version does not run.
  static func choice(later: [String] = []) -> ValueKind {
    ValueKind(
      parse: {
        choose($0, from: Value.allCases.map(\.rawValue), later: later) { Value(rawValue: $0) }
      },
      show: { $0.rawValue })
  }
}

/// The value of one of `names`.
func choose<Value>(
  _ text: String, from names: [String], later: [String] = [], _ value: (String) -> Value?
) -> Result<Value, ValueError> {
  if names.contains(text), let value = value(text) { return .success(value) }
  if later.contains(text) {
    return .failure(
      ValueError(
        "\(quoted(text)) is not supported by this version",
        remedy: "it has \(names.joined(separator: ", "))"))
  }
  let meant = nearest(text, in: names).map { "did you mean \($0)? " } ?? ""
  return .failure(
    ValueError(
      "\(quoted(text)) is not known",
      remedy: "\(meant)it is one of \(names.joined(separator: ", "))"))
}

extension ValueKind where Value == String {
  /// Any text of at most `max` bytes without NUL; line breaks are allowed.
  static func text(max: Int) -> ValueKind {
    ValueKind(
      parse: { text in
        if text.utf8.count > max {
          return .failure(ValueError("a text of \(text.utf8.count) bytes is longer than \(max)"))
        }
        if text.utf8.contains(0) { return .failure(ValueError("a NUL is in the text")) }
        return .success(text)
      }, show: { quoted($0) })
  }

  /// A text on one line, not empty, without control characters.
  static var word: ValueKind {
    ValueKind(parse: { checkWord($0) }, show: { $0 })
  }

  /// `[a-z0-9._-]{1,40}`.
  static var name: ValueKind {
    ValueKind(parse: { checkName($0) }, show: { $0 })
  }

  /// A path of a URL, maybe with a query: starts with `/`, printable ASCII, no `#`.
  static var urlPath: ValueKind {
    ValueKind(
      parse: { text in
        checkWord(text).flatMap { text in
          guard text.utf8.first == UInt8(ascii: "/") else {
            return .failure(ValueError("\(quoted(text)) does not start with /"))
          }
          let isPlain = text.utf8.allSatisfy {
            (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#")
          }
          return isPlain
            ? .success(text)
            : .failure(
              ValueError(
                "\(quoted(text)) holds a space, a # or a letter beyond ASCII",
                remedy: "write it percent-encoded"))
        }
      }, show: { $0 })
  }
}

/// The text if it is not empty, short, and without control characters.
func checkWord(_ text: String) -> Result<String, ValueError> {
  if text.isEmpty { return .failure(ValueError("the text is empty")) }
  if text.utf8.count > wordBytesMax {
    return .failure(
      ValueError("a text of \(text.utf8.count) bytes is longer than \(wordBytesMax)"))
  }
  if text.unicodeScalars.contains(where: isControl) {
    return .failure(ValueError("\(quoted(text)) holds a control character"))
  }
  return .success(text)
}

/// The text if it is a name: `[a-z0-9._-]{1,40}`.
func checkName(_ text: String) -> Result<String, ValueError> {
  let isName =
    (1...40).contains(text.utf8.count)
    && text.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (0x30...0x39).contains($0)
        || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains($0)
    }
  return isName
    ? .success(text)
    : .failure(
      ValueError(
        "\(quoted(text)) is no name", remedy: "use 1 to 40 of a-z, 0-9, point, _ and -"))
}

/// True for C0 and C1 controls, DEL, and the line and paragraph separators.
func isControl(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .lineSeparator, .paragraphSeparator: true
  default: false
  }
}

extension Result where Success: Comparable, Failure == ValueError {
  /// The value if it is in the range.
  func inRange(
    _ range: ClosedRange<Success>, _ show: (Success) -> String
  ) -> Result<Success, ValueError> {
    flatMap { value in
      range.contains(value)
        ? self
        : .failure(
          ValueError(
            "\(show(value)) is not between \(show(range.lowerBound)) and \(show(range.upperBound))")
        )
    }
  }
}
