import Foundation
import TestKit
import Yams

/// The scripts of the ready-made pipeline steps, as their CI would run them.
enum PipelineSteps {
  /// A script with the variables that its step gives it.
  struct Script {
    var text: String
    var variables: [String: String] = [:]
  }

  /// A file of `ci/`.
  static func text(_ name: String) throws -> String {
    try String(contentsOf: Golden.checkout.appending(path: "ci/" + name), encoding: .utf8)
  }

  private static func yaml(_ name: String) throws -> [String: Any] {
    guard let file = try Yams.load(yaml: try text(name)) as? [String: Any] else {
      throw GoldenError(what: "ci/\(name) is no mapping")
    }
    return file
  }

  /// A step of the composite action, its inputs given or their defaults.
  static func action(_ step: String, inputs: [String: String] = [:]) throws -> Script {
    let file = try yaml("github/action.yml")
    let declared = file["inputs"] as? [String: [String: Any]] ?? [:]
    for name in inputs.keys where declared[name] == nil {
      throw GoldenError(what: "the action has no input \(name)")
    }
    let values = declared.mapValues { $0["default"] as? String ?? "" }.merging(inputs) { $1 }
    let steps = (file["runs"] as? [String: Any])?["steps"] as? [[String: Any]] ?? []
    guard let found = steps.first(where: { $0["name"] as? String == step }),
      let text = found["run"] as? String
    else { throw GoldenError(what: "the action has no step \(step) with a script") }
    let environment = found["env"] as? [String: String] ?? [:]
    return Script(text: text, variables: environment.mapValues { evaluated($0, values) })
  }

  /// The expressions that the action's variables are made of.
  private static func evaluated(_ text: String, _ inputs: [String: String]) -> String {
    inputs.reduce(text) { $0.replacing("${{ inputs.\($1.key) }}", with: $1.value) }
      .replacing("${{ github.token }}", with: "job-token")
  }

  /// The scripts of GitLab's job in one, as its runner runs them.
  static func gitlab() throws -> Script {
    guard let job = try yaml("gitlab/streamgate.yml")[".streamgate"] as? [String: Any],
      let before = job["before_script"] as? [String], let script = job["script"] as? [String]
    else { throw GoldenError(what: "the template has no scripts") }
    let variables = job["variables"] as? [String: String] ?? [:]
    return Script(text: (before + script).joined(separator: "\n"), variables: variables)
  }

  /// The script of the Jenkinsfile.
  static func jenkins() throws -> Script {
    let parts = try text("jenkins/Jenkinsfile").components(separatedBy: "'''")
    guard parts.count == 3 else { throw GoldenError(what: "the Jenkinsfile has no one script") }
    return Script(text: parts[1])
  }

  /// Every script of the YAML files, and every action that they use, with the rest of its line.
  static func contents(_ name: String) throws -> (scripts: [String], uses: [String]) {
    func steps(_ value: Any) -> [[String: Any]] {
      guard let mapping = value as? [String: Any] else { return [] }
      return (mapping["steps"] as? [[String: Any]] ?? []) + mapping.values.flatMap(steps)
    }
    let scripts = steps(try yaml(name)).compactMap { $0["run"] as? String }
    let uses = try text(name).split(separator: "\n").compactMap { line -> String? in
      line.contains("#   - uses") ? nil : line.firstMatch(of: /uses: (.+)/).map { String($0.1) }
    }
    return (scripts, uses)
  }
}
