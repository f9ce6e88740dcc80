import Model
import Plan
import Statistics

/// One judgement from its runs to its verdict.
struct Judgement {
  let input: GateInput
  let selection: RunSelection
  let table: CellTable
  /// True for a run of the gate's own branch.
  let isAdvisory: Bool
  let learning: Learning?

  init(_ input: GateInput, _ selection: RunSelection) {
    let newest = selection.candidates.last
    isAdvisory = newest?.header.branch == input.settings.branch
    self.input = input
    // Looks exist only off the gate's branch: there the newest run is judged alone.
    var selection = selection
    if isAdvisory, let newest { selection.candidates = [newest] }
    self.selection = selection
    table = CellTable(
      candidates: selection.candidates, baseline: selection.baseline, fresh: selection.fresh,
      history: selection.history)
    learning = Judgement.learning(selection)
  }

  /// Looks that this gate may take.
  private var maxLooks: Int { isAdvisory ? 1 : input.settings.maxLooks }

  /// How many runs of main there are and have to be, nil once there are enough.
  private static func learning(_ selection: RunSelection) -> Learning? {
    let groups = ([selection.mainSet] + selection.history).filter { !$0.isEmpty }
    let nu = groups.reduce(0) { $0 + $1.count - 1 }
    if selection.mainSet.isEmpty {
      // The first run of a new segment adds no degree of freedom, every other one does.
      return Learning(have: 0, need: 1 + max(0, RunLevelTest.nuMin - nu))
    }
    guard nu < RunLevelTest.nuMin else { return nil }
    let have = groups.reduce(0) { $0 + $1.count }
    return Learning(have: have, need: have + RunLevelTest.nuMin - nu)
  }

  func verdict() -> Verdict {
    let evaluator = Evaluator(
      table: table, settings: input.settings, maxLooks: maxLooks,
      judgesLatency: learning == nil, isAdvisory: isAdvisory)
    var evaluation = evaluator.evaluate()
    let main = inherit(&evaluation)
    waive(&evaluation)
    var verdict = Verdict(
      kind: .pass, look: selection.candidates.count, maxLooks: maxLooks)
    verdict.isAdvisory = isAdvisory
    verdict.alphaSpent = evaluator.alphaSpent
    verdict.composites = evaluation.composites
    verdict.cells = evaluation.cells
    verdict.untested = evaluation.untested
    verdict.df = evaluation.composites.compactMap { $0.latency?.df }.first
    verdict.objectives = objectives()
    verdict.runs = selection.references
    verdict.displays = input.displays
    verdict.accepted = input.accepted
    decide(&verdict)
    if verdict.learning != nil { verdict.differences = table.differences() }
    verdict.warnings = warnings(verdict, main)
    verdict.wantsAnotherLook =
      verdict.kind == .inconclusive && verdict.learning == nil
      && selection.candidates.count < maxLooks
    return verdict
  }

  /// Sets the kind, its reasons and what is learnt still.
  private func decide(_ verdict: inout Verdict) {
    let all = verdict.composites + verdict.cells
    let (fails, clients) = findings(verdict, all)
    var blocked: [VerdictReason] = []
    let missing = table.missing
    if !missing.isEmpty { blocked.append(.missingCells(missing)) }
    verdict.learning = learning ?? cellLearning(verdict)
    if verdict.learning == nil && !hasTestedLatency(verdict) { blocked.append(.nothingTestable) }
    let doubts = doubts(verdict, all)
    if !fails.isEmpty {
      verdict.kind = .fail
      verdict.reasons = fails + blocked
    } else if let clients {
      verdict.kind = .cannotEvaluate
      verdict.reasons = [clients] + blocked
    } else if !blocked.isEmpty {
      verdict.kind = .cannotEvaluate
      verdict.reasons = blocked
    } else if !doubts.isEmpty {
      verdict.kind = .inconclusive
      verdict.reasons = doubts
    }
  }

  /// What fails, and what would if the client's own lag could not account for it; nil for nothing.
  func findings(
    _ verdict: Verdict, _ all: [HypothesisResult]
  ) -> (fails: [VerdictReason], clients: VerdictReason?) {
    let share = ClientShare(candidates: selection.candidates, main: selection.mainSet)
    let plan = Dictionary(
      expandedObjectives.map { ($0.description, $0) }, uniquingKeysWith: { first, _ in first })
    var fails: [VerdictReason] = []
    var clients: [String] = []
    for result in verdict.objectives where result.verdict == .fail {
      if let objective = plan[result.objective], share.explains(objective, result) {
        clients.append(result.objective)
      } else {
        fails.append(.objectiveMissed(result.objective))
      }
    }
    for result in all where result.verdict == .fail {
      if share.explains(result) {
        clients.append(result.id.name)
      } else {
        fails.append(.regression(result.id))
      }
    }
    return (fails, clients.isEmpty ? nil : .clientLimited(share.text(clients)))
  }

