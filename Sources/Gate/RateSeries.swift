import Model
import Statistics

/// One rate's counts, run by run.
struct RateSeries {
  var candidate: [RateCount]
  var mainSet: [RateCount]
  var history: [[RateCount]]

  /// The counts of a profile, or, without one, of all profiles that main and every candidate run
  /// have, summed run by run. Nil if a candidate run or all of main lack it.
  init?(_ table: CellTable, rate: RateMetric, profile: String?) {
    let shared = RateSeries.profiles(table)
    guard profile == nil || shared.contains(profile ?? "") else { return nil }
    let wanted = profile.map { [$0] } ?? shared
    func count(_ run: RunValues) -> RateCount? {
      let counts = run.record.rates.filter { $0.rate == rate && wanted.contains($0.profile) }
      let n = counts.reduce(0) { $0 + $1.n }
      guard n > 0, counts.count == wanted.count else { return nil }
      return RateCount(
        profile: profile ?? "", rate: rate, k: counts.reduce(0) { $0 + $1.k }, n: n)
    }
    candidate = table.candidates.compactMap(count)
    mainSet = table.mainSet.compactMap(count)
    history = table.history.map { $0.compactMap(count) }.filter { !$0.isEmpty }
    guard !candidate.isEmpty, candidate.count == table.candidates.count, !mainSet.isEmpty else {
      return nil
    }
  }

  /// Profiles that some run of main and every candidate run have counts of, sorted.
  static func profiles(_ table: CellTable) -> [String] {
    let main = Set(table.mainSet.flatMap { $0.record.rates.map(\.profile) })
    return main.filter { profile in
      table.candidates.allSatisfy { $0.record.rates.contains { $0.profile == profile } }
    }.sorted()
  }

  /// The beta-binomial test (STATISTICS section 5).
  func test() -> RateOutcome {
    let (k, n) = RateSeries.sum(candidate)
    let (mainK, mainN) = RateSeries.sum(mainSet)
    let groups = [mainSet] + history
    var (statistic, nu, runs, requests) = (0.0, 0, 0, 0)
    for group in groups {
      let (groupK, groupN) = RateSeries.sum(group)
      let pi = (Double(groupK) + 0.5) / (Double(groupN) + 1)
      for run in group {
        let deviation = Double(run.k) - Double(run.n) * pi
        statistic += deviation * deviation / (Double(run.n) * pi * (1 - pi))
      }
      nu += group.count - 1
      runs += group.count
      requests += groupN
    }
    let phi = max(1, (statistic + 4) / (Double(nu) + 4))
    let meanN = Double(requests) / Double(runs)
    let rho = meanN > 1 ? min(RateSeries.rhoMax, (phi - 1) / (meanN - 1)) : 0
    let strength = min(Double(mainN) + 1, 1 / max(rho, 1e-9) - 1)
    let pi = (Double(mainK) + 0.5) / (Double(mainN) + 1)
    let (a, b) = (strength * pi, strength * (1 - pi))
    let d = Double(k) / Double(n) - Double(mainK) / Double(mainN)
    return RateOutcome(
      p: BetaBinomial.tail(k: k, n: n, a: a, b: b).midP, d: d,
      figures: RateTest(
        candidateK: k, candidateN: n, baselineK: mainK, baselineN: mainN, phi: phi, rho: rho,
        a: a, b: b))
  }

  /// At 1 a run's requests would all go one way, and the distribution would have no parameters.
  private static let rhoMax = 0.999

  private static func sum(_ counts: [RateCount]) -> (k: Int, n: Int) {
    (counts.reduce(0) { $0 + $1.k }, counts.reduce(0) { $0 + $1.n })
  }
}

/// What a rate test found.
struct RateOutcome {
  let p: Double
  let d: Double
  let figures: RateTest
}
