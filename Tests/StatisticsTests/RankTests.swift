import Model
import Statistics
import TestKit
import Testing

@Suite("Tests of two samples meet their golden vectors")
struct RankTests {
  @Test("Mann–Whitney meets every vector, exact and asymptotic, with ties and infinities")
  func mannWhitney() throws {
    let vectors = try Golden.vectors("mann_whitney.json")
    var checked = 0
    for item in vectors.cases {
      let test = MannWhitney(try item.doubles("x"), try item.doubles("y"))
      vectors.tolerance.expect(test.u, try item.double("U"), "U")
      for (prefix, tails) in [
        ("p_asym_cc_", test.asymptotic()), ("p_asym_nocc_", test.asymptotic(continuity: false)),
      ] {
        checked += hold(tails.greater, item, prefix + "greater", vectors.tolerance)
        checked += hold(tails.less, item, prefix + "less", vectors.tolerance)
        checked += hold(tails.twoSided, item, prefix + "two-sided", vectors.tolerance)
        checked += hold(
          tails.twoSided, item, prefix + "two_sided_expected", vectors.tolerance)
      }
      if item["p_exact_greater"] != nil || item["p_exact_perm_greater"] != nil {
        let tails = test.exact()
        checked += hold(tails.greater, item, "p_exact_greater", vectors.tolerance)
        checked += hold(tails.less, item, "p_exact_less", vectors.tolerance)
        checked += hold(tails.twoSided, item, "p_exact_two-sided", vectors.tolerance)
        checked += hold(tails.greater, item, "p_exact_perm_greater", vectors.tolerance)
        checked += hold(tails.less, item, "p_exact_perm_less", vectors.tolerance)
        checked += hold(tails.twoSided, item, "p_exact_perm_two_sided", vectors.tolerance)
      }
    }
    #expect(checked == 55)
  }

  @Test("Brunner–Munzel meets every vector")
  func brunnerMunzel() throws {
    let vectors = try Golden.vectors("brunner_munzel.json")
    for item in vectors.cases {
      let test = BrunnerMunzel(try item.doubles("x"), try item.doubles("y"))
      vectors.tolerance.expect(test.w, try item.double("W"), "W")
      vectors.tolerance.expect(test.effect, try item.double("phat"), "phat")
      vectors.tolerance.expect(test.tails.twoSided, try item.double("p_two_sided"), "two-sided")
      hold(test.tails.less, item, "p_less", vectors.tolerance)
      hold(test.tails.greater, item, "p_greater", vectors.tolerance)
      hold(test.twoSidedNormal, item, "p_two_sided_normal", vectors.tolerance)
    }
  }

  @Test("Brunner–Munzel of samples that do not overlap, and of equal ones, has a p")
  func brunnerMunzelExtremes() {
    let apart = BrunnerMunzel([1, 2, 3], [4, 5, 6])
    #expect(apart.w == .infinity)
    #expect(apart.tails.less == 0)
    #expect(BrunnerMunzel([1, 1], [1, 1]).tails.twoSided == 1)
  }

  @Test("Cliff's delta meets every vector and is antisymmetric")
  func cliffsDelta() throws {
    let vectors = try Golden.vectors("cliffs_delta.json")
    for item in vectors.cases {
      let (x, y) = (try item.doubles("x"), try item.doubles("y"))
      let test = CliffsDelta(x, y)
      #expect(test.greater == (try item.int("gt")))
      #expect(test.less == (try item.int("lt")))
      vectors.tolerance.expect(test.delta, try item.double("delta"), "delta")
      #expect(CliffsDelta(y, x).delta == -test.delta)
    }
  }

