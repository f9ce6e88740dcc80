import Glibc
public import Model
import Plan
import Statistics

/// Runs of one branch as trends, the oldest first.
public struct TrendTable: Sendable {
  /// The runs, in the order in which they were given.
  public let runs: [TrendRun]
  let columns: TrendColumns

  /// The smallest change of a latency or a figure that counts (STATISTICS section 8).
  static let shareMin = 0.03
  /// A cell that fewer of the runs have is no part of a composite; a latency that fewer have a
  /// finite value of is saturated.
  private static let presentMin = 0.9
  /// Chance that a run of an unchanged service lies inside a point's interval.
  static let confidence = 0.95

  /// A table of runs in the order that they are to be seen in, each id once.
  public init(_ series: RunSeries) {
    columns = TrendColumns(series)
    runs = series.runs.map {
      TrendRun(runID: $0.runID, commit: $0.commit, startedAt: $0.startedAt)
    }
  }

  /// A table of records, in their order.
  public init(_ records: [RunRecord]) {
    self.init(RunSeries(records))
  }

  /// The composites: every latency and rate over all cells that has values, latencies first.
  public func composites() -> [Trend] {
    let order: [LatencyMetric] = [.ttftP50, .ttftP95, .tpotP50, .durstdP50, .durationP50]
    let latencies = order.compactMap { composite($0) }
    let rates = [RateMetric.error, .truncated, .stalled].compactMap { rate($0) }
    return latencies + rates
  }

  /// The trend of one composite, nil without values.
  public func composite(_ metric: GateMetric) -> Trend? {
    switch metric {
    case .latency(let metric): composite(metric)
    case .rate(let metric): rate(metric)
    }
  }

  /// The gate's cells and profiles' rates, each a trend, sorted.
  public func cells() -> [Trend] {
    let latencies = columns.latencies.compactMap { column in
      latency(.gate(column.id.hypothesis), column.levels, column.counts)
    }
    let rates = columns.rates.compactMap { rate([$0], $0.rate, profile: $0.profile) }
    return (latencies + rates).sorted { $0.id < $1.id }
  }

  // MARK: - Latencies

  /// y*: the mean of the cells' logarithms, each weighted by one over its variance, over the runs
  /// that have them all (STATISTICS section 4). The variance comes from neighbouring runs, since a
  /// trend has no groups yet: these are what is looked for.
  private func composite(_ metric: LatencyMetric) -> Trend? {
    let all = columns.latencies.filter { $0.id.metric == metric }
    let having = runs.indices.count { run in all.contains { !$0.levels[run].isNaN } }
    let cells = all.filter { column in
      Double(column.finite.count) >= TrendTable.presentMin * Double(having)
        && median(column.present.map { column.counts[$0] }) >= Floors.gate(metric)
    }
    guard !cells.isEmpty else { return nil }
    let precisions = cells.map { column in
      1 / RunLevelTest.variance(successive: [column.finite.suffix(ChangePoints.windowRuns)])
    }
    let sum = precisions.reduce(0, +)
    var levels = [Double](repeating: 0, count: runs.count)
    var counts = [Int](repeating: 0, count: runs.count)
    for (column, precision) in zip(cells, precisions) {
      // One that is not finite makes the sum so.
      for run in runs.indices {
        levels[run] += column.levels[run] * precision / sum
        counts[run] += column.counts[run]
      }
    }
    return latency(.gate(HypothesisID(metric: .latency(metric))), levels, counts)
  }

  /// The trend of levels by run, those that are not finite passed over.
  private func latency(_ id: TrendID, _ levels: [Double], _ counts: [Int]) -> Trend? {
    let present = levels.indices.filter { levels[$0].isFinite }
    guard !present.isEmpty else { return nil }
    return Trend(
      id: id, scale: .logarithmic, direction: .worseUp, effect: log1p(TrendTable.shareMin),
      points: present.map { TrendPoint(run: $0, value: exp(levels[$0]), n: counts[$0]) })
  }

  private func median(_ counts: [Int]) -> Int {
    counts.isEmpty ? 0 : Int(Quantile.type7(counts.map(Double.init), 0.5))
  }

  // MARK: - Rates

  /// The rate over the profiles that nearly every run has.
  private func rate(_ rate: RateMetric) -> Trend? {
    let all = columns.rates.filter { $0.rate == rate && $0.present > 0 }
    let most = Double(all.map(\.present).max() ?? 0)
    let shared = all.filter { Double($0.present) >= TrendTable.presentMin * most }
    return self.rate(shared, rate, profile: nil)
  }

  /// The counts of profiles summed run by run, of runs that have them all.
  private func rate(
    _ profiles: [TrendColumns.Rate], _ rate: RateMetric, profile: String?
  ) -> Trend? {
    guard !profiles.isEmpty else { return nil }
    var points: [TrendPoint] = []
    for run in runs.indices where profiles.allSatisfy({ $0.column.counts[run] > 0 }) {
      let k = profiles.reduce(0) { $0 + Int($1.column.values[run]) }
      let n = profiles.reduce(0) { $0 + $1.column.counts[run] }
      points.append(
        TrendPoint(
          run: run, value: Double(k) / Double(n), n: n, k: k,
          interval: TrendTable.wilson(k: k, n: n)))
    }
    guard !points.isEmpty else { return nil }
    return Trend(
      id: .gate(HypothesisID(metric: .rate(rate), profile: profile)), scale: .share,
      direction: .worseUp,
      effect: GatePlan.defaultEffects[rate.rawValue] ?? TrendTable.shareMin, points: points)
  }

  /// The standard normal's quantile for an interval of that confidence.
  private static let z = Normal.quantile((1 + confidence) / 2)

  /// The 95 % interval of a share. Source: Wilson 1927.
  static func wilson(k: Int, n: Int) -> ClosedRange<Double> {
    let (share, n) = (Double(k) / Double(n), Double(n))
    let center = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half =
      z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    // Where it never or always happened the bound is exact, which the difference is not.
    return (k == 0 ? 0 : max(0, center - half))...(share == 1 ? 1 : min(1, center + half))
  }
}
