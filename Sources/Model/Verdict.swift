/// The gate's answer.
public enum VerdictKind: String, Sendable {
  /// Shown not worse than the tolerance.
  case pass
  /// A regression, a missed objective, or an abort rule.
  case fail
  /// Neither shown worse nor shown not worse.
  case inconclusive
  /// The question could not be asked: invalid run, missing cells, nothing testable.
  case cannotEvaluate = "cannot_evaluate"
}

/// Everything that a judgement found, in the order in which a report tells it.
public struct Verdict: Sendable, Equatable {
  /// The answer.
  public var kind: VerdictKind
  /// Why, most important first; at least one for every kind but `pass`.
  public var reasons: [VerdictReason]
  /// Set while there are too few runs of main to judge latency.
  public var learning: Learning?
  /// The look that this is: candidate runs judged together, 1 for the first.
  public var look: Int
  /// Looks allowed.
  public var maxLooks: Int
  /// True if another run of the candidate could still decide.
  public var wantsAnotherLook: Bool
  /// Share of false alarms that this look may spend.
  public var alphaSpent: Double
  /// Degrees of freedom of the latency tests; nil if none was made.
  public var df: Int?
  /// Layer 1: one hypothesis a metric.
  public var composites: [HypothesisResult]
  /// Layer 2: one hypothesis a cell or profile.
  public var cells: [HypothesisResult]
  /// The plan's objectives.
  public var objectives: [ObjectiveResult]
  /// Cells and metrics that could not be tested, each with its reason.
  public var untested: [UntestedCell]
  /// The runs that entered, and in which role.
  public var runs: [RunReference]
  /// What a reader should know and what never decides.
  public var warnings: [VerdictWarning]
  /// Distributions compared for display only.
  public var displays: [DisplayComparison]
  /// True for a run of the gate's own branch: its latencies are shown and never block.
  public var isAdvisory: Bool
  /// What people accepted, in the order in which they did.
  public var accepted: [AcceptedChange]
  /// Candidate against baseline without a test: of every cell, where latency is not judged.
  public var differences: [CellDifference]

  /// A verdict without findings.
  public init(kind: VerdictKind, look: Int, maxLooks: Int) {
    self.kind = kind
    self.look = look
    self.maxLooks = maxLooks
    reasons = []
    wantsAnotherLook = false
    alphaSpent = 0
    composites = []
    cells = []
    objectives = []
    untested = []
    runs = []
    warnings = []
    displays = []
    isAdvisory = false
    accepted = []
    differences = []
  }
}

/// Runs of main so far and needed.
public struct Learning: Sendable, Equatable {
  /// Usable runs of main.
  public var have: Int
  /// Runs needed before latency is judged.
  public var need: Int

  /// `have` of `need` runs.
  public init(have: Int, need: Int) {
    self.have = have
    self.need = need
  }
}

/// One cause of a verdict.
public enum VerdictReason: Sendable, Equatable {
  /// A hypothesis failed: index into `composites` then `cells`, by its own name.
  case regression(HypothesisID)
  /// An objective was missed, in its normal form.
  case objectiveMissed(String)
  /// An abort rule fired where none of main's recent runs aborted.
  case aborted(Abort)
  /// A tolerance could not be excluded.
  case cannotExclude(HypothesisID)
  /// An adjusted p below 0.05 that did not block.
  case suspicious(HypothesisID)
  /// An objective with too few requests to judge.
  case objectiveNotJudged(String)
  /// Too few runs of main.
  case learning(Learning)
  /// The plan was changed and has no history.
  case newEnvironment
  /// The client was the bottleneck; says what and what to try.
  case clientLimited(String)
  /// The candidate has no request of a cell that the baseline has.
  case missingCells([CellKey])
  /// No latency cell reaches its floor unsaturated.
  case nothingTestable
  /// The candidate run cannot be used, and why.
  case unusable(String)
  /// The endpoint's credentials are not there, by their variables: no load was sent.
  case noCredentials([String])
  /// Bare files were compared, without a baseline to judge against.
  case noBaseline
  /// The run's load is not what the plan fixes, and so nothing to compare; says what of it.
  case notFixedProfile(String)
}

