import Foundation
import Gate
import Model
import Plan
import TestKit
import Testing

/// The branches of the gate that no golden case takes.
@Suite("Every branch of the verdict is taken")
struct BranchTests {
  private func judge(
    _ candidates: [RunRecord], _ baseline: [RunRecord], fresh: [RunRecord] = [],
    history: [[RunRecord]] = [], maxLooks: Int = 3,
    change: (inout GateInput) -> Void = { _ in }
  ) -> Verdict {
    var input = GateInput(
      settings: GateSettings(maxLooks: maxLooks), candidates: candidates, baseline: baseline,
      fresh: fresh, history: history)
    change(&input)
    return Gate.judge(input)
  }

  @Test("An unchanged candidate passes on its first look")
  func pass() {
    var runs = Runs()
    let main = runs.main(10)
    let verdict = judge(runs.looks(1), main)
    #expect(verdict.kind == .pass)
    #expect(verdict.reasons.isEmpty)
    #expect(!verdict.wantsAnotherLook)
    #expect(verdict.df == 9)
  }

  @Test("One run never blocks on latency, two do; rates block at once")
  func oneRun() {
    var runs = Runs()
    let main = runs.main(10)
    let slow = runs.looks(2, slower: 0.3)
    let first = judge([slow[0]], main)
    #expect(first.kind == .inconclusive)
    #expect(first.wantsAnotherLook)
    #expect(first.composites.first?.latency?.isGuardMet == false)
    let second = judge(slow, main)
    #expect(second.kind == .fail)
    #expect(second.warnings.contains(.noFreshRuns))
    let failing = judge(runs.looks(1, errors: 60), main)
    #expect(failing.kind == .fail)
    #expect(failing.reasons.first == .regression(HypothesisID(metric: .rate(.error))))
  }

  @Test("With one look allowed, one slow run blocks if it exceeds main's every deviation")
  func maxLooksOne() {
    var runs = Runs()
    let main = runs.main(10)
    let verdict = judge(runs.looks(1, slower: 0.3), main, maxLooks: 1)
    #expect(verdict.kind == .fail)
    #expect(verdict.alphaSpent == 0.02)
    #expect(verdict.composites.first?.latency?.mustExceed != nil)
  }

  @Test("What is left of the false alarms goes to the last look", arguments: [2, 3, 4])
  func lastLook(maxLooks: Int) {
    var runs = Runs()
    let main = runs.main(10)
    let spent = (1...maxLooks).map { look in
      judge(runs.looks(look), main, maxLooks: maxLooks).alphaSpent
    }
    #expect(abs(spent.reduce(0, +) - 0.02) < 1e-15)
    #expect(abs(spent[0] - 0.0004) < 1e-15)
    let verdict = judge(runs.looks(maxLooks, slower: 0.05), main, maxLooks: maxLooks)
    #expect(!verdict.wantsAnotherLook)
  }

  @Test("More looks than are allowed are judged as the last one")
  func tooManyLooks() {
    var runs = Runs()
    let main = runs.main(10)
    let verdict = judge(runs.looks(4, slower: 0.3), main, maxLooks: 2)
    #expect(verdict.look == 4)
    #expect(verdict.alphaSpent == 0.0196)
    #expect(verdict.kind == .fail)
  }

  @Test("A noisy environment needs a third look before a latency blocks")
  func noisy() {
    var runs = Runs()
    runs.noise = 0.08
    let main = runs.main(10)
    let looks = runs.looks(3, slower: 1)
    let second = judge(Array(looks.prefix(2)), main)
    #expect(second.composites.first?.latency?.isNoisy == true)
    #expect(second.kind == .inconclusive)
    #expect(judge(looks, main).kind == .fail)
    #expect(judge(Array(looks.prefix(2)), main, maxLooks: 2).kind == .fail)
    let isWarned = second.warnings.contains {
      if case .noisy(.ttftP50, let s) = $0 { s > 0.05 } else { false }
    }
    #expect(isWarned)
  }

  @Test("If fresh baseline runs are as slow, the environment moved and nothing blocks")
  func freshGuard() {
    var runs = Runs()
    let main = runs.main(10)
    let looks = runs.looks(2, slower: 0.3)
    let slowFresh = [runs.run(slower: 0.32)]
    let moved = judge(looks, main, fresh: slowFresh)
    #expect(moved.kind == .inconclusive)
    #expect(moved.composites.first?.latency?.inversions == 2)
    #expect(moved.composites.first?.latency?.mustExceed == nil)
    let still = judge(looks, main, fresh: [runs.run()])
    #expect(still.kind == .fail)
    #expect(still.composites.first?.latency?.inversions == 0)
    #expect(!still.warnings.contains(.noFreshRuns))
    #expect(still.runs.filter { $0.role == .fresh }.count == 1)
  }

