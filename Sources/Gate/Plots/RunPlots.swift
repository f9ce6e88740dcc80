public import Model

/// What plots of single requests show, made of a run's requests and thinned to a bounded number of
/// points: the same requests, the same points. For display only: requests of one run share that
/// run's luck, so that nothing is judged by them.
public struct RunPlots: Sendable, Equatable {
  /// Cells whose distributions are kept; the rest are counted.
  public static let cellsMax = 24
  /// Profiles that are kept.
  public static let profilesMax = 8

  /// Distributions of each cell's latencies, by cell, `ttft` before `duration`.
  public var distributions: [Distribution]
  /// Cells beyond `cellsMax`.
  public var cellsOmitted: Int
  /// What happened over time and load, one a profile, of the last judged run.
  public var profiles: [ProfilePlots]
  /// Runs behind the candidate's distributions.
  public var candidateRuns: Int
  /// Runs of main behind the baseline's distributions, 0 where their requests are not at hand.
  public var baselineRuns: Int
}

/// One latency of one cell: how it is distributed over all requests of the candidate's runs, and
/// of the baseline's.
public struct Distribution: Sendable, Equatable {
  /// The cell.
  public var key: CellKey
  /// `ttft` or `duration`.
  public var latency: String
  /// The candidate's runs together.
  public var candidate: DistributionCurve
  /// The baseline's runs together, nil where their requests are not at hand.
  public var baseline: DistributionCurve?
}

/// An empirical distribution function.
public struct DistributionCurve: Sendable, Equatable {
  /// Points of a curve.
  public static let pointsMax = 160

  /// Ascending: from each value on, that share of all requests is no slower. Requests that have
  /// no value (gate's view) hold the last share below 1.
  public var points: [PlotPoint]
  /// Requests.
  public var n: Int
  /// The median in seconds, +infinity where most requests have no value.
  public var median: Double
}

/// A point of a plot; what its numbers are the property that holds it says.
public struct PlotPoint: Sendable, Equatable {
  /// Along the plot.
  public var x: Double
  /// Upwards.
  public var y: Double

  /// A point.
  public init(x: Double, y: Double) {
    self.x = x
    self.y = y
  }
}

/// The requests of one profile over time, load and length.
public struct ProfilePlots: Sendable, Equatable {
  /// Single requests that are kept of a plot, the slowest beside them.
  public static let dotsMax = 400

  /// The profile's name.
  public var profile: String
  /// Time to first token (seconds) over the intended time (seconds from profile start); of
  /// scenarios that do not stream nothing.
  public var overTime: [PlotBin]
  /// Some requests of it.
  public var timeDots: [PlotPoint]
  /// The baseline's median in the same bins, +infinity for none; empty where its requests are not
  /// at hand.
  public var baselineMedians: [Double]
  /// Where its stages begin (seconds from profile start), without the first.
  public var stageStarts: [Double]
  /// Time to first token (seconds) over the streams in flight when it was sent, itself included.
  public var overLoad: [PlotBin]
  /// Some requests of it.
  public var loadDots: [PlotPoint]
  /// Duration over output tokens, one a scenario in the plan's order; successes only.
  public var lengths: [LengthPlot]
}

/// The requests in a stretch of time or of load.
public struct PlotBin: Sendable, Equatable {
  /// From here, included.
  public var start: Double
  /// To here.
  public var end: Double
  /// Requests that count.
  public var n: Int
  /// Those of them that were no success.
  public var failures: Int
  /// The 0.1 quantile in seconds, +infinity where it fell on requests without a value.
  public var low: Double
  /// The median in seconds, likewise.
  public var median: Double
  /// The 0.9 quantile in seconds, likewise.
  public var high: Double
}

/// How long the replies of one scenario took, over their length.
public struct LengthPlot: Sendable, Equatable {
  /// The scenario's name.
  public var scenario: String
  /// Successes with tokens.
  public var n: Int
  /// Duration (seconds) over output tokens, of some of them.
  public var dots: [PlotPoint]
  /// The least-squares line through all of them, from the fewest tokens to the most; empty for
  /// fewer than three of them or where all have the same length.
  public var line: [PlotPoint]
}

extension Gate {
  /// The plots of the looks of one commit beside runs of main. Runs without samples are passed
  /// over; nil if no candidate has any. O(n log n).
  public static func plots(candidates: [RunRecord], baseline: [RunRecord]) -> RunPlots? {
    let mine = candidates.filter { $0.samples?.isEmpty == false }
    let theirs = baseline.filter { $0.samples?.isEmpty == false }
    guard let last = mine.last else { return nil }
    let (shown, omitted) = DistributionMaker(candidates: mine, baseline: theirs).distributions()
    let profiles = ProfilePlotter(run: last, baseline: theirs).profiles()
    return RunPlots(
      distributions: shown, cellsOmitted: omitted, profiles: profiles,
      candidateRuns: mine.count, baselineRuns: theirs.count)
  }
}
