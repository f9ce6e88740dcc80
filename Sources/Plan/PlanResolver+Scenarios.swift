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
    let prompts = readPrompts(section["prompts"])
    let system = reader.optional(section["system"], .text(max: PlanLimits.systemBytesMax))
    let maxTokens = reader.optional(section["maxTokens"], .count(1...10_000_000))
    let own = readOverrides(section, over: target)
    guard let prompts else { return nil }
    return ScenarioPlan(
      name: entry.key, weight: weight, prompts: prompts.texts, promptFile: prompts.file,
      system: system, maxTokens: maxTokens, target: own)
  }

  private mutating func readPrompts(
    _ field: PlanReader.Field
  ) -> (texts: [String], file: String?)? {
    let remedy = "write prompts: [\"…\"] or prompts: { file: prompts.jsonl }"
    guard let node = field.node else {
      reader.reportMissing(field, remedy: remedy)
      return nil
    }
    switch node.content {
    case .mapping: return readPromptFile(reader.section(field, .promptSource)["file"])
    case .sequence(let nodes): return readInlinePrompts(nodes, field).map { ($0, nil) }
    case .scalar:
      reader.report(ValueError("a list of prompts is wanted here", remedy: remedy), field)
      return nil
    }
  }

  private mutating func readInlinePrompts(
    _ nodes: [PlanTree], _ field: PlanReader.Field
  ) -> [String]? {
    guard (1...PromptFile.promptsMax).contains(nodes.count) else {
      reader.report(
        ValueError("\(nodes.count) prompts are not between 1 and \(PromptFile.promptsMax)"), field)
      return nil
    }
    var prompts: [String] = []
    for (index, node) in nodes.enumerated() {
      let element = PlanReader.Field(
        path: "\(field.path)[\(index)]", node: node, sectionOrigin: node.origin)
      guard let text = reader.scalar(element) else { continue }
      if let name = VariableText(text).names.first {
        reader.report(
          ValueError(
            "${\(name)} is not allowed here", remedy: "put a prompt that holds it into a file"),
          element)
      } else if case .failure(let error) = checkPrompt(text) {
        reader.report(error, element)
      } else {
        prompts.append(text)
      }
    }
    reader.record(field.path, "\(prompts.count) in the plan", field.origin)
    return prompts.count == nodes.count ? prompts : nil
  }

  private mutating func readPromptFile(
    _ field: PlanReader.Field
  ) -> (texts: [String], file: String?)? {
    guard let path = reader.required(field, .word, remedy: "name a JSON Lines file") else {
      return nil
    }
    switch promptFile(path) {
    case .failure(.unreadable(let why)):
      reader.report(
        .promptFile, field.path, field.origin, "\(path) cannot be read: \(why)",
        remedy: "paths are relative to the plan file's folder")
    case .failure(.tooLong):
      reader.report(
        .promptFile, field.path, field.origin,
        "\(path) is longer than \(PromptFile.bytesMax) bytes")
    case .success(let bytes):
      switch PromptFile.parse(bytes, name: path) {
      case .success(let prompts): return (prompts, path)
      case .failure(let errors):
        for text in errors.texts {
          reader.report(
            .promptFile, field.path, field.origin, text,
            remedy: "each line is a JSON string or {\"prompt\": \"…\"}")
        }
      }
    }
    return nil
  }

  mutating func readObjectives(
    _ field: PlanReader.Field, profiles: [ProfileKind], scenarios: [String]
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
    _ scenarios: [String]
  ) -> Bool {
    if let name = objective.scenario, !scenarios.contains(name) {
      let meant = nearest(name, in: scenarios)
      reader.report(
        ValueError(
          "there is no scenario \(quoted(name))", remedy: meant.map { "did you mean \($0)?" }),
        field)
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
