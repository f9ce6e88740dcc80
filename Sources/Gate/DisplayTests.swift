public import Model
import Statistics

/// Distributions of single requests compared for display. Requests of one run share that run's
/// luck, so that these tests alarm far too often to judge by: they never block.
public enum DisplayTests {
  /// Compares raw `ttft` and `duration` (gate's view) of every cell that both sides have samples
  /// of, all runs of a side together; sorted by cell, `duration` before `ttft`. Runs without
  /// samples are passed over. O(n log n).
  public static func compare(
    candidate: [RunRecord], baseline: [RunRecord]
  ) -> [DisplayComparison] {
    let (mine, theirs) = (Latencies.byCell(candidate), Latencies.byCell(baseline))
    var comparisons: [DisplayComparison] = []
    for key in mine.keys.sorted() {
      guard let a = mine[key], let b = theirs[key] else { continue }
      comparisons += [
        compare(key, "duration", a["duration"], b["duration"]),
        compare(key, "ttft", a["ttft"], b["ttft"]),
      ].compactMap { $0 }
    }
    return comparisons
  }

  private static func compare(
    _ key: CellKey, _ latency: String, _ a: [Double], _ b: [Double]
  ) -> DisplayComparison? {
    guard !a.isEmpty, !b.isEmpty else { return nil }
    let (x, y) = (ascending(a), ascending(b))
    let ks = KolmogorovSmirnov(sorted: x, y)
    // Where all values are equal there is nothing to tell apart.
    let ad = AndersonDarling(sorted: [x, y])
    return DisplayComparison(
      key: key, latency: latency, candidateN: x.count, baselineN: y.count, ksD: ks.d,
      ksP: ks.asymptotic(), adStatistic: ad?.normalised ?? 0, adP: ad?.p ?? 0.25,
      candidateMedian: Quantile.type7(sorted: x, 0.5),
      baselineMedian: Quantile.type7(sorted: y, 0.5))
  }
}
