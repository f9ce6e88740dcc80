/// Reads values out of a plan's tree: keeps every problem, and every value with its origin.
struct PlanReader {
  /// A value that may be there: its path, its node, and where to point if it is not.
  struct Field {
    var path: String
    var node: PlanTree?
    /// The mapping that would hold it.
    var sectionOrigin: PlanOrigin
    /// True where an unknown key was probably meant for it: that is reported already.
    var isMisspelled = false

    var origin: PlanOrigin { node?.origin ?? .builtIn }
  }

  /// One mapping of the plan with its keys checked.
  struct Section {
    var path: String
    var origin: PlanOrigin
    var entries: [PlanEntry]
    /// Known keys that unknown ones were probably meant for.
    var misspelled: Set<String> = []

    /// The value of a key; null counts as absent.
    subscript(key: String) -> Field {
      let node = entries.first { $0.key == key }?.value
      return Field(
        path: path.isEmpty ? key : "\(path).\(key)", node: node?.isNull == true ? nil : node,
        sectionOrigin: origin, isMisspelled: misspelled.contains(key))
    }
  }

  /// The variables that `${NAME}` refers to.
  let environment: [String: String]
  /// What becomes of a secret whose variable is unset.
  let secrets: SecretRule
  private(set) var problems: [PlanProblem] = []
  private(set) var values: [PlanValue] = []
  /// Secrets that may be missing and are.
  private(set) var missing: [MissingSecret] = []

  init(environment: [String: String], secrets: SecretRule = .required) {
    self.environment = environment
    self.secrets = secrets
  }

  mutating func report(
    _ kind: PlanProblem.Kind, _ path: String, _ origin: PlanOrigin, _ what: String,
    remedy: String? = nil
  ) {
    problems.append(PlanProblem(kind, path: path, origin: origin, what: what, remedy: remedy))
  }

  mutating func report(_ error: ValueError, _ field: Field) {
    report(.value, field.path, field.origin, error.what, remedy: error.remedy)
  }

  mutating func record(_ path: String, _ text: String, _ origin: PlanOrigin) {
    values.append(PlanValue(path: path, text: text, origin: origin))
  }

  /// The mapping of a field with unknown and unsupported keys refused; empty where it is absent.
  mutating func section(_ field: Field, _ schema: Schema) -> Section {
    let entries = mapping(field)
    var misspelled: Set<String> = []
    for entry in entries where !schema.keys.contains(entry.key) {
      let path = field.path.isEmpty ? entry.key : "\(field.path).\(entry.key)"
      if schema.later.contains(entry.key) {
        report(
          .unsupported, path, entry.origin, "this key is not supported by this version",
          remedy: "remove it")
      } else {
        let meant = nearest(entry.key, in: schema.keys + schema.later)
        if let meant { misspelled.insert(meant) }
        report(
          .unknownKey, path, entry.origin, "no such key",
          remedy: meant.map { "did you mean \($0)?" }
            ?? "known here: \(schema.keys.joined(separator: ", "))")
      }
    }
    return Section(
      path: field.path, origin: field.node?.origin ?? field.sectionOrigin, entries: entries,
      misspelled: misspelled)
  }

  /// The entries of a field that must be a mapping; empty where it is absent or is none.
  mutating func mapping(_ field: Field) -> [PlanEntry] {
    guard let node = field.node else { return [] }
    guard case .mapping(let entries) = node.content else {
      report(.value, field.path, node.origin, "a mapping (key: value) is wanted here")
      return []
    }
    return entries
  }

  /// The nodes of a field that must be a list; nil where it is absent or is none. A variable or
  /// flag may give `a, b`.
  mutating func list(_ field: Field) -> [PlanTree]? {
    guard let node = field.node else { return nil }
    switch (node.content, node.origin) {
    case (.sequence(let nodes), _): return nodes
    case (.scalar(let text, _), .variable), (.scalar(let text, _), .flag):
      return text.split(separator: ",").map { part in
        PlanTree(.scalar(trimmed(String(part)), isQuoted: true), origin: node.origin)
      }
    default:
      report(.value, field.path, node.origin, "a list is wanted here", remedy: "write [a, b]")
      return nil
    }
  }

  /// The text of a field; nil where it is absent, or, with a problem, is no scalar.
  mutating func scalar(_ field: Field) -> String? {
    guard let node = field.node else { return nil }
    guard case .scalar(let text, _) = node.content else {
      report(.value, field.path, node.origin, "a single value is wanted here")
      return nil
    }
    return text
  }