/// The name of a hypothesis: a metric over everything (layer 1), or of one cell or profile.
public struct HypothesisID: Sendable, Hashable, Comparable {
  /// The profile, nil for a composite.
  public var profile: String?
  /// The scenario, nil for a composite and for a rate.
  public var scenario: String?
  /// The region, nil where there is none.
  public var region: String?
  /// What is tested.
  public var metric: GateMetric

  /// A hypothesis about a metric.
  public init(
    metric: GateMetric, profile: String? = nil, scenario: String? = nil, region: String? = nil
  ) {
    self.metric = metric
    self.profile = profile
    self.scenario = scenario
    self.region = region
  }

  /// True for layer 1.
  public var isComposite: Bool { profile == nil }

  /// `metric` for a composite, else `profile/scenario/metric` without the parts that are nil.
  public var name: String {
    [profile, scenario, region].compactMap { $0 }.map { $0 + "/" }.joined() + metric.name
  }

  /// Composites first, then by profile, scenario, region and metric.
  public static func < (a: HypothesisID, b: HypothesisID) -> Bool {
    if a.profile != b.profile { return (a.profile ?? "") < (b.profile ?? "") }
    if a.scenario != b.scenario { return (a.scenario ?? "") < (b.scenario ?? "") }
    if a.region != b.region { return (a.region ?? "") < (b.region ?? "") }
    return a.metric < b.metric
  }
}

/// What was found about one hypothesis.
public struct HypothesisResult: Sendable, Equatable {
  /// Which.
  public var id: HypothesisID
  /// Its own verdict.
  public var verdict: HypothesisVerdict
  /// p adjusted within its layer.
  public var pAdjusted: Double
  /// The level that `pAdjusted` is held against.
  public var level: Double
  /// The unadjusted p.
  public var p: Double
  /// Candidate minus baseline: of log seconds for a latency, of shares for a rate.
  public var d: Double
  /// The smallest effect that matters, in the unit of `d`.
  public var effect: Double
  /// The latency test's own figures, nil for a rate.
  public var latency: LatencyTest?
  /// The rate test's own figures, nil for a latency.
  public var rate: RateTest?
  /// True if the candidate's value is a lower bound (its quantile was +infinity).
  public var isLowerBound: Bool
  /// The waiver's reason, where one applies.
  public var waiver: String?
  /// True if main is already slower and the candidate is not worse than main now.
  public var isInherited: Bool

  /// A result.
  public init(
    id: HypothesisID, verdict: HypothesisVerdict, pAdjusted: Double, level: Double, p: Double,
    d: Double, effect: Double, latency: LatencyTest? = nil, rate: RateTest? = nil,
    isLowerBound: Bool = false, waiver: String? = nil, isInherited: Bool = false
  ) {
    self.id = id
    self.verdict = verdict
    self.pAdjusted = pAdjusted
    self.level = level
    self.p = p
    self.d = d
    self.effect = effect
    self.latency = latency
    self.rate = rate
    self.isLowerBound = isLowerBound
    self.waiver = waiver
    self.isInherited = isInherited
  }
}

/// One hypothesis' own verdict.
public enum HypothesisVerdict: String, Sendable {
  /// Nothing found.
  case ok
  /// Blocks.
  case fail
  /// Not shown to be within the tolerance, or suspicious.
  case inconclusive
}

/// The figures of a latency test (STATISTICS section 3).
public struct LatencyTest: Sendable, Equatable {
  /// Mean of the candidate runs' log values.
  public var candidateMean: Double
  /// Mean of the baseline runs' log values.
  public var baselineMean: Double
  /// The environment's noise: standard deviation of one run, of log seconds.
  public var s: Double
  /// Standard error of `d`.
  public var se: Double
  /// d / SE.
  public var t: Double
  /// Degrees of freedom.
  public var df: Int
  /// d + t(0.99) SE.
  public var upper: Double
  /// d - t(0.99) SE.
  public var lower: Double
  /// The smallest effect that could have been seen, as a share; composites only.
  public var mde: Double?
  /// True if s > 0.05.
  public var isNoisy: Bool
  /// True if the guard lets the hypothesis block.
  public var isGuardMet: Bool
  /// Pairs in which the candidate was not slower than a fresh baseline run; nil without these.
  public var inversions: Int?
  /// What every candidate run must exceed; nil where fresh runs guard.
  public var mustExceed: Double?
  /// Weight of each cell by its name, composites only; sorted by name.
  public var weights: [CellWeight]

