import Model

/// A run of three profiles and three scenarios with plausible times.
struct MadeRun {
  let header: RunHeader
  let samples: [StreamSample]

  init(id: String, requests: Int, startedAt: Int64 = 0) {
    header = RunHeader(
      runID: id, project: "bench", commit: "c-" + id, branch: "main",
      environment: "bench-00000000", startedAt: UnixNanos(1_700_000_000_000_000_000 + startedAt),
      timeout: .seconds(120), profiles: ["ramp-up", "sustained", "stress"],
      scenarios: ["short", "long", "support"], version: "bench")
    var random = SeededGenerator(seed: UInt64(startedAt) + 1, label: id)
    samples = (0..<requests).map { i in
      MadeRun.sample(i, profile: i * 3 / requests, random: &random)
    }
  }

  private static func sample(
    _ i: Int, profile: Int, random: inout SeededGenerator
  ) -> StreamSample {
    var sample = StreamSample(
      profile: profile, scenario: i % 3, stage: i % 10, isWarmup: i % 50 == 0, seq: i,
      intended: .milliseconds(Int64(i)), outcome: .complete)
    let tokens = 50 + random.nextIndex(below: 100)
    let gap = Nanos(Int64(15_000_000 + random.nextIndex(below: 10_000_000)))
    let first = Nanos(Int64(80_000_000 + random.nextIndex(below: 200_000_000)))
    sample.sent = sample.intended + .microseconds(30)
    sample.requestSent = .microseconds(200)
    sample.headers = first - .microseconds(40)
    sample.firstByte = first - .microseconds(20)
    sample.firstChoice = first - .microseconds(10)
    sample.firstToken = first
    sample.firstAnswer = first
    sample.lastToken = first + gap * Int64(tokens - 1)
    sample.done = first + gap * Int64(tokens)
    sample.end = first + gap * Int64(tokens)
    sample.usageOutputTokens = tokens
    sample.usageInputTokens = 40
    sample.contentEvents = tokens
    sample.bodyBytes = tokens * 180
    sample.gapMedian = gap
    sample.gapP99 = gap + gap
    sample.gapMax = gap + gap
    sample.gapMaxAt = sample.intended + first + gap * 5
    sample.connectionReused = i > 100
    sample.httpStatus = 200
    if random.nextIndex(below: 100) == 0 {
      sample.outcome = .truncated
      sample.done = nil
      sample.evidence = Evidence(
        offset: sample.bodyBytes, excerpt: "data: {\"choices\":[]}",
        detail: "the body ended without the end marker")
    }
    return sample
  }
}
