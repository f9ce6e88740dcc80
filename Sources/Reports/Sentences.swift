import Model

extension ReportBuilder {
  /// Noise above which a duet is advised, and above which a solo gate cannot see +10 %
  /// (STATISTICS section 6).
  private static let noiseQuiet = 0.035
  private static let noiseLoud = 0.06

  /// The composites' latency tests, by importance.
  private var latencies: [(metric: String, test: LatencyTest)] {
    composites.compactMap { result in result.latency.map { (result.id.metric.name, $0) } }
  }

  func noise() -> [String] {
    let latencies = latencies
    guard let first = latencies.first else { return [] }
    var sentences: [String] = []
    let noises = latencies.map { "\($0.metric) \(Figures.percent($0.test.s))" }
    sentences.append(
      "Noise from run to run (s): \(noises.joined(separator: ", ")); \(advice(first.test.s)).")
    let visible = latencies.compactMap { item in
      item.test.mde.map { "\(item.metric) +\(Figures.percent($0))" }
    }
    if !visible.isEmpty {
      sentences.append(
        "Smallest slowdown that the test of this look would have found 95 % of the time: "
          + visible.joined(separator: ", ") + ".")
    }
    return sentences + excluded()
  }

  /// What the intervals rule out, which a PASS rests on: another question than what the test would
  /// have found, and often a far smaller figure.
  private func excluded() -> [String] {
    guard verdict.kind == .pass || verdict.kind == .inconclusive else { return [] }
    let bounds = composites.compactMap { result -> String? in
      guard let test = result.latency, !result.isLowerBound, test.upper.isFinite else { return nil }
      let name = result.id.metric.name
      return test.upper < 0 ? "\(name) any" : "\(name) above \(change(test.upper))"
    }
    guard !bounds.isEmpty else { return [] }
    return [
      "Slowdowns that the 98 % intervals exclude, whatever the test would have found: "
        + bounds.joined(separator: ", ") + "; smaller ones are not excluded."
    ]
  }

  private func advice(_ s: Double) -> String {
    if s <= Self.noiseQuiet { return "quiet enough for a solo gate" }
    if s <= Self.noiseLoud { return "a duet of both builds is advised" }
    return "too noisy for a solo gate to see +10 %"
  }

  func warning(_ warning: VerdictWarning) -> String {
    switch warning {
    case .noFreshRuns:
      return "No fresh baseline runs: without runs of \(main) taken between the looks the guard"
        + " against a moved environment is weaker."
    case .noisy(let metric, let s):
      return "Noise in \(metric.rawValue) is \(Figures.percent(s)): \(advice(s))."
    case .outputTokensMoved(let scenario, let baseline, let candidate):
      return "Replies of \(ForeignText.name(scenario)) changed length: median"
        + " \(tokens(baseline)) -> \(tokens(candidate)) output tokens."
    case .cachedTokensMoved(let scenario, let baseline, let candidate):
      return "The share of cached prompt tokens of \(ForeignText.name(scenario)) moved:"
        + " \(Figures.percent(baseline)) -> \(Figures.percent(candidate))."
    case .waiverExpired(let waiver):
      return "A waiver has expired and is without effect: \(ForeignText.name(waiver))."
    case .mainAlreadySlower(let id, let since): return alreadySlower([id], since: since)
    case .mainRegressed(let worse, let since, let runs):
      return regressed(worse, since: since, runs: runs)
        + ": nobody accepted that, and the baseline stays before it."
    case .duplicateRun(let run):
      return "Run \(ForeignText.name(run)) came twice; the first was kept."
    case .runLeftOut(let run, let reason):
      return "Run \(ForeignText.name(run)) was left out: \(ForeignText.name(reason))."
    }
  }

  /// A sentence a warning; what main is already slower in is one.
  func warnings() -> [String] {
    let inherited = verdict.warnings.compactMap { warning -> HypothesisID? in
      if case .mainAlreadySlower(let id, _) = warning { id } else { nil }
    }
    var isSaid = false
    return verdict.warnings.compactMap { warning in
      guard case .mainAlreadySlower(_, let since) = warning else { return self.warning(warning) }
      defer { isSaid = true }
      return isSaid ? nil : alreadySlower(inherited, since: since)
    }
  }

