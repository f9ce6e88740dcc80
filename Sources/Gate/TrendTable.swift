import Glibc
public import Model
import Plan
import Statistics

/// Runs of one branch as trends, the oldest first.
public struct TrendTable: Sendable {
  /// The runs, in the order in which they were given.
  public let runs: [TrendRun]
  private let records: [RunRecord]

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
    let columns = columns()
    let latencies = order.compactMap { composite($0, columns) }
    let rates = [RateMetric.error, .truncated, .stalled].compactMap { rate($0, profile: nil) }
    return latencies + rates
  }

  /// The trend of one composite, nil without values.
  public func composite(_ metric: GateMetric) -> Trend? {
    switch metric {
    case .latency(let metric): composite(metric, columns())
    case .rate(let rate): self.rate(rate, profile: nil)
    }
  }

  /// The gate's cells and profiles' rates, each a trend, sorted.
  public func cells() -> [Trend] {
    let columns = columns()
    let latencies = columns.keys.sorted().compactMap { id in
      latency(.gate(id.hypothesis), columns[id] ?? [:])
    }
    let profiles = Set(records.flatMap { $0.rates.map(\.profile) }).sorted()
    let rates = profiles.flatMap { profile in
      RateMetric.allCases.compactMap { rate($0, profile: profile) }
    }
    return (latencies + rates).sorted { $0.id < $1.id }
  }

  // MARK: - Latencies

  /// A cell's values by run; a value of runs that counted tokens by another unit than the newest
  /// is none.
  private typealias Column = [Int: LatencyValue]

  private func columns() -> [CellID: Column] {
    let unit = records.last?.header.tokenUnit
    var columns: [CellID: Column] = [:]
    for (run, record) in records.enumerated() {
      for value in record.latencies {
        let countsTokens = value.metric == .tpotP50 || value.metric == .durstdP50
        if countsTokens, record.header.tokenUnit != unit { continue }
        columns[CellID(key: value.key, metric: value.metric), default: [:]][run] = value
      }
    }
    return columns
  }

  /// y*: the mean of the cells' logarithms, each weighted by one over its variance, over the runs
  /// that have them all (STATISTICS section 4). The variance comes from neighbouring runs, since a
  /// trend has no groups yet: these are what is looked for.
  private func composite(_ metric: LatencyMetric, _ columns: [CellID: Column]) -> Trend? {
    let all = columns.filter { $0.key.metric == metric }
    let having = Set(all.values.flatMap(\.keys)).count
    let cells = all.filter { _, column in
      let finite = column.values.count { $0.logValue.isFinite }
      return Double(finite) >= TrendTable.presentMin * Double(having)
        && median(column.values.map(\.n)) >= Floors.gate(metric)
    }.sorted { $0.key < $1.key }.map(\.value)
    guard !cells.isEmpty else { return nil }
    let weights = cells.map { column in
      let values = column.sorted { $0.key < $1.key }.suffix(ChangePoints.windowRuns)
      return 1
        / RunLevelTest.variance(
          successive: values.map(\.value.logValue).filter(\.isFinite))
    }
    let sum = weights.reduce(0, +)
    var points: [(run: Int, level: Double, n: Int)] = []
    for run in records.indices {
      let values = cells.compactMap { $0[run] }
      guard values.count == cells.count, values.allSatisfy({ $0.logValue.isFinite }) else {
        continue
      }
      let level = zip(values, weights).reduce(0) { $0 + $1.0.logValue * $1.1 / sum }
      points.append((run, level, values.reduce(0) { $0 + $1.n }))
    }
    return latency(.gate(HypothesisID(metric: .latency(metric))), points)
  }

  private func latency(_ id: TrendID, _ column: Column) -> Trend? {
    let points = column.sorted { $0.key < $1.key }.compactMap { run, value in
      value.logValue.isFinite ? (run: run, level: value.logValue, n: value.n) : nil
    }
    return latency(id, points)
  }

  private func latency(
    _ id: TrendID, _ points: [(run: Int, level: Double, n: Int)]
  ) -> Trend? {
    guard !points.isEmpty else { return nil }
    let half = TrendTable.halfWidth(points.map(\.level))
    return Trend(
      id: id, scale: .logarithmic, direction: .worseUp, effect: log1p(TrendTable.shareMin),
      points: points.map { point in
        TrendPoint(
          run: point.run, value: exp(point.level), n: point.n,
          interval: half.map { exp(point.level - $0)...exp(point.level + $0) })
      })
  }

  /// Half of the interval that a run lands in by chance; nil with too few runs to tell.
  private static func halfWidth(_ levels: [Double]) -> Double? {
    let nu = levels.count - 1
    guard nu >= RunLevelTest.nuMin else { return nil }
    let s = RunLevelTest.variance(successive: levels).squareRoot()
    return s * StudentT.quantile((1 + confidence) / 2, df: Double(min(nu, RunLevelTest.dfMax)))
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

  /// The 95 % interval of a share. Source: Wilson 1927.
  static func wilson(k: Int, n: Int) -> ClosedRange<Double> {
    let z = Normal.quantile((1 + confidence) / 2)
    let (share, n) = (Double(k) / Double(n), Double(n))
    let center = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half =
      z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return max(0, center - half)...min(1, center + half)
  }
}
