/// A plan as text has it: scalars, sequences and mappings, each with where it came from.
///
/// It is what a YAML reader gives and what overrides are put into; nothing is interpreted yet.
public struct PlanTree: Sendable, Equatable {
  /// What a node holds.
  public enum Content: Sendable, Equatable {
    /// A text; `isQuoted` tells `"5"` from `5`, which matters in a request body only.
    case scalar(String, isQuoted: Bool)
    /// Nodes in order.
    case sequence([PlanTree])
    /// Keys and nodes in order; keys are unique.
    case mapping([PlanEntry])
  }

  /// What this node holds.
  public var content: Content
  /// Where it came from.
  public var origin: PlanOrigin

  /// A node.
  public init(_ content: Content, origin: PlanOrigin) {
    self.content = content
    self.origin = origin
  }

  /// True for an absent value: empty, `~` or `null`, not quoted.
  public var isNull: Bool {
    guard case .scalar(let text, isQuoted: false) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }

  /// True for a mapping.
  var isMapping: Bool { if case .mapping = content { true } else { false } }

  /// The value of a key, nil where there is none or this is no mapping. O(keys).
  public subscript(key: String) -> PlanTree? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }
}

/// A key and its value.
public struct PlanEntry: Sendable, Equatable {
  /// The key's text.
  public var key: String
  /// Where the key stands.
  public var origin: PlanOrigin
  /// The value.
  public var value: PlanTree

  /// A key and its value.
  public init(key: String, origin: PlanOrigin, value: PlanTree) {
    self.key = key
    self.origin = origin
    self.value = value
  }
}

/// Where a value came from, the weakest first: built in < file < variable < flag.
public enum PlanOrigin: Sendable, Equatable, CustomStringConvertible {
  /// The documented default.
  case builtIn
  /// The plan file; line and column count from 1.
  case file(line: Int, column: Int)
  /// An environment variable, by name.
  case variable(String)
  /// A command-line flag, by name: `--set`, `--size`.
  case flag(String)

  /// `default`, `line 12`, `STREAMGATE_RATE`, `--set`.
  public var description: String {
    switch self {
    case .builtIn: "default"
    case .file(let line, _): "line \(line)"
    case .variable(let name): name
    case .flag(let name): name
    }
  }
}
