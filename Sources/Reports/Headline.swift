import Model

extension ReportBuilder {
  /// Findings named in a verdict line at most; the others are counted.
  private static let findingsMax = 3

  /// What follows the verdict's name: for one line, without a full stop.
  func headline() -> String {
    finding() + (standingRegression.map { "; " + $0 } ?? "")
  }

  private func finding() -> String {
    switch verdict.kind {
    case .pass: passHeadline()
    case .fail: joined(failures())
    case .inconclusive: joined(doubts())
    case .cannotEvaluate: joined(verdict.reasons.map { reason($0).text })
    }
  }

  private func joined(_ findings: [String]) -> String {
    let shown = findings.prefix(Self.findingsMax)
    guard !shown.isEmpty else { return "no reason was given" }
    let rest = findings.count - shown.count
    return shown.joined(separator: "; ") + (rest > 0 ? "; and \(rest) more" : "")
  }

  private func passHeadline() -> String {
    let shown = composites.filter {
      $0.latency != nil && $0.waiver == nil && !$0.isInherited
    }
    var parts: [String] = []
    for tolerance in [0.10, 0.20] {
      let rows = shown.filter { $0.id.metric.tolerance == tolerance }
      guard !rows.isEmpty else { continue }
      let names = rows.map(named)
      parts.append("\(Int((tolerance * 100).rounded())) % in " + Figures.list(names))
    }
    var text =
      parts.isEmpty
      ? "no regression found"
      : "not worse by more than " + parts.joined(separator: ", nor by more than ")
    let inherited = inheritedMetrics
    if !inherited.isEmpty {
      text =
        "\(main) is already slower in \(Figures.list(inherited))\(inheritedSince), this change"
        + " adds nothing; " + text
    }
    let waived = verdict.composites.filter { $0.waiver != nil }.map(\.id.metric.name)
    if !waived.isEmpty { text += "; waived: " + Figures.list(waived) }
    return text
  }

  /// The metric's name; of the one that matters most its figures too.
  private func named(_ result: HypothesisResult) -> String {
    let name = result.id.metric.name
    guard let test = result.latency, result.id.metric == .latency(.ttftP50) else { return name }
    return "\(name) (\(row(result).change), \(intervalInWords(test)))"
  }

  private var inheritedSince: String {
    for warning in verdict.warnings {
      if case .mainAlreadySlower(_, let since) = warning {
        return " since " + ForeignText.commit(since) + inheritedLength
      }
    }
    return ""
  }

  private func failures() -> [String] {
    let failed = verdict.reasons.compactMap { (reason) -> HypothesisResult? in
      guard case .regression(let id) = reason else { return nil }
      return result(id)
    }
    let composites = failed.filter(\.id.isComposite)
    let cells = failed.filter { !$0.id.isComposite }
    var texts = composites.map { composite in
      let places = cells.filter { $0.id.metric == composite.id.metric }.map { cellName($0.id) }
      return row(composite).sentence + whereClause(places)
    }
    let named = Set(composites.map(\.id.metric))
    texts += cells.filter { !named.contains($0.id.metric) }.map { row($0).sentence }
    for reason in verdict.reasons {
      switch reason {
      case .objectiveMissed, .aborted: texts.append(self.reason(reason).text)
      default: break
      }
    }
    return texts.isEmpty ? verdict.reasons.map { reason($0).text } : texts
  }

  private func whereClause(_ places: [String]) -> String {
    switch places.count {
    case 0: ""
    case 1...2: " in " + Figures.list(places)
    default: " in \(places[0]), \(places[1]) and \(places.count - 2) more"
    }
  }

  private func doubts() -> [String] {
    guard let learning = verdict.learning else {
      return verdict.reasons.filter { !isSaidOfTolerance($0) }.map { reason($0).text }
    }
    let others = verdict.reasons.filter {
      if case .learning = $0 { false } else { true }
    }
    let first =
      "latency is not judged before \(learning.need) usable runs of \(main) exist in this"
      + " environment"
    return [first] + others.map { reason($0).text }
  }

  /// True for a suspicion about what is already named for its tolerance.
  private func isSaidOfTolerance(_ reason: VerdictReason) -> Bool {
    guard case .suspicious(let id) = reason else { return false }
    return verdict.reasons.contains(.cannotExclude(id))
  }

  func result(_ id: HypothesisID) -> HypothesisResult? {
    (id.isComposite ? verdict.composites : verdict.cells).first { $0.id == id }
  }

  private func sentence(_ id: HypothesisID) -> String {
    result(id).map { row($0).sentence } ?? ForeignText.name(id.name)
  }

