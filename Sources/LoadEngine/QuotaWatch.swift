public import Model

/// Tells a used-up quota from a failing service, by what is refused with status 429 early on.
///
/// Two signs count: more than `refusedShareMax` of a profile's warm-up, and a `Retry-After` beyond
/// the end of a run of which at least half is still to come.
struct QuotaWatch {
  /// Of the requests sent in a warm-up: up to this, refusals are the service's own business.
  static let refusedShareMax = 0.2
  /// Requests of a warm-up below which no share is taken.
  static let sentMin = 5

  private var sent = 0
  private var refused = 0
  private var isWarmupJudged = false

  /// Begins another profile.
  mutating func begin() {
    self = QuotaWatch()
  }

  /// A request of the warm-up was sent.
  mutating func countSent() {
    sent += 1
  }

  /// A request of the warm-up was refused with 429.
  mutating func countRefused() {
    refused += 1
  }

  /// Judges the warm-up once it is over; the sign, nil for none.
  mutating func judgeWarmup() -> QuotaHit? {
    guard !isWarmupJudged else { return nil }
    isWarmupJudged = true
    guard sent >= QuotaWatch.sentMin,
      Double(refused) > QuotaWatch.refusedShareMax * Double(sent)
    else { return nil }
    return .warmup(refused: refused, sent: sent)
  }

  /// Judges one refusal; `left` is what is still to come of a run of `length`.
  static func judge(retryAfter: Nanos, left: Nanos, length: Nanos) -> QuotaHit? {
    guard retryAfter > left, left + left >= length else { return nil }
    return .retryAfter(retryAfter, left: left)
  }
}

/// A sign that the quota is used up.
public enum QuotaHit: Sendable, Equatable {
  /// So many of the requests of a warm-up were refused.
  case warmup(refused: Int, sent: Int)
  /// The service will take requests again only after the run.
  case retryAfter(Nanos, left: Nanos)

  /// In words.
  public var text: String {
    switch self {
    case .warmup(let refused, let sent):
      "\(refused) of \(sent) requests of the warm-up were answered 429"
    case .retryAfter(let time, let left):
      "an answer 429 says Retry-After \(QuotaHit.seconds(time)) s, and the run has only"
        + " \(QuotaHit.seconds(left)) s left"
    }
  }

  private static func seconds(_ time: Nanos) -> Int64 { time.rawValue / 1_000_000_000 }
}
