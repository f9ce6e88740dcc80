/// The Mann–Whitney U test of two non-empty samples; `greater`: x tends to be larger than y.
public struct MannWhitney: Sendable {
  /// #{x > y} + #{x = y}/2 over all pairs.
  public let u: Double
  private let ranks: PooledRanks

  /// Ranks the samples. O(n log n).
  public init(_ x: [Double], _ y: [Double]) {
    precondition(!x.isEmpty && !y.isEmpty, "samples of \(x.count) and \(y.count)")
    ranks = PooledRanks(x, y)
    let m = Double(x.count)
    u = ranks.x.reduce(0, +) - m * (m + 1) / 2
  }

  /// By the normal distribution with tie-corrected variance; with everything tied all p are 1.
  /// `continuity`: half a unit of U is taken off the difference.
  public func asymptotic(continuity: Bool = true) -> Tails {
    let (m, n) = (Double(ranks.x.count), Double(ranks.y.count))
    let size = m + n
    let ties = ranks.ties.reduce(0.0) { $0 + Double($1) * (Double($1) * Double($1) - 1) }
    let variance = m * n / 12 * (size + 1 - ties / (size * (size - 1)))
    guard variance > 0 else { return Tails(greater: 1, less: 1, twoSided: 1) }
    let correction = continuity ? 0.5 : 0
    func tail(_ difference: Double) -> Double {
      Normal.sf((difference - correction) / variance.squareRoot())
    }
    let difference = u - m * n / 2
    return Tails(
      greater: tail(difference), less: tail(-difference),
      twoSided: min(1, 2 * tail(difference.magnitude)))
  }

  /// By all ways to deal the mid-ranks to the samples; two-sided: all that are at least as far
  /// from the middle. O(n^4): for samples of tens.
  public func exact() -> Tails {
    let doubled = (ranks.x + ranks.y).map { Int(2 * $0) }
    let observed = ranks.x.reduce(0) { $0 + Int(2 * $1) }
    let chances = PooledRanks.rankSumChances(doubled: doubled, size: ranks.x.count)
    // The middle of the doubled rank sum is m(m+n+1).
    let middle = ranks.x.count * (doubled.count + 1)
    let distance = (observed - middle).magnitude
    var tails = Tails(greater: 0, less: 0, twoSided: 0)
    for (sum, chance) in chances.enumerated() {
      if sum >= observed { tails.greater += chance }
      if sum <= observed { tails.less += chance }
      if (sum - middle).magnitude >= distance { tails.twoSided += chance }
    }
    return tails
  }
}

/// The Brunner–Munzel test of two samples of at least two; W > 0 where y tends to be larger.
public struct BrunnerMunzel: Sendable, Equatable {
  /// The statistic; infinite where the samples do not overlap.
  public var w: Double
  /// Satterthwaite's degrees of freedom; NaN where the samples do not overlap.
  public var df: Double
  /// P(X < Y) + P(X = Y)/2.
  public var effect: Double
  /// By the t distribution; `less`: x tends to be smaller than y.
  public var tails: Tails
  /// Two-sided by the normal distribution.
  public var twoSidedNormal: Double

  /// O(n log n). Source: Brunner & Munzel 2000.
  public init(_ x: [Double], _ y: [Double]) {
    precondition(x.count > 1 && y.count > 1, "samples of \(x.count) and \(y.count)")
    let pooled = PooledRanks(x, y)
    let (m, n) = (Double(x.count), Double(y.count))
    let (meanX, meanY) = (mean(pooled.x), mean(pooled.y))
    func spread(_ pooled: [Double], _ own: [Double], _ center: Double, _ size: Double) -> Double {
      let ownRanks = PooledRanks.midranks(own).ranks
      let sum = zip(pooled, ownRanks).reduce(0.0) { sum, rank in
        let deviation = rank.0 - rank.1 - center + (size + 1) / 2
        return sum + deviation * deviation
      }
      return sum / (size - 1)
    }
    let (sx, sy) = (spread(pooled.x, x, meanX, m), spread(pooled.y, y, meanY, n))
    effect = (meanY - (n + 1) / 2) / m
    let total = m * sx + n * sy
    if total > 0 {
      w = m * n * (meanY - meanX) / ((m + n) * total.squareRoot())
      df = total * total / (m * sx * m * sx / (m - 1) + n * sy * n * sy / (n - 1))
    } else {
      w = meanY == meanX ? 0 : (meanY > meanX ? .infinity : -.infinity)
      df = .nan
    }
    let statistic = w
    let freedom = df
    func upper(_ value: Double) -> Double {
      if statistic == 0 { return 0.5 }
      return freedom.isNaN ? Normal.sf(value) : StudentT.sf(value, df: freedom)
    }
    tails = Tails(
      greater: upper(-w), less: upper(w), twoSided: min(1, 2 * upper(w.magnitude)))
    twoSidedNormal = min(1, 2 * Normal.sf(w.magnitude))
  }
}