  /// The figures of a test.
  public init(
    candidateMean: Double, baselineMean: Double, s: Double, se: Double, t: Double, df: Int,
    upper: Double, lower: Double, mde: Double? = nil, isNoisy: Bool, isGuardMet: Bool,
    inversions: Int? = nil, mustExceed: Double? = nil, weights: [CellWeight] = []
  ) {
    self.candidateMean = candidateMean
    self.baselineMean = baselineMean
    self.s = s
    self.se = se
    self.t = t
    self.df = df
    self.upper = upper
    self.lower = lower
    self.mde = mde
    self.isNoisy = isNoisy
    self.isGuardMet = isGuardMet
    self.inversions = inversions
    self.mustExceed = mustExceed
    self.weights = weights
  }
}

/// A cell's share in a composite.
public struct CellWeight: Sendable, Equatable {
  /// `profile/scenario/metric`.
  public var name: String
  /// 0...1; the weights of a composite sum to 1.
  public var weight: Double

  /// A share.
  public init(name: String, weight: Double) {
    self.name = name
    self.weight = weight
  }
}

/// The figures of a rate test (STATISTICS section 5).
public struct RateTest: Sendable, Equatable {
  /// Candidate: k of n.
  public var candidateK: Int
  /// Candidate's n.
  public var candidateN: Int
  /// Baseline: k of n.
  public var baselineK: Int
  /// Baseline's n.
  public var baselineN: Int
  /// Overdispersion, at least 1.
  public var phi: Double
  /// Correlation within a run, at least 0.
  public var rho: Double
  /// Parameters of the beta-binomial.
  public var a: Double
  /// Parameters of the beta-binomial.
  public var b: Double

  /// The figures of a test.
  public init(
    candidateK: Int, candidateN: Int, baselineK: Int, baselineN: Int, phi: Double, rho: Double,
    a: Double, b: Double
  ) {
    self.candidateK = candidateK
    self.candidateN = candidateN
    self.baselineK = baselineK
    self.baselineN = baselineN
    self.phi = phi
    self.rho = rho
    self.a = a
    self.b = b
  }
}

/// What became of one objective.
public struct ObjectiveResult: Sendable, Equatable {
  /// The objective in its normal form.
  public var objective: String
  /// The verdict: ok, fail, or inconclusive where it is not judged.
  public var verdict: HypothesisVerdict
  /// The judged figure: the median of the runs' figures, or their sum for a count.
  public var value: Double?
  /// The objective's bound, in the figure's unit.
  public var bound: Double
  /// Requests behind the figure, all runs.
  public var n: Int
  /// Requests needed to judge it.
  public var floor: Int
  /// The interval of the figure, where one is known.
  public var interval: ClosedRange<Double>?

  /// A result.
  public init(
    objective: String, verdict: HypothesisVerdict, value: Double?, bound: Double, n: Int,
    floor: Int, interval: ClosedRange<Double>? = nil
  ) {
    self.objective = objective
    self.verdict = verdict
    self.value = value
    self.bound = bound
    self.n = n
    self.floor = floor
    self.interval = interval
  }
}

/// A cell and metric that was not tested.
public struct UntestedCell: Sendable, Equatable {
  /// Which.
  public var id: HypothesisID
  /// Why.
  public var reason: UntestedReason

  /// An untested cell.
  public init(id: HypothesisID, reason: UntestedReason) {
    self.id = id
    self.reason = reason
  }
}

/// Why a cell was not tested.
public enum UntestedReason: Sendable, Equatable {
  /// Fewer requests than the metric needs.
  case tooFew(n: Int, need: Int)
  /// More than one main run in ten had no finite value.
  case saturated(runs: Int, of: Int)
  /// The candidate's own value was not finite, and the rates carry it.
  case candidateSaturated
  /// No baseline run has the cell.
  case noBaseline
  /// The candidate has no value for it.
  case noValue
  /// Fewer runs of main have a value for it than a latency test needs.
  case tooFewRuns(have: Int, need: Int)
}

