import Glibc
import Model
import Statistics

/// Whether a latency may block (STATISTICS section 6, guards 1 to 3).
struct LatencyGuard {
  /// Noise of one run above which more looks are needed: heavy tails and modes.
  static let noise = 0.05
  /// Looks that are needed then.
  private static let noisyLooks = 3
  /// The quantile of main's deviations that every candidate run must exceed.
  private static let quantile = 0.9

  let isMet: Bool
  let inversions: Int?
  let mustExceed: Double?

  init(_ series: LatencySeries, s: Double, maxLooks: Int) {
    let k = series.candidate.count
    let hasLooks =
      maxLooks == 1 || k >= (s > LatencyGuard.noise ? min(LatencyGuard.noisyLooks, maxLooks) : 2)
    if k > 1 && series.fresh.count >= k - 1 {
      let count = Guards.inversions(candidate: series.candidate, fresh: series.fresh)
      let allowed = Guards.allowedInversions(candidates: k, fresh: series.fresh.count)
      inversions = count
      mustExceed = nil
      isMet = hasLooks && count <= allowed
    } else {
      let bound = Guards.mustExceed(
        baseline: series.mainSet, history: series.history,
        q: maxLooks == 1 ? 1 : LatencyGuard.quantile)
      inversions = nil
      mustExceed = bound
      isMet = hasLooks && series.candidate.allSatisfy { $0 > bound }
    }
  }
}

extension Evaluator {
  /// The weight of a composite in the weighted Holm procedure, before those that are missing are
  /// left out.
  private static func weight(_ metric: GateMetric) -> Double {
    switch metric {
    case .latency(.ttftP50), .latency(.durationP50): 0.3
    case .latency(.ttftP95): 0.2
    case .latency(.tpotP50), .latency(.durstdP50): 0.1
    case .rate: 0.1
    }
  }

  /// How much worse a latency may be for the gate to pass it, as a difference of logarithms.
  static func tolerance(_ metric: GateMetric) -> Double {
    metric == .latency(.ttftP95) ? log1p(0.2) : log1p(0.1)
  }

  /// Layer 1: weighted Holm, and the smallest effect that each latency could have shown.
  func decideComposites(_ drafts: [Draft]) -> [HypothesisResult] {
    let sum = drafts.reduce(0) { $0 + Evaluator.weight($1.id.metric) }
    let weights = drafts.map { Evaluator.weight($0.id.metric) / sum }
    let level = Evaluator.compositePart * alphaSpent
    var drafts = drafts
    for index in drafts.indices {
      guard let latency = drafts[index].latency else { continue }
      let df = Double(latency.df)
      let quantiles =
        StudentT.quantile(1 - level * weights[index], df: df)
        + StudentT.quantile(Evaluator.power, df: df)
      drafts[index].latency?.mde = expm1(quantiles * latency.se)
    }
    return decide(
      drafts, adjusted: Adjustment.weightedHolm(drafts.map(\.p), weights: weights),
      level: level)
  }

  func decide(_ drafts: [Draft], adjusted: [Double], level: Double) -> [HypothesisResult] {
    zip(drafts, adjusted).map { draft, pAdjusted in
      HypothesisResult(
        id: draft.id, verdict: verdict(draft, pAdjusted: pAdjusted, level: level),
        pAdjusted: pAdjusted, level: level, p: draft.p, d: draft.d, effect: draft.effect,
        latency: draft.latency, rate: draft.rate, isLowerBound: draft.isLowerBound)
    }
  }

  private func verdict(
    _ draft: Draft, pAdjusted: Double, level: Double
  ) -> HypothesisVerdict {
    let mayBlock = draft.latency.map { $0.isGuardMet && !isAdvisory } ?? true
    if pAdjusted <= level && draft.d >= draft.effect && mayBlock { return .fail }
    if pAdjusted < Evaluator.suspicious { return .inconclusive }
    return draft.id.isComposite && exceedsTolerance(draft.id, draft.latency)
      ? .inconclusive : .ok
  }

  private func exceedsTolerance(_ id: HypothesisID, _ latency: LatencyTest?) -> Bool {
    latency.map { $0.upper >= Evaluator.tolerance(id.metric) } ?? false
  }
}

extension HypothesisResult {
  /// True if it is a latency composite that may be worse than its tolerance.
  var cannotExclude: Bool {
    guard id.isComposite, let latency else { return false }
    return latency.upper >= Evaluator.tolerance(id.metric)
  }
}
