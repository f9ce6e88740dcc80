import Foundation
import Gate
import Model
import Plan
import TestKit
import Testing

@Suite("A step of a search is judged by the objectives, and a run holds the search")
struct CapacityRunTests {
  private static let objectives = [
    Objective(
      metric: .latency(.ttft, quantile: 0.5), comparison: .less, bound: 0.5),
    Objective(metric: .rate(.error), comparison: .less, bound: 0.1),
    Objective(
      profile: .stress, metric: .latency(.ttft, quantile: 0.5), comparison: .less, bound: 0.001),
    Objective(metric: .latency(.login, quantile: 0.5), comparison: .less, bound: 0.001),
    Objective(
      profile: .sustained, scenario: "short", metric: .latency(.duration, quantile: 0.5),
      comparison: .less, bound: 5),
  ]

  private func judge(
    _ samples: [StreamSample], abortedAt: Nanos? = nil, isWhole: Bool = true
  ) -> CapacityStep {
    CapacityStep.judge(
      rate: 10, samples: samples, header: Build.header(runID: "r"),
      objectives: CapacityRunTests.objectives, abortedAt: abortedAt, isWhole: isWhole
    ).step
  }

  private func samples(_ count: Int, ttft: Nanos = .milliseconds(100)) -> [StreamSample] {
    (0..<count).map {
      Build.success(seq: $0, intended: .milliseconds(100 * Int64($0)), ttft: ttft)
    }
  }

