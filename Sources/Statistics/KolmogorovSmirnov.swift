import Glibc

/// The two-sample Kolmogorov–Smirnov test; `greater`: x's distribution function lies above y's,
/// that is, x tends to be *smaller* (scipy's convention).
public struct KolmogorovSmirnov: Sendable, Equatable {
  /// Largest distance of the distribution functions, 0...1.
  public var d: Double { max(above, below) }
  /// Largest excess of x's function over y's.
  public var above: Double
  /// Largest excess of y's function over x's.
  public var below: Double
  /// Sizes of the samples.
  private let m: Int
  private let n: Int

  /// Compares two non-empty samples; infinities are allowed. O(n log n).
  public init(_ x: [Double], _ y: [Double]) {
    self.init(sorted: x.sorted(), y.sorted())
  }

  /// Compares two non-empty ascending samples. O(n).
  public init(sorted x: [Double], _ y: [Double]) {
    precondition(!x.isEmpty && !y.isEmpty, "samples of \(x.count) and \(y.count)")
    m = x.count
    n = y.count
    var (i, j, most, least) = (0, 0, 0, 0)
    while i < m && j < n {
      let value = min(x[i], y[j])
      while i < m && x[i] == value { i += 1 }
      while j < n && y[j] == value { j += 1 }
      let difference = i * n - j * m
      most = max(most, difference)
      least = min(least, difference)
    }
    above = Double(most) / (Double(m) * Double(n))
    below = Double(-least) / (Double(m) * Double(n))
  }

  /// By counting all orders of m + n different values that lie at least as far apart: exact
  /// without ties, conservative with them. O(mn).
  public func exact() -> Tails {
    let (m, n) = (m, n)
    let cells = Double(m) * Double(n)
    let (up, down) = (Int((above * cells).rounded()), Int((below * cells).rounded()))
    let most = max(up, down)
    return Tails(
      greater: up == 0 ? 1 : outside { $0 >= up }, less: down == 0 ? 1 : outside { -$0 >= down },
      twoSided: most == 0 ? 1 : outside { $0.magnitude >= most })
  }

  /// The share of the paths through the m x n lattice that meet a point with such a difference.
  /// Summing what lies outside keeps small shares exact.
  private func outside(_ isOutside: (Int) -> Bool) -> Double {
    var row = [Double](repeating: 0, count: n + 1)
    for i in 0...m {
      for j in 0...n {
        if isOutside(i * n - j * m) {
          row[j] = 1
        } else if i + j > 0 {
          let fromAbove = row[j] * Double(i)
          let fromLeft = j > 0 ? row[j - 1] * Double(j) : 0
          row[j] = (fromAbove + fromLeft) / Double(i + j)
        } else {
          row[j] = 0
        }
      }
    }
    return row[n]
  }

  /// Two-sided, by the one-sample distribution at the effective size mn/(m+n) rounded.
  public func asymptotic() -> Double {
    let size = Double(m) * Double(n) / (Double(m) + Double(n))
    return OneSampleKolmogorov.sf(d, n: max(1, Int(size.rounded(.toNearestOrEven))))
  }
}

/// The distribution of the one-sample two-sided Kolmogorov–Smirnov statistic.
enum OneSampleKolmogorov {
  /// Sizes up to which the exact distribution is computed.
  private static let exactSizeMax = 60

  /// P(D >= d) for n values: exact for n up to 60 and, to 1e-6, in the tail; between these by the
  /// limit distribution with a correction of its argument (absolute error below 3e-4).
  /// Sources: Marsaglia, Tsang & Wang 2003; Simard & L'Ecuyer 2011; Vrbik 2018.
  static func sf(_ d: Double, n: Int) -> Double {
    let size = Double(n)
    if d >= 1 { return 0 }
    if size * d <= 0.5 { return 1 }
    if d >= 0.5 || size * d * d >= 4 { return min(1, 2 * oneSided(d, n: n)) }
    if n <= exactSizeMax { return min(1, max(0, 1 - durbin(d, n: n))) }
    let root = size.squareRoot()
    let z = d * root + 1 / (6 * root) + (d * root - 1) / (4 * size)
    return limit(z)
  }

  /// P(D+ >= d) (Birnbaum & Tingey 1951). O(n).
  static func oneSided(_ d: Double, n: Int) -> Double {
    let size = Double(n)
    // Beyond this the probability is below 1e-300.
    if size * d * d > 350 { return 0 }
    var sum = 0.0
    for j in 0...Int((size * (1 - d)).rounded(.down)) {
      let x = Double(j)
      let rest = 1 - d - x / size
      let power = size - x
      let choose = logGamma(size + 1) - logGamma(x + 1) - logGamma(power + 1)
      if rest <= 0 && power > 0 { continue }
      sum += exp(
        choose + (power > 0 ? power * log(rest) : 0) + (x - 1) * log(d + x / size))
    }
    return min(1, d * sum)
  }

  /// P(D < d) by Durbin's matrix.
  private static func durbin(_ d: Double, n: Int) -> Double {
    let k = Int(Double(n) * d) + 1
    let width = 2 * k - 1
    let h = Double(k) - Double(n) * d
    var matrix = SquareMatrix(width: width)
    for i in 0..<width {
      for j in 0..<width where i - j + 1 >= 0 { matrix[i, j] = 1 }
    }
    for i in 0..<width {
      matrix[i, 0] -= pow(h, Double(i + 1))
      matrix[width - 1, i] -= pow(h, Double(width - i))
    }
    if 2 * h - 1 > 0 { matrix[width - 1, 0] += pow(2 * h - 1, Double(width)) }
    for i in 0..<width {
      for j in 0..<width where i - j + 1 > 0 {
        matrix[i, j] /= exp(logGamma(Double(i - j + 2)))
      }
    }
    let center = matrix.power(n)[k - 1, k - 1]
    return center * exp(logGamma(Double(n) + 1) - Double(n) * log(Double(n)))
  }

  /// 1 - K(z), Kolmogorov's limit distribution.
  private static func limit(_ z: Double) -> Double {
    if z < 0.3 { return 1 }
    if z < 1 {
      let factor = Double.pi * Double.pi / (8 * z * z)
      let sum = (1...20).reduce(0.0) { sum, k in
        let odd = Double(2 * k - 1)
        return sum + exp(-odd * odd * factor)
      }
      return max(0, 1 - (2 * Double.pi).squareRoot() / z * sum)
    }
    let sum = (1...20).reduce(0.0) { sum, k in
      let term = exp(-2 * Double(k * k) * z * z)
      return k % 2 == 1 ? sum + term : sum - term
    }
    return min(1, max(0, 2 * sum))
  }
}

/// A small dense matrix, for powers.
private struct SquareMatrix {
  let width: Int
  var cells: [Double]

  init(width: Int) {
    self.width = width
    cells = [Double](repeating: 0, count: width * width)
  }

  subscript(i: Int, j: Int) -> Double {
    get { cells[i * width + j] }
    set { cells[i * width + j] = newValue }
  }

  func times(_ other: SquareMatrix) -> SquareMatrix {
    var product = SquareMatrix(width: width)
    for i in 0..<width {
      for k in 0..<width where self[i, k] != 0 {
        for j in 0..<width { product[i, j] += self[i, k] * other[k, j] }
      }
    }
    return product
  }

  func power(_ exponent: Int) -> SquareMatrix {
    if exponent == 1 { return self }
    let half = power(exponent / 2)
    let square = half.times(half)
    return exponent % 2 == 0 ? square : square.times(self)
  }
}
