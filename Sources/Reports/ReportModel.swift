public import Model

/// A verdict in words: every text that a report shows, decided once.
///
/// All texts are plain, one line each, without control characters; a writer escapes them for its
/// own syntax and adds nothing but layout. The same inputs give the same model.
public struct ReportModel: Sendable, Equatable {
  /// The answer.
  public var kind: VerdictKind
  /// What the process exits with.
  public var exitCode: Int
  /// `PASS`, `FAIL`, `INCONCLUSIVE`, `CANNOT EVALUATE`, or `SKIPPED`, an inconclusive verdict for
  /// want of credentials.
  public var label: String
  /// What the label needs at its side, such as `learning: 3 of 5 runs of main`; nil for nothing.
  public var qualifier: String?
  /// What follows the label in the verdict line.
  public var headline: String
  /// Every reason, one sentence each, most important first.
  public var reasons: [ReportReason]
  /// What a reader should know of the verdict's standing: repeated, restarted, notes.
  public var notices: [String]
  /// What people accepted, one sentence each; among the notices too.
  public var accepted: [String]
  /// Where this verdict stands: project, commit, branch, baseline, look, exit code.
  public var context: [ReportFact]
  /// Layer 1, in the order of importance of the metrics.
  public var composites: [HypothesisRow]
  /// Layer 2, sorted by profile, scenario and metric.
  public var cells: [HypothesisRow]
  /// Candidate against baseline without a judgement, where latency is not judged.
  public var differences: [DifferenceRow]
  /// Cells and composites that were not tested.
  public var untested: [UntestedRow]
  /// The composites over the last builds of main and this one; empty where there are too few.
  public var builds: [BuildRow]
  /// Where the time of a failed latency went, one sentence a cell.
  public var attribution: [String]
  /// The plan's objectives, in its order.
  public var objectives: [ObjectiveRow]
  /// How requests ended, one row a profile.
  public var outcomes: [OutcomeRow]
  /// What the last judged run measured, one row a cell.
  public var measured: [MeasuredRow]
  /// What it measured in each turn of its conversations; empty without any.
  public var turns: [TurnRow]
  /// What it measured in each region; empty for fewer than two.
  public var regions: [RegionRow]
  /// What it measured in each stage of its profiles; empty without stages.
  public var stages: [StageRow]
  /// Where the latencies of those profiles leave their flat part, or that they do not.
  public var knees: [KneeNote]
  /// What its logins did, one sentence each; empty where nobody logged in.
  public var logins: [String]
  /// Noise and smallest visible effect, one sentence each.
  public var noise: [String]
  /// The client's error bound beside the effect that the gate can see, in one sentence.
  public var clientError: String
  /// The same in numbers.
  var clientErrorValue: JSONValue
  /// What never decides and should be known, one sentence each.
  public var warnings: [String]
  /// Distributions compared for information, one sentence each.
  public var displays: [String]
  /// The runs and their roles, candidates first.
  public var runs: [RunRow]
  /// Versions, environment, the client's own figures.
  public var details: [ReportFact]
  /// What to do now, one sentence each.
  public var nextSteps: [String]
  /// When the judged run started; the time of the report.
  public var startedAt: UnixNanos
  /// The machine that ran the load, never empty.
  public var hostName: String

  /// The verdict line, as a log shows it: `FAIL: …`.
  public var verdictLine: String { qualifiedLabel + ": " + headline }

  /// The label with its qualifier in parentheses.
  public var qualifiedLabel: String { label + (qualifier.map { " (\($0))" } ?? "") }

  /// True if no load was sent.
  public var isUnmeasured: Bool { reasons.contains { $0.subject == .credentials } }

  /// The cells that block.
  public var failedCells: [HypothesisRow] { cells.filter { $0.status == .failed } }
}

/// One reason of a verdict.
public struct ReportReason: Sendable, Equatable {
  /// Which part of the gate speaks.
  public enum Subject: Sendable, Equatable {
    /// A hypothesis or an objective: shown in its own table too.
    case finding
    /// The run stopped by an abort rule.
    case abort
    /// The client was the bottleneck.
    case client
    /// The run cannot be used.
    case run
    /// A cell is missing.
    case cells
    /// No cell can be tested.
    case nothingTestable
    /// There is not enough history.
    case history
    /// Nothing was measured for want of credentials.
    case credentials
  }

  /// Who speaks.
  public var subject: Subject
  /// The sentence, without a full stop.
  public var text: String
}

/// A label and a text.
public struct ReportFact: Sendable, Equatable {
  /// What it is, one or two words.
  public var label: String
  /// The text.
  public var text: String
  /// True for an identifier, which is shown in a fixed-width face.
  public var isCode: Bool

