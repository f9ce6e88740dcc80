import CLinux
import Model
import StreamMeter

/// The client's figures on itself, in memory of fixed size; all but CPU and connections only of
/// requests, reads and time after the warm-up.
struct SelfMeter {
  /// The steps of the ladder of lateness, from 16 us to 63 s: eight an octave, so that no limit is
  /// further than an eighth below the step that stands for it.
  static let ladder: [Nanos] = (0..<22).flatMap { octave in
    (8..<16).map { Nanos(2_000 * $0 << Int64(octave)) }
  }

  /// How late the loop was.
  struct Lags {
    var loop = LogHistogram()
    /// Of it, wake-ups by the timer. How long data waited for the CPU while the loop was blocked no
    /// read can tell; a timer that was due then waited as long, and can.
    var timer = LogHistogram()
    var blind = BlindTime()
    var schedule = LogHistogram()

    /// Takes others in. O(buckets).
    mutating func merge(_ other: Lags) {
      loop.merge(other.loop)
      timer.merge(other.timer)
      blind.merge(other.blind)
      schedule.merge(other.schedule)
    }
  }

  private var lags = Lags()
  /// What the warm-ups saw: for who watches the run, in no figure.
  private var warmupLags = Lags()
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

  /// A read's loop lag: from the earliest moment at which its data could have been ready to its
  /// stamp. That is the wake-up if we waited for it, or the timer's moment where that has passed,
  /// else the latest poll that read all there was.
  mutating func countRead(lag: Nanos, isWarmup: Bool) {
    if isWarmup { warmupLags.loop.add(lag) } else { lags.loop.add(lag) }
  }

  /// A wake-up by the timer, so late.
  mutating func countTimer(lag: Nanos, isWarmup: Bool) {
    countRead(lag: lag, isWarmup: isWarmup)
    if isWarmup { warmupLags.timer.add(lag) } else { lags.timer.add(lag) }
  }

  /// The loop saw all there was, so much time after it did before; for a part of it, it could not
  /// look.
  mutating func countSight(blind: Nanos, of elapsed: Nanos, isWarmup: Bool) {
    if isWarmup {
      warmupLags.blind.add(blind, of: elapsed)
    } else {
      lags.blind.add(blind, of: elapsed)
    }
  }

  mutating func countWarmupSent(lag: Nanos) {
    warmupLags.schedule.add(lag)
  }

  mutating func countScheduled() {
    check.scheduled += 1
  }

  mutating func countSent(lag: Nanos) {
    check.sent += 1
    lags.schedule.add(lag)
    for index in late.indices {
      guard lag > SelfMeter.ladder[index] else { break }
      late[index] += 1
    }
  }

  mutating func countDropped(_ outcome: Outcome) {
    if outcome == .droppedLate { check.droppedLate += 1 } else { check.droppedCap += 1 }
  }

  /// A request that was sent found its machine without what a connection needs.
  mutating func countMissing(_ lack: LocalResource) {
    check.sent -= 1
    check.droppedLate += 1
    resources.countMissing(lack)
  }

  mutating func countConnections(opened: Int, isReused: Bool, diedOnReuse: Bool) {
    check.connectionsOpened += opened
    resources.countOpened(opened)
    if isReused { check.connectionsReused += 1 }
    if diedOnReuse { check.connectionsDiedOnReuse += 1 }
  }

  /// The engine has ended: takes what its thread has used, which must be the one that calls;
  /// `largestDescriptor` is that of its sockets.
  mutating func stop(at now: MonotonicNanos, largestDescriptor: Int) {
    let usage = streamgate_thread_usage()
    let wall = max((now - startedAt).rawValue, 1)
    check.cpuShare = Double(usage.cpu_nanos - usageAtStart.cpu_nanos) / Double(wall)
    check.involuntarySwitches = Int(
      usage.involuntary_switches - usageAtStart.involuntary_switches)
    check.resources = resources.figures(at: now, largestDescriptor: largestDescriptor)
  }

  /// The lags with those of the warm-ups. O(buckets).
  var lagsOfAll: Lags {
    var all = lags
    all.merge(warmupLags)
    return all
  }

  /// Takes another engine's figures in: counts are added up, so that quantiles are of all requests
  /// and wake-ups; of CPU shares the largest stays, for one engine at its limit is late.
  mutating func merge(_ other: SelfMeter) {
    lags.merge(other.lags)
    for index in late.indices { late[index] += other.late[index] }
    check.scheduled += other.check.scheduled
    check.sent += other.check.sent
    check.droppedLate += other.check.droppedLate
    check.droppedCap += other.check.droppedCap
    check.connectionsOpened += other.check.connectionsOpened
    check.connectionsReused += other.check.connectionsReused
    check.connectionsDiedOnReuse += other.check.connectionsDiedOnReuse
    check.cpuShare = max(check.cpuShare, other.check.cpuShare)
    check.involuntarySwitches += other.check.involuntarySwitches
    if let resources = other.check.resources { check.resources?.merge(resources) }
  }

  /// The figures of an engine that was stopped, without those that only the whole run has.
  var figures: SelfCheck {
    var figures = check
    figures.loopLagP50 = lag(0.5)
    figures.loopLagP99 = lag(0.99)
    figures.loopLagMax = lags.loop.max
    figures.scheduleLagP50 = lags.schedule.quantile(0.5)
    figures.scheduleLagP99 = lags.schedule.quantile(0.99)
    figures.scheduleLagMax = lags.schedule.max
    figures.lateness = lateness()
    return figures
  }

  /// By reads, by wake-ups of the timer, or by time, whatever is worst.
  private func lag(_ p: Double) -> Nanos {
    max(lags.loop.quantile(p), lags.timer.quantile(p), lags.blind.quantile(p))
  }

  /// The part of the ladder that says something: from the last step that every request exceeded to
  /// the first one that none did.
  private func lateness() -> [LateCount] {
    let first = max(0, (late.firstIndex { $0 < check.sent } ?? late.count) - 1)
    let last = late.firstIndex(of: 0) ?? late.count - 1
    return (first...max(first, last)).map { LateCount(over: SelfMeter.ladder[$0], count: late[$0]) }
  }
}