  @Test("Below four degrees of freedom the gate learns and says how far it is")
  func learning() {
    var runs = Runs()
    let main = runs.main(3)
    let verdict = judge(runs.looks(1, slower: 0.5), main)
    #expect(verdict.kind == .inconclusive)
    #expect(verdict.learning == Learning(have: 3, need: 5))
    #expect(verdict.reasons == [.learning(Learning(have: 3, need: 5))])
    #expect(!verdict.wantsAnotherLook)
    #expect(verdict.composites.allSatisfy { $0.latency == nil })
    #expect(verdict.differences.count == 7)
    #expect(judge(runs.looks(1), runs.main(5)).learning == nil)
    let failing = judge(runs.looks(1, errors: 100), main)
    #expect(failing.kind == .fail, "with one run of main a rate may fail")
  }

  @Test("History counts towards what is learnt, but no main run of this segment is none")
  func learningHistory() {
    var runs = Runs()
    let old = runs.main(4)
    let verdict = judge(runs.looks(1), runs.main(1), history: [old])
    #expect(verdict.learning == Learning(have: 5, need: 6))
    let none = judge(runs.looks(1), [], history: [runs.main(8)])
    #expect(none.learning == Learning(have: 0, need: 1))
    #expect(none.kind == .inconclusive)
  }

  @Test("Without any run of main only objectives are judged")
  func noMain() {
    var runs = Runs()
    let verdict = judge(runs.looks(1, errors: 200), [])
    #expect(verdict.kind == .inconclusive)
    #expect(verdict.learning == Learning(have: 0, need: 5))
    #expect(verdict.composites.isEmpty && verdict.cells.isEmpty)
    let fresh = judge(runs.looks(1), []) { $0.isNewEnvironment = true }
    #expect(fresh.reasons.first == .newEnvironment)
  }

