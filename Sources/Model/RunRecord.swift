/// A run as the gate sees it: a header and one number for each cell and metric.
///
/// A stored run, a run file and a line of a baseline file all decode to this type.
public struct RunRecord: Sendable, Equatable {
  /// What the run was.
  public var header: RunHeader
  /// One value a cell and latency metric, sorted by key and metric.
  public var latencies: [LatencyValue]
  /// One count a profile and rate, sorted by profile and rate.
  public var rates: [RateCount]
  /// One figure an objective, in the plan's order.
  public var objectives: [ObjectiveFigure]
  /// Figures that are reported and not gated, sorted.
  public var figures: [ReportFigure]
  /// The requests themselves, in the order of the schedule; nil where they are not at hand.
  public var samples: [StreamSample]?
  /// What logins did; empty where nobody logged in, and where they are not at hand.
  public var logins = LoginLog()

  /// A run of these parts.
  public init(
    header: RunHeader, latencies: [LatencyValue] = [], rates: [RateCount] = [],
    objectives: [ObjectiveFigure] = [], figures: [ReportFigure] = [],
    samples: [StreamSample]? = nil
  ) {
    self.header = header
    self.latencies = latencies
    self.rates = rates
    self.objectives = objectives
    self.figures = figures
    self.samples = samples
  }
}

/// What a run was: its place in history and the state that it ended in.
public struct RunHeader: Sendable, Equatable {
  /// What stands for the commit of a tree that no commit holds.
  public static let uncommitted = "uncommitted"

  /// Unique; a UUIDv7 in lowercase where streamgate made it.
  public var runID: String
  /// The project's name.
  public var project: String
  /// The commit that is judged; `RunHeader.uncommitted` for a dirty tree.
  public var commit: String
  /// The commit that was checked out, where that is another (a merge commit).
  public var testedCommit: String?
  /// The branch; empty where it is not known.
  public var branch: String
  /// The environment's key: runs compare only inside one.
  public var environment: String
  /// The digest of the plan, 64 hexadecimal digits; empty in foreign files.
  public var planDigest: String
  /// Wall time of the start; for order only where nothing better is known.
  public var startedAt: UnixNanos
  /// The largest total time-out of a request: what a missing first token counts as.
  public var timeout: Nanos
  /// The profiles, in the order that they ran.
  public var profiles: [String]
  /// The scenarios, in the plan's order.
  public var scenarios: [String]
  /// The regions, empty where the run has none.
  public var regions: [String]
  /// Scenarios whose replies do not stream: gated on duration only.
  public var unstreamedScenarios: [String]
  /// Reference output length of each scenario in tokens; empty if the run found none.
  public var referenceTokens: [String: Double]
  /// A larger gap is a stall; nil if the run did not say.
  public var stallGap: Nanos?
  /// What output tokens were counted by.
  public var tokenUnit: TokenUnit
  /// False if the run cannot serve as a baseline; `unusableReason` says why.
  public var isUsable: Bool
  /// Why the run is not usable, nil if it is.
  public var unusableReason: String?
  /// True once the run ended and everything was stored.
  public var isFinished: Bool
  /// The pair that the run belongs to, in a duet.
  public var pairID: String?
  /// The client's figures on itself, nil in foreign files.
  public var selfCheck: SelfCheck?
  /// The abort rule that fired, nil if none did.
  public var aborted: Abort?
  /// What of the load was not the plan's fixed profile, such as `rate 12 instead of 5`; nil for a
  /// run of it. Such a run is judged by its objectives and never compared.
  public var exploration: String?
  /// The verdict on this run once it had one.
  public var verdict: VerdictKind?
  /// The version of streamgate that made the run.
  public var version: String

  /// A finished, usable run.
  public init(
    runID: String, project: String = "", commit: String = "", testedCommit: String? = nil,
    branch: String = "", environment: String = "", planDigest: String = "",
    startedAt: UnixNanos = UnixNanos(0), timeout: Nanos, profiles: [String] = [],
    scenarios: [String] = [], regions: [String] = [], unstreamedScenarios: [String] = [],
    referenceTokens: [String: Double] = [:], stallGap: Nanos? = nil,
    tokenUnit: TokenUnit = .usage, isUsable: Bool = true, unusableReason: String? = nil,
    isFinished: Bool = true, pairID: String? = nil, selfCheck: SelfCheck? = nil,
    aborted: Abort? = nil, exploration: String? = nil, verdict: VerdictKind? = nil,
    version: String = ""
  ) {
    self.runID = runID
    self.project = project
    self.commit = commit
    self.testedCommit = testedCommit
    self.branch = branch
    self.environment = environment
    self.planDigest = planDigest
    self.startedAt = startedAt
    self.timeout = timeout
    self.profiles = profiles
    self.scenarios = scenarios
    self.regions = regions
    self.unstreamedScenarios = unstreamedScenarios
    self.referenceTokens = referenceTokens
    self.stallGap = stallGap
    self.tokenUnit = tokenUnit
    self.isUsable = isUsable
    self.unusableReason = unusableReason
    self.isFinished = isFinished
    self.pairID = pairID
    self.selfCheck = selfCheck
    self.aborted = aborted
    self.exploration = exploration
    self.verdict = verdict
    self.version = version
  }
}

