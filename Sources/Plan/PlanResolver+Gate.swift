import Model

/// How runs are judged.
extension PlanResolver {
  mutating func readGate(_ field: PlanReader.Field) -> GatePlan {
    let section = reader.section(field, .gate)
    let standard = GatePlan()
    return GatePlan(
      branch: reader.value(section["branch"], .word, default: standard.branch),
      environment: readEnvironmentName(section["environment"], standard.environment),
      baselineRuns: reader.value(
        section["baselineRuns"], .count(1...10), default: standard.baselineRuns),
      historyRuns: reader.value(
        section["historyRuns"], .count(0...60), default: standard.historyRuns),
      maxLooks: reader.value(section["maxLooks"], .count(1...5), default: standard.maxLooks),
      inconclusive: reader.value(
        section["inconclusive"], .choice(), default: standard.inconclusive),
      onNewEnvironment: reader.value(
        section["onNewEnvironment"], .choice(), default: standard.onNewEnvironment),
      baselineTarget: readBaselineTarget(section["baselineTarget"]),
      isExclusive: reader.value(section["exclusive"], .flag, default: standard.isExclusive),
      effects: readEffects(section["effects"], standard.effects))
  }

  private mutating func readEnvironmentName(
    _ field: PlanReader.Field, _ standard: String
  ) -> String {
    guard field.node != nil else {
      reader.record(field.path, standard, .builtIn)
      return standard
    }
    return reader.plainText(field, .name) ?? standard
  }

  private mutating func readBaselineTarget(_ field: PlanReader.Field) -> SecretText? {
    guard field.node != nil else {
      reader.record(field.path, "none", .builtIn)
      return nil
    }
    return reader.secret(field, check: EndpointURL.check)
  }

  /// The effects by metric, the standard ones for metrics that are not named.
  private mutating func readEffects(
    _ field: PlanReader.Field, _ standard: [String: Double]
  ) -> [String: Double] {
    var effects = standard
    let names = standard.keys.sorted()
    let entries = reader.mapping(field)
    for entry in entries where !names.contains(entry.key) {
      let meant = nearest(entry.key, in: names).map { "did you mean \($0)?" }
      reader.report(
        .unknownKey, "\(field.path).\(entry.key)", entry.origin, "no such metric",
        remedy: meant ?? "known here: \(names.joined(separator: ", "))")
    }
    let section = PlanReader.Section(
      path: field.path, origin: field.origin, entries: entries)
    for name in names {
      effects[name] = reader.value(section[name], .share, default: standard[name] ?? 1)
    }
    return effects
  }
}
