import Gate
import Model
import Plan
import TestKit
import Testing

@Suite("A run that is not the fixed profile is held to its objectives and compared with nothing")
struct ExplorationTests {
  private let what = "rate 12 instead of 5"
  private let bound = Objective(
    metric: .latency(.ttft, quantile: 0.5), comparison: .less, bound: 1)

  /// A summarized run of that load, `ttft` to every first token.
  private func run(
    _ id: String = "x", branch: String = "change", ttft: Nanos = .milliseconds(200),
    count: Int = 300, second: Int64 = 1_000, change: (inout RunHeader) -> Void = { _ in }
  ) -> RunRecord {
    var header = Build.header(runID: id, startedAt: UnixNanos(second * 1_000_000_000))
    header.branch = branch
    header.exploration = what
    change(&header)
    return Gate.summarize(
      samples: (0..<count).map { Build.success(seq: $0, ttft: ttft) }, header: header,
      objectives: [bound])
  }

  private func judge(
    _ candidates: [RunRecord], against main: [RunRecord] = [], hasMainAborted: Bool = false
  ) -> Verdict {
    Gate.judge(
      GateInput(
        settings: GateSettings(objectives: [bound]), candidates: candidates, baseline: main,
        hasMainAborted: hasMainAborted, isNewEnvironment: true))
  }

  @Test("It is never usable, and what it was measured by says why where that is worse")
  func usable() {
    let header = run().header
    #expect(!header.isUsable)
    #expect(header.unusableReason == "not the fixed profile: rate 12 instead of 5")
    #expect(header.isJudgeable)
    let cut = run { $0.isFinished = false }.header
    #expect(cut.unusableReason == "not finished" && !cut.isJudgeable)
    let fixed = run { $0.exploration = nil }.header
    #expect(fixed.isUsable && fixed.isJudgeable && fixed.explorationReason == nil)
  }

  @Test("With its objectives met it is inconclusive for its own reason, whatever main is")
  func met() {
    var runs = Runs()
    let main = runs.main(10)
    for verdict in [judge([run()], against: main), judge([run(branch: "main")])] {
      #expect(verdict.kind == .inconclusive)
      #expect(verdict.reasons == [.notFixedProfile(what)])
      #expect(verdict.objectives.map(\.verdict) == [.ok])
      #expect(verdict.learning == nil && !verdict.wantsAnotherLook && !verdict.isAdvisory)
      #expect(verdict.composites.isEmpty && verdict.cells.isEmpty && verdict.warnings.isEmpty)
      #expect(verdict.runs.map(\.runID) == ["x"])
      #expect(verdict.look == 1 && verdict.maxLooks == 1)
    }
  }

