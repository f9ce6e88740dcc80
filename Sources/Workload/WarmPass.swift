import Model
public import Plan

extension Schedule {
  /// What `promptCache: warm` sends before load, nil for other plans: every prompt of every
  /// scenario once, at the plan's rate, scenarios by name and prompts in the plan's order.
  ///
  /// It is an open loop that is warm-up from end to end, no part of the run's own schedule, and
  /// nobody's cell.
  public static func warmPass(_ plan: Plan) -> Schedule? {
    guard plan.promptCache == .warm else { return nil }
    let requests = scenariosByName(plan).flatMap { scenario in
      plan.scenarios[scenario].prompts.indices.map {
        PlannedRequest(scenario: scenario, prompt: $0)
      }
    }
    let arrivals = requests.enumerated().map { index, request in
      Arrival(at: Nanos(seconds: Double(index) / plan.rate), request: request)
    }
    let duration = Nanos(seconds: Double(requests.count) / plan.rate)
    return Schedule(profiles: [
      ProfileSchedule(
        kind: .sustained, duration: duration, warmup: duration, load: .open(arrivals))
    ])
  }
}
