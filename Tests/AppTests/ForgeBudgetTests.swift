import Forge
import Model
import Testing

@testable import App

@Suite("What a forge that is down costs at a job's end")
struct ForgeBudgetTests {
  private let start = MonotonicNanos(0) + .seconds(7)

  @Test("Comment, check run and companion together have the 90 seconds of one errand")
  func one() {
    let budget = ForgeBudget(hasCheck: true, now: start)
    var now = start + budget.comment
    now = now + budget.check(now: now)
    now = now + budget.companion(now: now)
    #expect(now - start == ForgePatience().timeMax)
    #expect(ForgeBudget(hasCheck: false, now: start).comment == ForgePatience().timeMax)
  }

  @Test("What the comment did not need is the check run's, and the companion is always heard")
  func rest() {
    let budget = ForgeBudget(hasCheck: true, now: start)
    #expect(budget.check(now: start + .seconds(2)) == .seconds(73))
    #expect(budget.companion(now: start + .seconds(2)) == .seconds(15))
    #expect(budget.companion(now: start + .seconds(500)) == .seconds(1))
  }

  @Test("The companion is told its time in a line of its own")
  func line() {
    #expect(
      CheckWatchCommand.patience(line: CheckWatchCommand.line(patience: .seconds(15)))
        == .seconds(15))
    for line in [CheckWatchCommand.done, CheckWords.unknown.line, "{\"patience_s\":-1}", "{}", ""] {
      #expect(CheckWatchCommand.patience(line: line) == nil)
    }
    #expect(CheckWords(line: CheckWatchCommand.line(patience: .seconds(1))) == nil)
  }
}
