import Model
import Plan
import Statistics

extension Judgement {
  /// What became of each objective: the median of the looks' figures, counts summed.
  func objectives() -> [ObjectiveResult] {
    expandedObjectives.map(judgeObjective)
  }

  /// The plan's objectives, one for each profile that they are judged in.
  var expandedObjectives: [Objective] {
    let profiles = selection.candidates.last?.header.profiles ?? []
    return input.settings.objectives.flatMap { $0.expanded(profiles: profiles) }
  }

  private func judgeObjective(_ objective: Objective) -> ObjectiveResult {
    let name = objective.description
    return objective.judged(
      selection.candidates.compactMap { run in run.objectives.first { $0.objective == name } })
  }

  /// All warnings, in the order of their importance.
  func warnings(_ verdict: Verdict, _ main: MainRegression) -> [VerdictWarning] {
    var warnings: [VerdictWarning] = main.inherited.map {
      .mainAlreadySlower($0, since: input.latestSince)
    }
    warnings += input.regressionWarning(main.worse)
    let looks = verdict.look
    let isGuardNeeded = looks > 1 || input.settings.maxLooks == 1
    if verdict.df != nil, !isAdvisory, isGuardNeeded,
      selection.fresh.count < max(1, looks - 1)
    {
      warnings.append(.noFreshRuns)
    }
    for result in verdict.composites {
      if case .latency(let metric) = result.id.metric, let s = result.latency?.s,
        s > Judgement.soloNoiseMax
      {
        warnings.append(.noisy(metric: metric, s: s))
      }
    }
    warnings += Gate.movedWarnings(
      candidates: selection.candidates, main: selection.mainSet)
    warnings += input.waivers.filter { $0.isExpired(at: input.evaluatedAt) }
      .sorted { ($0.acceptedAt, $0.id) < ($1.acceptedAt, $1.id) }
      .map { .waiverExpired($0.reason) }
    return warnings + selection.warnings
  }

  /// Noise of one run up to which a solo gate sees +10 % well.
  private static let soloNoiseMax = 0.035
}

extension GateInput {
  /// That main's latest runs came after a regression that nobody accepted, if they did.
  func regressionWarning(_ worse: [HypothesisID]) -> [VerdictWarning] {
    latest.isEmpty ? [] : [.mainRegressed(worse, since: latestSince, runs: latest.count)]
  }
}

extension Gate {
  /// Output tokens may move by so much of themselves.
  private static let outputTokensShare = 0.05
  /// The share of cached tokens may move by so much.
  private static let cachedShare = 0.05

  /// Warnings that the work itself changed: longer replies, or other cache hits.
  static func movedWarnings(
    candidates: [RunRecord], main: [RunRecord]
  ) -> [VerdictWarning] {
    guard !main.isEmpty else { return [] }
    func average(_ runs: [RunRecord], _ scenario: String, _ name: String) -> Double? {
      let values = runs.flatMap(\.figures)
        .filter { $0.scenario == scenario && $0.name == name }.map(\.value)
      return values.isEmpty ? nil : mean(values)
    }
    let scenarios = Set(candidates.flatMap(\.header.scenarios)).sorted()
    var warnings: [VerdictWarning] = []
    for scenario in scenarios {
      if let mine = average(candidates, scenario, "tokens.p50"),
        let theirs = average(main, scenario, "tokens.p50"),
        (mine - theirs).magnitude > outputTokensShare * theirs
      {
        warnings.append(
          .outputTokensMoved(scenario: scenario, baseline: theirs, candidate: mine))
      }
      if let mine = average(candidates, scenario, "cached.share"),
        let theirs = average(main, scenario, "cached.share"),
        (mine - theirs).magnitude > cachedShare
      {
        warnings.append(
          .cachedTokensMoved(scenario: scenario, baseline: theirs, candidate: mine))
      }
    }
    return warnings
  }
}
