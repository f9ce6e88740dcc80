import Model
import Plan

/// The streams that ended in the last stretch of time, and whether too many of them failed; and,
/// for a load that is over before such a stretch is, all of them.
struct AbortWindow {
  /// Ended streams below which no share is taken: one failure alone is not an outage.
  static let endedMin = 5

  /// A client that stood still so long begins the window anew.
  static let pauseMin = Nanos.seconds(1)

  private struct End {
    var at: MonotonicNanos
    var isError: Bool
    var isBeyondClient: Bool
  }

  private let rule: AbortRule
  /// Before this the window is not full.
  private var fullAt: MonotonicNanos
  private var ends: [End] = []
  private var first = 0
  private var errors = 0
  /// Of the errors, those that a slow client cannot cause.
  private var beyondClient = 0
  /// All streams of the profile.
  private var whole = Share()

  private struct Share {
    var ended = 0
    var errors = 0
    var beyondClient = 0
  }

  /// A window over the requests measured from `start` on.
  init(rule: AbortRule, measuredFrom start: MonotonicNanos) {
    self.rule = rule
    fullAt = start + rule.over
  }

  /// Counts a stream that ended; true if the rule fires. Amortised O(1).
  mutating func add(isError: Bool, isBeyondClient: Bool, at now: MonotonicNanos) -> Bool {
    ends.append(End(at: now, isError: isError, isBeyondClient: isError && isBeyondClient))
    count(ends[ends.count - 1], 1)
    while first < ends.count, now - ends[first].at > rule.over {
      count(ends[first], -1)
      first += 1
    }
    if first > 1_024, first > ends.count / 2 {
      ends.removeFirst(first)
      first = 0
    }
    return now >= fullAt && ends.count - first >= AbortWindow.endedMin && fires(on: errors)
  }

  /// Counts a stream of the profile, whenever it ended.
  mutating func count(isError: Bool, isBeyondClient: Bool) {
    whole.ended += 1
    guard isError else { return }
    whole.errors += 1
    if isBeyondClient { whole.beyondClient += 1 }
  }

  /// Once every stream of the profile has ended: nil unless so many of them failed that the rule
  /// fires on them all, as of a load that is shorter than the rule's time, or than the time-outs
  /// of a service that never answers.
  var firingAtEnd: RunGovernor.AbortFiring? {
    func isEnough(_ count: Int) -> Bool {
      Double(count) >= rule.errorShare * Double(whole.ended)
    }
    guard whole.ended >= AbortWindow.endedMin, isEnough(whole.errors) else { return nil }
    return RunGovernor.AbortFiring(isBeyondClient: isEnough(whole.beyondClient))
  }

  /// True if the errors that a slow client cannot cause are enough for the rule.
  var firesWithoutClient: Bool { fires(on: beyondClient) }

  /// Forgets what ended so far: it says nothing of the service.
  mutating func restart(at now: MonotonicNanos) {
    ends.removeAll(keepingCapacity: true)
    first = 0
    errors = 0
    beyondClient = 0
    whole = Share()
    fullAt = max(fullAt, now + rule.over)
  }

  private mutating func count(_ end: End, _ sign: Int) {
    if end.isError { errors += sign }
    if end.isBeyondClient { beyondClient += sign }
  }

  private func fires(on errors: Int) -> Bool {
    Double(errors) >= rule.errorShare * Double(ends.count - first)
  }
}

extension AbortRule {
  /// The rule in a plan's own words.
  var text: String {
    let percent = errorShare * 100
    let share = percent == percent.rounded() ? "\(Int(percent))" : "\(percent)"
    let seconds = over.seconds
    let time = seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
    return "error: \(share)%, over: \(time)s"
  }
}
