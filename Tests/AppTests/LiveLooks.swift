import LoadEngine
import Model
import Plan

/// Hand-made looks at an engine, for tests of what is shown of them.
enum LiveLooks {
  /// A run at the start of the third of ten stages of the ramp, a second after another look.
  static var ramp: [EngineProgress] {
    var first = EngineProgress()
    first.profile = .rampUp
    first.profileCount = 3
    first.stage = 2
    first.stageCount = 10
    first.duration = .seconds(20)
    first.laterDuration = .seconds(40)
    first.elapsed = .milliseconds(4_200)
    first.stamp = MonotonicNanos(0) + .seconds(10)
    first.targetRate = 20
    first.arrivalsDue = 40
    first.arrivalsSent = 40
    first.sent = 40
    first.ttft = Array(repeating: LogHistogram(), count: 3)
    var second = first
    second.elapsed = .milliseconds(6_200)
    second.stamp = first.stamp + .seconds(2)
    second.inFlight = 42
    second.arrivalsDue = 80
    second.arrivalsSent = 79
    second.sent = 79
    second.tokens = 4_068
    second.ended = [.complete: 30, .truncated: 2, .http429: 5]
    for time in [Int64(150), 150, 150, 151] { second.ttft[0].add(.milliseconds(time)) }
    for lag in [Int64(20), 20, 25] { second.loopLag.add(.microseconds(lag)) }
    for _ in 0..<39 { second.scheduleLag.add(.microseconds(30)) }
    return [first, second]
  }

  /// Two users' worth of the closed loop after its last arrival.
  static var stress: [EngineProgress] {
    var looks = ramp
    for index in looks.indices {
      looks[index].profile = .stress
      looks[index].profileIndex = 2
      looks[index].stage = 0
      looks[index].stageCount = 1
      looks[index].laterDuration = .zero
      looks[index].targetRate = 0
      looks[index].targetUsers = 40
    }
    looks[1].elapsed = .seconds(21)
    return looks
  }

  /// A service whose time is far above the client's lag, or far below it.
  static func lagging(loopLag: Nanos, late: Int = 0, ttft: Nanos) -> [EngineProgress] {
    var looks = ramp
    looks[1].loopLag = LogHistogram()
    for _ in 0..<100 { looks[1].loopLag.add(loopLag) }
    looks[1].ttft[0] = LogHistogram()
    for _ in 0..<40 { looks[1].ttft[0].add(ttft) }
    for _ in 0..<late { looks[1].scheduleLag.add(.seconds(1)) }
    return looks
  }
}
