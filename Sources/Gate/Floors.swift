public import Model

/// How many requests a figure needs before it says anything.
public enum Floors {
  /// Requests that a cell of the gate needs, by metric (STATISTICS section 2).
  public static func gate(_ metric: LatencyMetric) -> Int {
    switch metric {
    case .ttftP95: 200
    case .ttftP50, .tpotP50, .durstdP50, .durationP50: 30
    }
  }

  /// Requests that a printed or bounded quantile needs: the smallest n whose two largest values
  /// bound it with 99 % confidence, q^n + n q^(n-1) (1-q) <= 0.01. p50 11, p90 64, p95 130,
  /// p99 662. O(n). Source: MLPerf Inference rules, early stopping; METRICS.
  public static func quantile(_ q: Double) -> Int {
    guard q > 0 else { return 1 }
    guard q < 1 else { return quantileFloorMax }
    var power = 1.0  // q^(n-1)
    for n in 1..<quantileFloorMax {
      if power * q + Double(n) * power * (1 - q) <= 0.01 { return n }
      power *= q
    }
    return quantileFloorMax
  }

  /// No quantile is asked more of.
  private static let quantileFloorMax = 100_000
}
