import Model

/// Numbers of a gamma distribution, the same bits on every machine: sums, products, quotients and
/// square roots, with `ExactMath` for what else is needed.
///
/// Source: Marsaglia & Tsang, *A simple method for generating gamma variables* (ACM TOMS 26, 2000);
/// a shape below 1 by their section 6; normal numbers by Marsaglia's polar method.
struct GammaSampler {
  /// The distribution's shape; its scale is 1, and so its mean is the shape.
  let shape: Double
  private let d: Double
  private let c: Double
  private var spare: Double?

  init(shape: Double) {
    precondition(shape > 0, "a gamma distribution has no shape \(shape)")
    self.shape = shape
    d = (shape < 1 ? shape + 1 : shape) - 1 / 3
    c = 1 / (9 * d).squareRoot()
  }

  /// The next number, above 0.
  mutating func next(_ generator: inout SeededGenerator) -> Double {
    let value = nextOfLargeShape(&generator)
    guard shape < 1 else { return value }
    return value * ExactMath.exp(ExactMath.log(GammaSampler.aboveZero(&generator)) / shape)
  }

  private mutating func nextOfLargeShape(_ generator: inout SeededGenerator) -> Double {
    while true {
      let x = nextNormal(&generator)
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      let u = GammaSampler.aboveZero(&generator)
      let square = x * x
      if u < 1 - 0.0331 * square * square { return d * v }
      if ExactMath.log(u) < 0.5 * square + d * (1 - v + ExactMath.log(v)) { return d * v }
    }
  }

  private mutating func nextNormal(_ generator: inout SeededGenerator) -> Double {
    if let value = spare {
      spare = nil
      return value
    }
    while true {
      let x = 2 * generator.nextUnit() - 1
      let y = 2 * generator.nextUnit() - 1
      let s = x * x + y * y
      guard s > 0, s < 1 else { continue }
      let factor = (-2 * ExactMath.log(s) / s).squareRoot()
      spare = y * factor
      return x * factor
    }
  }

  /// A uniform number in (0, 1].
  private static func aboveZero(_ generator: inout SeededGenerator) -> Double {
    1 - generator.nextUnit()
  }
}

/// Natural logarithm and exponential by operations that IEEE 754 rounds exactly: their last bits
/// are not the best, and the same everywhere. C libraries differ in theirs.
enum ExactMath {
  private static let ln2 = 0.693_147_180_559_945_3
  /// ln 2 in two parts, the first with so few bits that small multiples of it are exact.
  private static let (ln2High, ln2Low) = (0x1.62e42fee00000p-1, 0x1.a39ef35793c76p-33)
  /// Terms of both series: the next one is below half a unit in the last place.
  private static let (logTerms, expTerms) = (12, 15)

  /// ln x of a finite x above 0, normal or not, to 3 units in the last place of the larger of the
  /// result and 1/4.
  ///
  /// With x = 2^k m, m in [sqrt(1/2), sqrt 2): ln x = k ln 2 + 2 artanh((m - 1)/(m + 1)), the
  /// latter by its power series.
  static func log(_ x: Double) -> Double {
    precondition(x > 0 && x.isFinite, "there is no logarithm of \(x)")
    var (m, k) = (x.significand, Double(x.exponent))
    if m > 1.414_213_562_373_095_1 {
      m *= 0.5
      k += 1
    }
    let s = (m - 1) / (m + 1)
    let square = s * s
    var sum = 0.0
    for term in stride(from: logTerms, through: 0, by: -1) {
      sum = sum * square + 1 / Double(2 * term + 1)
    }
    return k * ln2High + (2 * s * sum + k * ln2Low)
  }

  /// e^x, to 3 units in the last place; 0 below the smallest normal number, infinity above the
  /// largest.
  ///
  /// With x = k ln 2 + r, |r| <= ln 2/2: e^x = 2^k e^r, the latter by its power series.
  static func exp(_ x: Double) -> Double {
    guard x > -708 else { return 0 }
    guard x < 709 else { return .infinity }
    let k = (x / ln2).rounded()
    let r = (x - k * ln2High) - k * ln2Low
    var sum = 1.0
    for term in stride(from: expTerms, through: 1, by: -1) {
      sum = 1 + sum * r / Double(term)
    }
    return Double(sign: .plus, exponent: Int(k), significand: 1) * sum
  }
}
