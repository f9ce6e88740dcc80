import LoadEngine
import Model
import Plan
import Testing

@testable import App

@Suite("A client that cannot keep up says so at once")
struct BehindWatchTests {
  private typealias Watched = WatchedRun<BehindWatch>

  private static func fallBehind(_ look: inout EngineProgress) {
    look.arrivalsDue += 400
    look.arrivalsSent += 150
    look.lateBy = look.lateBy + .milliseconds(125)
  }

  @Test("After a second of late arrivals, with the figures, and once a profile")
  func late() {
    var run = Watched(BehindWatch())
    run.look(5, BehindWatchTests.fallBehind)
    #expect(run.said.isEmpty)
    run.look(20, BehindWatchTests.fallBehind)
    #expect(
      run.said == [
        "warning: ramp-up: the client is behind: 750 of 2000 arrivals sent in the last 1 s, "
          + "late by 750 ms\n  try: a lower rate, more engines (--engines), or another machine; "
          + "see docs/live.md"
      ])
    run.look(20) { look in
      look.profile = .sustained
      look.profileIndex = 1
      BehindWatchTests.fallBehind(&look)
    }
    #expect(run.said.count == 2 && run.said[1].contains("sustained"))
  }

  @Test("The remedy is that of its cause: more engines where its own core is full, else none")
  func remedy() {
    func said(cpu: Double, wait: Double?) -> String {
      var run = Watched(BehindWatch())
      run.look(20) { look in
        BehindWatchTests.fallBehind(&look)
        (look.cpuShare, look.cpuWaitShare) = (cpu, wait)
      }
      return run.said.joined()
    }
    let full = said(cpu: 0.93, wait: 0.05)
    #expect(full.contains("late by 750 ms; its core is full\n"))
    #expect(full.contains("try: a lower rate, more engines (--engines), or more machines;"))
    let shared = said(cpu: 0.41, wait: 0.35)
    #expect(shared.contains("; it was ready and had no CPU for 35.0 % of the time\n"))
    #expect(shared.contains("try: a lower rate, an idle machine, or more machines;"))
    #expect(!shared.contains("engines"))
    #expect(said(cpu: 0.41, wait: nil).contains("late by 750 ms\n  try: a lower rate, more"))
  }

  @Test("Not for a hiccup, however deep")
  func hiccup() {
    var run = Watched(BehindWatch())
    for _ in 0..<10 {
      run.look(4, BehindWatchTests.fallBehind)
      run.look(2) { $0.lateBy = .zero }
    }
    #expect(run.said.isEmpty)
  }

  @Test("Not where the service leaves no slot: its arrivals are dropped in time")
  func noSlot() {
    var run = Watched(BehindWatch())
    run.look(50) { look in
      look.arrivalsDue += 400
      look.ended[.droppedCap, default: 0] += 400
    }
    #expect(run.said.isEmpty)
  }

  @Test("The lateness that counts is a tenth of the smallest median ttft, once there is one")
  func limit() {
    func run(ttft: Nanos) -> [String] {
      var run = Watched(BehindWatch())
      run.look(50) { look in
        look.ttft[0].add(ttft)
        look.arrivalsDue += 10
        look.arrivalsSent += 10
        look.lateBy = .milliseconds(20)
      }
      return run.said
    }
    #expect(run(ttft: .milliseconds(100)).count == 1)
    #expect(run(ttft: .seconds(1)).isEmpty)
  }

  @Test("Where data waits too long now and then, after seven seconds, and not for one pause")
  func uneven() {
    func run(pauses: Int) -> [String] {
      var run = Watched(BehindWatch())
      for second in 0..<20 {
        run.look(5) { look in
          look.ttft[0].add(.milliseconds(400))
          look.elapsed = look.elapsed + Progress.interval
          look.arrivalsDue += 10
          look.arrivalsSent += 10
          for _ in 0..<100 { look.loopLag.add(.microseconds(30)) }
        }
        if second < pauses {
          run.look(1) { look in for _ in 0..<60 { look.loopLag.add(.milliseconds(80)) } }
        }
      }
      return run.said
    }
    #expect(run(pauses: 1).isEmpty)
    let said = run(pauses: 20)
    #expect(said.count == 1)
    #expect(said.first?.contains("data waited 8") == true, "\(said)")
    #expect(said.first?.contains(" (p99) until it was read") == true)
  }

  @Test("In a closed loop, by its users' lateness or by the loop lag")
  func closed() {
    var run = Watched(BehindWatch())
    run.look = LiveLooks.stress[0]
    run.look(20) { $0.lateBy = .milliseconds(300) }
    #expect(run.said.count == 1)
    #expect(run.said.first?.contains("its requests go out late by 300 ms") == true)
    #expect(run.said.first?.contains("try: fewer users, more engines") == true)

    var slow = Watched(BehindWatch())
    slow.look = LiveLooks.stress[0]
    slow.look(50) { look in
      look.ttft[0].add(.milliseconds(50))
      for _ in 0..<100 { look.loopLag.add(.milliseconds(3)) }
    }
    #expect(slow.said.count == 1)
    #expect(slow.said.first?.contains("data waited 3.") == true, "\(slow.said)")
  }
}
