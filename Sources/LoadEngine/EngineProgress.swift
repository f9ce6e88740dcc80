public import Model
public import Plan

/// How far a run is: where it stands, and counters with the moment at which they were read.
///
/// The counters only grow; a rate, or a quantile of the latest, is the difference of two looks.
/// Where several engines share a run, `merge` makes one of their progresses: what is said beside
/// each group of fields holds for it.
public struct EngineProgress: Sendable, Equatable {
  // MARK: Before load; merged by sum

  /// Users who log in, 0 where nobody does.
  public var users = 0
  /// Of those, who have a session; told before load only.
  public var loggedIn = 0

  // MARK: Where the run is; merged to the place of the engine that is furthest back

  /// The profile that runs, nil before the first.
  public var profile: ProfileKind?
  /// Its index among the run's profiles.
  public var profileIndex = 0
  /// Profiles of the run.
  public var profileCount = 0
  /// Since the profile's start; of engines in one profile the largest.
  public var elapsed = Nanos.zero
  /// From the profile's start to its last arrival.
  public var duration = Nanos.zero
  /// The same of all profiles that follow.
  public var laterDuration = Nanos.zero
  /// The stage that is under way, from 0.
  public var stage = 0
  /// Stages of the profile.
  public var stageCount = 1

  // MARK: What is wanted; summed over the engines in the profile that `profile` names

  /// Open loop: arrivals a second that the stage under way has scheduled, single requests or
  /// conversations; 0 in a closed loop.
  public var targetRate = 0.0
  /// Closed loop: its users; 0 in an open one.
  public var targetUsers = 0

  // MARK: Now; merged by sum

  /// Streams open now.
  public var inFlight = 0

  // MARK: Now; merged by the largest

  /// When this was read.
  public var stamp = MonotonicNanos(0)
  /// How long the request that is next has been due and not been sent; zero if none is.
  public var lateBy = Nanos.zero
  /// CPU time of the engine's thread in the latest whole second, 0...1.
  public var cpuShare = 0.0
  /// Time of that second in which the thread was ready and had no CPU, 0...1; nil where the system
  /// does not tell.
  public var cpuWaitShare: Double?

  // MARK: Counters of all profiles; merged by sum

  /// Arrivals of open loops whose time has come; 0 in a closed loop.
  public var arrivalsDue = 0
  /// Of those, handed to the transport.
  public var arrivalsSent = 0
  /// Requests handed to the transport.
  public var sent = 0
  /// Requests that ended, by outcome.
  public var ended: [Outcome: Int] = [:]
  /// Streams that had a first token.
  public var firstTokens = 0
  /// Events with a token.
  public var tokens = 0

  // MARK: Histograms of all profiles; merged by bucket

  /// `ttft` of each cell, warm-up included: the profile's index times the scenarios, plus the
  /// scenario's index.
  public var ttft: [LogHistogram] = []
  /// Loop lag, warm-up included.
  public var loopLag = LogHistogram()
  /// Of it, wake-ups by the timer: a client that has to wait for a CPU shows there.
  public var timerLag = LogHistogram()
  /// How long data waited at any moment, warm-up included.
  public var blindTime = BlindTime()
  /// Schedule lag of the requests that were sent, warm-up included.
  public var scheduleLag = LogHistogram()
  /// What ended, by scenario.
  public var scenarios: [ScenarioCounts] = []

  /// Nothing done yet.
  public init() {}

  /// Adds what another engine of the same run has done. O(cells x buckets).
  public mutating func merge(_ other: EngineProgress) {
    users += other.users
    loggedIn += other.loggedIn
    mergePlace(other)
    inFlight += other.inFlight
    stamp = max(stamp, other.stamp)
    lateBy = max(lateBy, other.lateBy)
    cpuShare = max(cpuShare, other.cpuShare)
    cpuWaitShare = [cpuWaitShare, other.cpuWaitShare].compactMap { $0 }.max()
    arrivalsDue += other.arrivalsDue
    arrivalsSent += other.arrivalsSent
    sent += other.sent
    ended.merge(other.ended, uniquingKeysWith: +)
    firstTokens += other.firstTokens
    tokens += other.tokens
    loopLag.merge(other.loopLag)
    timerLag.merge(other.timerLag)
    blindTime.merge(other.blindTime)
    scheduleLag.merge(other.scheduleLag)
    mergeEach(&ttft, other.ttft) { $0.merge($1) }
    mergeEach(&scenarios, other.scenarios) { $0.merge($1) }
  }