  @Test("The Hodges–Lehmann shift and its intervals meet every vector")
  func hodgesLehmann() throws {
    let vectors = try Golden.vectors("hodges_lehmann.json")
    for item in vectors.cases {
      let test = HodgesLehmann(try item.doubles("x"), try item.doubles("y"))
      let confidence = try item.double("conf")
      vectors.tolerance.expect(test.estimate, try item.double("estimate"), "estimate")
      let asymptotic = test.asymptotic(confidence: confidence)
      let wanted = try item.doubles("ci_asym")
      vectors.tolerance.expect(asymptotic.lower, wanted[0], "asymptotic lower")
      vectors.tolerance.expect(asymptotic.upper, wanted[1], "asymptotic upper")
      #expect(asymptotic.rank == (try item.int("k_asym")))
      guard item["ci_exact"] != nil else { continue }
      let exact = test.exact(confidence: confidence)
      let bounds = try item.doubles("ci_exact")
      vectors.tolerance.expect(exact.interval.lower, bounds[0], "exact lower")
      vectors.tolerance.expect(exact.interval.upper, bounds[1], "exact upper")
      vectors.tolerance.expect(exact.achieved, try item.double("achieved_conf_exact"), "conf")
    }
  }

  @Test("Kolmogorov–Smirnov meets every vector, exact and asymptotic")
  func kolmogorovSmirnov() throws {
    let vectors = try Golden.vectors("ks.json")
    let asymptotic = Tolerance(absolute: try vectors.file.double("tol_asym"))
    var checked = 0
    for item in vectors.cases {
      let test = KolmogorovSmirnov(try item.doubles("x"), try item.doubles("y"))
      let exact = test.exact()
      vectors.tolerance.expect(test.d, try item.double("D_two-sided"), "D")
      checked += hold(test.above, item, "D_greater", vectors.tolerance)
      checked += hold(test.below, item, "D_less", vectors.tolerance)
      checked += hold(exact.twoSided, item, "p_exact_two-sided", vectors.tolerance)
      checked += hold(exact.greater, item, "p_exact_greater", vectors.tolerance)
      checked += hold(exact.less, item, "p_exact_less", vectors.tolerance)
      checked += hold(test.asymptotic(), item, "p_asym_two-sided", asymptotic)
    }
    #expect(checked == 25)
  }

