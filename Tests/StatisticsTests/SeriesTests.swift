import Model
import Statistics
import TestKit
import Testing

@Suite("Rates, survival, adjustment and series meet their golden vectors")
struct SeriesTests {
  @Test("Fisher's exact test meets every vector")
  func fisher() throws {
    let vectors = try Golden.vectors("fisher.json")
    for item in vectors.cases {
      let table = try groups(item, "table").map { $0.map { Int($0) } }
      let (candidate, baseline) = (table[0], table[1])
      let test = FisherExact(
        k1: candidate[0], n1: candidate[0] + candidate[1], k2: baseline[0],
        n2: baseline[0] + baseline[1])
      vectors.tolerance.expect(test.tails.greater, try item.double("p_greater"), "greater")
      vectors.tolerance.expect(test.tails.less, try item.double("p_less"), "less")
      vectors.tolerance.expect(test.tails.twoSided, try item.double("p_two_sided"), "two-sided")
      vectors.tolerance.expect(test.midGreater, try item.double("midp_greater"), "midp")
    }
  }

  @Test("Welch's t meets every vector, and equal constants have p 1")
  func welch() throws {
    let vectors = try Golden.vectors("welch.json")
    for item in vectors.cases {
      let test = Welch(try item.doubles("x"), try item.doubles("y"))
      vectors.tolerance.expect(test.t, try item.double("t"), "t")
      vectors.tolerance.expect(test.df, try item.double("df"), "df")
      vectors.tolerance.expect(test.tails.twoSided, try item.double("p_two_sided"), "two-sided")
      vectors.tolerance.expect(test.tails.greater, try item.double("p_greater"), "greater")
      let interval = test.interval(confidence: 0.95)
      let wanted = try item.doubles("ci95")
      vectors.tolerance.expect(interval.lowerBound, wanted[0], "lower")
      vectors.tolerance.expect(interval.upperBound, wanted[1], "upper")
    }
    #expect(Welch([2, 2], [2, 2]).tails.twoSided == 1)
    #expect(Welch([3, 3], [2, 2]).tails.greater == 0)
  }

  @Test("Kaplan–Meier meets every vector")
  func kaplanMeier() throws {
    let vectors = try Golden.vectors("kaplan_meier.json")
    var quantiles = 0
    for item in vectors.cases {
      let curve = KaplanMeier(try item.doubles("t"), isCensored: try marks(item, "censored"))
      let (times, survival) = (try item.doubles("times"), try item.doubles("survival"))
      #expect(curve.times.count == times.count)
      for (got, wanted) in zip(curve.times, times) {
        vectors.tolerance.expect(got, wanted, "time")
      }
      for (got, wanted) in zip(curve.survival, survival) {
        vectors.tolerance.expect(got, wanted, "survival")
      }
      for member in item["quantiles"]?.objectValue ?? [] {
        let p = try #require(Double(member.name))
        vectors.tolerance.expect(curve.quantile(p), member.value.golden, "quantile \(p)")
        quantiles += 1
      }
    }
    #expect(quantiles >= 4 * vectors.cases.count)
    #expect(KaplanMeier([1, 2], isCensored: [true, true]).quantile(0.5) == .infinity)
  }

  @Test("The log-rank test meets every vector")
  func logRank() throws {
    let vectors = try Golden.vectors("log_rank.json")
    for item in vectors.cases {
      let test = LogRank(
        try item.doubles("x"), isCensored: try marks(item, "x_censored"),
        try item.doubles("y"), isCensored: try marks(item, "y_censored"))
      vectors.tolerance.expect(test.observed, try item.double("observed_x"), "observed")
      vectors.tolerance.expect(test.expected, try item.double("expected_x"), "expected")
      vectors.tolerance.expect(test.variance, try item.double("variance"), "variance")
      vectors.tolerance.expect(test.z, try item.double("z"), "z")
      vectors.tolerance.expect(test.twoSided, try item.double("p_two_sided"), "p")
    }
  }

  @Test("Adjusted p-values meet every vector")
  func adjustment() throws {
    let vectors = try Golden.vectors("p_adjust.json")
    for item in vectors.cases {
      let p = try item.doubles("p")
      let adjusted = [
        ("holm", Adjustment.holm(p)), ("bh", Adjustment.benjaminiHochberg(p)),
        ("by", Adjustment.benjaminiYekutieli(p)), ("bonferroni", Adjustment.bonferroni(p)),
        (
          "weighted_holm",
          Adjustment.weightedHolm(p, weights: try item.doubles("weights"))
        ),
      ]
      for (name, got) in adjusted {
        let wanted = try item.doubles(name)
        #expect(got.count == wanted.count)
        for (a, b) in zip(got, wanted) { vectors.tolerance.expect(a, b, name) }
      }
    }
  }

