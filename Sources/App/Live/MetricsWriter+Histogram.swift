import LoadEngine
import Reports

extension MetricsWriter {
  /// A histogram whose bounds are shown in a unit of so many of its own: seconds for nanoseconds.
  mutating func histogram(
    _ histogram: BucketHistogram, _ labels: [(String, String)], unit: Int64 = 1_000_000_000
  ) {
    var below = 0
    for (index, count) in histogram.counts.enumerated() {
      below += count
      let bound =
        index < histogram.bounds.count
        ? Double(histogram.bounds[index]) / Double(unit) : .infinity
      sample(
        Double(below), labels + [("le", MetricsWriter.number(bound))], suffix: "_bucket")
    }
    sample(Double(histogram.sum) / Double(unit), labels, suffix: "_sum")
    sample(Double(below), labels, suffix: "_count")
  }
}
