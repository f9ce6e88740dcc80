import Glibc
import Model
import Statistics

/// The gate's numbers of one cell.
struct CellSummary {
  let samples: [StreamSample]
  let indices: [Int]
  let yardstick: Yardstick

  /// The cell's latencies as logarithms; metrics without any value are left out.
  func latencies(key: CellKey, isStreamed: Bool) -> [LatencyValue] {
    let n = indices.count
    guard n > 0 else { return [] }
    func value(_ metric: LatencyMetric, _ column: SortedColumn, _ p: Double) -> LatencyValue? {
      column.quantile(p).map {
        LatencyValue(key: key, metric: metric, logValue: log(max($0, CellSummary.least)), n: n)
      }
    }
    guard isStreamed else {
      let duration = SortedColumn(indices.map { samples[$0].gateDuration })
      return [value(.durationP50, duration, 0.5)].compactMap { $0 }
    }
    let ttft = SortedColumn(indices.map { samples[$0].gateTTFT })
    let tpots = indices.compactMap { samples[$0].tpot(unit: yardstick.unit) }
    let standard = SortedColumn(
      indices.compactMap { index in
        samples[index].standardDuration(
          unit: yardstick.unit,
          referenceTokens: yardstick.referenceTokens[samples[index].scenario])
      })
    // Where every stream failed, the cadence is as bad as can be; where all were short, unknown.
    let hasFailures = indices.contains { !samples[$0].outcome.isSuccess }
    let tpot = SortedColumn(tpots.isEmpty && hasFailures ? [.infinity] : tpots)
    return [
      value(.durstdP50, standard, 0.5), value(.tpotP50, tpot, 0.5), value(.ttftP50, ttft, 0.5),
      value(.ttftP95, ttft, 0.95),
    ].compactMap { $0 }
  }

  /// No latency is taken to be shorter than a nanosecond: the logarithm of 0 is no number.
  private static let least = 1e-9
}

/// The gate's counts of one profile, scenarios pooled.
struct ProfileCounts {
  var error = 0
  var truncated = 0
  var requests = 0
  var stalledBuckets = 0
  var buckets = 0

  init(samples: [StreamSample], indices: [Int], stallGap: Nanos) {
    var last = Nanos.zero
    var stalled: Set<Int64> = []
    for index in indices {
      let sample = samples[index]
      requests += 1
      switch sample.outcome.rate(hadFirstToken: sample.firstToken != nil) {
      case .error: error += 1
      case .truncated: truncated += 1
      case .stalled, nil: break
      }
      last = max(last, sample.heardUntil)
      if let gap = sample.gapMax, gap > stallGap, let at = sample.gapMaxAt {
        stalled.insert(max(0, at.rawValue) / ProfileCounts.bucket)
      }
    }
    stalledBuckets = stalled.count
    buckets = Int((last.rawValue + ProfileCounts.bucket - 1) / ProfileCounts.bucket)
    // A stall that ends on the last full second opens a bucket of its own.
    buckets = max(buckets, stalled.max().map { Int($0) + 1 } ?? 0)
  }

  private static let bucket: Int64 = 1_000_000_000

  func rates(profile: String) -> [RateCount] {
    [
      RateCount(profile: profile, rate: .error, k: error, n: requests),
      RateCount(profile: profile, rate: .stalled, k: stalledBuckets, n: buckets),
      RateCount(profile: profile, rate: .truncated, k: truncated, n: requests),
    ]
  }
}
