public import Model

/// What changed on main, over all composites: what the choice of a baseline needs of it.
public struct MainChanges: Sendable, Equatable {
  /// Every change point of every composite, the oldest first.
  public var points: [ChangePoint] = []

  /// Nothing changed.
  public init() {}

  /// Looks for changes in runs of main, the oldest first, of one environment; `starts` are runs
  /// that begin a segment because a person said so. The runs have their cells and rates.
  public init(runs records: [RunRecord], environment: String, starts: Set<String> = []) {
    let table = TrendTable(records)
    points = table.composites().flatMap { trend in
      ChangePoints.find(
        in: trend, runs: table.runs, environment: environment, starts: starts)
    }.enumerated().sorted { a, b in
      (a.element.run, a.offset) < (b.element.run, b.offset)
    }.map(\.element)
  }

  /// Ids of the runs that segments start with, proposed regressions left out.
  public var segmentStarts: Set<String> {
    Set(points.filter { $0.state != .proposed }.map(\.runID))
  }

  /// The earliest regression that nobody accepted and nothing made good.
  public var proposed: ChangePoint? { points.first { $0.state == .proposed } }
}

extension Baseline {
  /// Runs of main at most that are searched for changes: the last `ChangePoints.windowRuns` as one
  /// series, and those before them so that a regression that nobody accepts is not forgotten soon.
  public static let seriesRunsMax = 300

  /// The runs that main's changes are looked for in, the oldest first: the last `seriesRunsMax`
  /// that serve, those whose verdict was FAIL too. The arguments are those of `choose`.
  public static func series(
    runs: [HistoryEntry], candidates: [HistoryEntry], rules: BaselineRules,
    gitOrder: [String: Int] = [:], ancestry: (String) -> Ancestry
  ) -> [String] {
    let judged = Set(candidates.map(\.header.runID))
    let first = candidates.min { ($0.time, $0.header.runID) < ($1.time, $1.header.runID) }
    let isOnMain = candidates.last.map { $0.header.branch == rules.branch } ?? false
    // What main got after the change branched off is nothing that the change inherits.
    return order(runs, gitOrder: gitOrder, ancestry: ancestry).filter { entry, place in
      let isLater = first.map { isAfter(entry, $0) } ?? false
      var entry = entry
      // What a run of main came to does not change what it measured.
      entry.isAccepted = true
      return exclusion(entry, place, rules: rules, judged: judged) == nil
        && !(isOnMain && isLater)
    }.suffix(seriesRunsMax).map(\.entry.header.runID)
  }
}