/// A run and its role in a judgement.
public struct RunReference: Sendable, Equatable {
  /// The run.
  public var runID: String
  /// Its commit.
  public var commit: String
  /// Its start.
  public var startedAt: UnixNanos
  /// Its role.
  public var role: RunRole

  /// A run in a role.
  public init(runID: String, commit: String, startedAt: UnixNanos, role: RunRole) {
    self.runID = runID
    self.commit = commit
    self.startedAt = startedAt
    self.role = role
  }
}

/// The role of a run in a judgement.
public enum RunRole: String, Sendable {
  /// Judged.
  case candidate
  /// In the baseline set.
  case baseline
  /// In the baseline set, taken after the first candidate run.
  case fresh
  /// Serves the variance only.
  case history
}

/// What a reader should know and what never decides a verdict.
public enum VerdictWarning: Sendable, Equatable {
  /// Weaker guard: no fresh baseline runs.
  case noFreshRuns
  /// The environment's noise is above what a solo gate can work with; s of the composite.
  case noisy(metric: LatencyMetric, s: Double)
  /// Median output tokens moved by more than 5 %.
  case outputTokensMoved(scenario: String, baseline: Double, candidate: Double)
  /// The share of cached tokens moved by more than 5 points.
  case cachedTokensMoved(scenario: String, baseline: Double, candidate: Double)
  /// A waiver is past its expiry and without effect.
  case waiverExpired(String)
  /// Two runs had the same id; the first was kept.
  case duplicateRun(String)
  /// A run was left out, and why.
  case runLeftOut(runID: String, reason: String)
  /// The hypothesis does not block: main has been as slow since that commit.
  case mainAlreadySlower(HypothesisID, since: String)
  /// Main's last `runs` runs, counted to ten, came after a regression that nobody accepted; the
  /// composites that they fail against the baseline set.
  case mainRegressed([HypothesisID], since: String, runs: Int)
}

/// How far a cell's metric lies from the baseline's, without a judgement.
public struct CellDifference: Sendable, Equatable {
  /// The cell, or the profile of a rate.
  public var id: HypothesisID
  /// The candidate runs' mean: log seconds of a latency, share of a rate; may be +infinity.
  public var candidate: Double
  /// The baseline runs' mean, in the same unit.
  public var baseline: Double
  /// Candidate minus baseline; nil if either is not finite.
  public var d: Double?

  /// A difference.
  public init(id: HypothesisID, candidate: Double, baseline: Double) {
    self.id = id
    self.candidate = candidate
    self.baseline = baseline
    d = candidate.isFinite && baseline.isFinite ? candidate - baseline : nil
  }
}

/// Two distributions compared for display; it never blocks.
public struct DisplayComparison: Sendable, Equatable {
  /// The cell.
  public var key: CellKey
  /// `ttft` or `duration`.
  public var latency: String
  /// Requests of the candidate and of the baseline.
  public var candidateN: Int
  /// Requests of the baseline.
  public var baselineN: Int
  /// Kolmogorov–Smirnov statistic, 0...1.
  public var ksD: Double
  /// Its asymptotic two-sided p.
  public var ksP: Double
  /// Anderson–Darling statistic, normalised.
  public var adStatistic: Double
  /// Its p, 0.001...0.25.
  public var adP: Double
  /// Medians in seconds; +infinity where more than half failed.
  public var candidateMedian: Double
  /// Median of the baseline in seconds.
  public var baselineMedian: Double

  /// A comparison.
  public init(
    key: CellKey, latency: String, candidateN: Int, baselineN: Int, ksD: Double, ksP: Double,
    adStatistic: Double, adP: Double, candidateMedian: Double, baselineMedian: Double
  ) {
    self.key = key
    self.latency = latency
    self.candidateN = candidateN
    self.baselineN = baselineN
    self.ksD = ksD
    self.ksP = ksP
    self.adStatistic = adStatistic
    self.adP = adP
    self.candidateMedian = candidateMedian
    self.baselineMedian = baselineMedian
  }
}
