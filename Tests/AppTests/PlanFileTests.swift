import App
import Foundation
import Model
import Plan
import TestKit
import Testing
import Workload

@Suite struct PlanFileTests {
  @Test("Every wrong plan of the golden file has exactly its problems, with lines")
  func goldenProblems() throws {
    let text = wrongPlans.map { plan in
      "## \(plan.title)\n"
        + problems(plan.text, set: plan.set, environment: plan.environment, files: plan.files)
        .joined(separator: "\n")
    }.joined(separator: "\n\n")
    try Golden.expect(text + "\n", equals: "plan_problems.txt")
  }

  @Test("Every wrong plan is refused")
  func allRefused() {
    for plan in wrongPlans {
      let found = problems(
        plan.text, set: plan.set, environment: plan.environment, files: plan.files)
      #expect(!found.isEmpty, "\(plan.title)")
    }
  }

  @Test(
    "Line ends, a byte order mark, comments and the order of keys change neither digest nor key")
  func formatting() throws {
    let plan = try resolve(fullPlan, environment: fullEnvironment, files: fullFiles).plan
    let crlf = fullPlan.replacing("\n", with: "\r\n")
    let crlfFiles = fullFiles.mapValues { $0.replacing("\n", with: "\r\n") }
    let files = ["\u{FEFF}" + fullPlan, crlf, "\u{FEFF}" + crlf, "# a comment\n\n" + fullPlan]
    for text in files {
      let other = try resolve(text, environment: fullEnvironment, files: crlfFiles).plan
      #expect(other.digest == plan.digest)
      #expect(other == plan)
    }
    let lines = fullPlan.split(separator: "\n")
    let rate = try #require(lines.firstIndex(of: "rate: 5"))
    let moved = ([lines[rate]] + lines[..<rate] + lines[(rate + 1)...]).joined(separator: "\n")
    #expect(try resolve(moved, environment: fullEnvironment, files: fullFiles).plan == plan)
    let other = fullPlan.replacing("rate: 5", with: "rate: 5.0")
      .replacing("10s }", with: "10000ms }")
    #expect(
      try resolve(other, environment: fullEnvironment, files: fullFiles).plan.digest
        == plan.digest)
  }

  @Test("Digest and environment key of the full plan are those of the golden file")
  func goldenDigest() throws {
    let plan = try resolve(fullPlan, environment: fullEnvironment, files: fullFiles).plan
    let inputs = String(
      decoding: JSONWriter.bytes(plan.digestInputs, indent: 1), as: UTF8.self)
    try Golden.expect(
      "\(plan.digest)\n\(plan.environmentKey(cpuModel: "cpu"))\n\(inputs)\n",
      equals: "plan_digest.txt")
  }

  @Test("The values of the full plan and their origins are those of the golden file")
  func goldenValues() throws {
    let resolution = try resolve(
      fullPlan, set: ["seed=7", "scenarios.short.weight=2"],
      environment: fullEnvironment.merging(["STREAMGATE_GATE_MAX_LOOKS": "2"]) { $1 },
      files: fullFiles)
    let lines = resolution.values.map { "\($0.path) = \($0.text)  (\($0.origin))" }
    try Golden.expect(lines.joined(separator: "\n") + "\n", equals: "plan_values.txt")
    #expect(resolution.warnings.isEmpty)
  }

  @Test("Built in gives way to the file, the file to variables, variables to flags")
  func precedence() throws {
    let environment = ["STREAMGATE_RATE": "7"]
    #expect(try resolve(leastPlan).plan.seed == 1)
    #expect(try resolve(leastPlan).plan.rate == 5)
    #expect(try resolve(leastPlan, environment: environment).plan.rate == 7)
    // A withheld secret is an empty variable: the file's value stays.
    #expect(try resolve(leastPlan, environment: ["STREAMGATE_RATE": ""]).plan.rate == 5)
    let flagged = try resolve(leastPlan, set: ["rate=9"], environment: environment)
    #expect(flagged.plan.rate == 9)
    #expect(flagged.origin(of: "rate") == .flag("--set"))
    let late = PlanProblem(.limit, path: "target.url", origin: .builtIn, what: "w")
    #expect(flagged.placed(late).text(file: "f") == "f:3: target.url: w")
    #expect(flagged.origin(of: "seed") == .builtIn)
    #expect(flagged.origin(of: "target.url") == .file(line: 3, column: 16))
  }

  @Test("Arrivals are Poisson's unless the plan, a variable or a flag says otherwise")
  func arrivals() throws {
    #expect(try resolve(leastPlan).plan.arrivals == .poisson)
    let bursts = try resolve(leastPlan + "arrivals: gamma  0.250\n")
    #expect(bursts.plan.arrivals == .gamma(shape: 0.25))
    #expect(bursts.values.contains { $0.path == "arrivals" && $0.text == "gamma 0.25" })
    let even = try resolve(leastPlan, environment: ["STREAMGATE_ARRIVALS": "constant"])
    #expect(
      even.plan.arrivals == .constant
        && even.origin(of: "arrivals").description
          == "STREAMGATE_ARRIVALS"
    )
    let ends = try ["gamma 0.1", "gamma 100"].map {
      try resolve(leastPlan, set: ["arrivals=" + $0])
    }
    #expect(ends.map(\.plan.arrivals) == [.gamma(shape: 0.1), .gamma(shape: 100)])
  }

  @Test("A variable that nearly names a value is warned of, others are not")
  func misspelledVariable() throws {
    let resolution = try resolve(
      leastPlan, environment: ["STREAMGATE_RATES": "7", "STREAMGATE_COLOUR": "x"])
    #expect(
      resolution.warnings.map { $0.text(file: "f") } == [
        "STREAMGATE_RATES: this variable sets nothing; did you mean STREAMGATE_RATE?"
      ])
  }

  @Test("A placeholder that is nearly one is warned of, others are the service's own")
  func placeholders() throws {
    let text = leastPlan.replacing(
      "8080\" }",
      with: "8080\", body: { a: \"{{maxToken}} {{ bos }} {{eos}}\", b: \"{{model}}\" } }")
    #expect(
      try resolve(text).warnings.map { $0.text(file: "f") } == [
        "f:4: scenarios.short.body: {{maxToken}} is sent as it is; did you mean {{maxTokens}}?"
      ])
  }

  @Test("A secret is in the request and in no text that is shown")
  func secrets() throws {
    let secret = "s3cr3t-value"
    let text = fullPlan.replacing("temperature: 0.4", with: "key: \"${API_TOKEN}\"")
    let environment = fullEnvironment.merging(["API_TOKEN": secret]) { $1 }
    let resolution = try resolve(text, environment: environment, files: fullFiles)
    let plan = resolution.plan
    let template = RequestTemplate(plan: plan, runNonce: "r")
    let body = template.body(scenario: 1, prompt: 0, profile: 0, seq: 0)
    #expect(String(decoding: body, as: UTF8.self).contains(secret))
    #expect(template.headers(scenario: 0).contains { $0.value.value == "Bearer \(secret)" })
    let login = ["QA1", "QA1_PASS", "CLIENT"].compactMap { fullEnvironment[$0] }
    #expect(plan.secrets == (["k3y", secret] + login).sorted())
    let shown =
      "\(plan)" + String(reflecting: plan) + "\(resolution.values)" + "\(plan.digestInputs)"
    for hidden in plan.secrets { #expect(!shown.contains(hidden)) }
    // Another secret is the same plan.
    let others = fullEnvironment.merging(["API_TOKEN": "another"]) { $1 }
    let other = try resolve(text, environment: others, files: fullFiles).plan
    #expect(other.digest == plan.digest)
  }

  @Test("A credential that stands in the plan is warned of and never shown")
  func literalSecrets() throws {
    let text =
      leastPlan.replacing(
        "8080\" }", with: "8080\", headers: { Authorization: Bearer hush, X-Tenant: acme } }")
      + "store: postgres://gate:hush2@db/x\n"
    let resolution = try resolve(text)
    #expect(
      resolution.warnings.map { $0.text(file: "f") } == [
        "f:3: target.headers.Authorization: a credential stands in the plan; "
          + "write \"${NAME}\" and set a variable",
        "f:7: store: a credential stands in the plan; write \"${NAME}\" and set a variable",
      ])
    // Its place is a variable, which nobody is warned of.
    let named = try resolve(
      leastPlan, environment: ["STREAMGATE_STORE": "postgres://gate:hush2@db/x"])
    #expect(named.warnings.isEmpty && named.plan.store == resolution.plan.store)
    #expect(resolution.plan.store?.value == "postgres://gate:hush2@db/x")
    #expect(resolution.plan.store?.template == "postgres://gate:(literal)@db/x")
    #expect(resolution.plan.secrets == ["Bearer hush", "hush2"])
    let shown = "\(resolution)" + "\(resolution.plan.digestInputs)"
    #expect(!shown.contains("hush"))
  }

  @Test("No message repeats the value of a secret that is refused")
  func secretsInMessages() {
    let text = leastPlan.replacing(
      "target: { url: \"http://127.0.0.1:8080\" }",
      with: "target: { url: \"http://${HOST}\", headers: { X: \"${BAD}\" } }\nstore: \"${STORE}\"")
    let environment = ["HOST": "u:hush@h", "BAD": "hush\r\nX: 1", "STORE": "hush\u{1}"]
    let found = problems(text, environment: environment)
    #expect(found.count == 3)
    #expect(!found.joined().contains("hush"))
  }

  @Test("A hostile text stays one line of a message, cut and without control characters")
  func hostileTexts() {
    let texts = [
      "\u{1B}[31m", "a\nb", "::error::x", "</a>", "'; DROP TABLE", "\u{202E}x", "\u{0}",
      String(repeating: "x", count: 100_000),
    ]
    for hostile in texts {
      let quoted = String(
        decoding: JSONWriter.bytes(.string(hostile)), as: UTF8.self)
      for text in [
        leastPlan.replacing("project: p", with: "project: \(quoted)"),
        leastPlan.replacing("rate: 5", with: "rate: \(quoted)"),
        leastPlan + "\(quoted): 1\n",
        leastPlan + "objectives: [\(quoted)]\n",
        leastPlan.replacing("{ short:", with: "{ \(quoted):"),
      ] {
        let found = problems(text)
        #expect(found.count == 1)
        for line in found {
          #expect(line.utf8.count < 600)
          #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
        }
      }
    }
  }

  @Test("YAML that grows, nests or repeats without end is refused at once")
  func bombs() {
    var bomb = "a0: &a0 [x, x]\n"
    for i in 1..<30 { bomb += "a\(i): &a\(i) [*a\(i - 1), *a\(i - 1)]\n" }
    #expect(problems(bomb).first == "f:1: an anchor (&) is not allowed in a plan; remove it")
    #expect(problems(bomb).count == 20)
    let deep = "a: " + String(repeating: "[", count: 500_000)
    #expect(problems(deep) == ["f:1: the plan is nested deeper than 32 levels"])
    let deepBlock = (0..<100).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    #expect(problems(deepBlock) == ["f:33: the plan is nested deeper than 32 levels"])
  }

  @Test("Any bytes end as a plan or as problems, never as a crash")
  func anyBytes() {
    var generator = SeededGenerator(seed: 1, label: "any bytes")
    let base = Array(fullPlan.utf8)
    for _ in 0..<300 {
      var bytes = base
      for _ in 0...generator.nextIndex(below: 8) {
        let place = generator.nextIndex(below: bytes.count)
        switch generator.nextIndex(below: 3) {
        case 0: bytes[place] = UInt8(generator.nextIndex(below: 256))
        case 1: bytes.remove(at: place)
        default: bytes.insert(base[generator.nextIndex(below: base.count)], at: place)
        }
      }
      do {
        let tree = try PlanFile.parse(bytes)
        _ = try PlanResolver.resolve(tree, environment: fullEnvironment)
      } catch let error as PlanProblems {
        #expect(!error.problems.isEmpty)
      } catch {
        guard case PlanFileError.invalid(let found) = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(!found.problems.isEmpty)
      }
    }
  }

  @Test("Prompt files are read from beside the plan; folders, devices and long files are refused")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let plan = folder.appending(path: "streamgate.yaml").path()
    func found(_ file: String) throws -> [String] {
      let text = leastPlan.replacing("[\"a\"]", with: "{ file: \"\(file)\" }")
      try text.write(toFile: plan, atomically: true, encoding: .utf8)
      do {
        return try PlanFile.resolve(plan, environment: [:]).plan.scenarios[0].prompts
      } catch {
        guard case .invalid(let problems) = error else { return ["\(error)"] }
        return problems.problems.map { $0.text(file: "f") }
      }
    }
    try "\"one\"\r\n\r\n{\"prompt\":\"two\",\"id\":1}\n{\"text\":\"three\"}".write(
      to: folder.appending(path: "p.jsonl"), atomically: true, encoding: .utf8)
    #expect(try found("p.jsonl") == ["one", "two", "three"])
    let tail = "; paths are relative to the plan file's folder"
    let head = "f:4: scenarios.short.prompts.file: "
    #expect(
      try found("none.jsonl") == [
        "\(head)none.jsonl cannot be read: No such file or directory\(tail)"
      ])
    #expect(
      try found("/dev/zero") == ["\(head)/dev/zero cannot be read: it is no regular file\(tail)"])
    #expect(try found(".") == ["\(head). cannot be read: it is a folder\(tail)"])
    try Data(count: PromptFile.bytesMax + 1).write(to: folder.appending(path: "long.jsonl"))
    #expect(try found("long.jsonl") == ["\(head)long.jsonl is longer than 16777216 bytes"])
  }

  @Test("A file that the plan names is beside the plan")
  func besides() {
    #expect(PlanFile.path("a/b", beside: "streamgate.yaml") == "a/b")
    #expect(PlanFile.path("a/b", beside: "x/y/streamgate.yaml") == "x/y/a/b")
    #expect(PlanFile.path("/a/b", beside: "x/streamgate.yaml") == "/a/b")
  }

  @Test("A plan that is absent or too long says so")
  func planFiles() throws {
    #expect(throws: PlanFileError.unreadable(path: "/nowhere/f", why: "No such file or directory"))
    {
      try PlanFile.resolve("/nowhere/f", environment: [:])
    }
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(count: PlanFile.bytesMax + 1).write(to: file)
    #expect(throws: PlanFileError.self) {
      try PlanFile.resolve(file.path(), environment: [:])
    }
  }

  @Test("The plan that init writes resolves, whatever the answers are")
  func template() throws {
    let answers = [
      PlanAnswers(project: "p", url: "http://127.0.0.1:8080", model: "m", rate: 5),
      PlanAnswers(
        project: "a.b-c_d", url: "https://h/", model: "a \"b\" # : é {", rate: 0.25,
        stressUsers: 7),
    ]
    for answer in answers {
      let resolution = try resolve(answer.planText)
      #expect(resolution.warnings.isEmpty)
      #expect(resolution.plan.project == answer.project)
      #expect(resolution.plan.target.model == answer.model)
      #expect(resolution.plan.rate == answer.rate)
      #expect(resolution.plan.stressUsers == answer.stressUsers)
    }
    try Golden.expect(answers[0].planText, equals: "init_plan.yaml")
    let plan = try resolve(answers[0].planText).plan
    #expect(RunEstimate(plan).problems(plan).isEmpty)
    #expect(PlanAnswers.projectName(from: "My Gateway!") == "my-gateway-")
    #expect(PlanAnswers.projectName(from: "…") == "project")
  }

  @Test("The examples of the plan file's documentation resolve")
  func documentation() throws {
    let text = try String(
      contentsOf: Golden.checkout.appending(path: "docs/plan.md"), encoding: .utf8)
    let blocks = text.components(separatedBy: "```yaml\n").dropFirst()
      .compactMap { $0.components(separatedBy: "```").first }
    #expect(blocks.count >= 3)
    for block in blocks {
      // A part of a plan is put over the least plan.
      let name = block.prefix { $0 != ":" }
      let rest = leastPlan.split(separator: "\n").filter { !$0.hasPrefix("\(name):") }
      let isPart = !block.hasPrefix("version:")
      let found = problems(
        isPart ? rest.joined(separator: "\n") + "\n" + block : block,
        environment: [
          "API_TOKEN": "t", "RUNNER_CLASS": "r", "QA1": "a@x", "QA1_PASS": "p", "QA2": "b@x",
          "QA2_PASS": "q",
        ],
        files: [
          "prompts/long.jsonl": "\"a\"", "prompts/questions.csv": "id,question\n1,a",
          "prompts/letters.txt": "a",
        ])
      #expect(found == [])
    }
  }

  @Test("The documentation's table of keys has every value that a plan has")
  func documentedKeys() throws {
    let text = try String(
      contentsOf: Golden.checkout.appending(path: "docs/plan.md"), encoding: .utf8)
    let values = try resolve(leastPlan).values
    for value in values {
      let leaf = value.path.split(separator: ".").last.map(String.init) ?? ""
      #expect(text.contains(leaf), "\(value.path)")
    }
  }
}