  @Test("Objectives without a profile and those of sustained count, in the plan's own words")
  func objectives() {
    let step = judge(samples(20))
    #expect(
      step.objectives.map(\.objective) == [
        "ttft.p50 < 500ms", "error < 10%", "sustained/short: duration.p50 < 5s",
      ])
    #expect(step.isMet == true && step.objectives[0].value == 0.1 && step.objectives[0].n == 20)
  }

  @Test("A missed objective, the abort rule or a request without a slot misses the step")
  func missed() {
    #expect(judge(samples(20, ttft: .milliseconds(600))).isMet == false)
    #expect(judge(samples(20), abortedAt: .seconds(1)).isMet == false)
    var full = samples(40)
    full[39].outcome = .droppedCap
    full[39].sent = nil
    #expect(judge(full).droppedCap == 1 && judge(full).isMet == false)
    full[39].isWarmup = true
    #expect(judge(full).isMet == true, "the warm-up is left out")
  }

  @Test("Too few requests, or a step that was cut short, tell nothing")
  func unknown() {
    #expect(judge(samples(10)).isMet == nil)
    #expect(judge(samples(10, ttft: .milliseconds(600))).isMet == nil)
    #expect(judge(samples(20), isWhole: false).isMet == nil)
    #expect(judge(samples(10), abortedAt: .seconds(1)).isMet == false, "an abort is enough")
  }

  /// A step whose requests took `ttft`, by a client whose stamps were late by `lag` at the p99.
  private func judge(ttft: Nanos, lag: Nanos, errors: Int = 0) -> JudgedStep {
    var all = samples(40, ttft: ttft)
    for index in all.indices.prefix(errors) { all[index] = Build.failure(.http5xx, seq: index) }
    var header = Build.header(runID: "r")
    var check = SelfCheck()
    (check.loopLagP50, check.loopLagP99) = (lag, lag)
    header.selfCheck = check
    return CapacityStep.judge(
      rate: 10, samples: all, header: header, objectives: CapacityRunTests.objectives,
      smallestMedian: .seconds(2))
  }

  @Test("A miss that the client's own lag may account for tells nothing of the service")
  func clientShare() throws {
    // Within METRICS' limits, and the objective is missed by 3 ms.
    let near = judge(ttft: .milliseconds(503), lag: .milliseconds(4))
    #expect(near.step.isMet == nil && near.step.isClientLimited && near.step.isWhole)
    let problem = try #require(near.clientProblem)
    #expect(problem.hasPrefix("client-limited: ttft.p50 < 500ms: no further off than the lag"))
    let far = judge(ttft: .milliseconds(506), lag: .milliseconds(4))
    #expect(far.step.isMet == false && far.clientProblem == nil)
    #expect(judge(ttft: .milliseconds(490), lag: .milliseconds(4)).step.isMet == true)
    let refused = judge(ttft: .milliseconds(503), lag: .milliseconds(4), errors: 8)
    #expect(refused.step.isMet == false, "errors are no lag")
  }

  @Test("A client beyond its limits makes a step worthless, met or missed")
  func clientLimits() {
    let step = judge(ttft: .milliseconds(100), lag: .milliseconds(2))
    #expect(step.clientProblem?.contains("the median loop lag of 2.0 ms") == true)
    #expect(step.step.isMet == nil && step.smallestMedian == .milliseconds(100))
  }

  @Test("A step in which the client was the limit is run once more, and the second ends the search")
  func repeated() {
    var search = CapacityRun(
      rules: CapacitySearch.Rules(start: 5, lowest: 1, highest: 40), stepLength: .seconds(60),
      warmup: .seconds(5))
    let met = CapacityStep(rate: 5, objectives: [])
    var limited = CapacityStep(rate: 10, objectives: [], isClientLimited: true)
    search.add(met)
    search.add(limited, clientProblem: "client-limited: a")
    #expect(search.stop == nil && search.search.action == .step(10))
    limited.isClientLimited = false
    search.add(limited)
    #expect(search.stop == nil && search.search.action == .step(20))
    #expect(search.highestMet == 10)
    limited = CapacityStep(rate: 20, objectives: [], isClientLimited: true)
    search.add(limited, clientProblem: "client-limited: b")
    #expect(search.stop == nil, "each step has its own second try")
    search.add(limited, clientProblem: "client-limited: c")
    #expect(search.stop == .client("client-limited: c"))
  }

  @Test("A client that keeps an interval from being confirmed does not take it away")
  func unconfirmed() {
    var search = CapacityRun(
      rules: CapacitySearch.Rules(start: 10, lowest: 1, highest: 40, within: 0.5),
      stepLength: .seconds(60), warmup: .seconds(5))
    func limit(_ rate: Double) {
      search.add(
        CapacityStep(rate: rate, objectives: [], isClientLimited: true), clientProblem: "slow")
    }
    search.add(CapacityStep(rate: 10, objectives: []))
    search.add(CapacityStep(rate: 20, objectives: [], droppedCap: 1))
    #expect(search.search.action == .step(14.1))
    let wide = search
    limit(14.1)
    limit(14.1)
    #expect(search.stop != nil && search.unconfirmed == nil, "its ends are not close")
    search = wide
    search.add(CapacityStep(rate: 14.1, objectives: []))
    #expect(search.search.action == .step(14.1) && search.unconfirmed == nil)
    search.add(CapacityStep(rate: 14.1, objectives: []))
    limit(14.1)
    #expect(search.unconfirmed == nil, "it is tried once more")
    limit(14.1)
    #expect(search.unconfirmed == CapacityInterval(low: 14.1, high: 20, metCount: 2))
    search.stop = .interrupted
    #expect(search.unconfirmed == nil)
    search.stop = .unkept(requests: 3)
    #expect(search.unconfirmed == nil, "the client was no limit, and nothing was repeated")
  }

  private func search(stop: CapacityStop? = nil) -> CapacityRun {
    var search = CapacityRun(
      rules: CapacitySearch.Rules(start: 5, lowest: 1, highest: 40), stepLength: .seconds(60),
      warmup: .seconds(5))
    search.stop = stop
    for (rate, ttft) in [(5.0, 0.1), (10, 0.2), (20, Double.infinity), (14.1, 0.7)] {
      search.steps.append(
        CapacityStep(
          rate: rate,
          objectives: [
            ObjectiveResult(
              objective: "ttft.p50 < 500ms", verdict: ttft < 0.5 ? .ok : .fail, value: ttft,
              bound: 0.5, n: 300, floor: 11)
          ], abortedAt: rate == 20 ? .milliseconds(12_500) : nil, droppedCap: rate == 20 ? 3 : 0))
    }
    return search
  }

  @Test(
    "A search comes out of its run as it went in, through JSON too",
    arguments: [nil, .client("client-limited: a"), .notJudged("b"), .ended("c"), .interrupted]
      as [CapacityStop?])
  func roundTrip(stop: CapacityStop?) throws {
    var search = search(stop: stop)
    search.steps.append(search.steps[0])
    search.steps[4].isClientLimited = true
    var record = RunRecord(header: Build.header(runID: "r", profiles: [CapacityRun.profile]))
    record.header.unusableReason = stop?.text
    search.put(into: &record)
    #expect(CapacityRun(record) == search)
    #expect(CapacityRun(try RunRecord(json: record.json)) == search)
    #expect(search.search.action == .step(11.9))
    #expect(search.highestMet == 10 && search.lowestMissed == 14.1)
  }

  @Test("A run of another profile, or one without the rules, holds no search")
  func foreign() {
    var record = RunRecord(header: Build.header(runID: "r", profiles: [CapacityRun.profile]))
    #expect(CapacityRun(record) == nil)
    search().put(into: &record)
    #expect(CapacityRun(record) != nil)
    var other = record
    other.header.profiles = ["sustained"]
    #expect(CapacityRun(other) == nil)
    for (name, value) in [
      ("capacity.from", -1.0), ("capacity.max", 2), ("capacity.within", 9),
      ("capacity.confirmations", 0.5),
    ] {
      var wrong = record
      wrong.figures.removeAll { $0.name == name }
      #expect(CapacityRun(wrong) == nil, "without \(name)")
      wrong.figures.append(
        ReportFigure(
          profile: CapacityRun.profile, scenario: "", name: name, value: value, n: 0))
      #expect(CapacityRun(wrong) == nil, "\(name) \(value)")
    }
    record.objectives.removeLast()
    #expect(CapacityRun(record) != nil, "a lost objective is no crash")
  }

  @Test("A search of one step has that step's figures")
  func oneStep() {
    let header = Build.header(runID: "r", profiles: [CapacityRun.profile])
    let record = Gate.summarize(samples: samples(20), header: header)
    #expect(record.figures.contains { $0.name == "stage.0.ttft.p50" && $0.value == 0.1 })
  }
}
