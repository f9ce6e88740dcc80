import Glibc
import Model
import Statistics

/// A cell and a latency metric: what one latency hypothesis of layer 2 is about.
struct CellID: Hashable, Comparable {
  var key: CellKey
  var metric: LatencyMetric

  var hypothesis: HypothesisID {
    HypothesisID(
      metric: .latency(metric), profile: key.profile, scenario: key.scenario, region: key.region)
  }

  var name: String { key.name + "/" + metric.rawValue }

  static func < (a: CellID, b: CellID) -> Bool {
    a.key == b.key ? a.metric < b.metric : a.key < b.key
  }
}

/// One run's latencies, to be looked up.
struct RunValues {
  let record: RunRecord
  private let values: [CellID: LatencyValue]

  init(_ record: RunRecord) {
    self.record = record
    values = Dictionary(
      record.latencies.map { (CellID(key: $0.key, metric: $0.metric), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  var ids: [CellID] { Array(values.keys) }
  var keys: Set<CellKey> { Set(values.values.filter { $0.n > 0 }.map(\.key)) }

  func value(_ id: CellID) -> LatencyValue? { values[id] }
}

/// One hypothesis' values, run by run.
struct LatencySeries {
  /// Candidate runs; a lower bound where the quantile was +infinity.
  var candidate: [Double]
  /// True if a candidate value is a lower bound.
  var isLowerBound = false
  /// The baseline set without fresh runs.
  var baseline: [Double]
  /// Fresh baseline runs.
  var fresh: [Double]
  /// Older runs by group.
  var history: [[Double]]

  /// The baseline set.
  var mainSet: [Double] { baseline + fresh }
  /// All groups of main.
  var groups: [[Double]] { ([mainSet] + history).filter { !$0.isEmpty } }
  /// Degrees of freedom.
  var nu: Int { groups.reduce(0) { $0 + $1.count - 1 } }
}

/// The runs of a judgement as a table of cells.
struct CellTable {
  let candidates: [RunValues]
  let baseline: [RunValues]
  let fresh: [RunValues]
  let history: [[RunValues]]

  init(
    candidates: [RunRecord], baseline: [RunRecord], fresh: [RunRecord], history: [[RunRecord]]
  ) {
    self.candidates = candidates.map(RunValues.init)
    self.baseline = baseline.map(RunValues.init)
    self.fresh = fresh.map(RunValues.init)
    self.history = history.map { $0.map(RunValues.init) }
  }

  var mainSet: [RunValues] { baseline + fresh }

  /// Cells of any judged run, sorted.
  var ids: [CellID] { Set((candidates + mainSet).flatMap(\.ids)).sorted() }

  /// Cells that main has and some candidate run has no request of.
  var missing: [CellKey] {
    let main = mainSet.reduce(into: Set<CellKey>()) { $0.formUnion($1.keys) }
    return main.filter { key in candidates.contains { !$0.keys.contains(key) } }.sorted()
  }

  /// A run's value; nil where it has none or counted its tokens by another unit.
  private func value(_ id: CellID, of run: RunValues) -> LatencyValue? {
    guard let value = run.value(id) else { return nil }
    let countsTokens = id.metric == .tpotP50 || id.metric == .durstdP50
    if countsTokens, let unit = candidates.last?.record.header.tokenUnit,
      run.record.header.tokenUnit != unit
    {
      return nil
    }
    return value
  }

  private func finite(_ id: CellID, _ runs: [RunValues]) -> [Double] {
    runs.compactMap { value(id, of: $0)?.logValue }.filter(\.isFinite)
  }

  /// The values of one cell, or why it is not tested.
  func series(_ id: CellID) -> Result<LatencySeries, CellProblem> {
    let mine = candidates.map { value(id, of: $0) }
    let have = mine.compactMap { $0 }
    guard !have.isEmpty, have.count == mine.count else { return .failure(.init(.noValue)) }
    let main = mainSet.compactMap { value(id, of: $0) }
    let n = floorCount(main.isEmpty ? have : main)
    let need = Floors.gate(id.metric)
    guard n >= need else { return .failure(.init(.tooFew(n: n, need: need))) }
    let all = main + history.flatMap { $0 }.compactMap { value(id, of: $0) }
    let infinite = all.count { !$0.logValue.isFinite }
    if infinite * 10 > all.count {
      return .failure(.init(.saturated(runs: infinite, of: all.count)))
    }
    var candidate: [Double] = []
    var isLowerBound = false
    for (value, run) in zip(have, candidates) {
      if value.logValue.isFinite {
        candidate.append(value.logValue)
      } else if id.metric == .tpotP50 || id.metric == .durstdP50 {
        return .failure(.init(.candidateSaturated))
      } else {
        candidate.append(log(run.record.header.timeout.seconds))
        isLowerBound = true
      }
    }
    let series = LatencySeries(
      candidate: candidate, isLowerBound: isLowerBound, baseline: finite(id, baseline),
      fresh: finite(id, fresh), history: history.map { finite(id, $0) })
    guard !series.mainSet.isEmpty else { return .failure(.init(.noBaseline)) }
    return .success(series)
  }

  /// The median n of the runs, rounded down.
  private func floorCount(_ values: [LatencyValue]) -> Int {
    Int(Quantile.type7(values.map { Double($0.n) }, 0.5))
  }

  /// The weighted sum of several cells, over the runs that have all of them; nil if a candidate
  /// run has not. Weights are in the order of the cells.
  func composite(_ cells: [CellID], weights: [Double]) -> LatencySeries? {
    func sum(_ run: RunValues, bound: Double?) -> Double? {
      var sum = 0.0
      for (id, weight) in zip(cells, weights) {
        guard let own = value(id, of: run)?.logValue else { return nil }
        guard let term = own.isFinite ? own : bound else { return nil }
        sum += weight * term
      }
      return sum
    }
    let mine = candidates.compactMap { run in
      sum(run, bound: log(run.record.header.timeout.seconds))
    }
    guard mine.count == candidates.count else { return nil }
    let isLowerBound = candidates.contains { run in
      cells.contains { value($0, of: run)?.logValue.isFinite == false }
    }
    return LatencySeries(
      candidate: mine, isLowerBound: isLowerBound,
      baseline: baseline.compactMap { sum($0, bound: nil) },
      fresh: fresh.compactMap { sum($0, bound: nil) },
      history: history.map { $0.compactMap { sum($0, bound: nil) } })
  }
}

/// Why a cell is not tested, as an error of `Result`.
struct CellProblem: Error {
  let reason: UntestedReason

  init(_ reason: UntestedReason) {
    self.reason = reason
  }
}
