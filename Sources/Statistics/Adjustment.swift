/// p-values of several hypotheses made comparable with one level; results in input order.
public enum Adjustment {
  /// Bonferroni: n·p.
  public static func bonferroni(_ p: [Double]) -> [Double] {
    p.map { min(1, $0 * Double(p.count)) }
  }

  /// Holm (1979). O(n log n).
  public static func holm(_ p: [Double]) -> [Double] {
    var adjusted = [Double](repeating: 0, count: p.count)
    var largest = 0.0
    for (rank, index) in order(p).enumerated() {
      largest = max(largest, min(1, Double(p.count - rank) * p[index]))
      adjusted[index] = largest
    }
    return adjusted
  }

  /// Weighted Holm: by p/w ascending, the running largest of (weights not yet done, own
  /// included)·p/w, capped at 1. Weights are positive and sum to 1. O(n log n).
  public static func weightedHolm(_ p: [Double], weights: [Double]) -> [Double] {
    precondition(p.count == weights.count, "\(p.count) p-values, \(weights.count) weights")
    let ratios = zip(p, weights).map { $0 / $1 }
    var adjusted = [Double](repeating: 0, count: p.count)
    var (left, largest) = (weights.reduce(0, +), 0.0)
    for index in order(ratios) {
      largest = max(largest, min(1, left * ratios[index]))
      adjusted[index] = largest
      left -= weights[index]
    }
    return adjusted
  }

  /// Benjamini–Hochberg: false discovery rate of independent hypotheses. O(n log n).
  public static func benjaminiHochberg(_ p: [Double]) -> [Double] { stepUp(p, factor: 1) }

  /// Benjamini–Yekutieli: false discovery rate under any dependence. O(n log n).
  public static func benjaminiYekutieli(_ p: [Double]) -> [Double] {
    stepUp(p, factor: (1...max(1, p.count)).reduce(0) { $0 + 1 / Double($1) })
  }

  private static func stepUp(_ p: [Double], factor: Double) -> [Double] {
    var adjusted = [Double](repeating: 0, count: p.count)
    var smallest = 1.0
    for (rank, index) in order(p).enumerated().reversed() {
      smallest = min(smallest, p[index] * factor * Double(p.count) / Double(rank + 1))
      adjusted[index] = smallest
    }
    return adjusted
  }

  /// Indices by value; equal values keep their order, so that results do not depend on the sort.
  private static func order(_ values: [Double]) -> [Int] {
    values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
  }
}
