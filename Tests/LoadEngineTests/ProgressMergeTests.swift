import Model
import Plan
import Testing

@testable import LoadEngine

@Suite("Several engines' progress as one")
struct ProgressMergeTests {
  /// An engine in its profile's second stage that has done `count` of everything.
  private static func engine(_ count: Int, profile: Int = 0) -> EngineProgress {
    var progress = EngineProgress()
    progress.users = count
    progress.loggedIn = count
    progress.profile = profile == 0 ? .rampUp : .sustained
    progress.profileIndex = profile
    progress.profileCount = 2
    progress.elapsed = .seconds(Int64(count))
    progress.duration = .seconds(20)
    progress.laterDuration = profile == 0 ? .seconds(30) : .zero
    progress.stage = 1
    progress.stageCount = 10
    progress.targetRate = Double(count)
    progress.inFlight = count
    progress.stamp = MonotonicNanos(Int64(count))
    progress.lateBy = .milliseconds(Int64(count))
    progress.arrivalsDue = count
    progress.arrivalsSent = count
    progress.sent = count
    progress.ended = [.complete: count]
    progress.firstTokens = count
    progress.tokens = count
    var lag = LogHistogram()
    for index in 0..<count { lag.add(.milliseconds(Int64(index + 1))) }
    (progress.loopLag, progress.scheduleLag, progress.ttft) = (lag, lag, [lag])
    progress.timerLag = lag
    progress.blindTime.add(.milliseconds(Int64(count)), of: .milliseconds(10))
    (progress.cpuShare, progress.cpuWaitShare) = (Double(count) / 10, count > 2 ? 0.2 : nil)
    progress.scenarios = [ScenarioCounts()]
    return progress
  }

  @Test("Counters add up, moments are the latest, and a shared profile's targets add up")
  func sameProfile() {
    var all = ProgressMergeTests.engine(2)
    var other = ProgressMergeTests.engine(3)
    other.ended[.http429] = 1
    all.merge(other)
    #expect(all.users == 5 && all.loggedIn == 5)
    #expect(all.profile == .rampUp && all.elapsed == .seconds(3) && all.targetRate == 5)
    #expect(all.duration == .seconds(20) && all.laterDuration == .seconds(30))
    #expect(all.stage == 1 && all.stageCount == 10 && all.profileCount == 2)
    #expect(all.stamp == MonotonicNanos(3) && all.lateBy == .milliseconds(3))
    #expect(all.inFlight == 5 && all.arrivalsDue == 5 && all.arrivalsSent == 5)
    #expect(all.sent == 5 && all.firstTokens == 5 && all.tokens == 5)
    #expect(all.ended == [.complete: 5, .http429: 1])
    #expect(all.loopLag.count == 5 && all.scheduleLag.count == 5 && all.ttft[0].count == 5)
    #expect(all.loopLag.max == .milliseconds(3) && all.timerLag.count == 5)
    // Half of 20 ms is more than 2 ms and 3 ms, and the largest moment that of 3 ms.
    #expect(all.blindTime.quantile(0.5) == .zero && all.blindTime.quantile(1) >= .milliseconds(3))
    #expect(all.blindTime.since(other.blindTime).quantile(1) < .milliseconds(3))
    #expect(all.cpuShare == 0.3 && all.cpuWaitShare == 0.2)
  }

  @Test("The place is that of the engine that is furthest back, whichever comes first")
  func otherProfile() {
    for swaps in [false, true] {
      let engines = [ProgressMergeTests.engine(2, profile: 1), ProgressMergeTests.engine(3)]
      var all = EngineProgress()
      for engine in swaps ? engines.reversed() : engines { all.merge(engine) }
      #expect(all.profile == .rampUp && all.profileIndex == 0 && all.targetRate == 3)
      #expect(all.elapsed == .seconds(3) && all.laterDuration == .seconds(30))
      #expect(all.sent == 5)
    }
  }

  @Test("Nothing merged with nothing is nothing")
  func nothing() {
    var all = EngineProgress()
    all.merge(EngineProgress())
    #expect(all == EngineProgress())
  }

  @Test("What was counted since an earlier look is what was added")
  func since() {
    var lag = LogHistogram()
    for _ in 0..<10 { lag.add(.seconds(1)) }
    let earlier = lag
    for _ in 0..<10 { lag.add(.milliseconds(1)) }
    let latest = lag.since(earlier)
    #expect(latest.count == 10)
    #expect(latest.quantile(1) <= .microseconds(1_032))
    #expect(latest.count(over: .milliseconds(2)) == 0)
    #expect(lag.count(over: .milliseconds(2)) == 10)
  }

  @Test("A bucket takes the values up to its bound, and the last one all others")
  func buckets() {
    var times = BucketHistogram(bounds: BucketHistogram.times)
    #expect(times.bounds.first == 10_000_000 && times.bounds.last == 81_920_000_000)
    for value in [Int64(10_000_000), 10_000_001, 90_000_000_000] { times.add(value) }
    #expect(times.counts[0] == 1 && times.counts[1] == 1 && times.counts[14] == 1)
    #expect(times.count == 3 && times.sum == 90_020_000_001)
    var twice = times
    twice.merge(times)
    #expect(twice.count == 6 && twice.sum == 2 * times.sum)
    #expect(BucketHistogram.tokens.prefix(4) == [1, 4, 16, 64])
    #expect(BucketHistogram.tokens.last == 67_108_864)
  }

  @Test("A request counts from its sending where OpenTelemetry does, else from when it was due")
  func scenario() {
    var sample = StreamSample(
      profile: 0, scenario: 0, seq: 0, intended: .zero, outcome: .complete)
    sample.sent = .milliseconds(300)
    sample.firstChoice = .milliseconds(400)
    sample.firstToken = .milliseconds(450)
    sample.lastToken = .milliseconds(900)
    sample.end = .milliseconds(1_000)
    sample.usageInputTokens = 5
    sample.usageOutputTokens = 7
    var counts = ScenarioCounts()
    counts.add(sample)
    #expect(counts.firstChunk.sum == Nanos.milliseconds(100).rawValue)
    #expect(counts.operations[.complete]?.sum == Nanos.milliseconds(700).rawValue)
    #expect(counts.ttft.sum == Nanos.milliseconds(450).rawValue)
    #expect(counts.duration.sum == Nanos.milliseconds(900).rawValue)
    #expect(counts.inputTokens.sum == 5 && counts.outputTokens.sum == 7)
    sample.outcome = .truncated
    counts.add(sample)
    #expect(counts.duration.count == 1 && counts.ttft.count == 2)
    #expect(counts.operations[.truncated]?.count == 1)
    // Not sent: no operation.
    counts.add(
      StreamSample(profile: 0, scenario: 0, seq: 1, intended: .zero, outcome: .droppedCap))
    #expect(counts.operations.count == 2 && counts.ttft.count == 2)
    var twice = counts
    twice.merge(counts)
    #expect(twice.ttft.count == 4 && twice.operations[.truncated]?.count == 2)
  }
}