  private mutating func mergePlace(_ other: EngineProgress) {
    guard other.profile != nil else { return }
    if profile == other.profile, profileIndex == other.profileIndex {
      elapsed = max(elapsed, other.elapsed)
      duration = max(duration, other.duration)
      laterDuration = max(laterDuration, other.laterDuration)
      stage = max(stage, other.stage)
      stageCount = max(stageCount, other.stageCount)
      targetRate += other.targetRate
      targetUsers += other.targetUsers
    } else if profile == nil || other.profileIndex < profileIndex {
      profile = other.profile
      profileIndex = other.profileIndex
      profileCount = other.profileCount
      elapsed = other.elapsed
      duration = other.duration
      laterDuration = other.laterDuration
      stage = other.stage
      stageCount = other.stageCount
      targetRate = other.targetRate
      targetUsers = other.targetUsers
    }
  }
}

/// Merges two lists place by place; a place that only one has stays as it is there.
private func mergeEach<Element>(
  _ ours: inout [Element], _ theirs: [Element], _ merge: (inout Element, Element) -> Void
) {
  for (index, element) in theirs.enumerated() {
    if index < ours.count { merge(&ours[index], element) } else { ours.append(element) }
  }
}

/// What the requests of one scenario came to, counted once a request when it ended.
public struct ScenarioCounts: Sendable, Equatable {
  /// Requests that were sent, by outcome: from `sent` to the transport's end, in nanoseconds.
  public private(set) var operations: [Outcome: BucketHistogram] = [:]
  /// From `sent` to the first event with a choice, in nanoseconds.
  public private(set) var firstChunk = BucketHistogram(bounds: BucketHistogram.times)
  /// `ttft`, in nanoseconds.
  public private(set) var ttft = BucketHistogram(bounds: BucketHistogram.times)
  /// `duration` of the requests that succeeded, in nanoseconds.
  public private(set) var duration = BucketHistogram(bounds: BucketHistogram.times)
  /// The service's counts of prompt tokens, of the requests that have one.
  public private(set) var inputTokens = BucketHistogram(bounds: BucketHistogram.tokens)
  /// The same of output tokens.
  public private(set) var outputTokens = BucketHistogram(bounds: BucketHistogram.tokens)

  /// Nothing counted.
  public init() {}

  /// Counts a request that has ended. O(buckets).
  public mutating func add(_ sample: StreamSample) {
    if let lag = sample.scheduleLag, let end = sample.end {
      operations[sample.outcome, default: BucketHistogram(bounds: BucketHistogram.times)]
        .add((end - lag).rawValue)
      if let choice = sample.firstChoice { firstChunk.add((choice - lag).rawValue) }
    }
    if let time = sample.firstToken { ttft.add(time.rawValue) }
    if sample.outcome.isSuccess, let time = sample.lastToken { duration.add(time.rawValue) }
    if let count = sample.usageInputTokens { inputTokens.add(Int64(count)) }
    if let count = sample.usageOutputTokens { outputTokens.add(Int64(count)) }
  }

  /// Adds what another engine counted.
  public mutating func merge(_ other: ScenarioCounts) {
    for (outcome, histogram) in other.operations {
      operations[outcome, default: BucketHistogram(bounds: histogram.bounds)].merge(histogram)
    }
    firstChunk.merge(other.firstChunk)
    ttft.merge(other.ttft)
    duration.merge(other.duration)
    inputTokens.merge(other.inputTokens)
    outputTokens.merge(other.outputTokens)
  }
}
