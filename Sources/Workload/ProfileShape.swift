import Model
import Plan

/// How one built-in profile is laid out in time, version 1.
///
/// | size | ramp-up | sustained | stress | warm-up cut |
/// | --- | --- | --- | --- | --- |
/// | quick | 20 s | 20 s | 20 s | 2 s |
/// | standard | 150 s | 180 s | 120 s | 5 s |
/// | soak | 150 s | 3600 s | 120 s | 5 s |
struct ProfileShape: Equatable {
  /// A stretch of an open loop at one rate.
  struct Segment: Equatable {
    var start: Nanos
    var end: Nanos
    /// Arrivals a second.
    var rate: Double
    /// The stage, from 0.
    var stage: Int
    /// True for the part that the warm-up cut takes away.
    var isWarmup: Bool
  }

  /// Stages of the ramp-up profile.
  static let rampStages = 10
  /// The ramp's first rate over the plan's.
  static let rampLow = 0.1
  /// The ramp's last rate over the plan's.
  static let rampHigh = 1.5
  /// The stress users' shortest pause between a reply and the next request.
  static let thinkMin = Nanos.seconds(1)
  /// Their longest.
  static let thinkMax = Nanos.seconds(3)
  /// No profile is stretched beyond this.
  static let durationMax = PlanLimits.durationMax

  var kind: ProfileKind
  var duration: Nanos
  var warmup: Nanos

  /// The profile as its size has it.
  init(kind: ProfileKind, size: ProfileSize) {
    self.kind = kind
    warmup = size == .quick ? .seconds(2) : .seconds(5)
    duration =
      switch (kind, size) {
      case (_, .quick): .seconds(20)
      case (.rampUp, _): .seconds(150)
      case (.sustained, .standard): .seconds(180)
      case (.sustained, .soak): .seconds(3_600)
      case (.stress, _): .seconds(120)
      }
  }

  /// The profile as a plan has it: the size's, stretched in whole seconds until each scenario has
  /// the plan's `samples` after warm-up, never shortened, never beyond `durationMax`; as long as a
  /// flag says, where one does.
  init(kind: ProfileKind, plan: Plan) {
    self.init(kind: kind, size: plan.size)
    if let length = plan.profileDuration {
      duration = length
      return
    }
    guard let samples = plan.samples else { return }
    func reaches(_ seconds: Int64) -> Bool {
      var shape = self
      shape.duration = .seconds(seconds)
      return shape.expectedCounts(plan: plan).allSatisfy { $0 >= samples }
    }
    var low = duration.rawValue / 1_000_000_000
    var high = Self.durationMax.rawValue / 1_000_000_000
    guard !reaches(low) else { return }
    while low + 1 < high {
      let middle = (low + high) / 2
      if reaches(middle) { high = middle } else { low = middle }
    }
    duration = .seconds(high)
  }

  /// Stages, 1 for all but the ramp.
  var stageCount: Int { kind == .rampUp ? Self.rampStages : 1 }

  /// The open loop's stretches in order, the warm-up cut a border of its own; empty for a closed
  /// loop.
  func segments(rate: Double) -> [Segment] {
    guard kind != .stress else { return [] }
    return (0..<stageCount).flatMap { stage -> [Segment] in
      let count = Int64(stageCount)
      let start = Nanos(duration.rawValue / count * Int64(stage))
      let end =
        stage + 1 == stageCount ? duration : Nanos(duration.rawValue / count) * Int64(stage + 1)
      let stageRate = rate * multiplier(stage: stage)
      let whole = Segment(
        start: start, end: end, rate: stageRate, stage: stage, isWarmup: end <= warmup)
      guard start < warmup, warmup < end else { return [whole] }
      var (head, tail) = (whole, whole)
      (head.end, head.isWarmup) = (warmup, true)
      tail.start = warmup
      return [head, tail]
    }
  }

