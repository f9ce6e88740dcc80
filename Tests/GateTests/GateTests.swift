import Foundation
import Gate
import Model
import Plan
import Statistics
import TestKit
import Testing

/// The whole gate against `gate_solo.json`: run summaries in, every intermediate number out.
@Suite("The solo gate meets its golden cases")
struct GoldenGateTests {
  @Test("Every number of every case is met at its tolerance", arguments: 0..<10)
  func goldenCase(index: Int) throws {
    let vectors = try Golden.vectors("gate_solo.json")
    #expect(vectors.cases.count == 10)
    let item = vectors.cases[index]
    let input = try goldenInput(item)
    let verdict = Gate.judge(input)
    let expected = try #require(item["expected"])
    #expect(verdict.kind.rawValue == (try expected.string("verdict")))
    #expect(verdict.look == (try expected.int("look")))
    #expect(verdict.df == (try expected.int("df")))
    vectors.tolerance.expect(
      verdict.alphaSpent, try expected.double("alpha_spent"), "alpha_spent")
    try check(verdict.composites, expected, "primary", vectors.tolerance)
    try check(verdict.cells, expected, "cells", vectors.tolerance)
    let all = verdict.composites + verdict.cells
    let fails = all.filter { $0.verdict == .fail }.map { goldenName($0.id) }
    #expect(Set(fails) == Set(try names(expected["fails"])))
    var doubts: Set<String> = []
    for result in all where result.verdict != .fail && result.pAdjusted < 0.05 {
      doubts.insert("suspicious " + goldenName(result.id))
    }
    for result in verdict.composites {
      guard let latency = result.latency else { continue }
      let tolerance = result.id.metric == .latency(.ttftP95) ? 1.2 : 1.1
      if exp(latency.upper) >= tolerance {
        doubts.insert("cannot exclude tolerance " + goldenName(result.id))
      }
    }
    let wanted = try #require(expected["inconclusive"]?.arrayValue).map { pair in
      let parts = try #require(pair.arrayValue)
      return try #require(parts[0].stringValue) + " " + (try names(.array([parts[1]])))[0]
    }
    #expect(doubts == Set(wanted))
    #expect(verdict.wantsAnotherLook == (verdict.kind == .inconclusive && verdict.look < 5))
  }

  /// The last case's tails of `truncated`, by mpmath with 40 digits.
  @Test("Small tails of rates are right to their last digits")
  func exactTails() throws {
    let vectors = try Golden.vectors("gate_solo.json")
    let verdict = Gate.judge(try goldenInput(try #require(vectors.cases.last)))
    let exact = [
      ("ramp", 1.029274647550442e-6), ("stress", 1.312416997688338e-10),
      ("sustained", 9.707027776464001e-5),
    ]
    for (profile, wanted) in exact {
      let id = HypothesisID(metric: .rate(.truncated), profile: profile)
      let result = try #require(verdict.cells.first { $0.id == id })
      Tolerance(relative: 1e-9).expect(result.p, wanted, profile)
    }
  }

  @Test("The order of runs changes nothing")
  func permutation() throws {
    let cases = try Golden.vectors("gate_solo.json").cases
    var generator = SeededGenerator(seed: 7, label: "permutation")
    for item in cases {
      var input = try goldenInput(item)
      let verdict = Gate.judge(input)
      for _ in 0..<3 {
        generator.shuffle(&input.candidates)
        generator.shuffle(&input.baseline)
        generator.shuffle(&input.fresh)
        generator.shuffle(&input.history[0])
        #expect(Gate.judge(input) == verdict)
      }
    }
  }

  private func check(
    _ results: [HypothesisResult], _ expected: JSONValue, _ name: String, _ tolerance: Tolerance
  ) throws {
    let wanted = try #require(expected[name]?.arrayValue)
    #expect(results.count == wanted.count)
    #expect(!wanted.isEmpty)
    for item in wanted {
      let name = try names(.array([item["cell"] ?? .null]))[0]
      let result = try #require(results.first { goldenName($0.id) == name }, "\(name)")
      #expect(result.verdict.rawValue == (try item.string("verdict")), "\(name)")
      tolerance.expect(result.d, try item.double("d"), "\(name) d")
      var tail = tolerance
      if result.rate != nil { tail.absolute = rateTailError }
      tail.expect(result.p, try item.double("p"), "\(name) p")
      tail.absolute *= Double(wanted.count)
      tail.expect(result.pAdjusted, try item.double("p_adj"), "\(name) p_adj")
      tolerance.expect(result.level, try item.double("level"), "\(name) level")
      guard item["se"] != nil else {
        #expect(result.rate != nil && result.latency == nil)
        continue
      }
      let latency = try #require(result.latency)
      tolerance.expect(exp(result.d), try item.double("ratio"), "\(name) ratio")
      tolerance.expect(latency.s, try item.double("s"), "\(name) s")
      tolerance.expect(latency.se, try item.double("se"), "\(name) se")
      tolerance.expect(latency.t, try item.double("t"), "\(name) t")
      tolerance.expect(latency.upper, try item.double("upper"), "\(name) upper")
      tolerance.expect(latency.lower, try item.double("lower99"), "\(name) lower")
      tolerance.expect(latency.mde, item["mde"]?.golden, "\(name) mde")
      tolerance.expect(latency.mustExceed, item["must_exceed"]?.golden, "\(name) must_exceed")
      #expect(latency.isNoisy == item["noisy"]?.boolValue)
      #expect(latency.isGuardMet == item["guard_ok"]?.boolValue)
      #expect(latency.inversions == item["inversions"]?.intValue)
      for weight in item["weights"]?.objectValue ?? [] {
        let mine = latency.weights.first { $0.name == weight.name }?.weight
        tolerance.expect(mine, weight.value.golden, "\(name) weight \(weight.name)")
      }
      #expect(latency.weights.count == item["weights"]?.objectValue?.count ?? 0)
    }
  }
}

/// The file's own tails of rates are 1 minus a sum of logarithms' exponentials and are off by up
/// to 4e-12, as 40-digit arithmetic shows; ours are summed from the tail. See `exactTails`.
private let rateTailError = 5e-12

/// `ramp/chat/ttft_p50`, with a star for every part that a hypothesis does not have.
func goldenName(_ id: HypothesisID) -> String {
  "\(id.profile ?? "*")/\(id.scenario ?? "*")/\(id.metric.name)"
}

private func names(_ list: JSONValue?) throws -> [String] {
  try #require(list?.arrayValue).map { cell in
    try #require(cell.arrayValue).compactMap(\.stringValue).joined(separator: "/")
  }
}

