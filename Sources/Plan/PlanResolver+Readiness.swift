import Model

/// What is asked of the endpoint before load.
extension PlanResolver {
  mutating func readReady(_ field: PlanReader.Field) -> ReadyPlan? {
    guard field.node != nil else {
      reader.record(field.path, "none", .builtIn)
      return nil
    }
    let section = reader.section(field, .ready)
    let path = reader.required(
      section["path"], .urlPath, remedy: "name the path that answers, such as /health")
    let within = reader.value(
      section["within"], .duration(.seconds(1)...(.seconds(PlanLimits.timeoutMax))),
      default: ReadyPlan(path: "").within)
    return path.map { ReadyPlan(path: $0, within: within) }
  }

  mutating func readIdentity(_ field: PlanReader.Field) -> IdentityPlan? {
    guard field.node != nil else {
      reader.record(field.path, "none", .builtIn)
      return nil
    }
    let section = reader.section(field, .identity)
    let path = reader.required(
      section["path"], .urlPath, remedy: "name the path that tells the build, such as /version")
    let member = reader.optional(section["json"], .shortPath)
    var equals: String?
    if section["equals"].node != nil {
      equals = reader.plainText(section["equals"], .word)
    } else {
      reader.record(section["equals"].path, "the run's commit", .builtIn)
    }
    return path.map { IdentityPlan(path: $0, member: member, equals: equals) }
  }
}
