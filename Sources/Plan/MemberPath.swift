public import Model

/// The way to one value of a JSON text: names and indices (RFC 9535, child and index segments
/// only), with the leading `$` left out where it begins with a name: `data.tokens[0].value`,
/// `$['access token']`.
public struct MemberPath: Sendable, Equatable, CustomStringConvertible {
  /// One segment.
  public enum Segment: Sendable, Equatable {
    /// An object's member.
    case name(String)
    /// An array's element, from 0.
    case index(Int)
  }

  /// Segments of a path at most.
  public static let segmentsMax = 32

  /// The path as it was written.
  public let text: String
  /// Its segments, at least one.
  public let segments: [Segment]

  /// The path to a member of the outermost object.
  public init(member name: String) {
    text = name
    segments = [.name(name)]
  }

  private init(text: String, segments: [Segment]) {
    self.text = text
    self.segments = segments
  }

  /// The path as it was written.
  public var description: String { text }

  /// What the path leads to; nil if there is nothing. O(members on the way).
  public func value(in json: JSONValue) -> JSONValue? {
    var value = json
    for segment in segments {
      switch segment {
      case .name(let name):
        guard let next = value[name] else { return nil }
        value = next
      case .index(let index):
        guard let values = value.arrayValue, values.indices.contains(index) else { return nil }
        value = values[index]
      }
    }
    return value
  }

  /// The path of a text, or what is wrong with it.
  static func parse(_ text: String) -> Result<MemberPath, ValueError> {
    var scanner = MemberPathScanner(text)
    guard let segments = scanner.segments(), !segments.isEmpty else {
      return .failure(
        ValueError(
          "\(quoted(text)) is no path of names and indices",
          remedy: "write it as in access_token, data.token or $['data'][0]"))
    }
    guard segments.count <= segmentsMax else {
      return .failure(ValueError("the path has more than \(segmentsMax) steps"))
    }
    return .success(MemberPath(text: text, segments: segments))
  }
}

/// Reads a path from the front; nil from a function means that the text is none.
private struct MemberPathScanner {
  private var rest: Substring.UnicodeScalarView

  init(_ text: String) {
    rest = text.unicodeScalars[...]
  }

  mutating func segments() -> [MemberPath.Segment]? {
    var found: [MemberPath.Segment] = []
    let isRooted = take("$")
    if !isRooted, rest.first != "[" {
      guard let name = name() else { return nil }
      found.append(.name(name))
    }
    while !rest.isEmpty {
      if take(".") {
        guard let name = name() else { return nil }
        found.append(.name(name))
      } else {
        guard take("["), let segment = bracket(), take("]") else { return nil }
        found.append(segment)
      }
    }
    return found
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard rest.first == scalar else { return false }
    rest.removeFirst()
    return true
  }

  /// Letters, digits, `_` and `-`, and whatever is beyond ASCII.
  private mutating func name() -> String? {
    let name = rest.prefix { scalar in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
      default: scalar.value >= 0xA0
      }
    }
    rest = rest.dropFirst(name.count)
    return name.isEmpty ? nil : String(name)
  }

  private mutating func bracket() -> MemberPath.Segment? {
    for quote: Unicode.Scalar in ["'", "\""] where take(quote) {
      let name = rest.prefix { $0 != quote }
      rest = rest.dropFirst(name.count)
      // An escape would need RFC 9535's rules; no name of a reply needs one.
      guard take(quote), !name.contains("\\") else { return nil }
      return .name(String(name))
    }
    let digits = rest.prefix { ("0"..."9").contains($0) }
    rest = rest.dropFirst(digits.count)
    guard digits.count <= 6, digits.count == 1 || digits.first != "0" else { return nil }
    return Int(String(digits)).map { .index($0) }
  }
}

extension ValueKind where Value == MemberPath {
  /// A path to one value of a JSON text.
  static var path: ValueKind {
    ValueKind(
      parse: { text in checkWord(text).flatMap { MemberPath.parse($0) } }, show: \.text)
  }
}
