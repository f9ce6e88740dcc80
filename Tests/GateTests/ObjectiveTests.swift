import Foundation
import Gate
import Model
import Plan
import TestKit
import Testing

@Suite("Objectives are measured in a run and judged over the looks")
struct ObjectiveTests {
  private let ttft = Objective(
    metric: .latency(.ttft, quantile: 0.95), comparison: .less, bound: 1.5)

  private func record(
    _ samples: [StreamSample], _ objectives: [Objective], profiles: [String] = ["sustained"],
    scenarios: [String] = ["short"], id: String = "c"
  ) -> RunRecord {
    var header = Build.header(runID: id, profiles: profiles, scenarios: scenarios)
    header.branch = "change"
    return Gate.summarize(samples: samples, header: header, objectives: objectives)
  }

  private func judged(_ records: [RunRecord], _ objectives: [Objective]) -> Verdict {
    Gate.judge(
      GateInput(
        settings: GateSettings(objectives: objectives), candidates: records, baseline: []))
  }

  @Test("Normal forms are as plans write them")
  func normalForm() {
    let texts = [
      ttft,
      Objective(
        profile: .stress, scenario: "short", metric: .latency(.ttft, quantile: 0.95),
        comparison: .less, bound: 4),
      Objective(metric: .rate(.error), comparison: .lessOrEqual, bound: 0.01),
      Objective(metric: .rate(.truncated), comparison: .equal, bound: 0),
      Objective(
        profile: .rampUp, metric: .latency(.tpot, quantile: 0.999), comparison: .less,
        bound: 0.0305),
    ].map(\.description)
    #expect(
      texts == [
        "ttft.p95 < 1.5s", "stress/short: ttft.p95 < 4s", "error <= 1%", "truncated == 0",
        "ramp-up: tpot.p99.9 < 30.5ms",
      ])
  }

  @Test("The floors of the field's quantiles are those of MLPerf's early stopping")
  func floors() {
    #expect([0.5, 0.9, 0.95, 0.99].map(Floors.quantile) == [11, 64, 130, 662])
    #expect(Floors.quantile(0) == 1)
    #expect(Floors.quantile(1) == 100_000)
  }

  @Test("A share that a store gave without its interval is judged with the same one")
  func storedShare() throws {
    let error = Objective(
      profile: .sustained, metric: .rate(.error), comparison: .less, bound: 0.01)
    let failures = (0..<7).map { Build.failure(.http5xx, seq: $0) }
    let samples = failures + (7..<539).map { Build.success(seq: $0) }
    let run = record(samples, [error, ttft])
    let fresh = judged([run], [error, ttft]).objectives
    var stored = run
    for index in stored.objectives.indices { stored.objectives[index].interval = nil }
    let again = judged([stored], [error, ttft]).objectives
    #expect(try #require(again.first?.interval) == fresh[0].interval)
    #expect(again.map(\.value) == fresh.map(\.value))
    // A quantile's needs the requests.
    #expect(fresh[1].interval != nil && again[1].interval == nil)
    // An absolute count has none.
    let none = Objective(
      profile: .sustained, metric: .rate(.error), comparison: .equal, bound: 0)
    #expect(judged([record(samples, [none])], [none]).objectives[0].interval == nil)
  }

  @Test("Without a prefix an objective is judged in ramp-up and sustained, not in stress")
  func expansion() {
    let samples = (0..<3).flatMap { profile in
      (0..<150).map { Build.success(profile: profile, seq: $0) }
    }
    let run = record(samples, [ttft], profiles: ["ramp-up", "sustained", "stress"])
    #expect(
      run.objectives.map(\.objective) == [
        "ramp-up: ttft.p95 < 1.5s", "sustained: ttft.p95 < 1.5s",
      ])
    #expect(run.objectives.allSatisfy { $0.value == 0.1 && $0.n == 150 })
    let stressOnly = record(
      (0..<150).map { Build.success(seq: $0) }, [ttft], profiles: ["stress"])
    let verdict = judged([stressOnly], [ttft])
    #expect(verdict.objectives.map(\.verdict) == [.inconclusive])
  }

  @Test("A prefix with a scenario leaves the others out")
  func scenarioPrefix() {
    let samples = (0..<300).map { index in
      Build.success(
        scenario: index % 2, seq: index, ttft: .milliseconds(index % 2 == 0 ? 100 : 900))
    }
    let objective = Objective(
      profile: .sustained, scenario: "long", metric: .latency(.ttft, quantile: 0.5),
      comparison: .less, bound: 0.5)
    let run = record(samples, [objective], scenarios: ["short", "long"])
    #expect(run.objectives.first?.value == 0.9)
    #expect(run.objectives.first?.n == 150)
    #expect(judged([run], [objective]).kind == .fail)
  }

  @Test("Under its floor an objective is not judged, however bad it looks")
  func underFloor() {
    let few = record(
      (0..<129).map { Build.success(seq: $0, ttft: .seconds(9)) }, [ttft])
    let verdict = judged([few], [ttft])
    #expect(verdict.kind == .inconclusive)
    #expect(verdict.reasons.contains(.objectiveNotJudged("sustained: ttft.p95 < 1.5s")))
    let enough = record(
      (0..<130).map { Build.success(seq: $0, ttft: .seconds(9)) }, [ttft])
    #expect(judged([enough], [ttft]).kind == .fail)
    let two = record(
      (0..<129).map { Build.success(seq: $0, ttft: .seconds(9)) }, [ttft], id: "d")
    #expect(judged([few, two], [ttft]).kind == .fail, "n is summed over the looks")
  }

  @Test("The median of the looks' figures is judged, counts are summed")
  func looks() {
    let count = Objective(metric: .rate(.truncated), comparison: .equal, bound: 0)
    let runs = [1, 2, 9].enumerated().map { index, seconds in
      record(
        (0..<150).map { Build.success(seq: $0, ttft: .seconds(Int64(seconds))) }
          + [Build.failure(.http429, seq: 150)], [ttft, count], id: "c\(index)")
    }
    let verdict = judged(runs, [ttft, count])
    #expect(verdict.objectives[0].value == 2)
    #expect(verdict.objectives[0].n == 453)
    #expect(verdict.objectives[0].verdict == .fail)
    #expect(verdict.objectives[1].value == 0)
    #expect(verdict.objectives[1].verdict == .ok)
    var broken = Build.success(seq: 200)
    broken.outcome = .broken
    let bad = record([broken], [ttft, count], id: "z")
    let summed = judged(runs + [bad, bad], [count])
    #expect(summed.objectives[0].value == 1)
    #expect(summed.reasons.first == .objectiveMissed("sustained: truncated == 0"))
    #expect(summed.warnings.contains(.duplicateRun("z")))
  }

  @Test("A latency that too many requests never reached misses its objective")
  func infinite() {
    let samples =
      (0..<130).map { Build.success(seq: $0) }
      + (130..<145).map { Build.failure(.http5xx, seq: $0) }
    let verdict = judged([record(samples, [ttft])], [ttft])
    #expect(verdict.objectives.first?.value == .infinity)
    #expect(verdict.kind == .fail)
  }

  @Test("A login has no figure yet and is never taken for met")
  func login() {
    let objective = Objective(
      metric: .latency(.login, quantile: 0.95), comparison: .less, bound: 1)
    let run = record((0..<200).map { Build.success(seq: $0) }, [objective])
    #expect(run.objectives.first?.value == nil)
    #expect(judged([run], [objective]).objectives.first?.verdict == .inconclusive)
  }

  @Test("A rate at its bound meets <= and misses <")
  func comparisons() {
    let samples =
      (0..<99).map { Build.success(seq: $0) } + [Build.failure(.http5xx, seq: 99)]
    for (comparison, kind) in [
      (ObjectiveComparison.less, HypothesisVerdict.fail), (.lessOrEqual, .ok),
    ] {
      let objective = Objective(metric: .rate(.error), comparison: comparison, bound: 0.01)
      let result = judged([record(samples, [objective])], [objective]).objectives.first
      #expect(result?.verdict == kind)
      #expect(result?.interval?.contains(0.01) == true)
    }
  }

  @Test("Goodput counts successes within every bound of a single request")
  func goodput() {
    let samples =
      (0..<80).map { Build.success(seq: $0, intended: .milliseconds(Int64($0) * 100)) }
      + (80..<90).map {
        Build.success(seq: $0, intended: .milliseconds(Int64($0) * 100), ttft: .seconds(2))
      }
      + (90..<100).map { Build.failure(.http5xx, seq: $0, intended: .seconds(9)) }
    let run = record(samples, [ttft])
    let attained = run.figures.first { $0.name == "slo.attainment" && $0.scenario.isEmpty }
    #expect(attained?.value == 0.8)
  }
}
