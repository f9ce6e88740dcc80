// TidyTests: the house rules as programs.
//
// A rule is a pure function from a text, or from the names of files, to violations. RuleTests show
// it each thing that it must find; TreeTests hold the whole tree against it.

/// A place that breaks a rule.
struct Violation: Equatable, CustomStringConvertible {
  var path: String
  /// Counted from 1; 0 for a whole file.
  var line: Int
  var what: String

  var description: String { "\(path):\(line): \(what)" }
}