  @Test("One split by E-Divisive meets every vector")
  func eDivisive() throws {
    let vectors = try Golden.vectors("e_divisive.json")
    for item in vectors.cases {
      let x = try item.doubles("x")
      let minimum = try item.int("min_seg")
      let splits = EDivisive.statistics(x, minimum: minimum)
      let wanted = try #require(item["q"]?.objectValue)
      #expect(splits.count == wanted.count)
      for split in splits {
        vectors.tolerance.expect(split.q, item["q"]?[String(split.index)]?.golden, "q")
      }
      let best = try #require(EDivisive.bestSplit(x, minimum: minimum))
      #expect(best.index == (try item.int("argmax")))
      vectors.tolerance.expect(best.q, try item.double("qmax"), "qmax")
    }
    #expect(EDivisive.bestSplit([1, 2, 3], minimum: 2) == nil)
  }

  @Test("p of a split counts the orders that split as clearly, by the definition of q")
  func significantSplit() throws {
    var generator = SeededGenerator(seed: 1, label: "split")
    let steps: [Double] = [0, 0.2, 0.4, 0.6, 1, 3]
    for round in 0..<3 * steps.count {
      // Of some many are equal, of others a few lie far away.
      let x = (0..<24).map { index -> Double in
        let value = generator.nextUnit() + (index < 14 ? 0 : steps[round / 3])
        if round % 3 == 1 { return (value * 4).rounded() }
        return round % 3 == 2 && index % 9 == 4 ? value + 20 : value
      }
      var (random, same) = (generator.fork("orders"), generator.fork("orders"))
      let found = EDivisive.significantSplit(x, minimum: 5, permutations: 199, pMax: 1) {
        random.fill(&$0)
      }
      let split = try #require(EDivisive.bestSplit(x, minimum: 5))
      #expect(abs(split.q - qMax(x, minimum: 5)) < 1e-9)
      guard split.q > 0 else { continue }
      var order = x
      let asClear = (0..<199).count { _ in
        for i in (1..<24).reversed() {
          order.swapAt(i, Int(same.next().multipliedFullWidth(by: UInt64(i + 1)).high))
        }
        return qMax(order, minimum: 5) >= split.q - 1e-8
      }
      #expect(found?.p == Double(1 + asClear) / 200)
      #expect(found?.split == split)
    }
  }

  @Test("The orders end as soon as a split cannot be significant any more")
  func insignificantSplit() {
    var generator = SeededGenerator(seed: 2, label: "split")
    let x = (0..<60).map { _ in generator.nextUnit() }
    var orders = 0
    func random(_ bits: inout [UInt64]) {
      #expect(bits.count == 59)
      orders += 1
      generator.fill(&bits)
    }
    func found(_ x: [Double], minimum: Int) -> EDivisive.SignificantSplit? {
      EDivisive.significantSplit(
        x, minimum: minimum, permutations: 999, pMax: 0.005, random: random)
    }
    #expect(found(x, minimum: 5) == nil)
    #expect((5..<500).contains(orders))
    #expect(found([Double](repeating: 3, count: 40), minimum: 5) == nil)
    #expect(found([1, 2, 3], minimum: 2) == nil)
  }

