import Glibc

/// The k-sample Anderson–Darling test, mid-rank version (Scholz & Stephens 1987).
public struct AndersonDarling: Sendable, Equatable {
  /// A2 akN.
  public var a2: Double
  /// (A2 - (k-1))/sigma.
  public var normalised: Double
  /// Interpolated from the paper's table, held to 0.001...0.25.
  public var p: Double

  /// Compares at least two non-empty samples of at least four values in all; infinities are
  /// allowed. Nil if all values are equal. O(N log N + kN).
  public init?(_ samples: [[Double]]) {
    self.init(sorted: samples.map { $0.sorted() })
  }

  /// As `init(_:)`, of ascending samples. O(N log k + kN) where k is small.
  public init?(sorted samples: [[Double]]) {
    let sizes = samples.map(\.count)
    let total = sizes.reduce(0, +)
    guard samples.count > 1, total > 3, sizes.allSatisfy({ $0 > 0 }) else { return nil }
    guard let first = samples.compactMap(\.first).min(),
      let last = samples.compactMap(\.last).max(), first < last
    else { return nil }
    a2 = AndersonDarling.statistic(samples, total: total)
    let k = Double(samples.count)
    normalised =
      (a2 - (k - 1)) / AndersonDarling.variance(sizes: sizes, total: total).squareRoot()
    p = AndersonDarling.interpolatedP(normalised, samples: samples.count)
  }

  private static func statistic(_ samples: [[Double]], total: Int) -> Double {
    let size = Double(total)
    var positions = [Int](repeating: 0, count: samples.count)
    var sums = [Double](repeating: 0, count: samples.count)
    var ties = [Int](repeating: 0, count: samples.count)
    var seen = 0
    while seen < total {
      var value = Double.infinity
      for (index, sample) in samples.enumerated() where positions[index] < sample.count {
        value = min(value, sample[positions[index]])
      }
      var l = 0
      for (index, sample) in samples.enumerated() {
        var end = positions[index]
        while end < sample.count && sample[end] == value { end += 1 }
        ties[index] = end - positions[index]
        l += ties[index]
      }
      let tied = Double(l)
      let b = Double(seen) + tied / 2
      let denominator = b * (size - b) - size * tied / 4
      if denominator > 0 {
        for index in samples.indices {
          let mid = Double(positions[index]) + Double(ties[index]) / 2
          let deviation = size * mid - b * Double(samples[index].count)
          sums[index] += tied / size * deviation * deviation / denominator
        }
      }
      for index in samples.indices { positions[index] += ties[index] }
      seen += l
    }
    let sum = zip(sums, samples).reduce(0) { $0 + $1.0 / Double($1.1.count) }
    return sum * (size - 1) / size
  }

  /// The variance of A2 under the hypothesis, their formula (4). O(N).
  private static func variance(sizes: [Int], total: Int) -> Double {
    let (k, n) = (Double(sizes.count), Double(total))
    let bigH = sizes.reduce(0) { $0 + 1 / Double($1) }
    var (partial, g) = (0.0, 0.0)
    for l in 1..<(total - 1) {
      partial += 1 / (n - Double(l))
      g += partial / (Double(l) + 1)
    }
    let h = partial + 1
    let a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * bigH
    let b = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * bigH - 8 * h + 4 * g - 6
    let c = (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * bigH + 4 * h
    let d = (2 * h + 6) * k * k - 4 * h * k
    return (a * n * n * n + b * n * n + c * n + d) / ((n - 1) * (n - 2) * (n - 3))
  }

  private static let levels = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001]
  private static let b0 = [0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085]
  private static let b1 = [-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615]
  private static let b2 = [-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154]

  /// A parabola through log(level) over the critical values, as scipy does.
  private static func interpolatedP(_ statistic: Double, samples: Int) -> Double {
    let m = Double(samples - 1)
    let critical = levels.indices.map { b0[$0] + b1[$0] / m.squareRoot() + b2[$0] / m }
    if statistic <= critical[0] { return levels[0] }
    if statistic >= critical[6] { return levels[6] }
    let fit = parabola(critical, levels.map { log($0) })
    let p = exp(fit[0] + statistic * (fit[1] + statistic * fit[2]))
    return min(levels[0], max(levels[6], p))
  }

  /// Least squares of y = c0 + c1 x + c2 x^2 by the normal equations.
  private static func parabola(_ x: [Double], _ y: [Double]) -> [Double] {
    var rows = (0..<3).map { i in
      (0..<3).map { j in x.reduce(0) { $0 + pow($1, Double(i + j)) } }
        + [zip(x, y).reduce(0) { $0 + pow($1.0, Double(i)) * $1.1 }]
    }
    for i in 0..<3 {
      for j in 0..<3 where j != i {
        let factor = rows[j][i] / rows[i][i]
        for c in 0..<4 { rows[j][c] -= factor * rows[i][c] }
      }
    }
    return (0..<3).map { rows[$0][3] / rows[$0][$0] }
  }
}
