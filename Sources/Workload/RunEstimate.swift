public import Model
public import Plan

/// What a run of a plan will take, before it is run: requests, tokens, time, cost, and the n of
/// each cell.
///
/// Open loops are exact. A closed loop's requests depend on the service; they are what its users
/// get done if a reply takes 0.5 s and then 20 ms a token. Output tokens are `maxTokens`, 256 where
/// the plan has none; input tokens are a quarter of the prompts' bytes.
public struct RunEstimate: Sendable, Equatable {
  /// One a profile, in the plan's order.
  public var profiles: [ProfileEstimate]
  /// Requests of the unmeasured pass that warms the prompt cache, 0 without one.
  public var warmPassRequests: Int
  /// Requests in all, warm-up and the warm pass included.
  public var requests: Int
  /// Prompt tokens in all.
  public var inputTokens: Double
  /// Output tokens in all.
  public var outputTokens: Double
  /// Cost in the unit of the prices, nil without prices.
  public var cost: Double?
  /// From the first request to the last one's due time.
  public var duration: Nanos

  /// The estimate of a plan. O(profiles x scenarios^2 + prompts).
  public init(_ plan: Plan) {
    profiles = plan.profiles.map { ProfileEstimate(ProfileShape(kind: $0, plan: plan), plan) }
    let loaded = profiles.reduce(0) { $0 + $1.requests }
    let isWarming = plan.promptCache == .warm
    warmPassRequests = isWarming ? plan.scenarios.reduce(0) { $0 + $1.prompts.count } : 0
    requests = loaded + warmPassRequests
    duration = profiles.reduce(Nanos(seconds: Double(warmPassRequests) / plan.rate)) {
      $0 + $1.duration
    }
    let weights = plan.scenarios.reduce(0) { $0 + $1.weight * Double($1.turns) }
    var (input, output) = (0.0, 0.0)
    for scenario in plan.scenarios {
      let count = Double(loaded) * (scenario.weight * Double(scenario.turns)) / weights
      let warming = isWarming ? Double(scenario.prompts.count) : 0
      input += count * Self.inputTokensMean(scenario, plan, hasHistory: true)
      input += warming * Self.inputTokensMean(scenario, plan, hasHistory: false)
      output += (count + warming) * Double(ReplyEstimate.tokens(scenario))
    }
    (inputTokens, outputTokens) = (input, output)
    cost = plan.prices.map { (input * $0.input + output * $0.output) / 1e6 }
  }

  /// Prompt tokens of one request, the mean over prompts, and over turns with `hasHistory`.
  private static func inputTokensMean(
    _ scenario: ScenarioPlan, _ plan: Plan, hasHistory: Bool
  ) -> Double {
    let prompts = scenario.prompts.reduce(0) { $0 + $1.utf8.count }
    let nonce = plan.promptCache == .bust ? RequestTemplate.nonceLength : 0
    let bytes =
      Double(prompts) / Double(scenario.prompts.count)
      + Double((scenario.system?.utf8.count ?? 0) + nonce)
    let own = (bytes / Double(ReplyEstimate.bytesPerToken)).rounded(.up)
    guard hasHistory, let conversation = scenario.conversation else { return own }
    // Each turn carries the exchanges before it, as far as the window keeps them.
    let carried = (0..<conversation.turns).reduce(0) { $0 + min($1, conversation.exchangesMax) }
    let promptTokens =
      Double(prompts) / Double(scenario.prompts.count) / Double(ReplyEstimate.bytesPerToken)
    let exchange = promptTokens + Double(ReplyEstimate.tokens(scenario))
    return own + exchange * Double(carried) / Double(conversation.turns)
  }

  /// Why such a run must not start: it asks for more than the plan's limits, or no cell of it could
  /// be judged, which matters only to a run that is compared (`isGated`). Empty if it may. The
  /// origins are `builtIn`; `PlanResolution.origin(of:)` finds the places.
  public func problems(_ plan: Plan, isGated: Bool = true) -> [PlanProblem] {
    limitProblems(plan, isGated: isGated) + (isGated ? floorProblems(plan) : [])
  }

