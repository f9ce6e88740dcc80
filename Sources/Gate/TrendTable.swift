import Glibc
public import Model
import Plan
import Statistics

/// Runs of one branch as trends, the oldest first.
public struct TrendTable: Sendable {
  /// The runs, in the order in which they were given.
  public let runs: [TrendRun]
  let records: [RunRecord]

  /// The smallest change of a latency or a figure that counts (STATISTICS section 8).
  static let shareMin = 0.03
  /// A cell that fewer of the runs have is no part of a composite; a latency that fewer have a
  /// finite value of is saturated.
  private static let presentMin = 0.9
  /// Chance that a run of an unchanged service lies inside a point's interval.
  private static let confidence = 0.95

  /// A table of runs in the order that they are to be seen in, each id once.
  public init(_ records: [RunRecord]) {
    self.records = records
    runs = records.map {
      TrendRun(
        runID: $0.header.runID, commit: $0.header.commit, startedAt: $0.header.startedAt)
    }
  }

  /// The composites: every latency and rate over all cells that has values, latencies first.
  public func composites() -> [Trend] {
    let order: [LatencyMetric] = [.ttftP50, .ttftP95, .tpotP50, .durstdP50, .durationP50]
    let columns = TrendColumns(records)
    let latencies = order.compactMap { composite($0, columns) }
    let rates = [RateMetric.error, .truncated, .stalled].compactMap { rate($0, profile: nil) }
    return latencies + rates
  }

  /// The trend of one composite, nil without values.
  public func composite(_ metric: GateMetric) -> Trend? {
    switch metric {
    case .latency(let metric): composite(metric, TrendColumns(records))
    case .rate(let rate): self.rate(rate, profile: nil)
    }
  }

  /// The gate's cells and profiles' rates, each a trend, sorted.
  public func cells() -> [Trend] {
    let latencies = TrendColumns(records).all.compactMap { column in
      latency(
        .gate(column.id.hypothesis),
        column.present.map { (run: $0, level: column.levels[$0], n: column.counts[$0]) })
    }
    let profiles = Set(records.flatMap { $0.rates.map(\.profile) }).sorted()
    let rates = profiles.flatMap { profile in
      RateMetric.allCases.compactMap { rate($0, profile: profile) }
    }
    return (latencies + rates).sorted { $0.id < $1.id }
  }

  // MARK: - Latencies

  /// y*: the mean of the cells' logarithms, each weighted by one over its variance, over the runs
  /// that have them all (STATISTICS section 4). The variance comes from neighbouring runs, since a
  /// trend has no groups yet: these are what is looked for.
  private func composite(_ metric: LatencyMetric, _ columns: TrendColumns) -> Trend? {
    let all = columns.all.filter { $0.id.metric == metric }
    let having = records.indices.count { run in all.contains { !$0.levels[run].isNaN } }
    let cells = all.filter { column in
      Double(column.finite.count) >= TrendTable.presentMin * Double(having)
        && median(column.present.map { column.counts[$0] }) >= Floors.gate(metric)
    }
    guard !cells.isEmpty else { return nil }
    let precisions = cells.map { column in
      1 / RunLevelTest.variance(successive: column.finite.suffix(ChangePoints.windowRuns))
    }
    let sum = precisions.reduce(0, +)
    var points: [(run: Int, level: Double, n: Int)] = []
    for run in records.indices {
      var (level, n) = (0.0, 0)
      for (column, precision) in zip(cells, precisions) {
        // One that is not finite makes the sum so.
        level += column.levels[run] * precision / sum
        n += column.counts[run]
      }
      points.append((run, level, n))
    }
    return latency(.gate(HypothesisID(metric: .latency(metric))), points)
  }

  /// The trend of levels, those that are not finite passed over.
  private func latency(
    _ id: TrendID, _ levels: [(run: Int, level: Double, n: Int)]
  ) -> Trend? {
    let points = levels.filter(\.level.isFinite)
    guard !points.isEmpty else { return nil }
    var trend = Trend(
      id: id, scale: .logarithmic, direction: .worseUp, effect: log1p(TrendTable.shareMin),
      points: points.map { TrendPoint(run: $0.run, value: exp($0.level), n: $0.n) })
    trend.addIntervals(confidence: TrendTable.confidence)
    return trend
  }

  private func median(_ counts: [Int]) -> Int {
    counts.isEmpty ? 0 : Int(Quantile.type7(counts.map(Double.init), 0.5))
  }

  // MARK: - Rates

  /// The counts of a profile, or of all profiles that nearly every run has, summed run by run.
  private func rate(_ rate: RateMetric, profile: String?) -> Trend? {
    var runsOf: [String: Int] = [:]
    for count in records.lazy.flatMap(\.rates) where count.rate == rate && count.n > 0 {
      runsOf[count.profile, default: 0] += 1
    }
    let most = Double(runsOf.values.max() ?? 0)
    let shared = runsOf.filter { Double($0.value) >= TrendTable.presentMin * most }
    let wanted = profile.map { [$0] } ?? Array(shared.keys)
    let points = records.enumerated().compactMap { run, record -> TrendPoint? in
      let counts = record.rates.filter {
        $0.rate == rate && $0.n > 0 && wanted.contains($0.profile)
      }
      guard !counts.isEmpty, counts.count == wanted.count else { return nil }
      let (k, n) = (counts.reduce(0) { $0 + $1.k }, counts.reduce(0) { $0 + $1.n })
      return TrendPoint(
        run: run, value: Double(k) / Double(n), n: n, k: k,
        interval: TrendTable.wilson(k: k, n: n))
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
    return max(0, center - half)...min(1, center + half)
  }
}

extension Trend {
  /// Gives each point the interval that a run lands in by chance.
  fileprivate mutating func addIntervals(confidence: Double) {
    guard let noise else { return }
    let df = Double(min(points.count - 1, RunLevelTest.dfMax))
    let factor = exp(noise * StudentT.quantile((1 + confidence) / 2, df: df))
    for index in points.indices {
      let value = points[index].value
      points[index].interval = value / factor...value * factor
    }
  }
}
