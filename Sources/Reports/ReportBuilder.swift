public import Model

extension ReportModel {
  /// The words for a verdict on `candidates`, judged against `baseline` (fresh runs among them);
  /// older runs are shown beside, and main's latest after a regression that nobody accepted.
  ///
  /// The runs need no samples: only their headers and figures are read.
  public init(
    verdict: Verdict, candidates: [RunRecord], baseline: [RunRecord],
    history: [RunRecord] = [], latest: [RunRecord] = [], facts: ReportFacts
  ) {
    self = ReportBuilder(
      verdict: verdict, candidates: candidates, baseline: baseline, history: history,
      latest: latest, facts: facts
    ).model()
  }
}

/// Turns a verdict into words; each part of the model is made by the file that bears its name.
struct ReportBuilder {
  let verdict: Verdict
  let candidates: [RunRecord]
  let baseline: [RunRecord]
  var history: [RunRecord] = []
  var latest: [RunRecord] = []
  let facts: ReportFacts

  /// The judged run that the report is named after: the last one, which gave the verdict.
  var header: RunHeader? { candidates.last?.header }

  /// The branch whose runs are the baseline, as text.
  var main: String { ForeignText.name(facts.baselineBranch, or: "main") }

  func model() -> ReportModel {
    return ReportModel(
      kind: verdict.kind, exitCode: facts.exitCode, label: label, qualifier: qualifier,
      headline: headline(), reasons: verdict.reasons.map(reason), notices: notices(),
      accepted: acceptedNotices(), context: context(), composites: composites.map(row),
      cells: verdict.cells.map(row),
      differences: verdict.differences.map(differenceRow),
      untested: verdict.untested.map(untestedRow), builds: buildRows(), attribution: attribution(),
      objectives: verdict.objectives.map(objectiveRow), outcomes: outcomes(),
      measured: measuredRows(), turns: turnRows(), regions: regionRows(),
      stages: stageTable?.rows ?? [],
      knees: stageTable?.kneeNotes ?? [], logins: loginSentences(), noise: noise(),
      clientError: clientErrorSentence(), clientErrorValue: clientErrorJSON(),
      warnings: warnings() + [clientErrorWarning()].compactMap { $0 },
      displays: verdict.displays.map(display),
      runs: runs(), details: details(), nextSteps: nextSteps(),
      startedAt: header?.startedAt ?? UnixNanos(0),
      hostName: ForeignText.name(facts.hostName, or: "localhost"))
  }

  private var label: String {
    switch verdict.kind {
    case .inconclusive where missing != nil: "SKIPPED"
    case .pass: "PASS"
    case .fail: "FAIL"
    case .inconclusive: "INCONCLUSIVE"
    case .cannotEvaluate: "CANNOT EVALUATE"
    }
  }

  /// The variables of missing credentials, nil where the run had what it needed.
  var missing: [String]? {
    for case .noCredentials(let names) in verdict.reasons { return names }
    return nil
  }

  private var qualifier: String? {
    if missing != nil { return "no credentials" }
    if verdict.kind == .inconclusive, let learning = verdict.learning {
      return "learning: \(learning.have) of \(learning.need) runs of \(main)"
    }
    if verdict.kind == .pass, inheritedMetrics.isEmpty == false { return "inherited" }
    if verdict.kind != .inconclusive, let what = header?.exploration {
      return explorationText(what)
    }
    return nil
  }

  /// Metrics in which main is already slower and this change is not to blame.
  var inheritedMetrics: [String] {
    let ids = (verdict.composites + verdict.cells).filter(\.isInherited).map(\.id.metric.name)
    return Array(Set(ids)).sorted()
  }

  /// Layer 1 by importance.
  var composites: [HypothesisResult] { verdict.composites.sorted { rank($0.id) < rank($1.id) } }