  @Test(
    "Values near the ends of what a number can be are split or not, and end nothing",
    arguments: [.leastNonzeroMagnitude, .leastNormalMagnitude, 1e-300, 1e300, 1.7e308] as [Double])
  func extremeValues(high: Double) {
    var generator = SeededGenerator(seed: 3, label: "split")
    let x = [Double](repeating: 0, count: 8) + [Double](repeating: high, count: 8)
    let found = EDivisive.significantSplit(x, minimum: 5, permutations: 199, pMax: 1) {
      generator.fill(&$0)
    }
    if (1e-300...1e300).contains(high) { #expect(found?.split.index == 8) }
    #expect(found.map { $0.p > 0 && $0.p <= 1 } ?? true)
  }

  /// The largest q by its definition: mean distances between and within the two sides.
  private func qMax(_ x: [Double], minimum: Int) -> Double {
    func sum(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
      a.reduce(0) { sum, value in sum + b.reduce(0) { $0 + ($1 - value).magnitude } }
    }
    return (minimum...(x.count - minimum)).map { t in
      let (left, right) = (x[..<t], x[t...])
      let (m, n) = (Double(left.count), Double(right.count))
      let energy =
        2 / (m * n) * sum(left, right) - sum(left, left) / (m * (m - 1))
        - sum(right, right) / (n * (n - 1))
      return m * n / (m + n) * energy
    }.max() ?? 0
  }

  @Test("The variance from neighbouring runs hardly sees a step")
  func successiveVariance() {
    let flat = (0..<100).map { $0 % 2 == 0 ? 0.01 : -0.01 }
    let stepped = flat.enumerated().map { $1 + ($0 < 50 ? 0 : 0.1) }
    let (a, b) = (
      RunLevelTest.variance(successive: [flat[...]]),
      RunLevelTest.variance(successive: [stepped[...]])
    )
    // Neighbours are 0.02 apart: half of the square is 2e-4; the prior weighs two runs of 3 %.
    #expect(abs(a - (2 * 9e-4 + 99 * 2e-4) / 101) < 1e-12)
    #expect(b < 1.5 * a)
    #expect(RunLevelTest.variance(groups: [stepped]) > 10 * a)
    // Where the step is known it is not seen at all, for one degree of freedom.
    let parted = RunLevelTest.variance(successive: [stepped[..<50], stepped[50...]])
    #expect(abs(parted - (2 * 9e-4 + 98 * 2e-4) / 100) < 1e-12)
    #expect(RunLevelTest.variance(successive: []) == 0.03 * 0.03)
    let flatLine = [Double](repeating: 1, count: 2_000)
    #expect(RunLevelTest.variance(successive: [flatLine[...]]) == 0.005 * 0.005)
  }

  @Test("The run-level t test meets every vector")
  func runLevelT() throws {
    let vectors = try Golden.vectors("run_level_t.json")
    for item in vectors.cases {
      let test = try #require(
        RunLevelTest(
          candidate: try item.doubles("candidate"), baseline: try item.doubles("baseline"),
          history: try groups(item, "earlier_segments")))
      vectors.tolerance.expect(test.d, try item.double("d"), "d")
      vectors.tolerance.expect(test.s2.squareRoot(), try item.double("s"), "s")
      #expect(test.df == (try item.int("df")))
      vectors.tolerance.expect(test.se, try item.double("se"), "se")
      vectors.tolerance.expect(test.t, try item.double("t"), "t")
      vectors.tolerance.expect(test.p, try item.double("p_greater"), "p")
      vectors.tolerance.expect(test.upper(0.95), try item.double("upper95"), "upper95")
      #expect(try item.double("sigma0") == RunLevelTest.sigma0)
      #expect(try item.double("nu0") == RunLevelTest.nu0)
      #expect(try item.double("floor") == RunLevelTest.sigmaFloor)
      #expect(try item.int("df_cap") == RunLevelTest.dfMax)
    }
  }

  @Test("Below four degrees of freedom, or without a baseline, nothing is tested")
  func tooFewRuns() {
    #expect(RunLevelTest(candidate: [1], baseline: [1, 1, 1, 1], history: []) == nil)
    #expect(RunLevelTest(candidate: [1], baseline: [1, 1, 1, 1, 1], history: []) != nil)
    #expect(RunLevelTest(candidate: [1], baseline: [], history: [[1, 1, 1, 1, 1, 1]]) == nil)
    #expect(RunLevelTest(candidate: [], baseline: [1, 1, 1, 1, 1], history: []) == nil)
  }

  @Test("Runs without any variance keep the floor, and degrees of freedom their cap")
  func floorAndCap() throws {
    let many = [Double](repeating: 1, count: 2_000)
    let test = try #require(RunLevelTest(candidate: [1], baseline: many, history: []))
    #expect(test.df == 120)
    #expect(test.s2 == 0.005 * 0.005)
  }

  @Test("Spending meets every vector and always sums to one")
  func spend() throws {
    let vectors = try Golden.vectors("spend.json")
    for item in vectors.cases {
      let shares = try item.string("design") == "runs" ? Spending.runs : Spending.blocks
      let got = Spending.shares(shares, maxLooks: try item.int("max_looks"))
      let wanted = try item.doubles("spend")
      #expect(got.count == wanted.count)
      for (a, b) in zip(got, wanted) { vectors.tolerance.expect(a, b, "spend") }
      #expect((got.reduce(0, +) - 1).magnitude < 1e-12)
    }
  }

  @Test("Inversions and what is allowed of them meet every vector")
  func inversions() throws {
    let vectors = try Golden.vectors("inversions.json")
    for item in vectors.cases {
      let (candidate, fresh) = (try item.doubles("candidate"), try item.doubles("fresh"))
      let count = Guards.inversions(candidate: candidate, fresh: fresh)
      let allowed = Guards.allowedInversions(candidates: candidate.count, fresh: fresh.count)
      #expect(count == (try item.int("inversions")))
      #expect(allowed == (try item.int("allowed")))
      #expect((count <= allowed) == item["passes"]?.boolValue)
    }
  }

  @Test("The guard without fresh runs meets every vector")
  func quantileGuard() throws {
    let vectors = try Golden.vectors("quantile_guard.json")
    for item in vectors.cases {
      let bound = Guards.mustExceed(
        baseline: try item.doubles("baseline"), history: try groups(item, "history"),
        q: try item.double("q"))
      vectors.tolerance.expect(bound, try item.double("must_exceed"), "must_exceed")
      let passes = try item.doubles("candidate").allSatisfy { $0 > bound }
      #expect(passes == item["passes"]?.boolValue)
    }
  }
}
