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

  /// Figures of a client whose stamps are off by as much as the smallest median.
  private var overloaded: SelfCheck {
    var check = SelfCheck()
    check.scheduled = 300
    check.sent = 300
    check.lateness = [LateCount(over: .zero, count: 0)]
    check.loopLagP99 = .milliseconds(300)
    return check
  }

  @Test("An abort on failures that a slow client may cause says nothing of the service")
  func abortedByClient() {
    var runs = Runs()
    let main = runs.main(6)
    var look = runs.looks(1)
    look[0].header.isUsable = false
    look[0].header.unusableReason = "aborted in sustained by error 50% over 10s"
    look[0].header.aborted = abort
    look[0].header.selfCheck = overloaded
    let verdict = Gate.judge(GateInput(candidates: look, baseline: main))
    #expect(verdict.kind == .cannotEvaluate)
    guard case .clientLimited(let text) = verdict.reasons.first else {
      Issue.record("\(verdict.reasons)")
      return
    }
    #expect(text.hasPrefix("aborted in sustained by error 50% over 10s, on failures that"))
    #expect(text.contains("the p99 of the loop lag, 300.0 ms, is above 10 %"))

    var refused = look
    refused[0].header.aborted?.isBeyondClient = true
    #expect(Gate.judge(GateInput(candidates: refused, baseline: main)).kind == .fail)
    look[0].header.selfCheck?.loopLagP99 = .milliseconds(3)
    #expect(Gate.judge(GateInput(candidates: look, baseline: main)).kind == .fail)
  }

  @Test("A run of main whose client was too slow is no baseline, whatever its file says")
  func overloadedBaseline() {
    var runs = Runs()
    var main = runs.main(10)
    main[3].header.selfCheck = overloaded
    let verdict = Gate.judge(
      GateInput(candidates: runs.looks(1), baseline: main, fresh: [], history: []))
    #expect(!verdict.runs.contains { $0.runID == main[3].header.runID })
    let left = verdict.warnings.compactMap { warning -> String? in
      guard case .runLeftOut(main[3].header.runID, let reason) = warning else { return nil }
      return reason
    }
    #expect(left.first?.hasPrefix("client-limited: the p99 of the loop lag") == true)
  }

  @Test("A slowdown that the client's own lag may account for is none of the service's")
  func clientShare() {
    var runs = Runs()
    // Runs of main have a first token after 0.37 s, and a lag of 1 ms.
    func with(_ lag: Nanos, _ run: RunRecord) -> RunRecord {
      var run = run
      var check = SelfCheck()
      check.scheduled = 300
      check.sent = 300
      check.lateness = [LateCount(over: .zero, count: 0)]
      check.scheduleLagP50 = lag
      check.scheduleLagP99 = lag
      run.header.selfCheck = check
      return run
    }
    let main = runs.main(10).map { with(.milliseconds(1), $0) }
    let looks = runs.looks(2).map { $0.with(.ttftP50, -0.9) }
    let healthy = GateInput(
      candidates: looks.map { with(.milliseconds(3), $0) }, baseline: main)
    let slower = VerdictReason.regression(HypothesisID(metric: .latency(.ttftP50)))
    #expect(Gate.judge(healthy).reasons.contains(slower))
    // A tenth slower: 39 ms. Up to 11 ms matter to nobody.
    let slow = Gate.judge(
      GateInput(candidates: looks.map { with(.milliseconds(34), $0) }, baseline: main))
    #expect(slow.kind == .cannotEvaluate)
    guard case .clientLimited(let text) = slow.reasons.first else {
      Issue.record("\(slow.reasons)")
      return
    }
    #expect(text.hasPrefix("ttft_p50, sustained/short/ttft_p50: no further off than the lag of"))
    // Where main's runs lag as much, it makes no difference.
    let equal = GateInput(
      candidates: looks.map { with(.milliseconds(34), $0) },
      baseline: main.map { with(.milliseconds(34), $0) })
    #expect(Gate.judge(equal).kind == .fail)
  }

  @Test("An objective that is missed by less than the client's lag is not missed by the service")
  func clientShareOfObjectives() {
    var runs = Runs()
    var look = runs.looks(1)[0]
    var check = SelfCheck()
    check.scheduled = 300
    check.sent = 300
    check.lateness = [LateCount(over: .zero, count: 0)]
    check.scheduleLagP50 = .milliseconds(2)
    check.scheduleLagP99 = .milliseconds(30)
    look.header.selfCheck = check
    func kind(_ quantile: Double, _ value: Double) -> VerdictKind {
      let objective = Objective(
        profile: .sustained, metric: .latency(.ttft, quantile: quantile), comparison: .less,
        bound: 0.4)
      var run = look
      run.objectives = [ObjectiveFigure(objective: objective.description, value: value, n: 300)]
      let settings = GateSettings(objectives: [objective])
      return Gate.judge(GateInput(settings: settings, candidates: [run], baseline: [])).kind
    }
    #expect(kind(0.95, 0.429) == .cannotEvaluate)
    #expect(kind(0.95, 0.431) == .fail)
    #expect(kind(0.5, 0.429) == .fail)
    #expect(kind(0.5, 0.401) == .cannotEvaluate)
  }

  @Test("A client is checked even where no request got a token")
  func nothingToCompareWith() {
    var header = Build.header(runID: "r")
    header.selfCheck = overloaded
    let problem = ClientCheck.problem(of: header, smallestMedian: nil)
    #expect(problem?.contains(" of 1 s, which stands for the time to a first token") == true)
    header.selfCheck?.loopLagP99 = .milliseconds(90)
    #expect(ClientCheck.problem(of: header, smallestMedian: nil) == nil)
  }

  @Test("The remedy is that of what was seen")
  func remedies() {
    func text(_ change: (inout SelfCheck, inout ClientResources) -> Void) -> String {
      var (check, resources) = (overloaded, ClientResources())
      change(&check, &resources)
      check.resources = resources
      var header = Build.header(runID: "r")
      header.selfCheck = check
      return ClientCheck.problem(of: header, smallestMedian: .milliseconds(400)) ?? ""
    }
    let full = text { check, resources in
      check.cpuShare = 0.4
      resources.cpuShareMax = 0.97
    }
    #expect(full.contains("the engine's core was full (97.0 % in its busiest second)"))
    #expect(full.contains("fewer streams at once, more engine threads (--engines), or more"))
    let shared = text { check, resources in
      resources.cpuShareMax = 0.5
      resources.cpuWaitShare = 0.45
      check.involuntarySwitches = 12
    }
    #expect(shared.contains("for 45.0 % of the time the engine was ready and had no CPU (12"))
    #expect(shared.contains("try an idle machine"))
    #expect(text { $1.stealShare = 0.1 }.contains("10.0 % taken by the hypervisor"))
    let stopped = text { _, resources in
      resources.pauses = 1
      resources.pausedTotal = .seconds(2)
    }
    #expect(stopped.contains("the client stood still once, 2000.0 ms in all"))
    // A small share without a CPU does not explain a pause, and a large one does.
    func paused(waitShare: Double) -> String {
      text { _, resources in
        (resources.pauses, resources.pausedTotal) = (8, .milliseconds(2_400))
        resources.cpuWaitShare = waitShare
      }
    }
    #expect(paused(waitShare: 0.024).contains("the client stood still 8 times, 2400.0 ms in all"))
    #expect(paused(waitShare: 0.4).contains("for 40.0 % of the time the engine was ready"))
    let files = text { _, resources in
      resources.descriptorsMissing = 3
      resources.descriptorsAllowed = 1_024
      resources.cpuShareMax = 1
    }
    #expect(files.contains("3 requests found no open file, of 1024 that are allowed"))
    #expect(text { $1.portsMissing = 2 }.contains("net.ipv4.ip_local_port_range"))
    #expect(text { _, _ in }.hasSuffix("a lower rate, or fewer streams at once"))
    var old = Build.header(runID: "r")
    old.selfCheck = overloaded
    old.selfCheck?.cpuShare = 0.95
    let problem = ClientCheck.problem(of: old, smallestMedian: .milliseconds(400))
    #expect(problem?.contains("the engine's core was full (95.0 %") == true)
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
