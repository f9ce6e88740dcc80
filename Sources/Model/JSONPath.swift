/// A way from a JSON value to one value in it: child names and indices.
///
/// It is RFC 9535 without what can select several values or computes: `$` and then `.name`,
/// `['name']`, `["name"]` or `[0]`.
public struct JSONPath: Sendable, Hashable {
  /// Bytes of a path's text.
  public static let bytesMax = 1_024
  /// Segments of a path.
  public static let stepsMax = 32

  /// One segment.
  public enum Step: Sendable, Hashable {
    /// To an object's member of that name.
    case member(String)
    /// To the element of an array at an index from 0.
    case index(Int)
  }

  /// The segments after `$`; none: the value itself.
  public let steps: [Step]

  /// A path of these segments.
  public init(_ steps: [Step]) {
    self.steps = steps
  }

  /// The value that it leads to, nil where there is none.
  public func value(in root: JSONValue) -> JSONValue? {
    var value = root
    for step in steps {
      switch step {
      case .member(let name):
        guard let next = value[name] else { return nil }
        value = next
      case .index(let index):
        guard let values = value.arrayValue, index < values.count else { return nil }
        value = values[index]
      }
    }
    return value
  }

  /// The path as text: dots where a name allows it, else brackets.
  public var text: String {
    steps.reduce("$") { text, step in
      switch step {
      case .index(let index): return text + "[\(index)]"
      case .member(let name):
        if JSONPath.isPlain(name) { return text + "." + name }
        let quoted = name.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
        return text + "['" + quoted + "']"
      }
    }
  }

  /// The path as text without the `$.` before a name: `data.token`.
  public var shortText: String { text.hasPrefix("$.") ? String(text.dropFirst(2)) : text }

  /// The path to a member of the outermost object.
  public static func member(_ name: String) -> JSONPath { JSONPath([.member(name)]) }

  private static func isPlain(_ name: String) -> Bool {
    guard let first = name.unicodeScalars.first, isNameFirst(first) else { return false }
    return name.unicodeScalars.allSatisfy(isName)
  }

  fileprivate static func isNameFirst(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.value >= 0x80 || (scalar >= "a" && scalar <= "z")
      || (scalar >= "A" && scalar <= "Z")
  }

  fileprivate static func isName(_ scalar: Unicode.Scalar) -> Bool {
    isNameFirst(scalar) || (scalar >= "0" && scalar <= "9")
  }
}

/// Why a text is no path.
public struct JSONPathError: Error, Sendable, Equatable {
  /// Characters before the place.
  public var offset: Int
  /// What is wrong there.
  public var what: String
}

extension JSONPath {
  /// Reads a path's text; throws the first thing that is wrong with it. O(characters).
  public init(parsing text: String) throws(JSONPathError) {
    var reader = PathReader(text)
    steps = try reader.steps()
  }
}

private struct PathReader {
  private let scalars: [Unicode.Scalar]
  private var position = 0

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
  }

  mutating func steps() throws(JSONPathError) -> [JSONPath.Step] {
    guard scalars.count <= JSONPath.bytesMax else { throw error("the path is too long") }
    guard next() == "$" else {
      position = 0
      throw error("a path begins with $")
    }
    var steps: [JSONPath.Step] = []
    while position < scalars.count {
      guard steps.count < JSONPath.stepsMax else {
        throw error("more than \(JSONPath.stepsMax) segments")
      }
      steps.append(try step())
    }
    return steps
  }

  private mutating func step() throws(JSONPathError) -> JSONPath.Step {
    switch next() {
    case ".":
      switch peek {
      case ".": throw error("descendants (..) are not supported: name each member")
      case "*": throw error("wildcards (*) are not supported: name the member or the index")
      default: return .member(try name())
      }
    case "[":
      let step = try bracket()
      guard next() == "]" else { throw errorBefore("one name in quotes, or one index, and ]") }
      return step
    default: throw errorBefore(". or [ is wanted here")
    }
  }

  private mutating func bracket() throws(JSONPathError) -> JSONPath.Step {
    switch peek {
    case "'", "\"": return .member(try quoted())
    case "*": throw error("wildcards (*) are not supported: name the member or the index")
    case "?": throw error("filters (?) are not supported: name the member or the index")
    case "-": throw error("indices from the end are not supported")
    default: return .index(try index())
    }
  }

  private mutating func name() throws(JSONPathError) -> String {
    guard let first = peek, JSONPath.isNameFirst(first) else {
      throw error("a name is wanted here; in brackets and quotes it may be any text")
    }
    var name = String.UnicodeScalarView()
    while let scalar = peek, JSONPath.isName(scalar) {
      name.append(scalar)
      position += 1
    }
    return String(name)
  }

  private mutating func quoted() throws(JSONPathError) -> String {
    let quote = next()
    var name = String.UnicodeScalarView()
    while let scalar = next() {
      if scalar == quote { return String(name) }
      guard scalar == "\\" else {
        name.append(scalar)
        continue
      }
      guard let escaped = next(), escaped == quote || escaped == "\\" || escaped == "/" else {
        throw errorBefore("only the quote, \\ and / can be escaped here")
      }
      name.append(escaped)
    }
    throw error("the quote does not end")
  }

  private mutating func index() throws(JSONPathError) -> Int {
    var digits = ""
    while let scalar = peek, scalar >= "0", scalar <= "9" {
      digits.unicodeScalars.append(scalar)
      position += 1
    }
    if peek == ":" || peek == "," {
      throw error("slices and lists are not supported: one index or one name")
    }
    guard let index = Int(digits), index <= 100_000, digits == "0" || digits.first != "0" else {
      throw error("an index from 0, or a name in quotes, is wanted here")
    }
    return index
  }

  private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func next() -> Unicode.Scalar? {
    guard let scalar = peek else {
      position = scalars.count + 1
      return nil
    }
    position += 1
    return scalar
  }

  private func error(_ what: String) -> JSONPathError {
    JSONPathError(offset: min(position, scalars.count), what: what)
  }

  private func errorBefore(_ what: String) -> JSONPathError {
    JSONPathError(offset: max(0, min(position, scalars.count + 1) - 1), what: what)
  }
}
