import Model

/// What is sent: scenarios and their prompts; and what must hold of them.
extension PlanResolver {
  /// The scenarios in the order of the file; those that are wrong are left out, with a problem.
  mutating func readScenarios(
    _ field: PlanReader.Field, target: TargetPlan?
  ) -> [ScenarioPlan] {
    let entries = reader.mapping(field)
    guard !entries.isEmpty else {
      if field.isMisspelled { return [] }
      if field.node == nil || reader.problems.last?.path != field.path {
        reader.report(
          .missing, field.path, field.node?.origin ?? field.sectionOrigin,
          "at least one scenario is required",
          remedy: "add scenarios: { short: { prompts: [\"Hello\"], maxTokens: 120 } }")
      }
      return []
    }
    if entries.count > PlanLimits.scenariosMax {
      reader.report(ValueError("more than \(PlanLimits.scenariosMax) scenarios"), field)
      return []
    }
    // Without a usable target the scenarios are still read, for their own problems.
    let base = target ?? TargetPlan(url: SecretText(""), path: "/")
    return entries.compactMap { readScenario($0, base, at: field.path) }
  }

  private mutating func readScenario(
    _ entry: PlanEntry, _ target: TargetPlan, at path: String
  ) -> ScenarioPlan? {
    if case .failure(let error) = checkName(entry.key) {
      reader.report(.value, path, entry.origin, "scenario \(error.what)", remedy: error.remedy)
      return nil
    }
    let field = PlanReader.Field(
      path: "\(path).\(entry.key)", node: entry.value.isNull ? nil : entry.value,
      sectionOrigin: entry.origin)
    let section = reader.section(field, .scenario)
    let weight = reader.value(section["weight"], .positive(max: 1e6), default: 1)
    let prompts = readPrompts(section["prompts"], scenario: entry.key)
    let system = reader.optional(section["system"], .text(max: PlanLimits.systemBytesMax))
    let maxTokens = reader.optional(section["maxTokens"], .count(1...10_000_000))
    let own = readOverrides(section, over: target)
    let conversation = readConversation(section)
    checkBody(section, own, hasTurns: conversation != nil)
    guard let prompts else { return nil }
    return ScenarioPlan(
      name: entry.key, weight: weight, prompts: prompts.texts, promptFile: prompts.file,
      system: system, maxTokens: maxTokens, target: own,
      conversation: conversation)
  }

  mutating func readObjectives(
    _ field: PlanReader.Field, profiles: [ProfileKind], scenarios: [ScenarioPlan],
    hasLogin: Bool
  ) -> [Objective] {
    guard let nodes = reader.list(field) else {
      if field.node == nil { reader.record(field.path, "none", .builtIn) }
      return []
    }
    var objectives: [Objective] = []
    for (index, node) in nodes.enumerated() {
      let element = PlanReader.Field(
        path: "\(field.path)[\(index)]", node: node, sectionOrigin: node.origin)
      if case .mapping = node.content {
        reader.report(
          ValueError("an objective with a colon must be in quotes"), element)
        continue
      }
      guard let text = reader.scalar(element) else { continue }
      switch Objective.parse(text) {
      case .failure(let error): reader.report(error, element)
      case .success(let objective):
        guard check(objective, element, profiles, scenarios) else { continue }
        if objective.isLogin, !hasLogin {
          reader.report(
            ValueError("nobody logs in", remedy: "add target.login, or remove this"), element)
        }
        reader.record(element.path, objective.text, element.origin)
        objectives.append(objective)
      }
    }
    return objectives
  }

  /// False, with a problem, where the objective names a scenario that is none; a warning where its
  /// profile is not run, since a flag may have left it out.
  private mutating func check(
    _ objective: Objective, _ field: PlanReader.Field, _ profiles: [ProfileKind],
    _ scenarios: [ScenarioPlan]
  ) -> Bool {
    let names = scenarios.map(\.name)
    if let name = objective.scenario, !names.contains(name) {
      let meant = nearest(name, in: names)
      reader.report(
        ValueError(
          "there is no scenario \(quoted(name))", remedy: meant.map { "did you mean \($0)?" }),
        field)
      return false
    }
    let measured = scenarios.filter { objective.scenario == nil || objective.scenario == $0.name }
    if objective.metric.needsStream, !measured.isEmpty,
      !measured.contains(where: \.target.isStreamed)
    {
      reader.report(
        ValueError(
          "\(objective.scenario ?? "the scenario") does not stream: it has a duration and no more",
          remedy: "set an objective on duration"), field)
      return false
    }
    let judged = objective.profile.map { [$0] } ?? [.rampUp, .sustained]
    if !judged.contains(where: profiles.contains) {
      warnings.append(
        PlanProblem(
          .value, path: field.path, origin: field.origin,
          what: "this objective is never judged: its profile is not run"))
    }
    return true
  }
}
