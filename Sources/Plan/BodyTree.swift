import Model

extension PlanReader {
  /// The request body's members of a field: the tree as JSON (YAML 1.2 core schema: plain `null`,
  /// `true`, `false` and decimal numbers are those, anything else is a string).
  mutating func body(_ field: Field) -> (value: JSONValue, secrets: [String: String]) {
    guard let node = field.node else { return (.object([]), [:]) }
    guard case .mapping = node.content else {
      report(.value, field.path, node.origin, "a mapping (key: value) is wanted here")
      return (.object([]), [:])
    }
    var names: Set<String> = []
    let value = json(node, path: field.path, names: &names)
    refuseReserved(value, field)
    var secrets: [String: String] = [:]
    for name in names { secrets[name] = environment[name] }
    record(field.path, String(decoding: JSONWriter.bytes(value), as: UTF8.self), node.origin)
    return (value, secrets)
  }

  /// `stream` is the program's own: it decides how the reply is read.
  private mutating func refuseReserved(_ body: JSONValue, _ field: Field) {
    for member in body.objectValue ?? []
    where member.name == "stream" && ![.bool(true), .string("{{stream}}")].contains(member.value) {
      report(
        .value, "\(field.path).stream", field.node?["stream"]?.origin ?? field.origin,
        "the key stream decides whether replies stream",
        remedy: "remove it, and write stream: false beside body")
    }
  }

  mutating func json(
    _ node: PlanTree, path: String, names: inout Set<String>
  ) -> JSONValue {
    switch node.content {
    case .scalar(let text, let isQuoted):
      for name in VariableText(text).names where names.insert(name).inserted {
        let field = Field(path: path, node: node, sectionOrigin: node.origin)
        if !miss("${\(name)}", field) { _ = expand("${\(name)}", field) }
      }
      return isQuoted ? .string(text) : plainJSON(text)
    case .sequence(let nodes):
      return .array(
        nodes.enumerated().map { json($1, path: "\(path)[\($0)]", names: &names) })
    case .mapping(let entries):
      return .object(
        entries.map { JSONMember($0.key, json($0.value, path: "\(path).\($0.key)", names: &names)) }
      )
    }
  }

  private func plainJSON(_ text: String) -> JSONValue {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    default:
      // JSON's own grammar decides what a number is: a leading zero, `0x1F` or `.inf` is a text.
      guard let value = try? JSONReader.parse(Array(text.utf8)), value.doubleValue != nil else {
        return .string(text)
      }
      return value
    }
  }
}

extension JSONValue {
  /// The patch that does first this patch and then `other`: like merging, but `null` stays, so
  /// that it still removes a member of what the patch is put over.
  func followed(by other: JSONValue) -> JSONValue {
    guard case .object(var members) = self, case .object(let patch) = other else { return other }
    for item in patch {
      if let index = members.firstIndex(where: { $0.name == item.name }) {
        members[index].value = members[index].value.followed(by: item.value)
      } else {
        members.append(item)
      }
    }
    return .object(members)
  }
}