/// An abort rule that ended a run early.
public struct Abort: Sendable, Equatable {
  /// The profile that ran.
  public var profile: String
  /// The rule, as the plan writes it.
  public var rule: String
  /// When it fired, from profile start.
  public var at: Nanos
  /// True if the errors that a slow client cannot cause, such as a status 500, were enough for it;
  /// false where that is not known.
  public var isBeyondClient: Bool

  /// A rule that fired.
  public init(profile: String, rule: String, at: Nanos, isBeyondClient: Bool = false) {
    self.profile = profile
    self.rule = rule
    self.at = at
    self.isBeyondClient = isBeyondClient
  }
}

/// A profile and scenario, and a region where a run has several: the gate's smallest unit.
public struct CellKey: Sendable, Hashable, Comparable {
  /// The profile's name.
  public var profile: String
  /// The scenario's name.
  public var scenario: String
  /// The region's name, nil in runs without regions.
  public var region: String?

  /// The cell of that profile and scenario.
  public init(profile: String, scenario: String, region: String? = nil) {
    self.profile = profile
    self.scenario = scenario
    self.region = region
  }

  /// `profile/scenario`, and `/region` where there is one.
  public var name: String {
    region.map { "\(profile)/\(scenario)/\($0)" } ?? "\(profile)/\(scenario)"
  }

  /// By profile, scenario, region (none first).
  public static func < (a: CellKey, b: CellKey) -> Bool {
    if a.profile != b.profile { return a.profile < b.profile }
    if a.scenario != b.scenario { return a.scenario < b.scenario }
    return (a.region ?? "") < (b.region ?? "")
  }
}

/// One latency of one cell of one run.
public struct LatencyValue: Sendable, Equatable {
  /// The cell.
  public var key: CellKey
  /// The metric.
  public var metric: LatencyMetric
  /// Natural logarithm of seconds; +infinity if the quantile had no finite value (saturated).
  public var logValue: Double
  /// Scheduled requests of the cell after warm-up.
  public var n: Int

  /// A value of a cell.
  public init(key: CellKey, metric: LatencyMetric, logValue: Double, n: Int) {
    self.key = key
    self.metric = metric
    self.logValue = logValue
    self.n = n
  }
}

/// One rate of one profile of one run, scenarios pooled.
public struct RateCount: Sendable, Equatable {
  /// The profile's name.
  public var profile: String
  /// The rate.
  public var rate: RateMetric
  /// Requests, or buckets, in which it happened.
  public var k: Int
  /// Requests, or buckets, in all.
  public var n: Int

  /// k of n.
  public init(profile: String, rate: RateMetric, k: Int, n: Int) {
    self.profile = profile
    self.rate = rate
    self.k = k
    self.n = n
  }
}

/// One objective's figure in one run.
public struct ObjectiveFigure: Sendable, Equatable {
  /// The objective in normal form; one without a prefix has a figure for each profile that it
  /// is judged in, with that profile as its prefix.
  public var objective: String
  /// The figure: seconds, a share, or a count where the objective says `== 0`; +infinity if
  /// too many requests failed; nil if there was nothing to measure.
  public var value: Double?
  /// Requests behind it.
  public var n: Int
  /// The 95 % interval of the figure, nil where none is known or an end is not finite.
  public var interval: ClosedRange<Double>?

  /// A figure of an objective.
  public init(objective: String, value: Double?, n: Int, interval: ClosedRange<Double>? = nil) {
    self.objective = objective
    self.value = value
    self.n = n
    self.interval = interval
  }
}

/// A figure that is reported and not gated.
public struct ReportFigure: Sendable, Equatable {
  /// The profile's name.
  public var profile: String
  /// The scenario's name, empty for the whole profile.
  public var scenario: String
  /// The region's name, nil in runs without regions.
  public var region: String?
  /// The figure's name, such as `ttft.p95` or `outcome.truncated`; `docs/schema.md` lists all.
  public var name: String
  /// Seconds, a share, or a count, as the name says; finite.
  public var value: Double
  /// Requests behind it.
  public var n: Int

  /// A figure.
  public init(
    profile: String, scenario: String, region: String? = nil, name: String, value: Double, n: Int
  ) {
    self.profile = profile
    self.scenario = scenario
    self.region = region
    self.name = name
    self.value = value
    self.n = n
  }
}
