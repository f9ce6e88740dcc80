import Glibc
public import Model
import Statistics

/// What a trend follows over the runs of a branch.
public enum TrendID: Sendable, Hashable, Comparable {
  /// What the gate tests: a composite, a cell's latency, or a rate.
  case gate(HypothesisID)
  /// A figure of a cell, of a profile (no scenario), or of the whole run (neither).
  case figure(CellKey, name: String)

  /// `ttft_p50` for a composite, else `profile/scenario/region/metric` without the parts that are
  /// absent.
  public var name: String {
    switch self {
    case .gate(let id): id.name
    case .figure(let key, let name):
      ([key.profile, key.scenario, key.region ?? ""].filter { !$0.isEmpty } + [name])
        .joined(separator: "/")
    }
  }

  /// The metric's or figure's own name.
  public var metric: String {
    switch self {
    case .gate(let id): id.metric.name
    case .figure(_, let name): name
    }
  }

  /// The gate's before the figures, each in its own order.
  public static func < (a: TrendID, b: TrendID) -> Bool {
    switch (a, b) {
    case (.gate(let a), .gate(let b)): a < b
    case (.gate, .figure): true
    case (.figure, .gate): false
    case (.figure(let a, let nameA), .figure(let b, let nameB)):
      a == b ? nameA < nameB : a < b
    }
  }
}

/// What a trend's values are, and how far apart two of them are.
public enum TrendScale: Sendable, Equatable {
  /// Seconds, or another positive figure, compared by logarithms.
  case logarithmic
  /// k of n, compared in points.
  case share
  /// Any number, compared by its share of what it was.
  case linear
}

/// Which way a trend gets worse.
public enum TrendDirection: Sendable, Equatable {
  /// Larger is worse.
  case worseUp
  /// Smaller is worse.
  case worseDown
  /// Neither is.
  case neutral
}

/// A run in a trend.
public struct TrendRun: Sendable, Equatable {
  /// The run.
  public var runID: String
  /// Its commit.
  public var commit: String
  /// Its start.
  public var startedAt: UnixNanos

  /// A run.
  public init(runID: String, commit: String, startedAt: UnixNanos) {
    self.runID = runID
    self.commit = commit
    self.startedAt = startedAt
  }
}

/// One run's value in a trend.
public struct TrendPoint: Sendable, Equatable {
  /// The run: an index into the trend table's runs.
  public var run: Int
  /// Seconds, a share, or what the figure's name says; finite.
  public var value: Double
  /// Requests, or buckets, behind it; of a composite, those of its cells.
  public var n: Int
  /// Of a share: in how many of n it happened.
  public var k: Int?
  /// Where 95 of 100 values of an unchanged service lie about this one: of a latency by how far
  /// runs differ, of a share by its n. Nil where it is not known.
  public var interval: ClosedRange<Double>?

  /// A value.
  public init(
    run: Int, value: Double, n: Int, k: Int? = nil, interval: ClosedRange<Double>? = nil
  ) {
    self.run = run
    self.value = value
    self.n = n
    self.k = k
    self.interval = interval
  }
}

/// One metric over the runs of a branch, the oldest first.
public struct Trend: Sendable, Equatable {
  /// What it follows.
  public var id: TrendID
  /// What its values are.
  public var scale: TrendScale
  /// Which way it gets worse.
  public var direction: TrendDirection
  /// The smallest change that counts: of logarithms, of shares, or a share of the value, by scale.
  public var effect: Double
  /// Its values; runs without one are passed over.
  public var points: [TrendPoint]
  /// How far runs of an unchanged service differ, as a share: the standard deviation of one run's
  /// logarithm about its level. Nil for another scale, with too few runs to tell, and before
  /// `measured`.
  public var noise: Double?

  /// A trend.
  public init(
    id: TrendID, scale: TrendScale, direction: TrendDirection, effect: Double,
    points: [TrendPoint] = []
  ) {
    self.id = id
    self.scale = scale
    self.direction = direction
    self.effect = effect
    self.points = points
  }

  /// The level of neighbouring points, in the trend's unit: their geometric mean, their pooled
  /// share, or their mean, by scale. There is at least one.
  public func level(_ points: ArraySlice<TrendPoint>) -> Double {
    switch scale {
    case .logarithmic: exp(mean(points.map { log($0.value) }))
    case .share:
      Double(points.reduce(0) { $0 + ($1.k ?? 0) }) / Double(points.reduce(0) { $0 + $1.n })
    case .linear: mean(points.map(\.value))
    }
  }
}

/// A place at which a trend's level changed for good (STATISTICS section 8).
///
/// It is between two neighbouring runs of the series: the change came with a commit after
/// `commitBefore`, up to and with `commit`.
public struct ChangePoint: Sendable, Equatable {
  /// What changed.
  public var id: TrendID
  /// The first run of the new level: an index into the trend table's runs.
  public var run: Int
  /// Its id.
  public var runID: String
  /// Its commit: the last of those that may have made the change.
  public var commit: String
  /// Its start.
  public var startedAt: UnixNanos
  /// The last run of the level before.
  public var runBefore: String
  /// Its commit: the last that is known to be of the level before.
  public var commitBefore: String
  /// The mean level of the segment before, in the trend's unit.
  public var before: Double
  /// The mean level of the segment after.
  public var after: Double
  /// How the values are compared.
  public var scale: TrendScale
  /// p of the permutation test; nil where a person set the border.
  public var p: Double?
  /// Whether it got better.
  public var kind: Kind
  /// What became of it.
  public var state: State
  /// Runs of the series since it, its own first run counted.
  public var runsSince: Int

  /// Which way it went.
  public enum Kind: String, Sendable {
    /// Worse.
    case regression
    /// Better.
    case improvement
    /// Neither: the metric has no better.
    case other
  }

  /// What became of it.
  public enum State: String, Sendable {
    /// A regression that nobody accepted: the baseline stays before it.
    case proposed
    /// A new segment: a person accepted it, or it is no regression.
    case accepted
    /// A regression that a later change made good.
    case undone
  }

  /// The change: of a share in shares (points), else as a share of the level before.
  public var change: Double {
    switch scale {
    case .share: after - before
    case .logarithmic, .linear: before == 0 ? 0 : (after - before) / before.magnitude
    }
  }
}

extension ChangePoint {
  /// The same, accepted where a waiver covers it that holds at that time. A waiver begins no
  /// segment: main's baseline stays before the change.
  public func waived(by waivers: [Waiver], at now: UnixNanos) -> ChangePoint {
    guard state == .proposed, case .gate(let hypothesis) = id,
      waivers.contains(where: { !$0.isExpired(at: now) && $0.covers(hypothesis) })
    else { return self }
    var point = self
    point.state = .accepted
    return point
  }
}