  @Test("Kolmogorov's distribution is near enough on both sides of every change of formula")
  func kolmogorovSizes() {
    for item in kolmogorovReference {
      // Two samples of 2n values, one shifted by `shift` places: D is shift/2n.
      let x = (0..<2 * item.n).map { Double($0) }
      let y = x.map { $0 + Double(item.shift) - 0.5 }
      let test = KolmogorovSmirnov(x, y)
      #expect(test.d == Double(item.shift) / Double(2 * item.n))
      let difference = (test.asymptotic() - item.p).magnitude
      #expect(difference < 3e-4, "n \(item.n), shift \(item.shift)")
      if item.n <= 60 || item.p < 6e-4 { #expect(difference < 1e-6 + 1e-2 * item.p) }
    }
  }

  @Test("Anderson–Darling meets every vector, and equal values have no statistic")
  func andersonDarling() throws {
    let vectors = try Golden.vectors("anderson_darling.json")
    for item in vectors.cases {
      let test = try #require(AndersonDarling(try groups(item, "samples")))
      vectors.tolerance.expect(test.a2, try item.double("A2akN"), "A2akN")
      vectors.tolerance.expect(
        test.normalised, try item.double("statistic_normalised"), "normalised")
      Tolerance(absolute: 1e-3).expect(test.p, try item.double("p_scipy_clipped"), "p")
    }
    #expect(AndersonDarling([[1, 1, 1], [1, 1]]) == nil)
    #expect(AndersonDarling([[1, 2], [1]]) == nil)
  }

  @Test("Large samples of one distribution and of two are told apart")
  func largeSamples() throws {
    var generator = SeededGenerator(seed: 1, label: "ranks")
    let x = (0..<20_000).map { _ in generator.nextUnit() }
    let y = (0..<20_000).map { _ in generator.nextUnit() }
    let slower = y.map { $0 * 1.1 }
    #expect(KolmogorovSmirnov(x, y).asymptotic() > 0.01)
    #expect(KolmogorovSmirnov(x, slower).asymptotic() < 1e-6)
    #expect(try #require(AndersonDarling([x, y])).p > 0.01)
    #expect(try #require(AndersonDarling([x, slower])).p == 0.001)
  }
}

private struct KolmogorovCase {
  let n: Int
  let shift: Int
  let p: Double
}

/// scipy 1.17.1's `kstwo.sf(shift/(2n), n)`.
private let kolmogorovReference = [
  KolmogorovCase(n: 5, shift: 2, p: 0.9616),
  KolmogorovCase(n: 5, shift: 4, p: 0.3087999999999995),
  KolmogorovCase(n: 5, shift: 6, p: 0.03008000000000001),
  KolmogorovCase(n: 5, shift: 8, p: 0.0006399999999999993),
  KolmogorovCase(n: 5, shift: 9, p: 1.9999999999999978e-05),
  KolmogorovCase(n: 60, shift: 8, p: 0.9362286853054831),
  KolmogorovCase(n: 60, shift: 12, p: 0.5521961259289287),
  KolmogorovCase(n: 60, shift: 15, p: 0.28150523339971445),
  KolmogorovCase(n: 60, shift: 20, p: 0.06326476805943648),
  KolmogorovCase(n: 60, shift: 29, p: 0.0014358160074821047),
  KolmogorovCase(n: 60, shift: 33, p: 0.00016774009346620983),
  KolmogorovCase(n: 60, shift: 46, p: 1.9321817894636064e-08),
  KolmogorovCase(n: 61, shift: 8, p: 0.9401440749364609),
  KolmogorovCase(n: 61, shift: 12, p: 0.5629521274012289),
  KolmogorovCase(n: 61, shift: 16, p: 0.22433406691759805),
  KolmogorovCase(n: 61, shift: 20, p: 0.06698283340710898),
  KolmogorovCase(n: 61, shift: 30, p: 0.0009826174333049664),
  KolmogorovCase(n: 61, shift: 33, p: 0.00019658696725941065),
  KolmogorovCase(n: 61, shift: 47, p: 1.1745944905689928e-08),
  KolmogorovCase(n: 100, shift: 10, p: 0.9532159710635725),
  KolmogorovCase(n: 100, shift: 16, p: 0.5182193645480672),
  KolmogorovCase(n: 100, shift: 20, p: 0.2526927570063874),
  KolmogorovCase(n: 100, shift: 26, p: 0.06209234069876253),
  KolmogorovCase(n: 100, shift: 38, p: 0.0012339926382722768),
  KolmogorovCase(n: 100, shift: 42, p: 0.00023947345214651332),
  KolmogorovCase(n: 100, shift: 60, p: 1.7719869892662917e-08),
  KolmogorovCase(n: 500, shift: 22, p: 0.9645013138493306),
  KolmogorovCase(n: 500, shift: 36, p: 0.5242368062133471),
  KolmogorovCase(n: 500, shift: 45, p: 0.2556465571762292),
  KolmogorovCase(n: 500, shift: 58, p: 0.06649635798430609),
  KolmogorovCase(n: 500, shift: 85, p: 0.0013643774928066945),
  KolmogorovCase(n: 500, shift: 94, p: 0.00026943967368750217),
  KolmogorovCase(n: 500, shift: 134, p: 2.7284316785758676e-08),
  KolmogorovCase(n: 5000, shift: 71, p: 0.9610766127232621),
  KolmogorovCase(n: 5000, shift: 113, p: 0.5419065291175691),
  KolmogorovCase(n: 5000, shift: 141, p: 0.2706711249884427),
  KolmogorovCase(n: 5000, shift: 184, p: 0.06687954838563592),
  KolmogorovCase(n: 5000, shift: 269, p: 0.001413435266052582),
  KolmogorovCase(n: 5000, shift: 297, p: 0.00028905441420434087),
  KolmogorovCase(n: 5000, shift: 424, p: 3.00884546816485e-08),
]
