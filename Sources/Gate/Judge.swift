public import Model
import Plan
import Statistics

extension Gate {
  /// The verdict on the looks of one commit (STATISTICS sections 1 to 6).
  ///
  /// The same runs give the same verdict, in whatever order they come. O(runs x cells).
  public static func judge(_ input: GateInput) -> Verdict {
    if let missing = input.missing { return unmeasured(input, missing) }
    let selection = RunSelection(input)
    guard selection.unusable == nil, !selection.candidates.isEmpty else {
      return refusal(input, selection)
    }
    if let exploration = selection.candidates.last?.header.exploration {
      return explored(input, selection, exploration)
    }
    return Judgement(input, selection).verdict()
  }

  /// The verdict where no load was sent for want of credentials: nobody knows how the change does.
  private static func unmeasured(_ input: GateInput, _ missing: MissingCredentials) -> Verdict {
    var verdict = Verdict(
      kind: missing.isAllowed ? .inconclusive : .cannotEvaluate, look: 1, maxLooks: 1)
    verdict.reasons = [.noCredentials(missing.variables)]
    verdict.runs = input.candidates.suffix(1).map {
      RunReference(
        runID: $0.header.runID, commit: $0.header.commit, startedAt: $0.header.startedAt,
        role: .candidate)
    }
    return verdict
  }

  /// The verdict where the newest candidate run cannot be judged.
  private static func refusal(_ input: GateInput, _ selection: RunSelection) -> Verdict {
    var verdict = Verdict(
      kind: .cannotEvaluate, look: max(1, selection.candidates.count),
      maxLooks: input.settings.maxLooks)
    verdict.runs = selection.references
    verdict.warnings = input.regressionWarning([]) + selection.warnings
    verdict.displays = input.displays
    verdict.accepted = input.accepted
    guard let header = selection.unusable?.header else {
      verdict.reasons = [.unusable("there is no run of the candidate")]
      return verdict
    }
    let isCompared = header.exploration == nil
    if !isCompared { (verdict.look, verdict.maxLooks) = (1, 1) }
    verdict.isAdvisory = isCompared && header.branch == input.settings.branch
    let reason = header.unusableReason ?? "it is marked as not usable"
    if let client = selection.abortedByClient {
      // A stream that nobody reads in time ends like one of a service that hangs.
      let found = client.dropFirst(ClientCheck.reasonPrefix.count)
      verdict.reasons = [
        .clientLimited("\(reason), on failures that a slow client may cause: \(found)")
      ]
    } else if let aborted = header.aborted {
      let isExcused = isCompared && input.hasMainAborted
      verdict.objectives = objectives(input, selection)
      verdict.kind = isExcused ? .cannotEvaluate : .fail
      verdict.reasons = [
        isExcused
          ? .unusable(reason + ", as one of main's last ten runs was") : .aborted(aborted)
      ]
      // Another cause than the rule's: said as it would be of a whole run.
      if !isExcused { verdict.reasons += verdict.objectives.missed }
    } else if reason.hasPrefix(ClientCheck.reasonPrefix) {
      verdict.reasons = [.clientLimited(String(reason.dropFirst(ClientCheck.reasonPrefix.count)))]
    } else {
      verdict.reasons = [.unusable(reason)]
    }
    return verdict
  }

  /// The objectives of a run that its abort rule cut short: one that is missed in what there is of
  /// it is missed, and none is met by it.
  private static func objectives(
    _ input: GateInput, _ selection: RunSelection
  ) -> [ObjectiveResult] {
    var cut = selection
    cut.candidates = selection.unusable.map { [$0] } ?? []
    return Judgement(input, cut).objectives().map { result in
      var result = result
      if result.verdict == .ok { result.verdict = .inconclusive }
      return result
    }
  }

  /// Two runs side by side without a judgement: what bare files allow.
  public static func differences(candidate: RunRecord, baseline: RunRecord) -> Verdict {
    var verdict = Verdict(kind: .inconclusive, look: 1, maxLooks: 1)
    let table = CellTable(
      candidates: [candidate], baseline: [baseline], fresh: [], history: [])
    if let exploration = candidate.header.exploration {
      verdict.reasons = [.notFixedProfile(exploration)]
    } else {
      verdict.reasons = [.noBaseline]
      verdict.learning = Learning(have: 1, need: 1 + RunLevelTest.nuMin)
    }
    verdict.differences = table.differences()
    verdict.warnings = movedWarnings(candidates: [candidate], main: [baseline])
    verdict.runs = [
      RunReference(
        runID: candidate.header.runID, commit: candidate.header.commit,
        startedAt: candidate.header.startedAt, role: .candidate),
      RunReference(
        runID: baseline.header.runID, commit: baseline.header.commit,
        startedAt: baseline.header.startedAt, role: .baseline),
    ]
    return verdict
  }
}

extension CellTable {
  /// How far every cell and rate lies from the baseline's mean, sorted.
  func differences() -> [CellDifference] {
    func average(_ values: [Double]) -> Double? { values.isEmpty ? nil : mean(values) }
    var differences: [CellDifference] = []
    for id in ids {
      let mine = average(candidates.compactMap { $0.value(id)?.logValue })
      let main = average(mainSet.compactMap { $0.value(id)?.logValue })
      if let mine, let main {
        differences.append(CellDifference(id: id.hypothesis, candidate: mine, baseline: main))
      }
    }
    for profile in RateSeries.profiles(self) {
      for rate in RateMetric.allCases {
        guard let series = RateSeries(self, rate: rate, profile: profile) else { continue }
        let figures = series.test().figures
        differences.append(
          CellDifference(
            id: HypothesisID(metric: .rate(rate), profile: profile),
            candidate: Double(figures.candidateK) / Double(figures.candidateN),
            baseline: Double(figures.baselineK) / Double(figures.baselineN)))
      }
    }
    return differences.sorted { $0.id < $1.id }
  }
}

extension [ObjectiveResult] {
  /// The missed ones, as reasons of a FAIL.
  fileprivate var missed: [VerdictReason] {
    filter { $0.verdict == .fail }.map { .objectiveMissed($0.objective) }
  }
}