  @Test("A missed objective fails it, and one with too few requests is said")
  func missed() {
    let slow = judge([run(ttft: .seconds(2))])
    #expect(slow.kind == .fail)
    #expect(slow.reasons == [.objectiveMissed("sustained: ttft.p50 < 1s")])
    let short = judge([run(count: 5)])
    #expect(short.kind == .inconclusive)
    #expect(
      short.reasons == [.notFixedProfile(what), .objectiveNotJudged("sustained: ttft.p50 < 1s")])
  }

  @Test("An objective that is missed by no more than the client's own lag fails nothing")
  func clientsShare() {
    var check = SelfCheck()
    (check.scheduled, check.sent) = (300, 300)
    check.scheduleLagP50 = .milliseconds(30)
    check.lateness = [LateCount(over: .milliseconds(50), count: 0)]
    let late = judge([run(ttft: .milliseconds(1_020)) { $0.selfCheck = check }])
    #expect(late.kind == .cannotEvaluate)
    guard case .clientLimited = late.reasons.first else {
      Issue.record("\(late.reasons)")
      return
    }
    #expect(late.reasons.last == .notFixedProfile(what))
    let slow = judge([run(ttft: .milliseconds(1_040)) { $0.selfCheck = check }])
    #expect(slow.reasons == [.objectiveMissed("sustained: ttft.p50 < 1s")])
  }

  @Test("An abort rule that fired fails it, also where main aborted: that was another load")
  func aborted() {
    let abort = Abort(profile: "sustained", rule: "error 50% over 10s", at: .seconds(20))
    let verdict = judge([run { $0.aborted = abort }], hasMainAborted: true)
    #expect(verdict.kind == .fail)
    #expect(verdict.reasons == [.aborted(abort)])
  }

  @Test("An aborted run tells of its objectives: missed ones are, and none is met by a cut run")
  func abortedObjectives() {
    let abort = Abort(profile: "sustained", rule: "error 50% over 10s", at: .seconds(20))
    let slow = judge([run(ttft: .seconds(2)) { $0.aborted = abort }])
    #expect(slow.objectives.map(\.verdict) == [.fail])
    #expect(slow.reasons == [.aborted(abort), .objectiveMissed("sustained: ttft.p50 < 1s")])
    let fast = judge([run { $0.aborted = abort }])
    #expect(fast.objectives.map(\.verdict) == [.inconclusive])
    #expect(fast.kind == .fail && fast.reasons == [.aborted(abort)])
  }

  @Test("A client that was the bottleneck, or a quota, leaves nothing to judge")
  func invalid() {
    var check = SelfCheck()
    (check.scheduled, check.sent) = (300, 300)
    check.loopLagP50 = .milliseconds(50)
    let limited = judge([run { $0.selfCheck = check }])
    #expect(limited.kind == .cannotEvaluate)
    guard case .clientLimited = limited.reasons.first else {
      Issue.record("\(limited.reasons)")
      return
    }
    let quota = judge([
      run {
        $0.isUsable = false
        $0.unusableReason = "your quota, not your code"
      }
    ])
    #expect(quota.reasons == [.unusable("your quota, not your code")])
  }

  @Test("It is no look: alone where it is the newest, left out where it is not")
  func looks() {
    var runs = Runs()
    let (main, looks) = (runs.main(10), runs.looks(2))
    let newest = judge(looks + [run()], against: main)
    #expect(newest.reasons.first == .notFixedProfile(what))
    #expect(newest.runs.map(\.runID) == ["x"])
    #expect(newest.warnings.count == 2)
    let between = judge([looks[0], run(second: 0), looks[1]], against: main)
    #expect(between.look == 2 && between.kind == judge(looks, against: main).kind)
    #expect(
      between.warnings.contains(
        .runLeftOut(runID: "x", reason: "not the fixed profile: rate 12 instead of 5")))
  }

  @Test("It serves in no baseline, whatever its header claims, and its abort excuses nobody")
  func baseline() {
    var claimed = run("b", branch: "main", second: 5).header
    (claimed.isUsable, claimed.unusableReason) = (true, nil)
    var aborted = claimed
    aborted.runID = "a"
    aborted.aborted = Abort(profile: "sustained", rule: "error 50% over 10s", at: .seconds(20))
    let fixed = Build.header(runID: "fixed")
    let rules = BaselineRules(branch: "main", environment: "default-00000000")
    let entries = [fixed, claimed, aborted].map { HistoryEntry(header: $0) }
    let selection = Baseline.choose(
      runs: entries, candidates: [], rules: rules, ancestry: { _ in .unknown })
    #expect(selection.baseline == ["fixed"] && !selection.hasMainAborted)
    let out = selection.runs.filter { $0.role == .out }
    #expect(out.map(\.runID).sorted() == ["a", "b"])
    #expect(out.allSatisfy { $0.reason == "not the fixed profile: rate 12 instead of 5" })

    let alone = Baseline.choose(
      runs: entries, candidates: [HistoryEntry(header: run().header)], rules: rules,
      ancestry: { _ in .unknown })
    #expect(alone.needed.isEmpty)
    #expect(alone.runs.first?.reason == "the run that is judged is not the fixed profile")

    var runs = Runs()
    var main = runs.main(10)
    main[3].header.exploration = what
    let verdict = judge(runs.looks(2), against: main)
    #expect(verdict.runs.count { $0.role == .baseline } == 9)
  }

  @Test("Two of one load are put side by side without a word of learning")
  func sideBySide() {
    let verdict = Gate.differences(candidate: run("b", ttft: .milliseconds(220)), baseline: run())
    #expect(verdict.reasons == [.notFixedProfile(what)])
    #expect(verdict.learning == nil)
    #expect(!verdict.differences.isEmpty)
  }
}
