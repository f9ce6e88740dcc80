import CLinux
import Model

/// The client's figures on itself, in memory of fixed size; all but CPU and connections only of
/// requests and wake-ups after the warm-up.
struct SelfMeter {
  /// The first step of the ladder of lateness; each step doubles.
  static let ladderFirst = Nanos.microseconds(16)
  /// Steps of the ladder: up to 33 s.
  static let ladderCount = 22

  private var loopLag = LogHistogram()
  private var scheduleLag = LogHistogram()
  private var late = [Int](repeating: 0, count: ladderCount)
  private var check = SelfCheck()
  private let startedAt: MonotonicNanos
  private let usageAtStart: streamgate_thread_usage

  init(at now: MonotonicNanos) {
    startedAt = now
    usageAtStart = streamgate_thread_usage()
  }

  mutating func countWakeUp(lag: Nanos) {
    loopLag.add(lag)
  }

  mutating func countScheduled() {
    check.scheduled += 1
  }

  mutating func countSent(lag: Nanos) {
    check.sent += 1
    scheduleLag.add(lag)
    var step = SelfMeter.ladderFirst
    for index in late.indices {
      guard lag > step else { break }
      late[index] += 1
      step = step * 2
    }
  }

  mutating func countDropped(_ outcome: Outcome) {
    if outcome == .droppedLate { check.droppedLate += 1 } else { check.droppedCap += 1 }
  }

  mutating func countConnections(opened: Int, isReused: Bool, diedOnReuse: Bool) {
    check.connectionsOpened += opened
    if isReused { check.connectionsReused += 1 }
    if diedOnReuse { check.connectionsDiedOnReuse += 1 }
  }

  mutating func noteInFlight(_ count: Int) {
    check.inFlightMax = max(check.inFlightMax, count)
  }

  /// The figures up to now.
  func figures(at now: MonotonicNanos) -> SelfCheck {
    var figures = check
    figures.loopLagP50 = loopLag.quantile(0.5)
    figures.loopLagP99 = loopLag.quantile(0.99)
    figures.loopLagMax = loopLag.max
    figures.scheduleLagP50 = scheduleLag.quantile(0.5)
    figures.scheduleLagP99 = scheduleLag.quantile(0.99)
    figures.scheduleLagMax = scheduleLag.max
    figures.lateness = late.enumerated().map { index, count in
      LateCount(over: SelfMeter.ladderFirst * (1 << Int64(index)), count: count)
    }
    let usage = streamgate_thread_usage()
    let wall = max((now - startedAt).rawValue, 1)
    figures.cpuShare = Double(usage.cpu_nanos - usageAtStart.cpu_nanos) / Double(wall)
    figures.involuntarySwitches = Int(
      usage.involuntary_switches - usageAtStart.involuntary_switches)
    return figures
  }
}
