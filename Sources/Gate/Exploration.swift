import Model

extension Gate {
  /// The verdict on a run that is not the fixed profile: a missed objective fails it, and nothing
  /// passes it, since nothing says what the change did.
  static func explored(
    _ input: GateInput, _ selection: RunSelection, _ exploration: String
  ) -> Verdict {
    var verdict = Verdict(kind: .inconclusive, look: 1, maxLooks: 1)
    let judgement = Judgement(input, selection)
    verdict.objectives = judgement.objectives()
    verdict.runs = selection.references
    verdict.displays = input.displays
    verdict.warnings = selection.warnings
    let (fails, clients) = judgement.findings(verdict, [])
    let open = verdict.objectives.filter { $0.verdict == .inconclusive }
    if !fails.isEmpty {
      verdict.kind = .fail
      verdict.reasons = fails
    } else if let clients {
      verdict.kind = .cannotEvaluate
      verdict.reasons = [clients, .notFixedProfile(exploration)]
    } else {
      verdict.reasons =
        [.notFixedProfile(exploration)] + open.map { .objectiveNotJudged($0.objective) }
    }
    return verdict
  }
}