  private func rank(_ id: HypothesisID) -> Int {
    switch id.metric {
    case .latency(.ttftP50): 0
    case .latency(.ttftP95): 1
    case .latency(.tpotP50): 2
    case .latency(.durstdP50): 3
    case .latency(.durationP50): 4
    case .rate(.error): 5
    case .rate(.truncated): 6
    case .rate(.stalled): 7
    }
  }

  private func context() -> [ReportFact] {
    var facts: [ReportFact] = []
    if let header {
      if !header.project.isEmpty {
        facts.append(ReportFact("project", ForeignText.name(header.project), isCode: true))
      }
      facts.append(ReportFact("commit", ForeignText.commit(header.commit), isCode: true))
      if !header.branch.isEmpty {
        facts.append(ReportFact("branch", ForeignText.name(header.branch), isCode: true))
      }
    }
    guard header?.exploration == nil, missing == nil else {
      facts.append(ReportFact("against", "nothing"))
      facts.append(ReportFact("exit code", String(self.facts.exitCode)))
      return facts
    }
    let baselineCount = verdict.runs.count { $0.role == .baseline || $0.role == .fresh }
    facts.append(
      ReportFact("against", Figures.count(baselineCount, "run") + " of " + main))
    facts.append(ReportFact("look", "\(verdict.look) of \(verdict.maxLooks)"))
    facts.append(ReportFact("exit code", String(self.facts.exitCode)))
    return facts
  }

  private func notices() -> [String] {
    var notices: [String] = []
    if let what = header?.exploration { notices.append(explorationNotice(what)) }
    if verdict.isAdvisory {
      notices.append("This is a run of \(main): its latencies are shown and never block.")
    }
    if facts.isRepeated {
      notices.append("This verdict was reached earlier for this commit and is repeated here.")
    }
    if let reason = facts.restartReason {
      notices.append("The looks of this commit were started anew: \(ForeignText.name(reason)).")
    }
    if verdict.kind == .inconclusive, facts.exitCode == 0, missing == nil {
      notices.append("An inconclusive verdict does not block here (gate.inconclusive: warn).")
    }
    if let unstreamed { notices.append(unstreamed) }
    notices += acceptedNotices()
    return notices + facts.notes.map { ForeignText.line($0) }
  }

  /// Says what a run of another load is worth.
  private func explorationNotice(_ what: String) -> String {
    let text = "This run is \(explorationText(what))."
    return facts.isDifference
      ? text + " So is the run beside it: their differences are shown and never judged."
      : text + " It is compared with nothing and joins no baseline: objectives and abort rule alone"
        + " can fail it, and nothing passes it."
  }

  /// Says of which scenarios the replies do not stream, nil if all do.
  private var unstreamed: String? {
    let names = (header?.unstreamedScenarios ?? []).map { ForeignText.name($0) }
    guard !names.isEmpty else { return nil }
    return "Replies of \(names.joined(separator: ", ")) do not stream (stream: false): of their"
      + " latencies only the duration is measured and judged."
  }

  private func runs() -> [RunRow] {
    verdict.runs.enumerated()
      .sorted { ($0.element.role.rank, $0.offset) < ($1.element.role.rank, $1.offset) }
      .map { _, run in
        RunRow(
          role: run.role.rawValue, runID: ForeignText.name(run.runID),
          commit: ForeignText.commit(run.commit), startedAt: run.startedAt.iso8601)
      }
  }

  func name(_ key: CellKey) -> String {
    [key.profile, key.scenario, key.region ?? ""].filter { !$0.isEmpty }
      .map { ForeignText.name($0) }.joined(separator: "/")
  }

  func cellName(_ id: HypothesisID) -> String {
    [id.profile, id.scenario, id.region].compactMap { $0 }
      .map { ForeignText.name($0) }.joined(separator: "/")
  }
}

extension RunRole {
  fileprivate var rank: Int {
    switch self {
    case .candidate: 0
    case .fresh: 1
    case .baseline: 2
    case .history: 3
    }
  }
}
