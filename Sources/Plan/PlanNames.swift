/// What a plan calls itself: the names that its results are known by.
public struct PlanNames: Sendable, Equatable {
  /// The project.
  public var project: String
  /// The environment's name, without the digest of the rest.
  public var environment: String
}

extension PlanResolver {
  /// The names of a plan that may be wrong in anything else; nil where it has no project, or a name
  /// needs a variable that is not set.
  public static func names(
    of tree: PlanTree, overrides: [PlanOverride], environment variables: [String: String]
  ) -> PlanNames? {
    let tree = tree.overridden(by: overrides, environment: variables)
    func text(_ node: PlanTree?) -> String? {
      guard let node, !node.isNull, case .scalar(let text, _) = node.content else { return nil }
      let parts = VariableText(text)
      guard parts.names.allSatisfy({ !variables[$0, default: ""].isEmpty }) else { return nil }
      return parts.expanded { variables[$0, default: ""] }
    }
    let gate = tree["gate"]?["environment"]
    let environment = gate == nil ? GatePlan().environment : text(gate)
    guard let project = text(tree["project"]), let environment else { return nil }
    return PlanNames(project: project, environment: environment)
  }
}
