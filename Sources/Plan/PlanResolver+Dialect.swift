import Model

/// What the endpoint speaks: its dialect, whether it streams, where it is.
extension PlanResolver {
  /// Reads `dialect`, `custom`, `stream` and `path`, which hang together, over what the target has.
  mutating func readDialect(
    _ section: PlanReader.Section, _ target: inout TargetPlan, isScenario: Bool
  ) {
    let (dialect, isStreamed) = (target.dialect, target.isStreamed)
    let names = RequestForm.all.map(\.dialect)
    let kind = ValueKind<String>(
      parse: { choose($0, from: names) { $0 } }, show: { $0 })
    if isScenario {
      target.dialect = override(section["dialect"], kind) ?? dialect
      target.isStreamed = override(section["stream"], .flag) ?? isStreamed
    } else {
      target.dialect = reader.value(section["dialect"], kind, default: dialect)
      target.isStreamed = reader.value(section["stream"], .flag, default: true)
    }
    // What a scenario takes over is the target's own problem.
    let isOwn =
      !isScenario || ["dialect", "custom", "stream"].contains { section[$0].node != nil }
    if isOwn {
      readCustom(section, &target)
      checkStream(section, target)
    }
    readPath(
      section, &target, isScenario: isScenario, isOther: target.dialect != dialect,
      isOtherMode: target.isStreamed != isStreamed)
  }

  private mutating func checkStream(_ section: PlanReader.Section, _ target: TargetPlan) {
    guard !target.isStreamed, let form = RequestForm.of(target.dialect), !form.hasWholeReplies
    else { return }
    let field = section["stream"].node == nil ? section["dialect"] : section["stream"]
    reader.report(
      ValueError(
        "the dialect \(target.dialect) has only streams", remedy: "remove stream: false"), field)
  }

  /// The path: what is written, else the target's as long as that is for the same dialect, else the
  /// dialect's own.
  private mutating func readPath(
    _ section: PlanReader.Section, _ target: inout TargetPlan, isScenario: Bool, isOther: Bool,
    isOtherMode: Bool
  ) {
    let form = RequestForm.of(target.dialect)
    let usual = (target.isStreamed ? nil : form?.wholePath) ?? form?.path
    if isScenario {
      let isUsual = target.path == form?.path || target.path == form?.wholePath
      if let path = override(section["path"], .urlPath) {
        target.path = path
      } else if isOther || (isOtherMode && isUsual), section["path"].node == nil {
        guard let usual else { return reportNoPath(section) }
        target.path = usual
      }
    } else if let usual {
      target.path = reader.value(section["path"], .urlPath, default: usual)
    } else if section["path"].node != nil {
      target.path = reader.optional(section["path"], .urlPath) ?? "/"
    } else {
      reportNoPath(section)
    }
  }

  private mutating func reportNoPath(_ section: PlanReader.Section) {
    reader.reportMissing(
      section["path"], remedy: "the dialect custom has no usual path: write the endpoint's")
  }

  /// The paths of a service of nobody's dialect.
  private mutating func readCustom(
    _ section: PlanReader.Section, _ target: inout TargetPlan
  ) {
    let field = section["custom"]
    guard target.dialect == "custom" else {
      if field.node != nil {
        reader.report(
          ValueError("this key is for dialect: custom", remedy: "write dialect: custom"), field)
      }
      return
    }
    guard field.node != nil else {
      if target.custom == nil {
        reader.reportMissing(
          field, remedy: "write custom: { content: $.text, end: { path: $.done } }")
      }
      return
    }
    let own = reader.section(field, .custom)
    let framing = reader.value(own["framing"], .choice(), default: CustomDialect.Framing.sse)
    let content = reader.required(
      own["content"], .jsonPath, remedy: "name the path of the answer's text: $.delta.text")
    var custom = CustomDialect(framing: framing, content: content ?? JSONPath([]))
    if own["contentType"].node != nil {
      custom.contentType = reader.optional(own["contentType"], .mediaType)
    }
    custom.reasoning = path(own["reasoning"])
    custom.finish = path(own["finish"])
    custom.error = path(own["error"])
    let usage = reader.section(own["usage"], .customUsage)
    custom.outputTokens = path(usage["output"])
    custom.inputTokens = path(usage["input"])
    custom.cachedTokens = path(usage["cached"])
    custom.end = readEnd(own["end"], framing)
    target.custom = custom
  }