  private func objectiveSentence(_ objective: String, otherwise: String) -> String {
    verdict.objectives.first { $0.objective == objective }.map { objectiveRow($0).sentence }
      ?? "objective \(ForeignText.name(objective)) \(otherwise)"
  }

  /// A reason as one sentence, without a full stop.
  func reason(_ reason: VerdictReason) -> ReportReason {
    switch reason {
    case .regression(let id): return ReportReason(subject: .finding, text: sentence(id))
    case .objectiveMissed(let objective):
      return ReportReason(
        subject: .finding, text: objectiveSentence(objective, otherwise: "is missed"))
    case .aborted(let abort): return ReportReason(subject: .abort, text: text(abort))
    case .cannotExclude(let id):
      let tolerance = Figures.fixed(id.metric.tolerance * 100, decimals: 0)
      return ReportReason(
        subject: .finding,
        text: sentence(id) + ": a slowdown of \(tolerance) % cannot be excluded")
    case .suspicious(let id):
      let p = result(id).map { " (" + Figures.pRelation($0.pAdjusted) + ")" } ?? ""
      return ReportReason(
        subject: .finding, text: sentence(id) + ": suspicious\(p), not enough to block")
    case .objectiveNotJudged(let objective):
      return ReportReason(
        subject: .finding, text: objectiveSentence(objective, otherwise: "is not judged"))
    case .clientLimited(let why):
      return ReportReason(
        subject: .client, text: labelled("client-limited: ", why))
    case .unusable(let why):
      return ReportReason(
        subject: .run, text: "the run cannot be used: " + ForeignText.line(why))
    case .missingCells(let keys):
      let names = keys.prefix(5).map(name) + (keys.count > 5 ? ["\(keys.count - 5) more"] : [])
      return ReportReason(
        subject: .cells,
        text: "the candidate has no request of \(Figures.list(names)), which \(main) has")
    case .noCredentials(let names):
      return ReportReason(subject: .credentials, text: credentialsText(names))
    case .nothingTestable, .learning, .newEnvironment, .noBaseline, .notFixedProfile:
      return historyReason(reason)
    }
  }

  /// The text behind its label, which it may bring along.
  private func labelled(_ label: String, _ text: String) -> String {
    let line = ForeignText.line(text)
    return line.hasPrefix(label) ? line : label + line
  }

  private func historyReason(_ reason: VerdictReason) -> ReportReason {
    switch reason {
    case .learning(let learning):
      ReportReason(
        subject: .history, text: "learning: \(learning.have) of \(learning.need) runs of \(main)")
    case .newEnvironment:
      ReportReason(
        subject: .history,
        text: "the plan was changed: environment "
          + ForeignText.name(header?.environment ?? "") + " has no history yet")
    case .noBaseline:
      ReportReason(
        subject: .history,
        text: "differences only: a verdict needs 5 runs of \(main) in the same environment")
    case .notFixedProfile(let what):
      ReportReason(subject: .history, text: explorationText(what))
    default:
      ReportReason(
        subject: .nothingTestable,
        text: "nothing is testable: no latency cell has enough requests and finite values")
    }
  }

  private func text(_ abort: Abort) -> String {
    // Of no runs nothing is known: that none of them hit it would be no news.
    let isCompared = header?.exploration == nil && verdict.runs.contains { $0.role != .candidate }
    return "aborted in \(ForeignText.name(abort.profile)) after"
      + " \(Figures.duration(abort.at.seconds)) by the rule \(ForeignText.name(abort.rule))"
      + (isCompared ? ", which no recent run of \(main) hit" : "")
  }

  /// Names variables, which a stranger's file may call what it likes.
  private func credentialsText(_ names: [String]) -> String {
    let shown = names.prefix(5).map { ForeignText.name($0) }
    let rest = names.count - shown.count
    let list = Figures.list(shown + (rest > 0 ? ["\(rest) more"] : []))
    return "\(list) \(names.count == 1 ? "is" : "are") not set, which the endpoint needs: no load"
      + " was sent and nothing judged"
  }

  /// `not the fixed profile: rate 12 instead of 5`.
  func explorationText(_ what: String) -> String {
    "\(RunHeader.explorationName): \(ForeignText.line(what))"
  }
}

extension GateMetric {
  /// What the gate tolerates of it (STATISTICS section 6); of rates nothing.
  var tolerance: Double {
    switch self {
    case .latency(.ttftP95): 0.20
    case .latency: 0.10
    case .rate: 0
    }
  }
}
