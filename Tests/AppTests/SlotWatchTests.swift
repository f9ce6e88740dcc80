import LoadEngine
import Model
import Plan
import Testing

@testable import App

@Suite("Arrivals without a slot are told at once")
struct SlotWatchTests {
  private static func fill(_ look: inout EngineProgress) {
    look.arrivalsDue += 400
    look.arrivalsSent += 150
    look.ended[.droppedCap, default: 0] += 250
    look.inFlight = 2_000
    look.ttft[0].add(.milliseconds(1_000))
  }

  @Test("After a second of them, with the figures and the limit's name, and once a profile")
  func full() {
    var run = WatchedRun(SlotWatch())
    run.look(5, SlotWatchTests.fill)
    #expect(run.said.isEmpty)
    run.look(20, SlotWatchTests.fill)
    #expect(
      run.said == [
        "warning: ramp-up: no slot for 1250 of 2000 arrivals in the last 1 s: 2000 streams open, "
          + "as many as limits.inFlight lets be, with a median ttft of 1.00 s\n  each counts as "
          + "the service's failure (dropped_cap); try: a lower rate, or a higher limits.inFlight; "
          + "see docs/live.md"
      ])
    run.look(20) { look in
      look.profile = .sustained
      look.profileIndex = 1
      SlotWatchTests.fill(&look)
    }
    #expect(run.said.count == 2 && run.said[1].contains("sustained"))
  }

  @Test("Not for a burst that is over, nor where requests are late or fail otherwise")
  func others() {
    var run = WatchedRun(SlotWatch())
    for _ in 0..<5 {
      run.look(1, SlotWatchTests.fill)
      run.look(5) { $0.arrivalsDue += 1 }
    }
    run.look(20) { look in
      look.arrivalsDue += 400
      look.ended[.droppedLate, default: 0] += 100
      look.ended[.http429, default: 0] += 300
    }
    #expect(run.said.isEmpty)
  }
}