  init(_ label: String, _ text: String, isCode: Bool = false) {
    self.label = label
    self.text = text
    self.isCode = isCode
  }
}

/// How a row ended.
public enum RowStatus: Sendable, Equatable {
  /// Nothing found.
  case ok
  /// Blocks.
  case failed
  /// Not shown to be within the tolerance, or not judged.
  case inconclusive
  /// In the scope of a waiver.
  case waived
  /// Main has it already.
  case inherited
}

/// One tested hypothesis in words.
public struct HypothesisRow: Sendable, Equatable {
  /// The profile's name as it is, for grouping; nil for a composite.
  public var profile: String?
  /// `sustained/short`; empty for a composite.
  public var cell: String
  /// The metric's name.
  public var metric: String
  /// The baseline's value with its unit.
  public var baseline: String
  /// The candidate's value with its unit.
  public var candidate: String
  /// The candidate's value in seconds, nil for a rate.
  public var candidateSeconds: Double?
  /// The change with its sign and unit.
  public var change: String
  /// The 98 % interval of the change; empty for a rate.
  public var interval: String
  /// The change and its interval in numbers; nil for a rate, and where the change is a bound.
  public var span: ChangeSpan?
  /// p, adjusted within its layer.
  public var pAdjusted: String
  /// How it ended.
  public var status: RowStatus
  /// The status in one or two words.
  public var verdict: String
  /// The finding in one sentence, without a full stop.
  public var sentence: String
}

/// A change of a latency as shares of its value.
public struct ChangeSpan: Sendable, Equatable {
  /// The change.
  public var change: Double
  /// The lower end of its 98 % interval.
  public var lower: Double
  /// The upper end.
  public var upper: Double
  /// The change that is tolerated.
  public var tolerance: Double
}

/// One difference without a judgement.
public struct DifferenceRow: Sendable, Equatable {
  /// `sustained/short`; the profile alone for a rate.
  public var cell: String
  /// The metric's name.
  public var metric: String
  /// The baseline's value with its unit.
  public var baseline: String
  /// The candidate's value with its unit.
  public var candidate: String
  /// The change with its sign and unit.
  public var change: String
}

/// Something that was not tested, and why.
public struct UntestedRow: Sendable, Equatable {
  /// The profile's name as it is; nil for a composite.
  public var profile: String?
  /// `sustained/short`; empty for a composite.
  public var cell: String
  /// The metric's name.
  public var metric: String
  /// Why, without a full stop.
  public var reason: String
}

/// One objective in words.
public struct ObjectiveRow: Sendable, Equatable {
  /// The objective.
  public var objective: String
  /// The objective without its bound: stable from run to run.
  public var name: String
  /// The figure with its unit, and its interval where there is one.
  public var value: String
  /// Requests behind it.
  public var n: String
  /// How it ended.
  public var status: RowStatus
  /// The status in one or two words.
  public var verdict: String
  /// The finding in one sentence, without a full stop.
  public var sentence: String
}

/// How the requests of a profile ended.
public struct OutcomeRow: Sendable, Equatable {
  /// The profile.
  public var profile: String
  /// Requests in all.
  public var total: String
  /// Those that succeeded.
  public var succeeded: String
  /// The others by kind, `12 truncated, 3 http_429`; `none` without any.
  public var failures: String
}

/// One run and its role.
public struct RunRow: Sendable, Equatable {
  /// The role in words.
  public var role: String
  /// The run's id.
  public var runID: String
  /// Its commit, shortened.
  public var commit: String
  /// Its start in UTC.
  public var startedAt: String
}

extension ReportModel {
  /// The runs by role, `1 candidate, 5 baseline`.
  public var runCounts: String {
    let roles = ["candidate", "fresh", "baseline", "history"]
    let parts = roles.compactMap { role -> String? in
      let count = runs.count { $0.role == role }
      return count == 0 ? nil : "\(count) \(role)"
    }
    return parts.isEmpty ? "none" : parts.joined(separator: ", ")
  }

  /// What the comparisons of distributions are worth.
  public static let displayNote =
    "Requests of one run share that run's luck, so these tests alarm far too often: they are shown"
    + " for information and never block."

  /// What the words of a report mean, one sentence each.
  public static let legend = [
    "ttft_p50, ttft_p95: median and 95 % quantile of the time to first token, from the intended"
      + " start of the request.",
    "tpot_p50: median time per output token.",
    "durstd_p50: median time to the last token, at the scenario's reference length.",
    "error, truncated: requests that failed, streams that broke off after their first token;"
      + " stalled: seconds in which a stall ended.",
    "98 % interval: 99 % to each side; pts: percentage points. p is adjusted for"
      + " all hypotheses that were tested.",
  ]
}