  /// What keeps the verdict from being a pass.
  private func doubts(_ verdict: Verdict, _ all: [HypothesisResult]) -> [VerdictReason] {
    var doubts: [VerdictReason] = []
    if verdict.learning != nil && input.isNewEnvironment { doubts.append(.newEnvironment) }
    if let learning = verdict.learning { doubts.append(.learning(learning)) }
    let open = all.filter { $0.verdict == .inconclusive }
    for result in open where result.isInherited || result.cannotExclude {
      doubts.append(.cannotExclude(result.id))
    }
    for result in open where !result.isInherited && result.pAdjusted < Evaluator.suspicious {
      doubts.append(.suspicious(result.id))
    }
    doubts += verdict.objectives.filter { $0.verdict == .inconclusive }
      .map { .objectiveNotJudged($0.objective) }
    return doubts
  }

  private func hasTestedLatency(_ verdict: Verdict) -> Bool {
    verdict.cells.contains { Judgement.isFirstToken($0.id.metric) }
  }

  /// True for the metrics without one of which there is nothing to test.
  private static func isFirstToken(_ metric: GateMetric) -> Bool {
    metric == .latency(.ttftP50) || metric == .latency(.durationP50)
  }

  /// Learning still where main has runs enough, but no cell of them has.
  private func cellLearning(_ verdict: Verdict) -> Learning? {
    guard !hasTestedLatency(verdict) else { return nil }
    let counts = verdict.untested.compactMap { cell -> Learning? in
      guard Judgement.isFirstToken(cell.id.metric),
        case .tooFewRuns(let have, let need) = cell.reason
      else { return nil }
      return Learning(have: have, need: need)
    }
    return counts.min { ($0.need - $0.have, $0.need) < ($1.need - $1.have, $1.need) }
  }

  /// Hypotheses in a waiver's scope keep their place and decide nothing.
  private func waive(_ evaluation: inout Evaluation) {
    let valid = input.waivers.filter { !$0.isExpired(at: input.evaluatedAt) }
      .sorted { ($0.acceptedAt, $0.id) < ($1.acceptedAt, $1.id) }
    func waived(_ result: HypothesisResult) -> HypothesisResult {
      guard result.verdict != .ok, let waiver = valid.first(where: { $0.covers(result.id) })
      else { return result }
      var result = result
      result.verdict = .ok
      result.waiver = waiver.reason
      return result
    }
    evaluation.composites = evaluation.composites.map(waived)
    evaluation.cells = evaluation.cells.map(waived)
  }

  /// Takes back what main is already to blame for: a hypothesis that main's latest runs fail
  /// against the baseline set, and that the candidate does not fail against them. What is said
  /// of it then is what the candidate is against these.
  private func inherit(_ evaluation: inout Evaluation) -> MainRegression {
    guard !selection.latest.isEmpty, learning == nil else { return MainRegression() }
    let main = CellTable(
      candidates: selection.latest, baseline: selection.baseline, fresh: selection.fresh,
      history: selection.history)
    let slower = evaluate(main)
    let now = CellTable(
      candidates: selection.candidates, baseline: selection.latest, fresh: [],
      history: [selection.mainSet] + selection.history)
    let against = evaluate(now)
    func isWorse(_ result: HypothesisResult) -> Bool {
      result.p < Judgement.inheritedLevel && result.d >= result.effect
    }
    var inherited: [HypothesisID] = []
    func inherit(_ result: HypothesisResult) -> HypothesisResult {
      guard result.verdict != .ok, let before = slower.result(result.id), isWorse(before),
        let after = against.result(result.id), after.verdict != .fail
      else { return result }
      inherited.append(result.id)
      var result = result
      result.verdict = after.verdict
      result.isInherited = true
      return result
    }
    evaluation.composites = evaluation.composites.map(inherit)
    evaluation.cells = evaluation.cells.map(inherit)
    return MainRegression(
      worse: slower.composites.filter(isWorse).map(\.id), inherited: inherited)
  }

  /// Main is slower where its latest runs have a smaller p than this, without adjustment.
  private static let inheritedLevel = 0.01

  private func evaluate(_ table: CellTable) -> Evaluation {
    Evaluator(
      table: table, settings: input.settings, maxLooks: maxLooks, judgesLatency: true,
      isAdvisory: isAdvisory
    ).evaluate()
  }
}

/// What main's latest runs are to blame for.
struct MainRegression {
  /// Composites that they fail against the baseline set.
  var worse: [HypothesisID] = []
  /// What the candidate therefore does not fail for.
  var inherited: [HypothesisID] = []
}