  private func limitProblems(_ plan: Plan, isGated: Bool) -> [PlanProblem] {
    var problems: [PlanProblem] = []
    func report(_ path: String, _ what: String, _ remedy: String) {
      problems.append(
        PlanProblem(.limit, path: path, origin: .builtIn, what: what, remedy: remedy))
    }
    let knobs = isGated ? "rate, size or samples" : "--rate, --users or --duration"
    let less = "lower \(knobs), or raise the limit"
    if requests > Schedule.requestsMax {
      report(
        "rate", "the run would send \(requests) requests or more, over \(Schedule.requestsMax)",
        "lower \(knobs)")
    }
    if requests == 0 { report("rate", "the load has no request", "raise \(knobs)") }
    if plan.profiles.contains(.stress), let users = plan.stressUsers,
      users > plan.limits.inFlight
    {
      report(
        "stressUsers",
        "\(users) users, but limits.inFlight lets \(plan.limits.inFlight) streams go at once",
        "raise limits.inFlight, or lower \(isGated ? "stressUsers" : "--users")")
    }
    if let limit = plan.limits.requests, requests > limit {
      report("limits.requests", "the run would send \(requests) requests, over \(limit)", less)
    }
    if let limit = plan.limits.outputTokens, outputTokens > Double(limit) {
      report(
        "limits.outputTokens",
        "the run would ask for \(Int(outputTokens)) output tokens, over \(limit)", less)
    }
    if let limit = plan.limits.cost, let cost, cost > limit {
      report("limits.cost", "the run would cost about \(rounded(cost)), over \(limit)", less)
    }
    return problems
  }

  private func floorProblems(_ plan: Plan) -> [PlanProblem] {
    var problems: [PlanProblem] = []
    func report(_ path: String, _ what: String, _ remedy: String) {
      problems.append(
        PlanProblem(.limit, path: path, origin: .builtIn, what: what, remedy: remedy))
    }
    if let samples = plan.samples, let cell = profiles.flatMap(\.cells).min(by: { $0.n < $1.n }),
      cell.n < samples
    {
      report(
        "samples", "within 24 h \(cell.profile.rawValue)/\(cell.scenario) has only \(cell.n)",
        "raise rate, or lower samples")
    }
    if !profiles.contains(where: { $0.cells.contains { $0.nMax >= CellEstimate.floorP50 } }) {
      let streams = plan.scenarios.contains(where: \.target.isStreamed)
      let least = streams ? "ttft_p50" : "duration_p50"
      let best = profiles.flatMap(\.cells).map(\.nMax).max() ?? 0
      report(
        "rate",
        "no cell reaches \(CellEstimate.floorP50) requests, the least for \(least) (most: \(best))",
        "raise rate or size, or set samples: \(CellEstimate.floorP50)")
    }
    return problems
  }

  private func rounded(_ cost: Double) -> Double { (cost * 100).rounded() / 100 }
}

/// What one profile will take.
public struct ProfileEstimate: Sendable, Equatable {
  /// Which.
  public var kind: ProfileKind
  /// From its start to its last arrival.
  public var duration: Nanos
  /// Requests intended before this are warm-up.
  public var warmup: Nanos
  /// Requests, warm-up included.
  public var requests: Int
  /// One a scenario, in the plan's order.
  public var cells: [CellEstimate]

  init(_ shape: ProfileShape, _ plan: Plan) {
    kind = shape.kind
    duration = shape.duration
    warmup = shape.warmup
    let counts = shape.expectedCounts(plan: plan)
    let isOpen = shape.kind != .stress
    let measured = counts.reduce(0, +)
    if isOpen {
      requests = shape.requests(plan: plan)
    } else {
      let share = (shape.duration - shape.warmup).seconds / shape.duration.seconds
      requests = Int((Double(measured) / share).rounded())
    }
    // Replies that take no time at all are the most that a closed loop can do.
    let most = isOpen ? counts : shape.expectedCounts(plan: plan, replySeconds: 0)
    cells = plan.scenarios.indices.map { index in
      CellEstimate(
        profile: shape.kind, scenario: plan.scenarios[index].name, n: counts[index],
        nMax: most[index], isExact: isOpen)
    }
  }
}

/// The requests of one cell after warm-up.
public struct CellEstimate: Sendable, Equatable {
  /// Requests that `ttft_p50`, `tpot_p50`, `durstd_p50` need.
  public static let floorP50 = 30
  /// Requests that `ttft_p95` needs.
  public static let floorP95 = 200

  /// The cell's profile.
  public var profile: ProfileKind
  /// The cell's scenario.
  public var scenario: String
  /// Requests expected.
  public var n: Int
  /// The most that there can be.
  public var nMax: Int
  /// True where `n` does not depend on the service.
  public var isExact: Bool
}