  /// The value of a field, which must not refer to variables; nil where absent or wrong.
  mutating func optional<Value>(_ field: Field, _ kind: ValueKind<Value>) -> Value? {
    guard let text = scalar(field) else {
      if field.node == nil { record(field.path, "none", .builtIn) }
      return nil
    }
    if let name = VariableText(text).names.first {
      report(
        .value, field.path, field.origin, "${\(name)} is not allowed here",
        remedy: "variables go into headers, body, url, store, project, gate.environment and "
          + "target.identity.equals")
      return nil
    }
    return accept(kind.parse(text), field, kind)
  }

  /// The value of a field, or its default.
  mutating func value<Value>(
    _ field: Field, _ kind: ValueKind<Value>, default fallback: Value
  ) -> Value {
    guard field.node != nil else {
      record(field.path, kind.show(fallback), .builtIn)
      return fallback
    }
    return optional(field, kind) ?? fallback
  }

  /// The value of a field that must be there.
  mutating func required<Value>(
    _ field: Field, _ kind: ValueKind<Value>, remedy: String
  ) -> Value? {
    guard field.node != nil else {
      reportMissing(field, remedy: remedy)
      return nil
    }
    return optional(field, kind)
  }

  mutating func reportMissing(_ field: Field, remedy: String) {
    guard !field.isMisspelled else { return }
    report(.missing, field.path, field.sectionOrigin, "this value is required", remedy: remedy)
  }

  /// A text whose `${NAME}` are put in at once and are no secrets.
  mutating func plainText(_ field: Field, _ kind: ValueKind<String>) -> String? {
    guard let text = scalar(field), let expanded = expand(text, field) else { return nil }
    return accept(kind.parse(expanded), field, kind)
  }

  /// A text whose `${NAME}` are secrets; `check` sees the value, and what it says of it must not
  /// repeat it.
  mutating func secret(
    _ field: Field, check: (SecretText) -> Result<SecretText, ValueError>
  ) -> SecretText? {
    guard let text = scalar(field) else { return nil }
    if miss(text, field) {
      record(field.path, text, field.origin)
      return SecretText(template: text, value: "", secrets: [])
    }
    guard let value = expand(text, field) else { return nil }
    let secrets = VariableText(text).names.compactMap { environment[$0] }
    switch check(SecretText(template: text, value: value, secrets: secrets)) {
    case .success(let secret):
      record(field.path, secret.template, field.origin)
      return secret
    case .failure(let error):
      report(error, field)
      return nil
    }
  }

  /// The text with its variables put in; nil, with a problem each, where one is unset or empty.
  mutating func expand(_ text: String, _ field: Field) -> String? {
    let variables = VariableText(text)
    let unset = unset(in: variables)
    for name in unset {
      report(
        .unsetVariable(name), field.path, field.origin,
        "the variable \(name) is \(environment[name] == nil ? "not set" : "empty")",
        remedy: "export \(name)")
    }
    return unset.isEmpty ? variables.expanded { environment[$0] ?? "" } : nil
  }

  /// Notes the secrets of a text that are missing where they may be; true if there are some.
  mutating func miss(_ text: String, _ field: Field) -> Bool {
    guard secrets == .mayBeMissing else { return false }
    let names = unset(in: VariableText(text))
    missing += names.map { MissingSecret(variable: $0, path: field.path) }
    return !names.isEmpty
  }

  /// The variables of a text that are unset or empty, each once: pipelines set a variable to
  /// nothing where a secret is withheld.
  private func unset(in text: VariableText) -> [String] {
    var unset: [String] = []
    for name in text.names where (environment[name] ?? "").isEmpty && !unset.contains(name) {
      unset.append(name)
    }
    return unset
  }

  private mutating func accept<Value>(
    _ result: Result<Value, ValueError>, _ field: Field, _ kind: ValueKind<Value>
  ) -> Value? {
    switch result {
    case .success(let value):
      record(field.path, kind.show(value), field.origin)
      return value
    case .failure(let error):
      report(error, field)
      return nil
    }
  }
}

/// The text without spaces and tabs at both ends.
func trimmed(_ text: String) -> String {
  let isSpace = { (scalar: Unicode.Scalar) in scalar == " " || scalar == "\t" }
  let scalars = text.unicodeScalars.drop(while: isSpace)
  let end = scalars.lastIndex { !isSpace($0) }.map { scalars.index(after: $0) }
  return String(scalars[..<(end ?? scalars.startIndex)])
}
