import Foundation
import Gate
import Model
import TestKit
import Testing

@Suite("Stages are sub-cells of a profile, and its knee is marked")
struct StageFigureTests {
  /// Requests of a stage that lasts a second: `count` of them, evenly spread.
  private func stage(
    _ stage: Int, count: Int, ttft: Nanos = .milliseconds(100), tokens: Int = 21,
    from seq: Int = 0
  ) -> [StreamSample] {
    (0..<count).map { index in
      var sample = Build.success(
        seq: seq + index,
        intended: .seconds(Int64(stage)) + Nanos(1_000_000_000 / Int64(count) * Int64(index)),
        ttft: ttft, gap: .milliseconds(20), tokens: tokens)
      sample.stage = stage
      return sample
    }
  }

  private func summarize(_ samples: [StreamSample]) -> RunRecord {
    Gate.summarize(
      samples: samples, header: Build.header(runID: "r", profiles: ["ramp-up"]))
  }

  private func figure(_ record: RunRecord, _ name: String) -> ReportFigure? {
    record.figures.first { $0.name == name && $0.scenario.isEmpty }
  }

  @Test("A stage's rates, streams in flight, tokens and latencies are those of its own time")
  func traffic() throws {
    // Each stream takes 0.5 s: 0.1 s to the first token, then 20 tokens in 0.4 s.
    let record = summarize(stage(0, count: 10) + stage(1, count: 20, from: 10))
    func value(_ name: String) throws -> Double { try #require(figure(record, name)).value }
    #expect(try value("stage.0.requests") == 10)
    // From half a distance before the first to the middle between the stages.
    #expect(abs(try value("stage.0.intended.rate") - 10) < 1e-9)
    #expect(abs(try value("stage.1.intended.rate") - 20 / 1.025) < 1e-9)
    #expect(abs(try value("stage.1.achieved.rate") - 20 / 1.025) < 1e-9)
    // Ten a second for half a second each, and the last five are cut at -0.05 + 1 s.
    let open = [0.5, 0.5, 0.5, 0.5, 0.5, 0.45, 0.35, 0.25, 0.15, 0.05].reduce(0, +)
    #expect(abs(try value("stage.0.in_flight.mean") - open) < 1e-9)
    #expect(try value("stage.0.in_flight.max") == 5)
    #expect(try value("stage.1.in_flight.max") == 10)
    // Their tokens come from 0.1 s after the intended time on.
    let shares = [0.4, 0.4, 0.4, 0.4, 0.4, 0.35, 0.25, 0.15, 0.05].map { $0 / 0.4 }
    #expect(abs(try value("stage.0.tokens.rate") - 21 * shares.reduce(0, +)) < 1e-6)
    #expect(try value("stage.1.ttft.p50") == 0.1)
    #expect(try value("stage.1.ttft.p95") == 0.1)
    #expect(try value("stage.1.duration.p95") == 0.5)
    #expect(try value("stage.1.error") == 0)
  }

  @Test("A stage has its scheduled rate where that is known, and the knee is found over it")
  func scheduledRate() {
    let samples = (0..<6).flatMap { stage($0, count: 20 + $0, from: 100 * $0) }
    let rates = [2.0, 4, 6, 8, 10, 12]
    func record(_ rates: [String: [Double]]) -> RunRecord {
      Gate.summarize(
        samples: samples, header: Build.header(runID: "r", profiles: ["ramp-up"]),
        stageRates: rates)
    }
    let known = record(["ramp-up": rates, "sustained": [99]])
    for (stage, rate) in rates.enumerated() {
      #expect(figure(known, "stage.\(stage).intended.rate")?.value == rate)
    }
    #expect(figure(known, "knee.ttft.flat.rate")?.value == 12)
    let other = record(["sustained": rates])
    #expect(figure(other, "stage.0.intended.rate")?.value != 2)
  }

  @Test("A stream that was given up was in flight until then, and was heard of before")
  func givenUp() throws {
    // Two stages of a second, and after a first token nothing: each is given up after 1.5 s.
    var samples = stage(0, count: 10) + stage(1, count: 10, from: 10)
    for index in samples.indices {
      samples[index].outcome = .timeoutStall
      samples[index].lastToken = samples[index].firstToken
      samples[index].done = nil
      samples[index].end = .milliseconds(1_500)
      (samples[index].gapMax, samples[index].gapMaxAt) = (nil, nil)
    }
    let record = summarize(samples)
    #expect(try #require(figure(record, "stage.1.in_flight.max")).value == 15)
    // From the first request to the last token that anything was heard of: 1.9 s + 0.1 s.
    let starts: [Double] = (0..<20).map { 0.1 * Double($0) }
    let open: Double = starts.reduce(0) { $0 + min(2.0 - $1, 1.5) }
    #expect(abs(try #require(figure(record, "in_flight.mean")).value - open / 2) < 1e-9)
    #expect(abs(try #require(figure(record, "intended.rate")).value - 10) < 1e-9)
    // Half of them take a second, and the others longer than that.
    for index in samples.indices where index % 2 == 0 {
      (samples[index].outcome, samples[index].lastToken) = (.complete, .seconds(1))
    }
    let half = summarize(samples)
    #expect(figure(half, "duration.censored.p50")?.value == 1)
    #expect(figure(half, "duration.censored.p90") == nil)
  }

  @Test("Failures are told by kind, what the client dropped too, and the first 429 by its time")
  func outcomes() throws {
    var samples = stage(0, count: 10) + stage(1, count: 20, from: 10)
    for index in [24, 15] {
      samples[index].outcome = .http429
      samples[index].firstToken = nil
      samples[index].headers = .milliseconds(30)
    }
    samples[12].outcome = .droppedCap
    samples[12].sent = nil
    samples[13].outcome = .droppedLate
    samples[13].sent = nil
    samples[29].outcome = .broken
    let record = summarize(samples)
    func value(_ name: String) -> Double? { figure(record, name)?.value }
    #expect(value("stage.1.outcome.http_429") == 2)
    #expect(value("stage.1.outcome.dropped_cap") == 1)
    #expect(value("stage.1.outcome.dropped_late") == 1)
    #expect(value("stage.1.outcome.broken") == 1)
    #expect(value("stage.1.outcome.complete") == 15)
    #expect(figure(record, "stage.1.outcome.broken")?.n == 20)
    #expect(value("stage.1.requests") == 19)
    #expect(value("stage.1.error") == 3.0 / 19)
    #expect(value("stage.1.truncated") == 1.0 / 19)
    #expect(abs(try #require(value("stage.1.achieved.rate")) - 18 / 1.025) < 1e-9)
    // The fifth request of the stage, refused 30 ms after it should have gone out.
    #expect(abs(try #require(value("stage.1.http_429.first")) - 0.28) < 1e-9)
    #expect(value("stage.0.http_429.first") == nil)
    #expect(value("stage.0.outcome.http_429") == nil)
  }

  @Test("The knee is a stage and the rate up to which the latency is flat, each latency its own")
  func knees() throws {
    let ttfts = [100, 102, 99, 101, 100, 400, 900, 1_500]
    let samples = ttfts.enumerated().flatMap { number, ttft in
      stage(number, count: 20 + number, ttft: .milliseconds(Int64(ttft)), from: 100 * number)
    }
    let record = summarize(samples)
    #expect(figure(record, "knee.ttft.stage")?.value == 5)
    #expect(abs(try #require(figure(record, "knee.ttft.flat.rate")).value - 24) < 0.1)
    #expect(figure(record, "knee.ttft.stage")?.n == 8)
    #expect(figure(record, "knee.duration.stage")?.value == 5)
  }

  @Test("A flat profile has no knee and says up to where; stages of few requests are passed over")
  func flat() throws {
    let samples = (0..<8).flatMap { stage($0, count: $0 < 3 ? 5 : 20 + $0, from: 100 * $0) }
    let record = summarize(samples)
    #expect(figure(record, "knee.ttft.stage") == nil)
    let flat = try #require(figure(record, "knee.ttft.flat.rate"))
    #expect(abs(flat.value - 27) < 0.1 && flat.n == 5)
    let short = summarize((0..<3).flatMap { stage($0, count: 20, from: 100 * $0) })
    #expect(figure(short, "knee.ttft.flat.rate") == nil, "three stages are too few")
  }

  @Test("A profile of one stage has neither")
  func oneStage() {
    let record = summarize(stage(0, count: 20))
    #expect(record.figures.allSatisfy { !$0.name.hasPrefix("stage.") })
    #expect(record.figures.allSatisfy { !$0.name.hasPrefix("knee.") })
  }
}
