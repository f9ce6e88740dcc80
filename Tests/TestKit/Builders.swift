public import Model

/// Samples with the figures that tests care about; everything else plain.
public enum Build {
  /// A successful stream: first token, `tokens` tokens `gap` apart, end marker and end.
  public static func success(
    profile: Int = 0, scenario: Int = 0, seq: Int, intended: Nanos = .zero,
    ttft: Nanos = .milliseconds(100), gap: Nanos = .milliseconds(20), tokens: Int = 50
  ) -> StreamSample {
    var sample = StreamSample(
      profile: profile, scenario: scenario, seq: seq, intended: intended, outcome: .complete)
    let last = ttft + gap * Int64(max(0, tokens - 1))
    sample.sent = intended
    sample.requestSent = .microseconds(100)
    sample.headers = ttft
    sample.firstByte = ttft
    sample.firstChoice = ttft
    sample.firstToken = ttft
    sample.firstAnswer = ttft
    sample.lastToken = last
    sample.done = last
    sample.end = last
    sample.usageOutputTokens = tokens
    sample.contentEvents = tokens
    sample.bodyBytes = tokens * 100
    sample.httpStatus = 200
    sample.gapMedian = tokens > 1 ? gap : nil
    sample.gapP99 = sample.gapMedian
    sample.gapMax = sample.gapMedian
    sample.gapMaxAt = sample.gapMax.map { _ in intended + last }
    return sample
  }

  /// A request that failed before its first token.
  public static func failure(
    _ outcome: Outcome, profile: Int = 0, scenario: Int = 0, seq: Int, intended: Nanos = .zero
  ) -> StreamSample {
    var sample = StreamSample(
      profile: profile, scenario: scenario, seq: seq, intended: intended, outcome: outcome)
    if outcome.isCounted && outcome != .droppedCap { sample.sent = intended }
    return sample
  }

  /// A finished, usable run of main.
  public static func header(
    runID: String, startedAt: UnixNanos = UnixNanos(0), profiles: [String] = ["sustained"],
    scenarios: [String] = ["short"]
  ) -> RunHeader {
    RunHeader(
      runID: runID, project: "project", commit: "c-" + runID, branch: "main",
      environment: "default-00000000", startedAt: startedAt, timeout: .seconds(120),
      profiles: profiles, scenarios: scenarios, version: "test")
  }
}

/// A clock that stands still until a test moves it.
public struct TestClock: Sendable {
  /// What the clock reads.
  public private(set) var now: MonotonicNanos

  /// A clock that reads `start`.
  public init(start: MonotonicNanos = MonotonicNanos(1_000_000_000)) {
    now = start
  }

  /// Moves the clock forward and returns what it reads then.
  @discardableResult
  public mutating func advance(_ length: Nanos) -> MonotonicNanos {
    precondition(length >= .zero, "a clock does not go back by \(length)")
    now = now + length
    return now
  }
}