  @Test("With no cell that reaches its floor nothing can be tested")
  func nothingTestable() {
    var runs = Runs()
    let main = runs.main(6).map { $0.with(n: 29) }
    let verdict = judge(runs.looks(1).map { $0.with(n: 29) }, main)
    #expect(verdict.kind == .cannotEvaluate)
    #expect(verdict.reasons == [.nothingTestable])
    let id = HypothesisID(
      metric: .latency(.ttftP50), profile: "sustained", scenario: "short")
    #expect(
      verdict.untested.contains(UntestedCell(id: id, reason: .tooFew(n: 29, need: 30))))
    let failing = judge(runs.looks(1, errors: 100).map { $0.with(n: 29) }, main)
    #expect(failing.kind == .fail)
  }

  @Test("A p95 needs 200 requests, the median only 30")
  func floorOfTheTail() {
    var runs = Runs()
    let main = runs.main(6).map { $0.with(n: 199) }
    let verdict = judge(runs.looks(1).map { $0.with(n: 199) }, main)
    #expect(verdict.composites.compactMap(\.latency).count == 3)
    #expect(verdict.untested.map(\.reason) == [.tooFew(n: 199, need: 200)])
  }

  @Test("A closed loop's slow candidate is held to the baseline's n, not to its own")
  func closedLoopFloor() {
    var runs = Runs()
    let verdict = judge(runs.looks(2, slower: 1).map { $0.with(n: 12) }, runs.main(6))
    #expect(verdict.kind == .fail)
  }

  @Test("A cell in which more than a tenth of main is infinite is saturated")
  func saturated() {
    var runs = Runs()
    var main = runs.main(10)
    main[0] = main[0].with(.ttftP95, .infinity)
    let one = judge(runs.looks(1), main)
    #expect(one.kind == .pass, "one in ten is left out")
    #expect(one.composites.first { $0.id.metric == .latency(.ttftP95) }?.latency?.df == 8)
    main[1] = main[1].with(.ttftP95, .infinity)
    let two = judge(runs.looks(1), main)
    #expect(two.untested.map(\.reason) == [.saturated(runs: 2, of: 10)])
    #expect(two.kind == .pass)
    let all = judge(runs.looks(1), main.map { $0.with(.ttftP50, .infinity) })
    #expect(all.reasons == [.nothingTestable])
  }

  @Test("A candidate whose first tokens never came counts as its time-out, a lower bound")
  func lowerBound() {
    var runs = Runs()
    let main = runs.main(10)
    let looks = runs.looks(2).map { $0.with(.ttftP50, .infinity).with(.tpotP50, .infinity) }
    let verdict = judge(looks, main)
    #expect(verdict.kind == .fail)
    let composite = verdict.composites.first
    #expect(composite?.id.metric == .latency(.ttftP50))
    #expect(composite?.isLowerBound == true)
    #expect(abs((composite?.latency?.candidateMean ?? 0) - log(120)) < 1e-9)
    #expect(verdict.untested.map(\.reason) == [.candidateSaturated])
  }

  @Test("A scenario that the candidate has no request of cannot be evaluated")
  func missingCell() {
    var runs = Runs()
    runs.scenarios = ["short", "long"]
    let main = runs.main(6)
    let verdict = judge(runs.looks(1).map { $0.without(scenario: "long") }, main)
    #expect(verdict.kind == .cannotEvaluate)
    #expect(
      verdict.reasons == [.missingCells([CellKey(profile: "sustained", scenario: "long")])])
  }

  @Test("A scenario that main does not have yet is listed and blocks nothing")
  func newCell() {
    var runs = Runs()
    let main = runs.main(6)
    runs.scenarios = ["short", "long"]
    let verdict = judge(runs.looks(1), main)
    #expect(verdict.kind == .pass)
    #expect(verdict.untested.count == 4)
    #expect(verdict.untested.allSatisfy { $0.reason == .noBaseline })
  }

  @Test("Runs without any variance are judged by the floor of the noise")
  func zeroVariance() {
    var runs = Runs()
    runs.noise = 0
    let main = runs.main(10)
    let same = judge(runs.looks(2), main)
    #expect(same.kind == .pass)
    #expect(same.composites.first?.d.magnitude ?? 1 < 1e-12)
    #expect(judge(runs.looks(2, slower: 0.2), main).kind == .fail)
  }

  @Test("A significant change below the effect that matters does not block")
  func smallEffect() {
    var runs = Runs()
    runs.noise = 0.001
    let main = runs.main(10)
    let history = [runs.main(50)]
    let looks = runs.looks(3, slower: 0.025)
    let verdict = judge(looks, main, history: history)
    #expect(verdict.kind == .inconclusive)
    #expect((verdict.composites.first?.pAdjusted ?? 1) <= (verdict.composites.first?.level ?? 0))
    let strict = judge(looks, main, history: history) {
      $0.settings.effects["ttft_p50"] = 0.02
    }
    #expect(strict.kind == .fail)
  }

  @Test("The same run twice enters once, and it is said")
  func duplicate() {
    var runs = Runs()
    let main = runs.main(10)
    let looks = runs.looks(2)
    let verdict = judge(looks + [looks[0]], main + [main[3]], history: [[main[4]]])
    #expect(
      verdict
        == {
          var plain = judge(looks, main)
          plain.warnings += [
            .duplicateRun(looks[0].header.runID), .duplicateRun(main[3].header.runID),
            .duplicateRun(main[4].header.runID),
          ]
          return plain
        }())
  }

  @Test("Of two different runs with one id the same one is kept in any order")
  func duplicateContent() {
    var runs = Runs()
    let main = runs.main(10)
    var other = main[0].with(.ttftP50, 5)
    other.header = main[0].header
    let looks = runs.looks(1)
    #expect(judge(looks, [other] + main) == judge(looks, main + [other]))
  }

  @Test("Runs of another environment are left out, and it is said")
  func foreignEnvironment() {
    var runs = Runs()
    var main = runs.main(10)
    main[2].header.environment = "other-11111111"
    let verdict = judge(runs.looks(1), main)
    #expect(verdict.runs.filter { $0.role == .baseline }.count == 9)
    #expect(
      verdict.warnings.contains(
        .runLeftOut(runID: main[2].header.runID, reason: "of environment other-11111111")))
  }

  @Test("Runs that count tokens by another unit say nothing of a cadence")
  func otherUnit() {
    var runs = Runs()
    let main = runs.main(10)
    var looks = runs.looks(1)
    looks[0].header.tokenUnit = .events
    let verdict = judge(looks, main)
    #expect(verdict.composites.compactMap(\.latency).count == 2)
    #expect(verdict.untested.map(\.reason) == [.noBaseline, .noBaseline])
  }

  @Test("A run of the gate's branch is judged alone and never fails on a latency")
  func advisory() {
    var runs = Runs()
    let main = runs.main(10)
    let slow = judge([runs.run(slower: 0.5)], main)
    #expect(slow.isAdvisory)
    #expect(slow.kind == .inconclusive)
    #expect(!slow.wantsAnotherLook)
    #expect(slow.maxLooks == 1)
    #expect(slow.composites.contains { $0.latency?.isGuardMet == true && $0.d > 0.4 })
    #expect(judge([runs.run(errors: 100)], main).kind == .fail)
    #expect(judge([runs.run(), runs.run()], main).look == 1)
  }

  @Test("Bare files give differences, inconclusive until there are five runs of main")
  func bareFiles() {
    var runs = Runs()
    let verdict = Gate.differences(candidate: runs.run(slower: 0.1), baseline: runs.run())
    #expect(verdict.kind == .inconclusive)
    #expect(verdict.reasons == [.noBaseline])
    #expect(verdict.learning == Learning(have: 1, need: 5))
    #expect(verdict.differences.count == 7)
    #expect(verdict.cells.isEmpty && verdict.composites.isEmpty)
  }
}