  private func alreadySlower(_ ids: [HypothesisID], since: String) -> String {
    var metrics: [GateMetric] = []
    for id in ids where !metrics.contains(id.metric) { metrics.append(id.metric) }
    let parts = metrics.map { metric -> String in
      let own = ids.filter { $0.metric == metric }
      let cells = own.filter { !$0.isComposite }.map(cellName)
      let shown =
        cells.count > Self.placesMax
        ? Array(cells.prefix(Self.placesMax - 1)) + ["\(cells.count - Self.placesMax + 1) more"]
        : cells
      guard !shown.isEmpty else { return metric.name }
      let list = Figures.list(shown)
      return own.count > cells.count ? "\(metric.name) (\(list))" : "\(metric.name) in \(list)"
    }
    return "\(main) is already slower in \(Figures.list(parts)) since \(ForeignText.commit(since));"
      + " this change adds nothing to it and is not blocked for it."
  }

  /// Cells of a metric that a sentence names at most, or a count of the rest among them.
  private static let placesMax = 4

  private func tokens(_ value: Double) -> String {
    Figures.fixed(value, decimals: value == value.rounded() ? 0 : 1)
  }

  func display(_ comparison: DisplayComparison) -> String {
    let finding: String
    if comparison.ksP < 0.01 && comparison.adP < 0.01 {
      finding = "the distributions differ"
    } else if comparison.ksP < 0.05 || comparison.adP < 0.05 {
      finding = "the distributions may differ"
    } else {
      finding = "no difference between the distributions is seen"
    }
    return "\(name(comparison.key)), \(ForeignText.name(comparison.latency)): \(finding)"
      + " (KS D = \(Figures.fixed(comparison.ksD, decimals: 2)),"
      + " \(Figures.pRelation(comparison.ksP));"
      + " Anderson–Darling \(Figures.fixed(comparison.adStatistic, decimals: 1)),"
      + " \(boundedP(comparison.adP)));"
      + " median \(Figures.duration(comparison.baselineMedian)) ->"
      + " \(Figures.duration(comparison.candidateMedian));"
      + " n = \(comparison.baselineN) and \(comparison.candidateN)."
  }

  /// A p that its table bounds at 0.001 and 0.25.
  private func boundedP(_ p: Double) -> String {
    if p <= 0.001 { return "p <= 0.001" }
    return p >= 0.25 ? "p >= 0.25" : Figures.pRelation(p)
  }

  func nextSteps() -> [String] { verdictSteps() + streamStep() }

  private func verdictSteps() -> [String] {
    if missing != nil {
      return [
        "Run the job where the secrets are: for a pull request from a fork, on a branch of the"
          + " repository itself, once somebody has read the change."
      ]
    }
    switch verdict.kind {
    case .pass: return []
    case .fail where header?.exploration != nil, .inconclusive where header?.exploration != nil:
      return [
        "A verdict on the change needs the plan's own load: streamgate run without --rate, --users"
          + " and --duration."
      ]
    case .fail where verdict.isAdvisory:
      return [
        "Start at what failed. A re-run of the job loads and judges anew: until one passes, or"
          + " streamgate baseline accept --run says why this one may, \(main) has no run of this"
          + " commit in the baseline."
      ]
    case .fail:
      return [
        "Start at the failed cells. A re-run of the job repeats this verdict; only a new commit,"
          + " or --restart with a reason, is judged anew."
      ]
    case .inconclusive: return [inconclusiveStep()]
    case .cannotEvaluate: return [evaluationStep()]
    }
  }

  private func inconclusiveStep() -> String {
    if let learning = verdict.learning {
      // A run of main is judged against the earlier ones and then joins them.
      let joined = learning.have + (verdict.isAdvisory ? 1 : 0)
      let missing = max(0, learning.need - joined)
      if missing == 0, verdict.isAdvisory {
        return "The baseline is complete with this run: changes are judged from now on."
      }
      return "Run the job \(Figures.count(missing, "more time", plural: "more times")) on \(main):"
        + " streamgate run --repeat \(max(1, missing)) there seeds the baseline."
    }
    if verdict.wantsAnotherLook {
      return "Run the job again: it adds look \(verdict.look + 1) of \(verdict.maxLooks) to the"
        + " same question."
    }
    return "Every look is used. A quieter machine, more requests in each cell (samples) or more"
      + " runs of \(main) make smaller effects visible."
  }

  private func evaluationStep() -> String {
    for reason in verdict.reasons {
      switch reason {
      case .clientLimited:
        return "Help the client as the reason says and run the job again: no verdict on the service"
          + " is made from such a run, and it is no look."
      case .missingCells:
        return "Check that the run went through every profile and scenario, then run it again."
      case .nothingTestable:
        return "Raise the size, the rate or samples until a ttft_p50 cell reaches 30 requests, and"
          + " see the outcomes for failed requests."
      case .unusable: return "Mend the cause and run the job again; this run is no look."
      default: continue
      }
    }
    return "Mend the cause and run the job again."
  }
}