  private mutating func path(_ field: PlanReader.Field) -> JSONPath? {
    field.node == nil ? nil : reader.optional(field, .jsonPath)
  }

  /// What tells that a stream is whole; a warning where nothing does.
  private mutating func readEnd(
    _ field: PlanReader.Field, _ framing: CustomDialect.Framing
  ) -> CustomDialect.End? {
    guard let node = field.node else {
      warnings.append(
        PlanProblem(
          .value, path: field.path, origin: field.sectionOrigin,
          what: "without an end marker a stream that is cut looks whole",
          remedy: "name what ends it: end: \"[DONE]\", { event: NAME } or { path: $.done }"))
      return nil
    }
    if case .scalar = node.content {
      return reader.optional(field, .text(max: wordBytesMax)).map { .data($0) }
    }
    let section = reader.section(field, .customEnd)
    let found: [CustomDialect.End?] = [
      section["data"].node == nil
        ? nil : reader.optional(section["data"], .text(max: wordBytesMax)).map { .data($0) },
      section["event"].node == nil
        ? nil : reader.optional(section["event"], .word).map { .event($0) },
      path(section["path"]).map { path in
        let text = section["equals"]
        return .value(
          path, equals: text.node == nil ? nil : reader.optional(text, .text(max: wordBytesMax)))
      },
    ]
    let keys = ["data", "event", "path"].filter { section[$0].node != nil }
    if keys.count != 1 {
      reader.report(
        ValueError("one of data, event and path is wanted here, and \(keys.count) are"), field)
    } else if keys == ["event"], framing == .ndjson {
      reader.report(
        ValueError("lines of NDJSON have no event names", remedy: "use path"), section["event"])
    } else if section["equals"].node != nil, keys != ["path"] {
      reader.report(ValueError("equals goes with path"), section["equals"])
    }
    return found.compactMap { $0 }.first
  }

  /// Checks that a scenario's prompt has one place in its request's body.
  mutating func checkBody(
    _ section: PlanReader.Section, _ target: TargetPlan, hasTurns: Bool
  ) {
    let template = target.bodyTemplate
    warnOfPlaceholders(section["body"], template)
    let messages = template.count(ofWhole: .messages)
    let places = template.count(of: .prompt) + template.count(of: .messages)
    // Where the problem is: the scenario's own body, else what it takes from the target.
    let field = section["body"].node == nil ? section["prompts"] : section["body"]
    if template.count(of: .messages) > messages {
      reader.report(ValueError("{{messages}} must be a whole value, not a part of one"), field)
    } else if places == 0 {
      reader.report(
        ValueError(
          "the request's body has no place for the prompt",
          remedy: "write {{prompt}} or {{messages}} as a value of body"), field)
    } else if places > 1 {
      reader.report(
        ValueError(
          "the request's body has \(places) places for the prompt",
          remedy: "set the dialect's own member to null, or remove {{prompt}} or {{messages}}"),
        field)
    } else if hasTurns, messages == 0 {
      let able = RequestForm.all.filter { $0.body.count(ofWhole: .messages) > 0 }.map(\.dialect)
      reader.report(
        ValueError(
          "the request's body has no messages, so that it cannot carry a conversation",
          remedy: "write {{messages}} as a value of body, or use one of "
            + able.joined(separator: ", ")), section["turns"])
    }
  }
}

extension PlanResolver {
  /// Warns of a `{{name}}` that is nearly one of ours: others may be the service's own.
  private mutating func warnOfPlaceholders(_ field: PlanReader.Field, _ template: JSONValue) {
    let names = BodyPlaceholder.allCases.map(\.rawValue)
    for name in Set(template.placeholderNames).sorted() where !names.contains(name) {
      guard let meant = nearest(name, in: names) else { continue }
      let warning = PlanProblem(
        .value, path: field.path, origin: field.node?.origin ?? field.sectionOrigin,
        what: "{{\(name)}} is sent as it is", remedy: "did you mean {{\(meant)}}?")
      if !warnings.contains(warning) { warnings.append(warning) }
    }
  }
}

