import App
import Plan

/// The least plan that resolves, for tests to change a line of.
let leastPlan = """
  version: 1
  project: p
  target: { url: "http://127.0.0.1:8080" }
  scenarios: { short: { prompts: ["a"] } }
  rate: 5
  stressUsers: 4

  """

/// The resolution of a text.
func resolve(
  _ text: String, set: [String] = [], environment: [String: String] = [:],
  files: [String: String] = [:]
) throws -> PlanResolution {
  try PlanResolver.resolve(
    try PlanFile.parse(Array(text.utf8)),
    overrides: set.compactMap { PlanOverride(setting: $0) }, environment: environment,
    promptFile: { name in
      files[name].map { .success(Array($0.utf8)) } ?? .failure(.unreadable("no such file"))
    })
}

/// One line a problem: `3 target.url: what; remedy`; empty where the text resolves.
func problems(
  _ text: String, set: [String] = [], environment: [String: String] = [:],
  files: [String: String] = [:]
) -> [String] {
  do {
    _ = try resolve(text, set: set, environment: environment, files: files)
    return []
  } catch let error as PlanProblems {
    return error.problems.map { $0.text(file: "f") }
  } catch PlanFileError.invalid(let error) {
    return error.problems.map { $0.text(file: "f") }
  } catch {
    return ["\(error)"]
  }
}
