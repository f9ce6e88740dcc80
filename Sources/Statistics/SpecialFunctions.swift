import Glibc

/// ln Γ(x) for x > 0.
public func logGamma(_ x: Double) -> Double {
  // `lgamma` writes the global `signgam`; the reentrant form writes our own.
  var sign: Int32 = 0
  return lgamma_r(x, &sign)
}

/// ln B(a, b) for positive a and b.
public func logBeta(_ a: Double, _ b: Double) -> Double {
  logGamma(a) + logGamma(b) - logGamma(a + b)
}

/// The regularised incomplete beta function I_x(a, b) for positive a, b and x in 0...1.
///
/// Relative error below 1e-9 for a + b up to 1e6. O(sqrt(max(a, b))).
/// Source: Numerical Recipes 6.4 (modified Lentz).
public func regularizedIncompleteBeta(_ x: Double, a: Double, b: Double) -> Double {
  incompleteBeta(x: x, complement: 1 - x, a: a, b: b)
}

/// I_x(a, b) where 1 - x is known more exactly than a subtraction gives it.
func incompleteBeta(x: Double, complement y: Double, a: Double, b: Double) -> Double {
  precondition(a > 0 && b > 0, "parameters \(a), \(b) are not positive")
  if x <= 0 { return 0 }
  if y <= 0 { return 1 }
  let front = exp(a * log(x) + b * log(y) - logBeta(a, b))
  if x < (a + 1) / (a + b + 2) {
    return front * betaFraction(x: x, a: a, b: b) / a
  }
  return 1 - front * betaFraction(x: y, a: b, b: a) / b
}

/// Terms after which the continued fraction is taken as it is; it needs O(sqrt(max(a, b))).
private let betaFractionTermsMax = 20_000

private func betaFraction(x: Double, a: Double, b: Double) -> Double {
  let tiny = 1e-300
  func lifted(_ value: Double) -> Double { value.magnitude < tiny ? tiny : value }
  var c = 1.0
  var d = 1 / lifted(1 - (a + b) * x / (a + 1))
  var result = d
  for term in 1...betaFractionTermsMax {
    let m = Double(term)
    let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / lifted(1 + even * d)
    c = lifted(1 + even / c)
    result *= d * c
    let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / lifted(1 + odd * d)
    c = lifted(1 + odd / c)
    let factor = d * c
    result *= factor
    if (factor - 1).magnitude < 1e-15 { break }
  }
  return result
}

/// Where an increasing function crosses zero, by halving [low, high] until no number is between.
func root(from low: Double, to high: Double, _ function: (Double) -> Double) -> Double {
  var (low, high) = (low, high)
  while true {
    let middle = low + (high - low) / 2
    if middle <= low || middle >= high { return middle }
    if function(middle) < 0 { low = middle } else { high = middle }
  }
}