extension JSONValue {
  /// What stands between `{{` and `}}` in a template's texts, as far as it is a word. O(size).
  fileprivate var placeholderNames: [String] {
    switch self {
    case .string(let text):
      text.split(separator: "{{", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
        guard let end = rest.firstRange(of: "}}") else { return nil }
        let name = rest[..<end.lowerBound]
        let isWord = !name.isEmpty && name.utf8.count <= 40 && name.allSatisfy(\.isLetter)
        return isWord ? String(name) : nil
      }
    case .array(let values): values.flatMap(\.placeholderNames)
    case .object(let members): members.flatMap(\.value.placeholderNames)
    case .null, .bool, .integer, .number: []
    }
  }
}

extension ValueKind where Value == String {
  /// `type/subtype`, in lower case and without parameters (RFC 9110, 8.3.1).
  fileprivate static var mediaType: ValueKind {
    ValueKind(
      parse: { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isToken = { (part: Substring) in
          !part.isEmpty && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3B }
        }
        guard parts.count == 2, parts.allSatisfy(isToken), text == text.lowercased() else {
          return .failure(
            ValueError(
              "\(quoted(text)) is no media type in lower case", remedy: "such as application/json"))
        }
        return .success(text)
      }, show: { $0 })
  }
}

extension ValueKind where Value == JSONPath {
  /// RFC 9535, child names and indices only.
  static var jsonPath: ValueKind {
    ValueKind(
      parse: { text in
        do throws(JSONPathError) {
          return .success(try JSONPath(parsing: text))
        } catch {
          return .failure(
            ValueError(
              "\(quoted(text)): \(error.what), at character \(error.offset + 1)",
              remedy: "such as $.choices[0].text"))
        }
      }, show: \.text)
  }

  /// The same, where the leading `$.` may be left out: `access_token`, `data.token`.
  static var shortPath: ValueKind {
    ValueKind(
      parse: { text in
        let root = text.hasPrefix("$") ? "" : text.hasPrefix("[") ? "$" : "$."
        if let path = try? JSONPath(parsing: root + text), !path.steps.isEmpty {
          return .success(path)
        }
        return .failure(
          ValueError(
            "\(quoted(text)) is no path of names and indices",
            remedy: "write it as in access_token, data.token or $['data'][0]"))
      }, show: \.shortText)
  }
}

extension JSONValue {
  /// How often a placeholder is a whole text of a template. O(size).
  fileprivate func count(ofWhole placeholder: BodyPlaceholder) -> Int {
    switch self {
    case .string(let text): text == placeholder.token ? 1 : 0
    case .array(let values): values.reduce(0) { $0 + $1.count(ofWhole: placeholder) }
    case .object(let members): members.reduce(0) { $0 + $1.value.count(ofWhole: placeholder) }
    default: 0
    }
  }
}

extension CustomDialect {
  /// The values as JSON for digests, absent ones left out.
  var json: JSONValue {
    let paths = [
      ("content", content), ("reasoning", reasoning), ("finish", finish),
      ("outputTokens", outputTokens), ("inputTokens", inputTokens),
      ("cachedTokens", cachedTokens), ("error", error),
    ]
    var members = [JSONMember("framing", .string(framing.rawValue))]
    if let contentType { members.append(JSONMember("contentType", .string(contentType))) }
    members += paths.compactMap { name, path in
      path.map { JSONMember(name, .string($0.text)) }
    }
    switch end {
    case nil: break
    case .data(let text): members.append(JSONMember("endData", .string(text)))
    case .event(let name): members.append(JSONMember("endEvent", .string(name)))
    case .value(let path, let equals):
      members.append(JSONMember("endPath", .string(path.text)))
      if let equals { members.append(JSONMember("endEquals", .string(equals))) }
    }
    return .object(members)
  }
}
