import Foundation
import Gate
import Model
import Plan
import TestKit
import Testing

@Suite("Invalid runs, aborts, waivers and inheritance")
struct ValidityTests {
  private let abort = Abort(
    profile: "sustained", rule: "error 50% over 10s", at: .seconds(20))

  @Test("An abort fails the gate unless main aborts too")
  func aborted() {
    var runs = Runs()
    let main = runs.main(6)
    var look = runs.looks(1)
    look[0].header.aborted = abort
    look[0].header.isUsable = false
    var input = GateInput(candidates: look, baseline: main)
    let verdict = Gate.judge(input)
    #expect(verdict.kind == .fail)
    #expect(verdict.reasons == [.aborted(abort)])
    #expect(verdict.composites.isEmpty)
    input.hasMainAborted = true
    #expect(Gate.judge(input).kind == .cannotEvaluate)
  }

  @Test("An unusable candidate cannot be evaluated, and an earlier one was no look")
  func unusable() {
    var runs = Runs()
    let main = runs.main(10)
    var looks = runs.looks(2)
    looks[1].header.isUsable = false
    looks[1].header.unusableReason = "only 10 of 300 scheduled requests were sent"
    let verdict = Gate.judge(GateInput(candidates: looks, baseline: main))
    #expect(verdict.kind == .cannotEvaluate)
    #expect(
      verdict.reasons == [.unusable("only 10 of 300 scheduled requests were sent")])
    let third = runs.looks(1)
    let later = Gate.judge(GateInput(candidates: looks + third, baseline: main))
    #expect(later.look == 2)
    #expect(later.kind == .pass)
    let none = Gate.judge(GateInput(candidates: [], baseline: main))
    #expect(none.reasons == [.unusable("there is no run of the candidate")])
  }

  @Test("A client that was the bottleneck gets no verdict, objectives included")
  func clientLimited() {
    var runs = Runs()
    let main = runs.main(10)
    var look = runs.looks(1, errors: 300)
    var check = SelfCheck()
    check.scheduled = 300
    check.sent = 300
    check.lateness = [LateCount(over: .zero, count: 0)]
    // The smallest median time to first token is e^-1 s: 1 % of it is 3.7 ms.
    check.loopLagP50 = .milliseconds(4)
    look[0].header.selfCheck = check
    let verdict = Gate.judge(GateInput(candidates: look, baseline: main))
    #expect(verdict.kind == .cannotEvaluate)
    guard case .clientLimited(let text) = verdict.reasons.first else {
      Issue.record("\(verdict.reasons)")
      return
    }
    #expect(text.hasPrefix("the median loop lag of 4.0 ms is above 1 %"))
    look[0].header.selfCheck?.loopLagP50 = .milliseconds(3)
    #expect(Gate.judge(GateInput(candidates: look, baseline: main)).kind == .fail)
  }

  @Test("Each of the client's figures can make a run invalid")
  func clientCheck() {
    let header = { (change: (inout SelfCheck) -> Void) in
      var check = SelfCheck()
      check.scheduled = 1_000
      check.sent = 1_000
      check.lateness = [LateCount(over: .zero, count: 0)]
      change(&check)
      var header = Build.header(runID: "r")
      header.selfCheck = check
      return header
    }
    let median = Nanos.milliseconds(100)
    func problem(_ change: (inout SelfCheck) -> Void) -> String? {
      ClientCheck.problem(of: header(change), smallestMedian: median)
    }
    #expect(problem { _ in } == nil)
    #expect(problem { $0.loopLagP50 = .microseconds(1_000) } == nil)
    #expect(problem { $0.loopLagP50 = .microseconds(1_001) } != nil)
    #expect(problem { $0.loopLagP99 = .milliseconds(10) } == nil)
    #expect(problem { $0.loopLagP99 = .microseconds(10_001) } != nil)
    let late = LateCount(over: .milliseconds(10), count: 11)
    #expect(problem { $0.lateness.append(late) }?.contains("1.1 %") == true)
    #expect(problem { $0.lateness.append(LateCount(over: late.over, count: 10)) } == nil)
    #expect(
      problem {
        $0.sent = 989
        $0.droppedLate = 11
      } != nil)
    #expect(ClientCheck.problem(of: Build.header(runID: "r"), smallestMedian: median) == nil)
  }

  @Test("A waiver keeps its hypotheses from failing, until it expires")
  func waiver() {
    var runs = Runs()
    let main = runs.main(10)
    let looks = runs.looks(2).map { $0.with(.tpotP50, -2.5) }
    var input = GateInput(candidates: looks, baseline: main)
    #expect(Gate.judge(input).kind == .fail)
    input.waivers = [
      Waiver(
        id: "1", metric: "tpot_p50", reason: "new tokenizer", expiresAt: UnixNanos(100))
    ]
    input.evaluatedAt = UnixNanos(99)
    let waived = Gate.judge(input)
    #expect(waived.kind == .pass)
    let composite = waived.composites.first { $0.id.metric == .latency(.tpotP50) }
    #expect(composite?.waiver == "new tokenizer")
    #expect(composite?.pAdjusted ?? 1 < 0.001)
    input.evaluatedAt = UnixNanos(100)
    let expired = Gate.judge(input)
    #expect(expired.kind == .fail)
    #expect(expired.warnings.contains(.waiverExpired("new tokenizer")))
  }

  @Test("A waiver of one cell does not cover the composite")
  func waiverScope() {
    var runs = Runs()
    let main = runs.main(10)
    var input = GateInput(
      candidates: runs.looks(2).map { $0.with(.tpotP50, -2.5) }, baseline: main)
    input.waivers = [
      Waiver(
        id: "1", metric: "tpot_p50", profile: "sustained", scenario: "short", reason: "known")
    ]
    let verdict = Gate.judge(input)
    #expect(verdict.kind == .fail)
    let cell = HypothesisID(
      metric: .latency(.tpotP50), profile: "sustained", scenario: "short")
    #expect(verdict.cells.first { $0.id == cell }?.waiver == "known")
    #expect(verdict.reasons == [.regression(HypothesisID(metric: .latency(.tpotP50)))])
  }

  @Test("What main is already slower by does not block a change that adds nothing")
  func inherited() {
    var runs = Runs()
    let main = runs.main(10)
    let latest = (0..<10).map { _ in runs.run(slower: 0.2) }
    var input = GateInput(
      candidates: runs.looks(2, slower: 0.2), baseline: main, latest: latest,
      latestSince: "abc123")
    let verdict = Gate.judge(input)
    #expect(verdict.kind == .pass)
    #expect(verdict.composites.first?.isInherited == true)
    let first = HypothesisID(metric: .latency(.ttftP50))
    #expect(verdict.warnings.contains(.mainAlreadySlower(first, since: "abc123")))
    input.latest = []
    #expect(Gate.judge(input).kind == .fail)
  }

  @Test("A change that is slower than a slower main blocks all the same")
  func notInherited() {
    var runs = Runs()
    let main = runs.main(10)
    let latest = (0..<10).map { _ in runs.run(slower: 0.2) }
    let input = GateInput(
      candidates: runs.looks(2, slower: 0.5), baseline: main, latest: latest,
      latestSince: "abc123")
    #expect(Gate.judge(input).kind == .fail)
  }

  @Test("Longer replies and other cache hits are said and never decide")
  func moved() {
    var runs = Runs()
    func tokens(_ run: RunRecord, _ count: Double, _ share: Double) -> RunRecord {
      var run = run
      run.figures = [("cached.share", share), ("tokens.p50", count)].map {
        ReportFigure(
          profile: "sustained", scenario: "short", name: $0.0, value: $0.1, n: 300)
      }
      return run
    }
    let main = runs.main(10).map { tokens($0, 100, 0.5) }
    let same = Gate.judge(
      GateInput(candidates: runs.looks(1).map { tokens($0, 105, 0.54) }, baseline: main))
    #expect(same.warnings.isEmpty)
    let verdict = Gate.judge(
      GateInput(candidates: runs.looks(1).map { tokens($0, 106, 0.56) }, baseline: main))
    #expect(verdict.kind == .pass)
    #expect(
      verdict.warnings == [
        .outputTokensMoved(scenario: "short", baseline: 100, candidate: 106),
        .cachedTokensMoved(scenario: "short", baseline: 0.5, candidate: 0.56),
      ])
  }
}
