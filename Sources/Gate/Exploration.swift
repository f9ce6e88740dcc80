import Model

extension Gate {
  /// The verdict on a run that is not the fixed profile: a missed objective fails it, and nothing
  /// passes it, since nothing says what the change did.
  static func explored(
    _ input: GateInput, _ selection: RunSelection, _ exploration: String
  ) -> Verdict {
    var verdict = Verdict(kind: .inconclusive, look: 1, maxLooks: 1)
    verdict.objectives = Judgement(input, selection).objectives()
    verdict.runs = selection.references
    verdict.displays = input.displays
    verdict.warnings = selection.warnings
    let missed = verdict.objectives.filter { $0.verdict == .fail }
    let open = verdict.objectives.filter { $0.verdict == .inconclusive }
    if missed.isEmpty {
      verdict.reasons =
        [.notFixedProfile(exploration)] + open.map { .objectiveNotJudged($0.objective) }
    } else {
      verdict.kind = .fail
      verdict.reasons = missed.map { .objectiveMissed($0.objective) }
    }
    return verdict
  }
}
