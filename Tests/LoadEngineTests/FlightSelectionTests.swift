import Model
import TestKit
import Testing

@testable import LoadEngine

@Suite("Which streams the flight recorder keeps")
struct FlightSelectionTests {
  /// What is kept of samples in the order that they end, as `profile/seq`, with its places.
  private func kept(_ samples: [StreamSample], cells: Int = 1) -> [String: StreamRanks] {
    var recorder = FlightRecorder(.timing, cells: cells)
    for sample in samples {
      recorder.take(sample) { (stream: RecordedStream(sample: sample), secrets: []) }
    }
    return Dictionary(
      uniqueKeysWithValues: recorder.streams(redactedBy: Redactor()).map {
        ("\($0.sample.profile)/\($0.sample.seq)", $0.ranks)
      })
  }

  private func success(
    _ seq: Int, ttft: Int64 = 100, gap: Int64 = 20, profile: Int = 0, scenario: Int = 0
  ) -> StreamSample {
    Build.success(
      profile: profile, scenario: scenario, seq: seq, ttft: .milliseconds(ttft),
      gap: .milliseconds(gap))
  }

  @Test("The five slowest first tokens and the five largest gaps are kept, the worst first")
  func worst() {
    let samples = (0..<40).map { success($0, ttft: Int64(100 + $0), gap: Int64(90 - $0)) }
    let kept = kept(samples)
    #expect(kept.count == 10)
    for rank in 1...5 {
      #expect(kept["0/\(40 - rank)"] == StreamRanks(ttft: rank))
      #expect(kept["0/\(rank - 1)"] == StreamRanks(gap: rank))
    }
  }

  @Test("Of equal streams the earliest in the schedule are kept, in whatever order they end")
  func ties() {
    var random = SeededGenerator(seed: 1, label: "order")
    var samples = (0..<30).map { success($0) }
    let expected = Dictionary(
      uniqueKeysWithValues: (0..<5).map { ("0/\($0)", StreamRanks(ttft: $0 + 1, gap: $0 + 1)) })
    for _ in 0..<20 {
      random.shuffle(&samples)
      #expect(kept(samples) == expected)
    }
  }

  @Test("The order in which streams end changes nothing")
  func anyOrder() {
    var random = SeededGenerator(seed: 2, label: "streams")
    let outcomes: [Outcome] = [.complete, .truncated, .http429, .broken, .cancelled, .droppedCap]
    var samples = (0..<200).map { index -> StreamSample in
      var sample = success(
        index, ttft: Int64(random.nextIndex(below: 9)), gap: Int64(random.nextIndex(below: 9)),
        profile: random.nextIndex(below: 2), scenario: random.nextIndex(below: 2))
      sample.outcome = outcomes[random.nextIndex(below: outcomes.count)]
      sample.isWarmup = random.nextIndex(below: 4) == 0
      if sample.outcome == .droppedCap { sample.sent = nil }
      return sample
    }
    let first = kept(samples, cells: 4)
    #expect(first.count > 30)
    for _ in 0..<20 {
      random.shuffle(&samples)
      #expect(kept(samples, cells: 4) == first)
    }
  }

  @Test("Of each outcome and profile the first five failures are kept")
  func failures() {
    let samples = (0..<60).map { index in
      Build.failure(index % 2 == 0 ? .http5xx : .connect, profile: index / 30, seq: index % 30)
    }
    let kept = kept(samples)
    #expect(kept.count == 20)
    #expect(kept["1/8"] == StreamRanks(failure: 5))
    #expect(kept["1/10"] == nil)
  }

  @Test("A failure of the warm-up is kept only where measured ones leave room")
  func warmup() {
    let warm = (0..<10).map { index -> StreamSample in
      var sample = Build.failure(.http429, seq: index)
      sample.isWarmup = true
      return sample
    }
    #expect(kept(warm).keys.sorted() == (0..<5).map { "0/\($0)" })
    let measured = (20..<23).map { Build.failure(.http429, seq: $0) }
    let both = kept(warm + measured)
    #expect(both.keys.sorted() == ["0/0", "0/1", "0/20", "0/21", "0/22"])
    #expect(both["0/20"] == StreamRanks(failure: 1))
    var slow = success(50, ttft: 9_000)
    slow.isWarmup = true
    #expect(kept([slow]).isEmpty)
  }

  @Test("A request that was not sent, or that we cancelled, is none to look at")
  func unsent() {
    #expect(
      kept([
        Build.failure(.droppedCap, seq: 0), Build.failure(.droppedLate, seq: 1),
        Build.failure(.cancelled, seq: 2),
      ]).isEmpty)
  }

  @Test("Many scenarios share the room, and each keeps its worst")
  func manyCells() {
    let samples = (0..<300).flatMap { scenario in
      (0..<3).map { success(scenario * 3 + $0, ttft: Int64(100 + $0), scenario: scenario) }
    }
    let kept = kept(samples, cells: 300)
    #expect(kept.count { $0.value.ttft != nil } == 300)
    #expect(kept["0/2"]?.ttft == 1)
  }

  @Test("Nothing is kept, and nothing copied, where the recorder is off")
  func off() {
    var recorder = FlightRecorder(.off, cells: 1)
    var copies = 0
    recorder.take(success(0)) {
      copies += 1
      return (stream: RecordedStream(sample: success(0)), secrets: [])
    }
    #expect(recorder.streams(redactedBy: Redactor()).isEmpty && copies == 0)
  }
}
