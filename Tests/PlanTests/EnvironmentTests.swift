import Model
import Plan
import Testing

@Suite struct EnvironmentTests {
  private let plan: Plan = {
    let target = TargetPlan(
      url: SecretText("http://h:1"), path: "/p", model: "m",
      headers: [HeaderPlan(name: "A", value: SecretText("b"))])
    return Plan(
      project: "p", target: target,
      scenarios: [
        ScenarioPlan(name: "a", prompts: ["x", "y"], maxTokens: 5, target: target),
        ScenarioPlan(name: "b", prompts: ["z"], target: target),
      ], rate: 5, stressUsers: 4, profiles: ProfileKind.allCases)
  }()

  /// A change of a plan, by name.
  struct Change: Sendable, CustomTestStringConvertible {
    var name: String
    var make: @Sendable (inout Plan) -> Void
    var testDescription: String { name }

    init(_ name: String, _ make: @escaping @Sendable (inout Plan) -> Void) {
      self.name = name
      self.make = make
    }
  }

  private static let comparable: [Change] = [
    Change("profiles") { $0.profiles = [.stress] },
    Change("order of profiles") { $0.profiles.reverse() },
    Change("size") { $0.size = .quick },
    Change("samples") { $0.samples = 100 },
    Change("rate") { $0.rate = 6 },
    Change("even arrivals") { $0.arrivals = .constant },
    Change("bursts") { $0.arrivals = .gamma(shape: 0.25) },
    Change("stressUsers") { $0.stressUsers = 5 },
    Change("seed") { $0.seed = 2 },
    Change("promptCache") { $0.promptCache = .bust },
    Change("warm promptCache") { $0.promptCache = .warm },
    Change("in-flight limit") { $0.limits.inFlight = 100 },
    Change("abort share") { $0.abort.errorShare = 0.4 },
    Change("abort window") { $0.abort.over = .seconds(11) },
    Change("connections") { $0.target.connections = .fresh },
    Change("idle time") { $0.target.connections = .idle(.seconds(75)) },
    Change("scenario's name") { $0.scenarios[0].name = "c" },
    Change("weight") { $0.scenarios[0].weight = 2 },
    Change("prompt text") { $0.scenarios[0].prompts[1] = "y " },
    Change("order of prompts") { $0.scenarios[0].prompts.reverse() },
    Change("system prompt") { $0.scenarios[0].system = "s" },
    Change("maxTokens") { $0.scenarios[0].maxTokens = 6 },
    Change("no maxTokens") { $0.scenarios[0].maxTokens = nil },
    Change("turns") { $0.scenarios[0].conversation = ConversationPlan(turns: 3) },
    Change("history") {
      $0.scenarios[0].conversation = ConversationPlan(turns: 2, history: 2)
    },
    Change("think") {
      $0.scenarios[0].conversation = ConversationPlan(turns: 2, think: .zero...(.seconds(1)))
    },
    Change("id header") {
      $0.scenarios[0].conversation = ConversationPlan(turns: 2, idHeader: "X")
    },
    Change("id member") {
      $0.scenarios[0].conversation = ConversationPlan(turns: 2, idMember: ["x"])
    },
    Change("path") { $0.scenarios[0].target.path = "/q" },
    Change("dialect") { $0.scenarios[0].target.dialect = "other" },
    Change("model") { $0.scenarios[0].target.model = "n" },
    Change("body") { $0.scenarios[0].target.body = .object([JSONMember("t", .integer(1))]) },
    Change("end marker") { $0.scenarios[0].target.isEndMarkerRequired = false },
    Change("connect time-out") { $0.scenarios[0].target.timeouts.connect = .seconds(6) },
    Change("first-token time-out") { $0.scenarios[0].target.timeouts.firstToken = .seconds(6) },
    Change("stall time-out") { $0.scenarios[0].target.timeouts.stall = .seconds(6) },
    Change("total time-out") { $0.scenarios[0].target.timeouts.total = .seconds(6) },
  ]

  private static let free: [Change] = [
    Change("URL") { $0.target.url = SecretText("http://other:2") },
    Change("headers") { $0.scenarios[0].target.headers = [] },
    Change("CA file") { $0.target.tls.caFile = "ca.pem" },
    Change("client certificate") { $0.target.tls.certificateFile = "c.pem" },
    Change("client key") { $0.target.tls.keyFile = "k.pem" },
    Change("key's password") { $0.target.tls.keyPassword = SecretText("${P}") },
    Change("verification") { $0.target.tls.verification = .insecure },
    Change("project") { $0.project = "q" },
    Change("requests limit") { $0.limits.requests = 5 },
    Change("token limit") { $0.limits.outputTokens = 5 },
    Change("cost limit") { $0.limits.cost = 5 },
    Change("prices") { $0.prices = Prices(input: 1, output: 2) },
    Change("objectives") {
      $0.objectives = [Objective(metric: .rate(.error), comparison: .less, bound: 0.1)]
    },
    Change("gate") { $0.gate.maxLooks = 1 },
    Change("store") { $0.store = SecretText("postgres://x") },
    Change("reports") { $0.reports.junit = "j.xml" },
  ]

  @Test(
    "A change of what is sent, when, or under which limits is another environment",
    arguments: comparable)
  func inKey(change: Change) {
    var other = plan
    change.make(&other)
    #expect(other.environmentKey(cpuModel: nil) != plan.environmentKey(cpuModel: nil))
    #expect(other.digest != plan.digest)
  }

  @Test("A change of anything else is the same environment and another plan", arguments: free)
  func notInKey(change: Change) {
    var other = plan
    change.make(&other)
    #expect(other.environmentKey(cpuModel: nil) == plan.environmentKey(cpuModel: nil))
    #expect(other.digest != plan.digest)
  }

  @Test("Neither the order of scenarios and body members nor where a prompt stood counts")
  func order() {
    var other = plan
    other.scenarios.reverse()
    other.scenarios[0].promptFile = "p.jsonl"
    #expect(other.digest == plan.digest)
    var (one, two) = (plan, plan)
    let (a, b) = (JSONMember("a", .integer(1)), JSONMember("b", .number(2)))
    one.scenarios[0].target.body = .object([a, b])
    two.scenarios[0].target.body = .object([b, a])
    #expect(one.digest == two.digest)
  }

  @Test("The processor counts on loopback only")
  func processor() {
    #expect(plan.environmentKey(cpuModel: "x") == plan.environmentKey(cpuModel: nil))
    var local = plan
    local.target.url = SecretText("http://localhost:1")
    #expect(local.environmentKey(cpuModel: "x") != local.environmentKey(cpuModel: "y"))
  }

  @Test("The key is the environment's name and eight digits")
  func form() {
    var named = plan
    named.gate.environment = "ci-4core"
    let key = named.environmentKey(cpuModel: nil)
    #expect(key.hasPrefix("ci-4core-"))
    #expect(key.dropFirst(9) == plan.environmentKey(cpuModel: nil).dropFirst(8))
    #expect(key.dropFirst(9).count == 8)
  }
}
