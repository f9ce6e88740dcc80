import Model

/// The values at the top of a plan: what is run, how long, within which limits.
extension PlanResolver {
  mutating func readVersion(_ field: PlanReader.Field) {
    let version = reader.required(field, .count(0...1_000), remedy: "write version: 1")
    if let version, version != 1 {
      reader.report(
        .unsupported, field.path, field.origin,
        "plans of version \(version) are not supported by this version", remedy: "write version: 1")
    }
  }

  mutating func readProject(_ field: PlanReader.Field) -> String? {
    guard field.node != nil else {
      reader.reportMissing(field, remedy: "name the project, such as project: my-gateway")
      return nil
    }
    return reader.plainText(field, .name)
  }

  mutating func readProfiles(_ field: PlanReader.Field) -> [ProfileKind] {
    guard let nodes = reader.list(field) else {
      let all = ProfileKind.allCases
      if field.node == nil {
        reader.record(field.path, all.map(\.rawValue).joined(separator: ", "), .builtIn)
      }
      return all
    }
    var kinds: [ProfileKind] = []
    for node in nodes {
      let element = PlanReader.Field(path: field.path, node: node, sectionOrigin: node.origin)
      guard let text = reader.scalar(element) else { continue }
      if text == "capacity" {
        reader.report(
          ValueError(
            "capacity is no profile of a run: what it sends depends on what it measures",
            remedy: "remove it, and run streamgate capacity"), element)
        continue
      }
      let names = ProfileKind.allCases.map(\.rawValue)
      switch choose(text, from: names, { ProfileKind(rawValue: $0) }) {
      case .failure(let error): reader.report(error, element)
      case .success(let kind) where kinds.contains(kind):
        reader.report(ValueError("\(text) comes twice", remedy: "remove one"), element)
      case .success(let kind): kinds.append(kind)
      }
    }
    if nodes.isEmpty {
      reader.report(ValueError("no profile is named", remedy: "remove the key for all"), field)
    }
    reader.record(field.path, kinds.map(\.rawValue).joined(separator: ", "), field.origin)
    return kinds
  }

  mutating func readStressUsers(_ field: PlanReader.Field, profiles: [ProfileKind]) -> Int? {
    guard field.node == nil, profiles.contains(.stress) else {
      return reader.optional(field, .count(1...PlanLimits.stressUsersMax))
    }
    reader.reportMissing(
      field,
      remedy: "set stressUsers for the stress profile (streamgate check proposes a number), "
        + "or leave stress out of profiles")
    return nil
  }

  mutating func readAbort(_ field: PlanReader.Field) -> AbortRule {
    let section = reader.section(field, .abort)
    let standard = AbortRule()
    return AbortRule(
      errorShare: reader.value(section["error"], .share, default: standard.errorShare),
      over: reader.value(
        section["over"], .duration(.seconds(1)...(.seconds(3_600))), default: standard.over))
  }

  mutating func readLimits(_ field: PlanReader.Field, hasPrices: Bool) -> RunLimits {
    let section = reader.section(field, .limits)
    let limits = RunLimits(
      requests: reader.optional(section["requests"], .count(1...Int.max)),
      outputTokens: reader.optional(section["outputTokens"], .count(1...Int.max)),
      cost: reader.optional(section["cost"], .positive(max: 1e12)),
      inFlight: reader.value(
        section["inFlight"], .count(1...PlanLimits.inFlightMax), default: RunLimits().inFlight))
    if limits.cost != nil, !hasPrices {
      reader.report(
        .missing, section["cost"].path, section["cost"].origin, "a cost limit needs prices",
        remedy: "add prices: { input: …, output: … }, per million tokens")
    }
    return limits
  }

  mutating func readPrices(_ field: PlanReader.Field) -> Prices? {
    let section = reader.section(field, .prices)
    guard field.node != nil else { return nil }
    let remedy = "set the price per million tokens"
    let input = reader.required(section["input"], .number(0...1e9), remedy: remedy)
    let output = reader.required(section["output"], .number(0...1e9), remedy: remedy)
    guard let input, let output else { return nil }
    return Prices(input: input, output: output)
  }

  mutating func readStore(_ field: PlanReader.Field) -> SecretText? {
    guard field.node != nil else {
      reader.record(field.path, "none", .builtIn)
      return nil
    }
    let store = reader.secret(field, check: StoreText.check)
    if let store, store.template.contains(SecretText.literal) { warnOfLiteral(field) }
    return store
  }

  mutating func readReports(_ field: PlanReader.Field) -> ReportPaths {
    let section = reader.section(field, .reports)
    return ReportPaths(
      junit: reader.optional(section["junit"], .word),
      markdown: reader.optional(section["markdown"], .word),
      json: reader.optional(section["json"], .word),
      html: reader.optional(section["html"], .word),
      openMetrics: reader.optional(section["openMetrics"], .word))
  }
}
