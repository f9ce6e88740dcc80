public import Model
public import Plan

/// How runs are judged, taken from a plan.
public struct GateSettings: Sendable, Equatable {
  /// The branch whose runs are the baseline; a run of its own is judged alone and never fails on
  /// a latency.
  public var branch: String
  /// Candidate runs judged together at most, 1...5.
  public var maxLooks: Int
  /// The smallest effect that matters, by metric name: shares of the value for latencies, shares
  /// of requests for rates.
  public var effects: [String: Double]
  /// What must hold, in the plan's order.
  public var objectives: [Objective]

  /// Looks beyond which no share of false alarms is left.
  public static let maxLooksMax = 5

  /// Settings; the defaults are the plan's.
  public init(
    branch: String = "main", maxLooks: Int = 3,
    effects: [String: Double] = GatePlan.defaultEffects, objectives: [Objective] = []
  ) {
    precondition(
      (1...GateSettings.maxLooksMax).contains(maxLooks), "\(maxLooks) looks are not 1 to 5")
    self.branch = branch
    self.maxLooks = maxLooks
    self.effects = effects
    self.objectives = objectives
  }

  /// The settings of a plan.
  public init(plan: GatePlan, objectives: [Objective]) {
    self.init(
      branch: plan.branch, maxLooks: plan.maxLooks, effects: plan.effects,
      objectives: objectives)
  }
}

/// The endpoint's credentials that a run had not, and what that is worth.
public struct MissingCredentials: Sendable, Equatable {
  /// The variables that hold them, in the plan's order.
  public var variables: [String]
  /// True if the gate lets such a change pass unmeasured.
  public var isAllowed: Bool

  /// Credentials by the names of their variables.
  public init(variables: [String], isAllowed: Bool) {
    self.variables = variables
    self.isAllowed = isAllowed
  }
}

/// Everything that a verdict comes from. The order of runs in a list does not matter.
public struct GateInput: Sendable {
  /// How.
  public var settings: GateSettings
  /// The looks of one commit.
  public var candidates: [RunRecord]
  /// The baseline set without its fresh runs.
  public var baseline: [RunRecord]
  /// Baseline runs taken after the first candidate run.
  public var fresh: [RunRecord]
  /// Older runs, a group a segment; they serve the variance only.
  public var history: [[RunRecord]]
  /// Main's latest runs after a proposed, not accepted regression; empty where there is none.
  public var latest: [RunRecord]
  /// The commit at which that regression is proposed.
  public var latestSince: String
  /// Accepted regressions, expired ones too.
  public var waivers: [Waiver]
  /// Runs of main and change points that people accepted, expired ones too; the choice of the runs
  /// above has heeded them.
  public var acceptances: [Acceptance]
  /// When the verdict is made: waivers expire by it.
  public var evaluatedAt: UnixNanos
  /// True if one of the last ten runs of main aborted, usable or not.
  public var hasMainAborted: Bool
  /// True if the project has history, but none of it in this environment.
  public var isNewEnvironment: Bool
  /// Distributions to show beside the verdict.
  public var displays: [DisplayComparison]
  /// Why nothing was measured, nil where something was: then the last candidate is a run that never
  /// began.
  public var missing: MissingCredentials?

  /// What is judged, and against what.
  public init(
    settings: GateSettings = GateSettings(), candidates: [RunRecord], baseline: [RunRecord],
    fresh: [RunRecord] = [], history: [[RunRecord]] = [], latest: [RunRecord] = [],
    latestSince: String = "", waivers: [Waiver] = [],
    acceptances: [Acceptance] = [], evaluatedAt: UnixNanos = UnixNanos(0),
    hasMainAborted: Bool = false, isNewEnvironment: Bool = false,
    displays: [DisplayComparison] = [], missing: MissingCredentials? = nil
  ) {
    self.settings = settings
    self.candidates = candidates
    self.baseline = baseline
    self.fresh = fresh
    self.history = history
    self.latest = latest
    self.latestSince = latestSince
    self.waivers = waivers
    self.acceptances = acceptances
    self.evaluatedAt = evaluatedAt
    self.hasMainAborted = hasMainAborted
    self.isNewEnvironment = isNewEnvironment
    self.displays = displays
    self.missing = missing
  }
}
