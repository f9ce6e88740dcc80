// Statistics: quantiles, distributions, rank tests, multiple testing, survival, change points.
//
// It holds pure functions of numbers, each held against golden vectors. It knows no cell, no run
// and no plan, draws nothing at random, and decides nothing.

/// The p-values of a test in all three directions.
public struct Tails: Sendable, Equatable {
  /// That the first sample tends to be larger.
  public var greater: Double
  /// That the first sample tends to be smaller.
  public var less: Double
  /// That the samples differ.
  public var twoSided: Double

  /// Three p-values, each 0...1.
  public init(greater: Double, less: Double, twoSided: Double) {
    self.greater = greater
    self.less = less
    self.twoSided = twoSided
  }
}

/// The arithmetic mean; NaN of nothing.
public func mean(_ values: [Double]) -> Double {
  values.reduce(0, +) / Double(values.count)
}

/// The sum of squared deviations from the mean; 0 of nothing.
public func sumOfSquares(_ values: [Double]) -> Double {
  guard !values.isEmpty else { return 0 }
  let center = mean(values)
  return values.reduce(0) { $0 + ($1 - center) * ($1 - center) }
}

/// The unbiased variance; NaN with fewer than two values.
func variance(_ values: [Double]) -> Double {
  values.count < 2 ? .nan : sumOfSquares(values) / Double(values.count - 1)
}
