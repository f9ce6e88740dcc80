import Model
import Plan

/// The streams that ended in the last stretch of time, and whether too many of them failed.
struct AbortWindow {
  /// Ended streams below which no share is taken: one failure alone is not an outage.
  static let endedMin = 5

  private struct End {
    var at: MonotonicNanos
    var isError: Bool
  }

  private let rule: AbortRule
  /// Before this the window is not full.
  private let fullAt: MonotonicNanos
  private var ends: [End] = []
  private var first = 0
  private var errors = 0

  /// A window over the requests measured from `start` on.
  init(rule: AbortRule, measuredFrom start: MonotonicNanos) {
    self.rule = rule
    fullAt = start + rule.over
  }

  /// Counts a stream that ended; true if the rule fires. Amortised O(1).
  mutating func add(isError: Bool, at now: MonotonicNanos) -> Bool {
    ends.append(End(at: now, isError: isError))
    if isError { errors += 1 }
    while first < ends.count, now - ends[first].at > rule.over {
      if ends[first].isError { errors -= 1 }
      first += 1
    }
    if first > 1_024, first > ends.count / 2 {
      ends.removeFirst(first)
      first = 0
    }
    let ended = ends.count - first
    return now >= fullAt && ended >= AbortWindow.endedMin
      && Double(errors) >= rule.errorShare * Double(ended)
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
