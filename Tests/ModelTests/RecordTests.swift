import Model
import TestKit
import Testing

@Suite("Records")
struct RecordTests {
  @Test("Cells sort by profile, then scenario, then region, none first")
  func cellOrder() {
    let sorted = [
      CellKey(profile: "ramp-up", scenario: "long"),
      CellKey(profile: "ramp-up", scenario: "short"),
      CellKey(profile: "ramp-up", scenario: "short", region: "eu"),
      CellKey(profile: "ramp-up", scenario: "short", region: "us"),
      CellKey(profile: "stress", scenario: "long"),
    ]
    var generator = SeededGenerator(seed: 1, label: "cells")
    for _ in 0..<20 {
      var shuffled = sorted
      generator.shuffle(&shuffled)
      #expect(shuffled.sorted() == sorted)
    }
    #expect(sorted[0].name == "ramp-up/long")
    #expect(sorted[2].name == "ramp-up/short/eu")
  }

  @Test("Hypotheses sort composites first and are named by their parts")
  func hypothesisOrder() {
    let ttft = GateMetric.latency(.ttftP50)
    let composite = HypothesisID(metric: ttft)
    let rate = HypothesisID(metric: .rate(.error), profile: "stress")
    let cell = HypothesisID(metric: ttft, profile: "stress", scenario: "short")
    #expect([cell, rate, composite].sorted() == [composite, rate, cell])
    #expect(
      [composite, rate, cell].map(\.name) == [
        "ttft_p50", "stress/error",
        "stress/short/ttft_p50",
      ])
    #expect([composite, rate, cell].map(\.isComposite) == [true, false, false])
  }

  @Test("Every metric is found by its name, and no name is shared")
  func metrics() {
    let all =
      LatencyMetric.allCases.map(GateMetric.latency)
      + RateMetric.allCases.map(
        GateMetric.rate)
    #expect(Set(all.map(\.name)).count == all.count)
    for metric in all { #expect(GateMetric(name: metric.name) == metric) }
    #expect(GateMetric(name: "ttft_p99") == nil)
    #expect(all.sorted().map(\.name) == all.map(\.name).sorted())
  }

  @Test("The late share counts only what is later than the limit")
  func lateShare() {
    var check = SelfCheck()
    #expect(check.lateShare(over: .milliseconds(1)) == 0)
    check.sent = 100
    #expect(check.lateShare(over: .milliseconds(1)) == 1)
    check.lateness = [
      LateCount(over: .milliseconds(10), count: 2), LateCount(over: .milliseconds(1), count: 30),
    ]
    #expect(check.lateShare(over: .microseconds(999)) == 0.3)
    #expect(check.lateShare(over: .milliseconds(1)) == 0.3)
    #expect(check.lateShare(over: .milliseconds(9)) == 0.02)
    #expect(check.lateShare(over: .milliseconds(10)) == 0.02)
    #expect(check.lateShare(over: .seconds(5)) == 0.02)
  }

  @Test("Figures of a client by a version that did not ask its machine are read")
  func olderSelfCheck() throws {
    var check = SelfCheck()
    check.sent = 7
    var resources = ClientResources()
    resources.pauses = 3
    check.resources = resources
    #expect(try SelfCheck(json: check.json) == check)
    guard case .object(let members) = check.json else {
      Issue.record("no object")
      return
    }
    check.resources = nil
    #expect(try SelfCheck(json: .object(members.filter { $0.name != "resources" })) == check)
  }

  @Test("Of two engine threads counts are added, and the larger of what is the machine's stays")
  func mergedResources() {
    var first = ClientResources()
    first.cpuShareMax = 0.4
    first.pauses = 1
    first.pausedTotal = .milliseconds(60)
    first.descriptorsMax = 300
    first.connectionsMinuteMax = 10
    first.retransmits = 5
    var second = first
    second.cpuShareMax = 0.9
    second.cpuWaitShare = 0.2
    second.descriptorsMax = 200
    first.merge(second)
    #expect(first.cpuShareMax == 0.9 && first.cpuWaitShare == 0.2)
    #expect(first.pauses == 2 && first.pausedTotal == .milliseconds(120))
    #expect(first.descriptorsMax == 300 && first.connectionsMinuteMax == 20)
    #expect(first.retransmits == 5 && first.portsAllowed == nil)
  }

  @Test("Of two stretches of load counts are added, and of the rest the worse stays")
  func laterLoad() {
    var first = SelfCheck()
    (first.sent, first.loopLagP99, first.cpuShare) = (10, .microseconds(90), 0.2)
    func ladder(_ counts: [(Int64, Int)]) -> [LateCount] {
      counts.map { LateCount(over: .milliseconds($0.0), count: $0.1) }
    }
    first.lateness = ladder([(1, 2), (2, 0)])
    var second = SelfCheck()
    (second.sent, second.loopLagP99, second.cpuShare) = (30, .microseconds(40), 0.7)
    // It begins where all were late: of every step before, all were late too.
    second.lateness = ladder([(2, 30), (3, 1), (4, 0)])
    var resources = ClientResources()
    (resources.pauses, resources.connectionsMinuteMax) = (1, 10)
    second.resources = resources
    first.add(later: second)
    #expect(first.sent == 40 && first.loopLagP99 == .microseconds(90) && first.cpuShare == 0.7)
    #expect(first.lateness == ladder([(1, 32), (2, 30), (3, 1), (4, 0)]))
    first.add(later: second)
    #expect(first.resources?.pauses == 2 && first.resources?.connectionsMinuteMax == 10)
  }

  @Test("Output tokens follow the run's unit, and the schedule lag is sent minus intended")
  func sample() {
    var sample = Build.success(seq: 0, intended: .seconds(1), tokens: 40)
    sample.contentEvents = 38
    #expect(sample.outputTokens(unit: .usage) == 40)
    #expect(sample.outputTokens(unit: .events) == 38)
    sample.usageOutputTokens = nil
    #expect(sample.outputTokens(unit: .usage) == nil)
    sample.sent = .seconds(1) + .milliseconds(3)
    #expect(sample.scheduleLag == .milliseconds(3))
    #expect(Build.failure(.droppedLate, seq: 1).scheduleLag == nil)
  }
}
