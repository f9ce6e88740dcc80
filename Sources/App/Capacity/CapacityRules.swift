import Gate
import Model
import Plan
import Workload

extension CapacitySettings {
  /// The search of a plan; throws where the plan has nothing to hold a step to, or a step cannot
  /// have the requests that an objective needs.
  func rules(_ loaded: LoadedPlan, _ step: LoadStep) throws -> CapacitySearch.Rules {
    let plan = loaded.plan
    let objectives = CapacityRun.objectives(plan.objectives)
    guard !objectives.isEmpty else {
      throw Failure(
        .plan, "the plan has no objective that a step could be held to", at: loaded.path,
        because: "objectives without a profile and those of sustained count, logins do not",
        remedy: "add objectives: [ttft.p95 < 1.5s, error < 1%]")
    }
    let lowest = try lowest(loaded, step, objectives)
    let highest = Swift.min(
      CapacitySettings.rates.upperBound,
      max ?? Swift.max(from ?? plan.rate, lowest) * CapacitySettings.maxFactor)
    let start = Swift.min(highest, from ?? Swift.max(plan.rate, lowest))
    return CapacitySearch.Rules(
      start: start, lowest: Swift.min(lowest, start), highest: highest, within: within)
  }

  /// The lowest rate at which a step has the requests that every objective needs.
  private func lowest(
    _ loaded: LoadedPlan, _ step: LoadStep, _ objectives: [Objective]
  ) throws -> Double {
    let plan = loaded.plan
    var lowest = CapacitySettings.rates.lowerBound
    var hardest: Objective?
    for objective in objectives {
      let share = plan.requestsPerArrival(objective)
      guard share > 0 else { continue }
      // The mix is dealt in whole requests: a few more than the share says.
      let rate = Double(objective.floor + 1) / share / step.length.seconds * 1.02
      if rate > lowest { (lowest, hardest) = (rate, objective) }
    }
    lowest = (lowest * 1_000).rounded(.up) / 1_000
    guard let hardest, Swift.min(from ?? lowest, max ?? lowest) < lowest else { return lowest }
    let needed = (lowest * step.length.seconds / Swift.min(from ?? lowest, max ?? lowest))
    throw Failure(
      .usage,
      "a step at so low a rate has too few requests for the objective \(hardest.text)",
      because: "it needs \(hardest.floor) in \(step.length.words), "
        + "which \(lowest) a second give",
      remedy: "--from and --max of at least \(lowest)"
        + (needed <= LoadStep.lengths.upperBound.seconds
          ? ", or --step \(Int(needed.rounded(.up)))s" : ""))
  }
}

extension Plan {
  /// Requests that an objective counts, for each arrival: a single one or a conversation's turns.
  fileprivate func requestsPerArrival(_ objective: Objective) -> Double {
    let weights = scenarios.reduce(0) { $0 + $1.weight }
    return scenarios.reduce(0) { sum, scenario in
      let isOther = objective.scenario.map { $0 != scenario.name } ?? false
      if isOther || (objective.metric.needsStream && !scenario.target.isStreamed) { return sum }
      return sum + scenario.weight / weights * Double(scenario.turns)
    }
  }
}

/// What a search may take at most.
struct CapacityEstimate {
  var steps: Int
  var duration: Nanos
  var requests: Double
  var outputTokens: Double
  var cost: Double?

  init(_ rules: CapacitySearch.Rules, _ step: LoadStep, _ plan: Plan) {
    let most = CapacitySearch.most(rules)
    steps = most.steps
    duration = step.duration * Int64(most.steps)
    let one = RunEstimate(plan)
    let perArrival = Double(step.requests(plan, rate: 1_000)) / (1_000 * step.duration.seconds)
    requests = most.rateSum * step.duration.seconds * perArrival
    let scale = requests / Double(Swift.max(1, one.requests))
    outputTokens = one.outputTokens * scale
    cost = one.cost.map { $0 * scale }
  }

  /// `at most 15 steps of 60 s + 5 s, 16 min, 40,000 requests, …`.
  func text(_ step: LoadStep) -> String {
    let seconds = Int(duration.seconds.rounded(.up))
    let time = seconds < 120 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
    let text =
      "at most \(steps) steps of \(step.length.words) after \(step.warmup.words) of"
      + " warm-up, \(time) and the streams' ends, \(Int(requests.rounded(.up))) requests, about"
      + " \(Int(outputTokens.rounded(.up))) output tokens"
    return text + (cost.map { ", cost about \(($0 * 100).rounded() / 100)" } ?? "")
      + "; a step in which the client is the limit is repeated once"
  }
}

extension Nanos {
  /// `60 s`, `1.5 s`.
  var words: String {
    seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
  }
}