  private func multiplier(stage: Int) -> Double {
    guard kind == .rampUp else { return 1 }
    let step = (Self.rampHigh - Self.rampLow) / Double(Self.rampStages - 1)
    return Self.rampLow + step * Double(stage)
  }

  /// Arrivals in each of `segments(rate:)`: the cumulated expectation, rounded at each border, so
  /// that rounding never adds up.
  func counts(rate: Double) -> [Int] {
    var expected = 0.0
    var dealt = 0
    return segments(rate: rate).map { segment in
      expected += segment.rate * (segment.end - segment.start).seconds
      let total = Int(min(expected.rounded(), Double(Schedule.requestsMax + 1)))
      defer { dealt = total }
      return total - dealt
    }
  }

  /// Requests of each of the plan's scenarios after warm-up: exact for an open loop, for a closed
  /// one what users get done if a reply takes `replySeconds`, by default what `ReplyEstimate` says.
  /// A conversation is dealt once and counts as many requests as it has turns.
  func expectedCounts(plan: Plan, replySeconds: Double? = nil) -> [Int] {
    let measured: Int
    if kind == .stress {
      let talk = ReplyEstimate.conversationSecondsMean(plan, replySeconds: replySeconds)
      let cycle = talk + (Self.thinkMin + Self.thinkMax).seconds / 2
      let perUser = max(0, (duration - warmup).seconds) / cycle
      measured = Int(min(perUser * Double(plan.stressUsers ?? 0), Double(Schedule.requestsMax + 1)))
    } else {
      measured = zip(segments(rate: plan.rate), counts(rate: plan.rate))
        .reduce(0) { $1.0.isWarmup ? $0 : $0 + $1.1 }
    }
    return requests(plan: plan, dealing: measured)
  }

  /// All requests of an open loop, warm-up included: the two parts are dealt apart.
  func requests(plan: Plan) -> Int {
    let parts = zip(segments(rate: plan.rate), counts(rate: plan.rate))
    return [true, false].reduce(0) { sum, isWarmup in
      let count = parts.reduce(0) { $1.0.isWarmup == isWarmup ? $0 + $1.1 : $0 }
      return sum + requests(plan: plan, dealing: count).reduce(0, +)
    }
  }

  /// Requests of each scenario in the next `count` arrivals of a fresh deck.
  private func requests(plan: Plan, dealing count: Int) -> [Int] {
    var mix = MixDeck(plan: plan)
    return zip(mix.counts(dealing: count), plan.scenarios).map { $0 * $1.turns }
  }
}

/// What is assumed of a service that has not been seen: serves counts of closed loops, tokens and
/// cost before a run, and is replaced by measurement in it.
enum ReplyEstimate {
  /// Output tokens of a reply where the plan sets no `maxTokens`.
  static let outputTokens = 256
  /// Seconds to the first token.
  static let firstTokenSeconds = 0.5
  /// Seconds per output token: 50 tokens a second.
  static let tokenSeconds = 0.02
  /// UTF-8 bytes a prompt token.
  static let bytesPerToken = 4

  /// Output tokens of one reply of a scenario.
  static func tokens(_ scenario: ScenarioPlan) -> Int { scenario.maxTokens ?? outputTokens }

  /// Seconds from a first request to the end of the last reply, the mean over the mix: one reply,
  /// or a conversation's replies and the pauses between them.
  static func conversationSecondsMean(_ plan: Plan, replySeconds: Double? = nil) -> Double {
    let weights = plan.scenarios.reduce(0) { $0 + $1.weight }
    guard weights > 0 else { return firstTokenSeconds }
    return plan.scenarios.reduce(0) { sum, scenario in
      let reply = replySeconds ?? firstTokenSeconds + tokenSeconds * Double(tokens(scenario))
      var seconds = reply * Double(scenario.turns)
      if let think = scenario.conversation?.think {
        let pause = (think.lowerBound + think.upperBound).seconds / 2
        seconds += pause * Double(scenario.turns - 1)
      }
      return sum + seconds * scenario.weight / weights
    }
  }
}
