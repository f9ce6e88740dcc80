import ArgumentParser
import Gate
import Model
import Plan
import Statistics

/// Milliseconds to judge a change over a long history, and to summarize and compare large runs.
struct StatisticsBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "statistics",
    abstract: "Milliseconds to judge, to summarize, to compare, and to find a change point.")

  @Option(help: "Runs of history beside the ten of the baseline.")
  var history = 60

  @Option(help: "Runs of a series that is searched for a change point.")
  var series = 100

  @Option(help: "Requests of a summarized run; may be given several times.")
  var samples = [200_000, 1_000_000]

  @Option(help: "Measurements of each case; the median is shown.", transform: atLeastOne)
  var repeats = 3

  @Option(help: "Write the figures as JSON to this file.")
  var json: String?

  func run() throws {
    var table = BenchmarkTable(name: "statistics", columns: ["milliseconds"])
    let input = judgement()
    table.add("judge over \(10 + history) runs", [measure { _ = Gate.judge(input) }])
    table.add("E-Divisive over \(series) runs", [changePoint()])
    let bound = Objective(
      metric: .latency(.ttft, quantile: 0.95), comparison: .less, bound: 1.5)
    for count in samples {
      let run = SyntheticRun(requests: count)
      let samples = run.samples
      let spent = measure {
        _ = Gate.summarize(samples: samples, header: run.header, objectives: [bound])
      }
      table.add("summarize \(count) requests", [spent])
      let record = RunRecord(header: run.header, samples: samples)
      table.add(
        "compare \(count) with \(count) requests",
        [measure { _ = DisplayTests.compare(candidate: [record], baseline: [record]) }])
    }
    try BenchmarkTable.publish([table], json: json)
  }

  /// One search of a series whose level moves in the middle.
  private func changePoint() -> Double {
    var generator = SeededGenerator(seed: 3, label: "series")
    let values = (0..<series).map { index in
      generator.nextUnit() + (index < series / 2 ? 0 : 1)
    }
    let searches = 10
    let spent = measure {
      for _ in 0..<searches {
        let split = EDivisive.significantSplit(
          values, minimum: 5, permutations: 999, pMax: 0.005
        ) { generator.fill(&$0) }
        precondition(split != nil, "a series of \(series) runs without a split")
      }
    }
    return spent / Double(searches)
  }

  /// The median of the thread's CPU time, in milliseconds.
  private func measure(_ body: () -> Void) -> Double {
    median(
      (0..<repeats).map { _ in
        let start = threadCPUSeconds()
        body()
        return (threadCPUSeconds() - start) * 1_000
      })
  }

  /// Two looks against ten runs of main with the history, three profiles of two scenarios.
  private func judgement() -> GateInput {
    var generator = SeededGenerator(seed: 1, label: "gate benchmark")
    func records(_ count: Int, _ name: String) -> [RunRecord] {
      (0..<count).map { index in
        let run = SyntheticRun(requests: 3_000, generator: generator.fork("\(name)\(index)"))
        var header = run.header
        header.runID = "\(name)-\(index)"
        header.branch = name == "change" ? "change" : "main"
        _ = generator.next()
        var record = Gate.summarize(samples: run.samples, header: header)
        record.samples = nil
        return record
      }
    }
    return GateInput(
      candidates: records(2, "change"), baseline: records(10, "main"),
      history: [records(history, "old")])
  }
}

/// A run of three profiles and two scenarios with made-up times.
private struct SyntheticRun {
  let header: RunHeader
  let samples: [StreamSample]

  init(
    requests: Int, generator: SeededGenerator = SeededGenerator(seed: 2, label: "requests")
  ) {
    var generator = generator
    header = RunHeader(
      runID: "run", environment: "bench-00000000", timeout: .seconds(120),
      profiles: ["ramp-up", "sustained", "stress"], scenarios: ["short", "long"])
    samples = (0..<requests).map { index in
      var sample = StreamSample(
        profile: index % 3, scenario: generator.nextIndex(below: 2),
        stage: index % 3 == 0 ? generator.nextIndex(below: 10) : 0, seq: index / 3,
        intended: .milliseconds(Int64(index)), outcome: .complete)
      let first = Nanos.microseconds(Int64(50_000 + generator.nextIndex(below: 100_000)))
      let tokens = 80 + generator.nextIndex(below: 40)
      let gap = Nanos.microseconds(Int64(15_000 + generator.nextIndex(below: 5_000)))
      sample.sent = sample.intended + .microseconds(20)
      sample.requestSent = .microseconds(300)
      sample.headers = first - .microseconds(500)
      sample.firstToken = first
      sample.firstAnswer = first
      sample.lastToken = first + gap * Int64(tokens - 1)
      sample.done = sample.lastToken
      sample.end = sample.lastToken
      sample.usageOutputTokens = tokens
      sample.contentEvents = tokens
      sample.gapMedian = gap
      sample.gapP99 = gap * 2
      sample.gapMax = gap * 3
      sample.gapMaxAt = sample.intended + first
      if generator.nextIndex(below: 100) == 0 { sample.outcome = .http5xx }
      return sample
    }
  }
}
