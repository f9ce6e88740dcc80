import Gate
import LoadEngine
import Model
import Plan
import Reports

/// Tells, at once and once a profile, that the client cannot keep up with what it is to do.
///
/// It is behind if, at every look of a whole second, the next request had been due for longer than
/// the error that a run may have; or the median loop lag of the latest second was beyond its limit;
/// or, for seven seconds, the p99 of the latest five was beyond its own. Arrivals that the service
/// left no slot for are not late.
struct BehindWatch {
  /// What the client is given before it is said to be behind.
  static let patience = Nanos.seconds(1)
  /// What an uneven client is given: longer than a single pause stays in the latest seconds.
  static let unevenPatience = Nanos.seconds(7)
  /// The lateness that counts while no latency is known to hold it against.
  static let lateByMax = Nanos.milliseconds(100)

  private var saidOfProfile: Int?
  private var lateSince: MonotonicNanos?
  private var slowSince: MonotonicNanos?
  private var unevenSince: MonotonicNanos?

  /// Looks at the latest; the warning, nil for none.
  mutating func look(at window: ProgressWindow) -> String? {
    let now = window.now
    guard let profile = now.profile, saidOfProfile != now.profileIndex else {
      (lateSince, slowSince, unevenSince) = (nil, nil, nil)
      return nil
    }
    let limit = window.smallestMedian.map { ClientCheck.limit(smallestMedian: $0) }
    let isLate = now.lateBy > (limit ?? Self.lateByMax)
    lateSince = isLate ? lateSince ?? now.stamp : nil
    slowSince = isSlow(window) ? slowSince ?? now.stamp : nil
    unevenSince = isUneven(window) ? unevenSince ?? now.stamp : nil
    guard let words = lateWords(window) ?? slowWords(window) ?? unevenWords(window) else {
      return nil
    }
    saidOfProfile = now.profileIndex
    let cause = ClientCheck.cause(cpuShare: now.cpuShare, cpuWaitShare: now.cpuWaitShare)
    return "warning: \(profile.rawValue): the client is behind: \(words)"
      + Self.words(cause, of: now) + "\n"
      + "  try: \(now.targetUsers > 0 ? "fewer users" : "a lower rate")"
      + ", \(Self.remedy(cause)); see docs/live.md"
  }

  private static func words(_ cause: ClientCheck.CauseNow?, of now: EngineProgress) -> String {
    switch cause {
    case .fullCore: "; its core is full"
    case .sharedMachine:
      "; it was ready and had no CPU for \(Figures.percent(now.cpuWaitShare ?? 0)) of the time"
    case nil: ""
    }
  }

  /// More engines help where the engine's own core is full, and not where others take it.
  private static func remedy(_ cause: ClientCheck.CauseNow?) -> String {
    switch cause {
    case .fullCore: "more engines (--engines), or more machines"
    case .sharedMachine: "an idle machine, or more machines"
    case nil: "more engines (--engines), or another machine"
    }
  }

  private func lateWords(_ window: ProgressWindow) -> String? {
    let now = window.now
    guard let lateSince, now.stamp - lateSince >= Self.patience,
      let earlier = window.look(atLeast: Self.patience)
    else { return nil }
    let late = "late by \(LiveWords.duration(now.lateBy))"
    let due = now.arrivalsDue - earlier.arrivalsDue
    guard due > 0 else { return "its requests go out " + late }
    let sent = now.arrivalsSent - earlier.arrivalsSent
    let time = LiveWords.seconds(now.stamp - earlier.stamp)
    return "\(sent) of \(due) arrivals sent in the last \(time), " + late
  }

  private func isSlow(_ window: ProgressWindow) -> Bool {
    guard let median = window.smallestMedian, let earlier = window.look(atLeast: Self.patience),
      window.now.stamp - earlier.stamp >= Self.patience
    else { return false }
    return window.lags(since: earlier).loopLagMedian
      > ClientCheck.medianLimit(smallestMedian: median)
  }

  private func isUneven(_ window: ProgressWindow) -> Bool {
    guard let median = window.smallestMedian, let lags = window.recentLags else { return false }
    return lags.loopLagP99 > ClientCheck.limit(smallestMedian: median)
  }

  private func unevenWords(_ window: ProgressWindow) -> String? {
    guard let unevenSince, window.now.stamp - unevenSince >= Self.unevenPatience,
      let lags = window.recentLags, let median = window.smallestMedian
    else { return nil }
    return "data waited \(LiveWords.duration(lags.loopLagP99)) (p99) until it was read, "
      + "with a smallest median ttft of \(LiveWords.duration(median))"
  }

  private func slowWords(_ window: ProgressWindow) -> String? {
    guard let slowSince, window.now.stamp - slowSince >= Self.patience,
      let earlier = window.look(atLeast: Self.patience), let median = window.smallestMedian
    else { return nil }
    let lag = window.lags(since: earlier).loopLagMedian
    return "data waited \(LiveWords.duration(lag)) (median) until it was read, "
      + "with a smallest median ttft of \(LiveWords.duration(median))"
  }
}
