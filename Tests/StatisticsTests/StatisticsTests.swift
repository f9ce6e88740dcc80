import Model
import Statistics
import TestKit
import Testing

/// A golden case's list of truth values.
func marks(_ value: JSONValue, _ name: String) throws -> [Bool] {
  guard let list = value[name]?.arrayValue else { throw GoldenError(what: "no list \(name)") }
  return list.compactMap(\.boolValue)
}

/// A golden case's list of lists of numbers.
func groups(_ value: JSONValue, _ name: String) throws -> [[Double]] {
  guard let list = value[name]?.arrayValue else { throw GoldenError(what: "no list \(name)") }
  return list.map { $0.arrayValue?.compactMap(\.golden) ?? [] }
}

/// Holds `got` against the member `name` where the case has it; returns 1 if it has.
@discardableResult
func hold(_ got: Double, _ value: JSONValue, _ name: String, _ tolerance: Tolerance) -> Int {
  guard let wanted = value[name]?.golden else { return 0 }
  tolerance.expect(got, wanted, name)
  return 1
}

@Suite("Distributions and quantiles meet their golden vectors")
struct DistributionTests {
  @Test("The incomplete beta function meets every vector")
  func betainc() throws {
    let vectors = try Golden.vectors("betainc.json")
    for item in vectors.cases {
      let value = regularizedIncompleteBeta(
        try item.double("x"), a: try item.double("a"), b: try item.double("b"))
      vectors.tolerance.expect(value, try item.double("I"), "\(item)")
    }
  }

  @Test("Student's t meets every vector in both directions")
  func studentT() throws {
    let vectors = try Golden.vectors("student_t.json")
    for item in vectors.cases {
      let df = try item.double("df")
      if let p = item["p"]?.golden {
        vectors.tolerance.expect(
          StudentT.quantile(p, df: df), try item.double("quantile"), "df \(df), p \(p)")
      } else {
        let t = try item.double("t")
        vectors.tolerance.expect(StudentT.sf(t, df: df), try item.double("sf"), "df \(df), t \(t)")
      }
    }
  }

  @Test("Quantiles of t and of the normal distribution invert their tails", arguments: [4.0, 120])
  func inverse(df: Double) {
    for step in 1..<200 {
      let p = Double(step) / 200
      let back = StudentT.cdf(StudentT.quantile(p, df: df), df: df)
      #expect((back - p).magnitude < 1e-12)
      #expect((Normal.cdf(Normal.quantile(p)) - p).magnitude < 1e-12)
    }
    #expect((Normal.quantile(0.975) - 1.959963984540054).magnitude < 1e-12)
    #expect(StudentT.quantile(0, df: df) == -.infinity)
    #expect(StudentT.quantile(1, df: df) == .infinity)
  }

  @Test("The beta-binomial tail meets every vector")
  func betaBinomial() throws {
    let vectors = try Golden.vectors("beta_binomial.json")
    for item in vectors.cases {
      let tail = BetaBinomial.tail(
        k: try item.int("k"), n: try item.int("n"), a: try item.double("a"),
        b: try item.double("b"))
      vectors.tolerance.expect(tail.pmf, try item.double("pmf_k"), "pmf")
      vectors.tolerance.expect(tail.atLeast, try item.double("p_ge"), "p_ge")
      vectors.tolerance.expect(tail.midP, try item.double("midp"), "midp")
    }
  }

  @Test("The beta-binomial's points sum to one")
  func betaBinomialSums() {
    for (a, b) in [(0.5, 20.0), (3, 3), (40, 2)] {
      let sum = (0...50).reduce(0) { $0 + BetaBinomial.pmf(k: $1, n: 50, a: a, b: b) }
      #expect((sum - 1).magnitude < 1e-10)
      for k in 0...50 {
        let direct = (k...50).reduce(0) { $0 + BetaBinomial.pmf(k: $1, n: 50, a: a, b: b) }
        let tail = BetaBinomial.tail(k: k, n: 50, a: a, b: b).atLeast
        #expect((tail - direct).magnitude < 1e-10)
      }
    }
  }

  @Test("Type-7 and Harrell–Davis quantiles meet every vector, infinities included")
  func quantile() throws {
    let vectors = try Golden.vectors("quantile.json")
    var checked = 0
    for item in vectors.cases {
      let x = try item.doubles("x").sorted()
      let p = try item.double("p")
      checked += hold(Quantile.type7(sorted: x, p), item, "type7", vectors.tolerance)
      if item["hd"] != nil {
        checked += hold(Quantile.harrellDavis(sorted: x, p), item, "hd", vectors.tolerance)
      }
    }
    #expect(checked > vectors.cases.count)
  }

  @Test("Sorting by bits and by comparing give the same order", arguments: [0, 1, 1_000, 5_000])
  func sorting(count: Int) {
    var generator = SeededGenerator(seed: 9, label: "sorting")
    var values = (0..<count).map { index -> Double in
      let size = Double(generator.nextIndex(below: 7)) - 3
      return index % 50 == 0 ? 0 : (generator.nextUnit() - 0.5) * size * 1e6
    }
    if count > 3 { values.replaceSubrange(0..<3, with: [.infinity, -.infinity, -0.0]) }
    #expect(ascending(values) == values.sorted())
  }

  @Test("An exact interval of a rate holds the rate, and the tails are what they say")
  func rateInterval() {
    let interval = RateInterval.exact(k: 3, n: 100, confidence: 0.95)
    #expect((interval.lowerBound - 0.006229971).magnitude < 1e-7)
    #expect((interval.upperBound - 0.08517605).magnitude < 1e-7)
    #expect(RateInterval.exact(k: 0, n: 0, confidence: 0.95) == 0...1)
    #expect(RateInterval.exact(k: 0, n: 10, confidence: 0.95).lowerBound == 0)
    #expect(RateInterval.exact(k: 10, n: 10, confidence: 0.95).upperBound == 1)
  }
}
