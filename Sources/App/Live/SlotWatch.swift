import LoadEngine
import Model
import Plan
import Reports

/// Tells, at once and once a profile, that arrivals find no slot: all streams that may be open are,
/// and so the rate is not reached, whoever is too slow for it.
struct SlotWatch {
  private var saidOfProfile: Int?
  private var dropped = 0
  /// The moments of the first and the latest drop, none of them a second after the one before.
  private var drops: ClosedRange<MonotonicNanos>?

  /// Looks at the latest; the warning, nil for none.
  mutating func look(at window: ProgressWindow) -> String? {
    let now = window.now
    let isNew = now.ended[.droppedCap, default: 0] > dropped
    dropped = now.ended[.droppedCap, default: 0]
    guard let profile = now.profile, saidOfProfile != now.profileIndex else {
      drops = nil
      return nil
    }
    if let latest = drops?.upperBound, now.stamp - latest >= BehindWatch.patience { drops = nil }
    guard isNew else { return nil }
    let drops = (self.drops?.lowerBound ?? now.stamp)...now.stamp
    self.drops = drops
    guard drops.upperBound - drops.lowerBound >= BehindWatch.patience,
      let earlier = window.look(atLeast: BehindWatch.patience)
    else { return nil }
    saidOfProfile = now.profileIndex
    return "warning: \(profile.rawValue): " + words(now, since: earlier, window)
      + "\n  each counts as the service's failure (dropped_cap); try: a lower rate, or a higher "
      + "limits.inFlight; see docs/live.md"
  }

  private func words(
    _ now: EngineProgress, since earlier: EngineProgress, _ window: ProgressWindow
  ) -> String {
    let due = now.arrivalsDue - earlier.arrivalsDue
    let count = dropped - earlier.ended[.droppedCap, default: 0]
    let time = LiveWords.seconds(now.stamp - earlier.stamp)
    return "no slot for \(count) of \(due) arrivals in the last \(time): "
      + "\(Figures.count(now.inFlight, "stream")) open, as many as limits.inFlight lets be"
      + (window.recentTTFT.map { ", with a median ttft of \(LiveWords.duration($0.p50))" } ?? "")
  }
}
