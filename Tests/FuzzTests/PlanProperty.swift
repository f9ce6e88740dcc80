import App
import Model
import Plan
import Workload

/// Any bytes end as a plan or as problems; a plan is the same each time and however the file's
/// lines end, shows no secret, and makes bodies that are JSON.
enum PlanProperty {
  /// The folder of the corpus that holds plans.
  static let folder = "plan"

  static let target = FuzzTarget(
    name: "plan",
    seeds: { body in
      guard body.folder == folder else { return [] }
      return [body.bytes, body.bytes + [0] + Array(#"{"prompt": "one"}"#.utf8)]
    },
    finding: finding)

  private static let secret = "s3\"cr\\t"
  private static let environment = [
    "TOKEN": secret, "API_TOKEN": secret, "KEY_PASS": secret, "QA1": secret, "QA1_PASS": secret,
    "CLIENT": secret, "CLASS": "ci-4core", "RUNNER_CLASS": "ci-4core", "GIT_SHA": "abc123f",
    "HOST": "example.org", "EMPTY": "",
  ]
  /// Beyond so many prompts their bodies are not made: it takes time and shows nothing new.
  private static let promptBytesMax = 16 << 10

  /// Why a plan of the corpus is none, nil if it is one.
  static func problems(_ text: [UInt8]) -> PlanFileError? {
    if case .failure(let error) = read(text, Array("\"one\"\n\"two\"\n".utf8)) {
      error
    } else {
      nil
    }
  }

  private static func finding(_ bytes: UnsafeRawBufferPointer) -> String? {
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    let text = Array(parts[0])
    let prompts = parts.count > 1 ? Array(parts[1]) : Array("{\"prompt\":\"two\"}\n\"one\"".utf8)
    let reading = read(text, prompts)
    if let broken = broken(reading, text) { return broken }
    if read(text, prompts) != reading { return "the same text gives another plan" }
    if !text.contains(0x0D) {
      let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
      let other = read(Array(lines.joined(separator: [0x0D, 0x0A])), prompts)
      if other != reading { return "CR LF makes another plan: \(other), not \(reading)" }
    }
    if !text.starts(with: [0xEF, 0xBB, 0xBF]) {
      let other = read([0xEF, 0xBB, 0xBF] + text, prompts)
      if other != reading {
        return "a byte order mark makes another plan: \(other), not \(reading)"
      }
    }
    return nil
  }

  private static func read(
    _ text: [UInt8], _ prompts: [UInt8]
  ) -> Result<PlanResolution, PlanFileError> {
    do throws(PlanFileError) {
      let tree = try PlanFile.parse(text)
      do throws(PlanProblems) {
        return .success(
          try PlanResolver.resolve(
            tree, environment: environment,
            promptFile: { name in
              name.contains("missing") ? .failure(.unreadable("no such file")) : .success(prompts)
            }))
      } catch {
        throw .invalid(error)
      }
    } catch {
      return .failure(error)
    }
  }

  private static func broken(
    _ reading: Result<PlanResolution, PlanFileError>, _ text: [UInt8]
  ) -> String? {
    switch reading {
    case .failure(.unreadable): return "bytes in memory cannot be read"
    case .failure(.invalid(let problems)):
      if problems.problems.isEmpty { return "refused without a problem" }
      return problems.problems.lazy.compactMap(badLine).first
    case .success(let resolution):
      let plan = resolution.plan
      if plan.digest.utf8.count != 64 { return "the digest \(plan.digest)" }
      return resolution.warnings.lazy.compactMap(badLine).first ?? shownSecret(resolution)
        ?? badBody(plan)
    }
  }

  /// True for a value whose `${NAME}` is documented to be plain text that is stored and shown.
  private static func isPlain(_ path: String) -> Bool {
    path == "project" || path == "gate.environment" || path.hasPrefix("target.identity")
  }

  /// A message must be one line, and hold no secret: nil if it is so.
  private static func badLine(_ problem: PlanProblem) -> String? {
    let line = problem.text(file: "f")
    if line.unicodeScalars.contains(where: { $0.value < 0x20 }) { return "two lines: \(line)" }
    if isPlain(problem.path) { return nil }
    return line.contains(secret) ? "a message shows a secret: \(line)" : nil
  }

  private static func shownSecret(_ resolution: PlanResolution) -> String? {
    let shown = resolution.values.filter { !isPlain($0.path) }.map(\.text)
    if let text = shown.first(where: { $0.contains(secret) }) {
      return "a value shows a secret: \(text)"
    }
    let isPlainShown = resolution.values.contains { isPlain($0.path) && $0.text.contains(secret) }
    guard !isPlainShown else { return nil }
    let plan = resolution.plan
    let escaped = JSONWriter.bytes(.string(secret)).dropFirst().dropLast()
    let inputs = String(decoding: JSONWriter.bytes(plan.digestInputs), as: UTF8.self)
    if "\(plan)".contains(secret) || inputs.contains(String(decoding: escaped, as: UTF8.self)) {
      return "the plan or its digest's inputs show a secret: \(inputs)"
    }
    return nil
  }

  private static func badBody(_ plan: Plan) -> String? {
    let size = plan.scenarios.flatMap(\.prompts).reduce(0) { $0 + $1.utf8.count }
    guard size <= promptBytesMax else { return nil }
    let template = RequestTemplate(plan: plan, runNonce: "r")
    for (index, scenario) in plan.scenarios.enumerated() {
      var conversation = Conversation(number: 1)
      conversation.append(prompt: 0, reply: Array("a\\n".utf8), exchangesMax: 1)
      let bodies = [
        template.body(scenario: index, prompt: 0, profile: 0, seq: 7),
        template.body(scenario: index, prompt: 0, profile: 0, conversation: conversation),
      ]
      for body in bodies.prefix(scenario.conversation == nil ? 1 : 2) {
        do {
          _ = try JSONReader.parse(body)
        } catch {
          return "a body is no JSON: \(error) \(String(decoding: body, as: UTF8.self))"
        }
      }
    }
    return nil
  }
}
