/// A value given on the command line, put over the file's and the variables'.
public struct PlanOverride: Sendable, Equatable {
  /// The value's path, such as `gate.maxLooks`.
  public var path: String
  /// The value as the plan file would write it; a list as `a, b`; empty for the default.
  public var text: String
  /// The flag that gave it, for messages: `--set`, `--size`.
  public var flag: String

  /// A value for a path.
  public init(path: String, text: String, flag: String = "--set") {
    self.path = path
    self.text = text
    self.flag = flag
  }

  /// The override that `--set path=value` asks for, nil where there is no `=` or no path.
  public init?(setting assignment: String) {
    guard let equals = assignment.firstIndex(of: "="), equals != assignment.startIndex else {
      return nil
    }
    self.init(
      path: String(assignment[..<equals]),
      text: String(assignment[assignment.index(after: equals)...]))
  }
}

extension PlanTree {
  /// This tree with the `STREAMGATE_*` variables and then the flags put over it.
  func overridden(by overrides: [PlanOverride], environment: [String: String]) -> PlanTree {
    var tree = self
    for path in Schema.variablePaths {
      let name = Schema.variable(path)
      // Pipelines set a variable to nothing where a secret is withheld: that is not a value.
      guard let text = environment[name], !text.isEmpty else { continue }
      tree.set(path, to: PlanTree(.scalar(text, isQuoted: false), origin: .variable(name)))
    }
    for override in overrides {
      tree.set(
        override.path,
        to: PlanTree(.scalar(override.text, isQuoted: false), origin: .flag(override.flag)))
    }
    return tree
  }

  /// Puts `value` at a path of keys joined by points. A key that itself holds points, as scenario
  /// names may, is found if it is there already. O(nodes on the way).
  mutating func set(_ path: String, to value: PlanTree) {
    var entries: [PlanEntry] =
      if case .mapping(let entries) = content { entries } else { [] }
    let known = entries.indices.filter { path == entries[$0].key }
    if let index = known.first {
      entries[index].value = value
    } else if let index = Self.longestPrefix(of: path, in: entries) {
      let rest = path.dropFirst(entries[index].key.count + 1)
      entries[index].value.set(String(rest), to: value)
    } else if let point = path.firstIndex(of: ".") {
      var inner = PlanTree(.mapping([]), origin: value.origin)
      inner.set(String(path[path.index(after: point)...]), to: value)
      entries.append(
        PlanEntry(key: String(path[..<point]), origin: value.origin, value: inner))
    } else {
      entries.append(PlanEntry(key: path, origin: value.origin, value: value))
    }
    content = .mapping(entries)
  }

  private static func longestPrefix(of path: String, in entries: [PlanEntry]) -> Int? {
    entries.indices.filter { path.hasPrefix(entries[$0].key + ".") }
      .max { entries[$0].key.count < entries[$1].key.count }
  }
}

/// Variables named `STREAMGATE_…` that set nothing but look like one that does.
func misspelledVariables(_ environment: [String: String]) -> [PlanProblem] {
  let prefix = "STREAMGATE_"
  let known = Schema.variablePaths.map { String(Schema.variable($0).dropFirst(prefix.count)) }
  return environment.keys.sorted().compactMap { name in
    let suffix = String(name.dropFirst(prefix.count))
    guard name.hasPrefix(prefix), !known.contains(suffix), let meant = nearest(suffix, in: known)
    else { return nil }
    return PlanProblem(
      .unknownKey, path: "", origin: .variable(name), what: "this variable sets nothing",
      remedy: "did you mean \(prefix + meant)?")
  }
}
