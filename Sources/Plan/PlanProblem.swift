/// One thing that is wrong with a plan: where, what, why, and what to try.
///
/// No part of it holds a secret: values with `${NAME}` are named by their template.
public struct PlanProblem: Sendable, Equatable {
  /// What sort of thing is wrong.
  public enum Kind: Sendable, Equatable {
    /// The text is no YAML, or YAML that plans do not allow (aliases, tags, duplicate keys).
    case syntax
    /// A key that no plan has.
    case unknownKey
    /// A key or value of the design that this version does not run.
    case unsupported
    /// A required value is absent.
    case missing
    /// A value that is not allowed.
    case value
    /// A `${NAME}` whose variable is unset or empty.
    case unsetVariable(String)
    /// A prompt file that cannot be read or holds no prompts.
    case promptFile
    /// The plan asks for more than its limits, or for too little to judge.
    case limit
  }

  /// What sort of thing is wrong.
  public var kind: Kind
  /// The value's path in the plan, such as `scenarios.short.weight`; empty for the whole file.
  public var path: String
  /// Where it stands; `builtIn` where it stands nowhere.
  public var origin: PlanOrigin
  /// What is wrong and why, a sentence without full stop.
  public var what: String
  /// What to try, nil where nothing sensible can be said.
  public var remedy: String?

  /// A problem.
  public init(
    _ kind: Kind, path: String, origin: PlanOrigin, what: String, remedy: String? = nil
  ) {
    self.kind = kind
    self.path = path
    self.origin = origin
    self.what = what
    self.remedy = remedy
  }

  /// One line: `streamgate.yaml:12: rate: "fast" is no number; write …`. `file` is the plan
  /// file's name as the user gave it. Control characters are shown as escapes.
  public func text(file: String) -> String {
    let place =
      switch origin {
      case .builtIn: file
      case .file(let line, _): "\(file):\(line)"
      case .variable(let name): name
      case .flag(let name): name
      }
    let parts = [place, path].filter { !$0.isEmpty } + [what]
    return printable(parts.joined(separator: ": ") + (remedy.map { "; \($0)" } ?? ""))
  }
}

/// Everything that is wrong with a plan, in the order of the file; never empty.
public struct PlanProblems: Error, Sendable, Equatable {
  /// By line and column, what has no place last.
  public let problems: [PlanProblem]

  /// These problems; those of one place stay in their order.
  public init(_ problems: [PlanProblem]) {
    self.problems = problems.enumerated().sorted { a, b in
      let (placeA, placeB) = (a.element.place, b.element.place)
      return placeA == placeB ? a.offset < b.offset : placeA < placeB
    }.map(\.element)
  }
}

extension PlanProblem {
  fileprivate var place: (Int, Int) {
    if case .file(let line, let column) = origin { (line, column) } else { (.max, 0) }
  }
}

/// One value of a resolved plan and where it came from.
public struct PlanValue: Sendable, Equatable {
  /// Its path in the plan.
  public var path: String
  /// The value as a plan would write it, secrets as `${NAME}`; `none` where it is absent.
  public var text: String
  /// Where it came from.
  public var origin: PlanOrigin

  /// A value.
  public init(path: String, text: String, origin: PlanOrigin) {
    self.path = path
    self.text = text
    self.origin = origin
  }
}

/// Longest piece of the user's text that a message repeats, in characters.
let quotedTextMax = 60

/// A user's text in quotes for a message, cut to `quotedTextMax`.
func quoted(_ text: String) -> String {
  let cut = text.unicodeScalars.prefix(quotedTextMax)
  let whole = cut.count == text.unicodeScalars.count
  return "\"" + printable(String(String.UnicodeScalarView(cut))) + (whole ? "\"" : "…\"")
}

/// The text with control characters as `\u{…}`, so that a message stays one line.
func printable(_ text: String) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .format:
      result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
    default: result.append(scalar)
    }
  }
  return String(result)
}