/// A case's runs: older ones start earlier, candidates and fresh runs last.
func goldenInput(_ item: JSONValue) throws -> GateInput {
  let input = try #require(item["input"])
  func runs(_ list: JSONValue?, _ name: String, from start: Int64) throws -> [RunRecord] {
    try (list?.arrayValue ?? []).enumerated().map { index, value in
      let position = start + Int64(index)
      var header = RunHeader(
        runID: "\(name)-\(index)", startedAt: UnixNanos(position), timeout: .seconds(120))
      header.branch = name == "candidate" ? "change" : "main"
      let record = RunRecord(
        header: header,
        latencies: try #require(value["latency"]?.arrayValue).map { cell in
          LatencyValue(
            key: CellKey(
              profile: try cell.string("profile"), scenario: try cell.string("scenario")),
            metric: try #require(LatencyMetric(rawValue: try cell.string("metric"))),
            logValue: cell["saturated"]?.boolValue == true
              ? .infinity : try cell.double("log_value"),
            n: try cell.int("n"))
        },
        rates: try #require(value["rates"]?.arrayValue).map { rate in
          RateCount(
            profile: try rate.string("profile"),
            rate: try #require(RateMetric(rawValue: try rate.string("rate"))),
            k: try rate.int("k"), n: try rate.int("n"))
        })
      return record
    }
  }
  let history = try (input["history"]?.arrayValue ?? []).enumerated().map { index, group in
    try runs(group, "history\(index)", from: Int64(index) * 1_000)
  }
  return GateInput(
    settings: GateSettings(maxLooks: try input.int("max_looks")),
    candidates: try runs(input["candidate"], "candidate", from: 20_000),
    baseline: try runs(input["baseline"], "baseline", from: 10_000),
    fresh: try runs(input["fresh"], "fresh", from: 20_100), history: history)
}
