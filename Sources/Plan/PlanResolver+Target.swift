import Model

/// The endpoint, and what a scenario overrides of it.
extension PlanResolver {
  /// The target, nil where it has no usable URL.
  mutating func readTarget(_ field: PlanReader.Field) -> TargetPlan? {
    guard field.node != nil else {
      reader.reportMissing(field, remedy: "add target: { url: http://host:port }")
      return nil
    }
    let section = reader.section(field, .target)
    let url = readURL(section["url"])
    var target = TargetPlan(url: url ?? SecretText(""), path: "")
    readDialect(section, &target, isScenario: false)
    target.model = reader.value(section["model"], .word.orEmpty, default: "")
    target.headers = readHeaders(section["headers"], over: [])
    target.timeouts = readTimeouts(
      section["timeouts"], standard: Timeouts(), isScenario: false)
    readBody(section["body"], &target)
    readEndMarker(section["endMarker"], &target, isScenario: false)
    target.tls = readTLS(section["tls"])
    target.ready = readReady(section["ready"])
    target.identity = readIdentity(section["identity"])
    target.login = readLogin(section["login"])
    warnOfShadowed(target.headers, by: target.login, section["headers"])
    target.connections = reader.value(
      section["connections"], ConnectionMode.kind, default: .reuse)
    return url == nil ? nil : target
  }

  /// The target with a scenario's values put over it.
  mutating func readOverrides(_ section: PlanReader.Section, over target: TargetPlan) -> TargetPlan
  {
    var own = target
    readDialect(section, &own, isScenario: true)
    if let model = override(section["model"], .word.orEmpty) { own.model = model }
    own.headers = readHeaders(section["headers"], over: target.headers)
    warnOfShadowed(own.headers, by: target.login, section["headers"])
    if section["timeouts"].node != nil {
      own.timeouts = readTimeouts(
        section["timeouts"], standard: target.timeouts, isScenario: true)
    }
    readBody(section["body"], &own)
    readEndMarker(section["endMarker"], &own, isScenario: true)
    return own
  }

  /// A value that stays the target's, and is not listed, where the scenario has none.
  mutating func override<Value>(
    _ field: PlanReader.Field, _ kind: ValueKind<Value>
  ) -> Value? {
    field.node == nil ? nil : reader.optional(field, kind)
  }

  private mutating func readURL(_ field: PlanReader.Field) -> SecretText? {
    guard field.node != nil else {
      reader.reportMissing(field, remedy: "write url: http://host:port")
      return nil
    }
    return reader.secret(field, check: EndpointURL.check)
  }

  private mutating func readTimeouts(
    _ field: PlanReader.Field, standard: Timeouts, isScenario: Bool
  ) -> Timeouts {
    let section = reader.section(field, .timeouts)
    let kind = ValueKind<Nanos>.duration(.milliseconds(1)...(.seconds(PlanLimits.timeoutMax)))
    func read(_ key: String, _ fallback: Nanos) -> Nanos {
      isScenario
        ? override(section[key], kind) ?? fallback
        : reader.value(section[key], kind, default: fallback)
    }
    return Timeouts(
      connect: read("connect", standard.connect),
      firstToken: read("firstToken", standard.firstToken),
      stall: read("stall", standard.stall), total: read("total", standard.total))
  }

  /// The headers of a field put over others, by name without case.
  mutating func readHeaders(
    _ field: PlanReader.Field, over base: [HeaderPlan]
  ) -> [HeaderPlan] {
    var headers = base
    var seen: Set<String> = []
    for entry in reader.mapping(field) {
      let header = PlanReader.Field(
        path: "\(field.path).\(entry.key)", node: entry.value, sectionOrigin: entry.origin)
      if case .failure(let error) = HeaderCheck.name(entry.key) {
        reader.report(.value, field.path, entry.origin, error.what, remedy: error.remedy)
        continue
      }
      guard seen.insert(entry.key.lowercased()).inserted else {
        reader.report(
          .value, header.path, entry.origin, "the header comes twice; names have no case",
          remedy: "remove one")
        continue
      }
      let value = reader.secret(header) { HeaderCheck.value($0, name: entry.key) }
      guard let value else { continue }
      if value.template == SecretText.literal { warnOfLiteral(header) }
      headers.removeAll { $0.name.lowercased() == entry.key.lowercased() }
      headers.append(HeaderPlan(name: entry.key, value: value))
    }
    if headers.count > HeaderCheck.countMax {
      reader.report(ValueError("more than \(HeaderCheck.countMax) headers"), field)
    }
    return headers
  }

  /// Warns of a secret that stands in the plan file or in a flag itself. An environment variable,
  /// `STREAMGATE_STORE`, is the place for one.
  mutating func warnOfLiteral(_ field: PlanReader.Field) {
    if case .variable = field.origin { return }
    warnings.append(
      PlanProblem(
        .value, path: field.path, origin: field.origin,
        what: "a credential stands in the plan", remedy: "write \"${NAME}\" and set a variable"))
  }

  private mutating func readBody(_ field: PlanReader.Field, _ target: inout TargetPlan) {
    let body = reader.body(field)
    target.body = target.body.followed(by: body.value)
    target.bodySecrets = target.bodySecrets.merging(body.secrets)
  }

  private mutating func readEndMarker(
    _ field: PlanReader.Field, _ target: inout TargetPlan, isScenario: Bool
  ) {
    let kind = ValueKind<Bool>(
      parse: { choose($0, from: ["required", "optional"]) { $0 == "required" } },
      show: { $0 ? "required" : "optional" })
    target.isEndMarkerRequired =
      isScenario
      ? override(field, kind) ?? target.isEndMarkerRequired
      : reader.value(field, kind, default: true)
  }
}

extension ValueKind where Value == String {
  /// The same, but the empty text is allowed.
  var orEmpty: ValueKind {
    ValueKind(
      parse: { [parse] in $0.isEmpty ? .success("") : parse($0) },
      show: { [show] in $0.isEmpty ? "none" : show($0) })
  }
}

extension ConnectionMode {
  /// `reuse`, `fresh`, `idle 75s`.
  static var kind: ValueKind<ConnectionMode> {
    ValueKind(
      parse: { text in
        let words = text.split(separator: " ")
        if words.count == 2, words[0] == "idle" {
          return parseDuration(String(words[1]))
            .inRange(.milliseconds(1)...(.seconds(PlanLimits.timeoutMax)), durationText)
            .map { .idle($0) }
        }
        return choose(text, from: ["reuse", "fresh", "idle 75s"]) {
          ["reuse": .reuse, "fresh": .fresh][$0]
        }
      }, show: \.text)
  }

  /// The mode as a plan writes it.
  public var text: String {
    switch self {
    case .reuse: "reuse"
    case .fresh: "fresh"
    case .idle(let length): "idle \(durationText(length))"
    }
  }
}
