import Model

@testable import Plan

/// The tree of a JSON text, which is YAML too; every node stands in line 1.
func tree(_ json: String) throws -> PlanTree {
  tree(try JSONReader.parse(Array(json.utf8)))
}

private func tree(_ value: JSONValue) -> PlanTree {
  let content: PlanTree.Content =
    switch value {
    case .string(let text): .scalar(text, isQuoted: true)
    case .array(let values): .sequence(values.map { tree($0) })
    case .object(let members):
      .mapping(
        members.map { PlanEntry(key: $0.name, origin: place, value: tree($0.value)) })
    default: .scalar(String(decoding: JSONWriter.bytes(value), as: UTF8.self), isQuoted: false)
    }
  return PlanTree(content, origin: place)
}

private let place = PlanOrigin.file(line: 1, column: 1)

/// The least plan whose one scenario has the members of `scenario` in JSON, and `top` beside it.
func resolve(
  scenario: String, top: String = "", files: [String: String] = [:]
) throws -> PlanResolution {
  let text = """
    {"version": 1, "project": "p", "target": {"url": "http://h:1"}, "rate": 5,
     "profiles": ["sustained"], \(top.isEmpty ? "" : top + ",") "scenarios": {"a": {\(scenario)}}}
    """
  return try PlanResolver.resolve(
    try tree(text),
    promptFile: { name in
      files[name].map { .success(Array($0.utf8)) } ?? .failure(.unreadable("no such file"))
    })
}

/// The prompts of such a plan.
func prompts(
  _ source: String, seed: UInt64 = 1, files: [String: String] = [:]
) throws -> [String] {
  try resolve(scenario: "\"prompts\": \(source)", top: "\"seed\": \(seed)", files: files)
    .plan.scenarios[0].prompts
}

/// What is wrong with such a plan, a line each.
func problems(_ source: String, files: [String: String] = [:]) -> [String] {
  do {
    _ = try prompts(source, files: files)
    return []
  } catch let error as PlanProblems {
    return error.problems.map { $0.text(file: "f") }
  } catch {
    return ["\(error)"]
  }
}
