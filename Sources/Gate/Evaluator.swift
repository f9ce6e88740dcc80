import Glibc
import Model
import Plan
import Statistics

/// All hypotheses of one judgement, tested and adjusted, before waivers and inheritance.
struct Evaluation {
  var composites: [HypothesisResult] = []
  var cells: [HypothesisResult] = []
  var untested: [UntestedCell] = []

  func result(_ id: HypothesisID) -> HypothesisResult? {
    (id.isComposite ? composites : cells).first { $0.id == id }
  }
}

/// Tests all hypotheses of a table (STATISTICS sections 3 to 6).
struct Evaluator {
  let table: CellTable
  let settings: GateSettings
  /// Looks that this gate may take.
  let maxLooks: Int
  /// False while there are too few runs of main.
  let judgesLatency: Bool
  /// True if latencies are shown and never fail.
  let isAdvisory: Bool

  /// The nominal share of false alarms, over all looks.
  static let alpha = 0.02
  /// Each layer's part of it.
  static let compositePart = 0.7
  static let cellPart = 0.3
  /// An adjusted p below this is suspicious.
  static let suspicious = 0.05
  /// Confidence of the bounds U and L.
  static let boundConfidence = 0.99
  /// The chance to see an effect that the smallest visible one is named for.
  static let power = 0.95

  private var look: Int { min(table.candidates.count, maxLooks) }

  /// What this look may spend.
  var alphaSpent: Double {
    Evaluator.alpha * Spending.shares(Spending.runs, maxLooks: maxLooks)[look - 1]
  }

  func evaluate() -> Evaluation {
    var evaluation = Evaluation()
    var composites: [Draft] = []
    var cells: [Draft] = []
    if judgesLatency {
      let tested = testCells(&evaluation)
      cells += tested.map(\.draft)
      composites += testComposites(tested, &evaluation)
    }
    for rate in [RateMetric.error, .truncated, .stalled] {
      composites += draft(rate, profile: nil, &evaluation).map { [$0] } ?? []
    }
    for profile in RateSeries.profiles(table) {
      for rate in RateMetric.allCases {
        cells += draft(rate, profile: profile, &evaluation).map { [$0] } ?? []
      }
    }
    evaluation.composites = decideComposites(composites)
    evaluation.cells = decide(
      cells, adjusted: Adjustment.holm(cells.map(\.p)),
      level: Evaluator.cellPart * alphaSpent
    )
    .sorted { $0.id < $1.id }
    evaluation.untested.sort { $0.id < $1.id }
    return evaluation
  }

  /// A cell that was tested, with what its composite needs.
  private struct TestedCell {
    let id: CellID
    let s2: Double
    let draft: Draft
  }

  private func testCells(_ evaluation: inout Evaluation) -> [TestedCell] {
    var tested: [TestedCell] = []
    for id in table.ids {
      switch table.series(id) {
      case .failure(let problem):
        evaluation.untested.append(UntestedCell(id: id.hypothesis, reason: problem.reason))
      case .success(let series):
        if let test = test(series) {
          let draft = draft(id.hypothesis, id.metric, series, test)
          tested.append(TestedCell(id: id, s2: test.s2, draft: draft))
        } else {
          evaluation.untested.append(
            UntestedCell(id: id.hypothesis, reason: tooFewRuns(series)))
        }
      }
    }
    return tested
  }

  private func testComposites(
    _ tested: [TestedCell], _ evaluation: inout Evaluation
  ) -> [Draft] {
    let order: [LatencyMetric] = [.ttftP50, .ttftP95, .tpotP50, .durstdP50, .durationP50]
    var drafts: [Draft] = []
    for metric in order {
      let cells = tested.filter { $0.id.metric == metric }
      guard !cells.isEmpty else { continue }
      let precision = cells.reduce(0) { $0 + 1 / $1.s2 }
      let weights = cells.map { 1 / $0.s2 / precision }
      let id = HypothesisID(metric: .latency(metric))
      guard let series = table.composite(cells.map(\.id), weights: weights) else {
        evaluation.untested.append(UntestedCell(id: id, reason: .noValue))
        continue
      }
      guard let test = test(series) else {
        evaluation.untested.append(UntestedCell(id: id, reason: tooFewRuns(series)))
        continue
      }
      var draft = draft(id, metric, series, test)
      draft.latency?.weights = zip(cells, weights).map {
        CellWeight(name: $0.id.name, weight: $1)
      }
      drafts.append(draft)
    }
    return drafts
  }

  private func test(_ series: LatencySeries) -> RunLevelTest? {
    RunLevelTest(
      candidate: series.candidate, baseline: series.mainSet, history: series.history)
  }

  private func tooFewRuns(_ series: LatencySeries) -> UntestedReason {
    let have = series.groups.reduce(0) { $0 + $1.count }
    guard !series.mainSet.isEmpty else { return .noBaseline }
    return .tooFewRuns(have: have, need: have + RunLevelTest.nuMin - series.nu)
  }

  private func draft(
    _ id: HypothesisID, _ metric: LatencyMetric, _ series: LatencySeries, _ test: RunLevelTest
  ) -> Draft {
    let s = test.s2.squareRoot()
    let guarded = LatencyGuard(series, s: s, maxLooks: maxLooks)
    let half =
      StudentT.quantile(Evaluator.boundConfidence, df: Double(test.df)) * test.se
    let latency = LatencyTest(
      candidateMean: test.candidateMean, baselineMean: test.baselineMean, s: s, se: test.se,
      t: test.t, df: test.df, upper: test.d + half, lower: test.d - half,
      isNoisy: s > LatencyGuard.noise, isGuardMet: guarded.isMet,
      inversions: guarded.inversions, mustExceed: guarded.mustExceed)
    return Draft(
      id: id, p: test.p, d: test.d, effect: effect(.latency(metric)), latency: latency,
      isLowerBound: series.isLowerBound)
  }

  private func draft(
    _ rate: RateMetric, profile: String?, _ evaluation: inout Evaluation
  ) -> Draft? {
    let id = HypothesisID(metric: .rate(rate), profile: profile)
    guard let series = RateSeries(table, rate: rate, profile: profile) else {
      let reason: UntestedReason = table.mainSet.isEmpty ? .noBaseline : .noValue
      evaluation.untested.append(UntestedCell(id: id, reason: reason))
      return nil
    }
    let outcome = series.test()
    return Draft(
      id: id, p: outcome.p, d: outcome.d, effect: effect(.rate(rate)), rate: outcome.figures)
  }

  /// The smallest effect that matters, in the unit of d: a latency's share becomes a difference
  /// of logarithms.
  private func effect(_ metric: GateMetric) -> Double {
    let share = settings.effects[metric.name] ?? GatePlan.defaultEffects[metric.name] ?? 0
    switch metric {
    case .latency: return log1p(share)
    case .rate: return share
    }
  }
}

/// A hypothesis with its p, before the adjustment.
struct Draft {
  var id: HypothesisID
  var p: Double
  var d: Double
  var effect: Double
  var latency: LatencyTest?
  var rate: RateTest?
  var isLowerBound = false
}
