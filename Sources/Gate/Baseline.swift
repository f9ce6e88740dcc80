public import Model

/// A run that might serve as a baseline.
public struct HistoryEntry: Sendable, Equatable {
  /// What the run was.
  public var header: RunHeader
  /// When the store took it, by the store's clock; nil where it came from a file.
  public var storedAt: UnixNanos?
  /// True if a person accepted the run although its verdict was FAIL.
  public var isAccepted: Bool
  /// How the commit of a run of a merge queue stands to the branch that the queue is for: once it
  /// is on it the run is one of that branch. nil for any other run.
  public var queued: Ancestry?

  /// A run of the history.
  public init(
    header: RunHeader, storedAt: UnixNanos? = nil, isAccepted: Bool = false,
    queued: Ancestry? = nil
  ) {
    self.header = header
    self.storedAt = storedAt
    self.isAccepted = isAccepted
    self.queued = queued
  }

  /// True for a run of that branch, and for one of a merge queue whose commit is on it.
  func isOn(_ branch: String) -> Bool { header.branch == branch || queued == .ancestor }

  /// The best time there is to order it by.
  var time: UnixNanos { storedAt ?? header.startedAt }
}

/// What a run is chosen for.
public enum SelectionRole: String, Sendable, CaseIterable {
  /// In the baseline set.
  case baseline
  /// In the baseline set, taken after the first candidate run.
  case fresh
  /// Serves the variance only.
  case history
  /// Main's latest, after a proposed regression.
  case latest
  /// Does not serve.
  case out
}

/// A run, what it was chosen for, and why: a phrase for `baseline list`.
public struct SelectedRun: Sendable, Equatable {
  /// The run.
  public var runID: String
  /// What it serves as.
  public var role: SelectionRole
  /// Why.
  public var reason: String
}

/// What the baseline was chosen from and how.
public struct BaselineSelection: Sendable, Equatable {
  /// Every run that was looked at, oldest first.
  public var runs: [SelectedRun] = []
  /// The baseline set without fresh runs, oldest first.
  public var baseline: [String] = []
  /// Fresh baseline runs, oldest first.
  public var fresh: [String] = []
  /// Older runs in groups, one a segment, the oldest first.
  public var history: [[String]] = []
  /// Main's latest runs after a proposed regression, oldest first.
  public var latest: [String] = []
  /// The commit at which that regression is proposed; empty where there is none.
  public var latestSince = ""
  /// Runs after that regression, before the latest: nothing is judged by them, but they tell where
  /// it began.
  public var latestBefore: [String] = []
  /// True if one of the last ten runs of main aborted, usable or not.
  public var hasMainAborted = false

  /// Ids of all runs whose cells a judgement needs.
  public var needed: [String] { baseline + fresh + history.flatMap { $0 } + latest }

  /// Ids of all runs without which another judgement could come out, or another commit be named.
  public var telling: [String] { needed + latestBefore }
}

/// How a baseline is chosen.
public struct BaselineRules: Sendable, Equatable {
  /// The branch whose runs serve.
  public var branch: String
  /// The environment's key: only its runs serve.
  public var environment: String
  /// Runs in the baseline set, fresh ones apart; at most 10.
  public var baselineRuns: Int
  /// Runs that serve the variance, all groups together; at most 60.
  public var historyRuns: Int
  /// Ids of the runs that accepted change points start with.
  public var segmentStarts: Set<String>
  /// Id of the run that a proposed, not accepted regression starts with.
  public var proposedRegression: String?

  /// Runs of a baseline set at most.
  public static let baselineRunsMax = 10
  /// Runs of all history groups at most.
  public static let historyRunsMax = 60

  /// Rules; the numbers are cut to their limits.
  public init(
    branch: String, environment: String, baselineRuns: Int = baselineRunsMax,
    historyRuns: Int = historyRunsMax, segmentStarts: Set<String> = [],
    proposedRegression: String? = nil
  ) {
    self.branch = branch
    self.environment = environment
    self.baselineRuns = min(max(0, baselineRuns), BaselineRules.baselineRunsMax)
    self.historyRuns = min(max(0, historyRuns), BaselineRules.historyRunsMax)
    self.segmentStarts = segmentStarts
    self.proposedRegression = proposedRegression
  }
}
