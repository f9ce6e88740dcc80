import CLinux
import Model

/// The client's figures on itself, in memory of fixed size; all but CPU and connections only of
/// requests and wake-ups after the warm-up.
struct SelfMeter {
  /// The steps of the ladder of lateness, from 16 us to 63 s: eight an octave, so that no limit is
  /// further than an eighth below the step that stands for it.
  static let ladder: [Nanos] = (0..<22).flatMap { octave in
    (8..<16).map { Nanos(2_000 * $0 << Int64(octave)) }
  }

  private var loopLag = LogHistogram()
  private var scheduleLag = LogHistogram()
  /// What the warm-ups saw: for who watches the run, in no figure.
  private var warmupLoopLag = LogHistogram()
  private var warmupScheduleLag = LogHistogram()
  private var late = [Int](repeating: 0, count: ladder.count)
  private var check = SelfCheck()
  private let startedAt: MonotonicNanos
  private let usageAtStart: streamgate_thread_usage
  /// What the machine gives.
  var resources: ResourceMeter

  init(at now: MonotonicNanos) {
    startedAt = now
    resources = ResourceMeter(at: now)
    usageAtStart = streamgate_thread_usage()
  }

  mutating func countWakeUp(lag: Nanos, isWarmup: Bool) {
    if isWarmup { warmupLoopLag.add(lag) } else { loopLag.add(lag) }
  }

  mutating func countWarmupSent(lag: Nanos) {
    warmupScheduleLag.add(lag)
  }

  mutating func countScheduled() {
    check.scheduled += 1
  }

  mutating func countSent(lag: Nanos) {
    check.sent += 1
    scheduleLag.add(lag)
    for index in late.indices {
      guard lag > SelfMeter.ladder[index] else { break }
      late[index] += 1
    }
  }

  mutating func countDropped(_ outcome: Outcome) {
    if outcome == .droppedLate { check.droppedLate += 1 } else { check.droppedCap += 1 }
  }

  mutating func countConnections(opened: Int, isReused: Bool, diedOnReuse: Bool) {
    check.connectionsOpened += opened
    resources.countOpened(opened)
    if isReused { check.connectionsReused += 1 }
    if diedOnReuse { check.connectionsDiedOnReuse += 1 }
  }

  mutating func noteInFlight(_ count: Int) {
    check.inFlightMax = max(check.inFlightMax, count)
  }

  /// Loop lag with that of the warm-ups. O(buckets).
  var loopLagOfAll: LogHistogram {
    var all = loopLag
    all.merge(warmupLoopLag)
    return all
  }

  /// Schedule lag with that of the warm-ups. O(buckets).
  var scheduleLagOfAll: LogHistogram {
    var all = scheduleLag
    all.merge(warmupScheduleLag)
    return all
  }

  /// The figures up to now; `largestDescriptor` is that of the sockets so far.
  func figures(at now: MonotonicNanos, largestDescriptor: Int) -> SelfCheck {
    var figures = check
    figures.loopLagP50 = loopLag.quantile(0.5)
    figures.loopLagP99 = loopLag.quantile(0.99)
    figures.loopLagMax = loopLag.max
    figures.scheduleLagP50 = scheduleLag.quantile(0.5)
    figures.scheduleLagP99 = scheduleLag.quantile(0.99)
    figures.scheduleLagMax = scheduleLag.max
    figures.lateness = lateness()
    let usage = streamgate_thread_usage()
    let wall = max((now - startedAt).rawValue, 1)
    figures.cpuShare = Double(usage.cpu_nanos - usageAtStart.cpu_nanos) / Double(wall)
    figures.involuntarySwitches = Int(
      usage.involuntary_switches - usageAtStart.involuntary_switches)
    figures.resources = resources.figures(at: now, largestDescriptor: largestDescriptor)
    return figures
  }

  /// The part of the ladder that says something: from the last step that every request exceeded to
  /// the first one that none did.
  private func lateness() -> [LateCount] {
    let first = max(0, (late.firstIndex { $0 < check.sent } ?? late.count) - 1)
    let last = late.firstIndex(of: 0) ?? late.count - 1
    return (first...max(first, last)).map { LateCount(over: SelfMeter.ladder[$0], count: late[$0]) }
  }
}
