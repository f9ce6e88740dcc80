import Foundation
import Gate
import Model
import Plan
import TestKit
import Testing

@Suite("A run's samples become its numbers")
struct SummarizeTests {
  @Test("The golden run file gives its golden cells, whatever the order of its lines")
  func runFile() throws {
    let expected = try Golden.json("run_file_cells.json")
    let tolerance = Tolerance(of: expected)
    var generator = SeededGenerator(seed: 3, label: "lines")
    var lines = try Golden.jsonLines("run_file.jsonl")
    var first: RunRecord?
    for _ in 0..<2 {
      let record = try summarize(lines)
      let wanted = try #require(expected["latency"]?.arrayValue)
      #expect(!wanted.isEmpty && record.latencies.count == wanted.count)
      for item in wanted {
        let key = CellKey(
          profile: try item.string("profile"), scenario: try item.string("scenario"))
        let metric = LatencyMetric(rawValue: try item.string("metric"))
        let value = try #require(
          record.latencies.first { $0.key == key && $0.metric == metric })
        tolerance.expect(value.logValue, try item.double("log_value"), "\(key.name)")
        #expect(value.logValue.isInfinite == item["saturated"]?.boolValue)
      }
      let rates = try #require(expected["rates"]?.arrayValue)
      #expect(!rates.isEmpty && record.rates.count == rates.count)
      for item in rates {
        let rate = RateCount(
          profile: try item.string("profile"),
          rate: try #require(RateMetric(rawValue: try item.string("rate"))),
          k: try item.int("k"), n: try item.int("n"))
        #expect(record.rates.contains(rate), "\(rate)")
      }
      #expect(record.header.isUsable)
      #expect(record.header.stallGap == .milliseconds(200))
      if let first { #expect(first == record) }
      first = record
      generator.shuffle(&lines)
    }
  }

  private func summarize(_ lines: [JSONValue]) throws -> RunRecord {
    var reader = SampleLineReader()
    var header: RunHeader?
    for line in lines {
      if line["type"]?.stringValue == "run" {
        header = try RunHeader(runFileJSON: line)
      } else {
        try reader.read(line)
      }
    }
    var found = try #require(header)
    let samples = try reader.finish(header: &found)
    return Gate.summarize(samples: samples, header: found)
  }

  private func run(
    _ samples: [StreamSample], objectives: [Objective] = [], header: RunHeader? = nil
  ) -> RunRecord {
    Gate.summarize(
      samples: samples, header: header ?? Build.header(runID: "r"), objectives: objectives)
  }

  private func value(_ record: RunRecord, _ metric: LatencyMetric) -> Double? {
    record.latencies.first { $0.metric == metric }?.logValue
  }

  private func figure(_ record: RunRecord, _ name: String, scenario: String = "") -> Double? {
    record.figures.first { $0.name == name && $0.scenario == scenario }?.value
  }

  @Test("A failed request cannot make a run look faster")
  func gateView() throws {
    let good = (0..<40).map { Build.success(seq: $0, ttft: .milliseconds(100)) }
    let bad = (40..<81).map { Build.failure(.http5xx, seq: $0) }
    let clean = run(good)
    #expect(abs(try #require(value(clean, .ttftP50)) - log(0.1)) < 1e-12)
    let broken = run(good + bad)
    #expect(value(broken, .ttftP50) == .infinity)
    #expect(value(broken, .durstdP50) == .infinity)
    #expect(abs(try #require(value(broken, .tpotP50)) - log(0.02)) < 1e-12)
    #expect(broken.rates.first { $0.rate == .error }?.k == 41)
    #expect(figure(broken, "ttft.p50") == nil)
    #expect(figure(broken, "ttft.completed.p50") == 0.1)
    #expect(figure(broken, "outcome.http_5xx") == 41)
  }

  @Test("The cold start is the first request that was sent, or the one before the samples")
  func coldStart() throws {
    var samples = (0..<5).map {
      Build.success(seq: $0, ttft: .milliseconds($0 == 1 ? 900 : 100))
    }
    samples[0] = Build.failure(.droppedLate, seq: 0)
    samples[0].sent = nil
    for index in samples.indices {
      samples[index].intended = .milliseconds(10) * Int64(index)
      samples[index].isWarmup = true
      if index > 0 { samples[index].sent = samples[index].intended }
    }
    #expect(figure(run(samples.reversed()), "cold_start.ttft") == 0.9)
    let first = Build.success(seq: 0, ttft: .seconds(3))
    let warmed = Gate.summarize(
      samples: samples, header: Build.header(runID: "r"), firstRequest: first)
    #expect(figure(warmed, "cold_start.ttft") == 3)
    samples[1] = Build.failure(.http5xx, seq: 1)
    samples[1].sent = samples[1].intended
    #expect(figure(run(samples), "cold_start.ttft") == nil)
  }

  @Test("Where every stream fails the cadence is infinite, where all are short it is unknown")
  func noCadence() {
    let failed = run((0..<40).map { Build.failure(.http5xx, seq: $0) })
    #expect(value(failed, .tpotP50) == .infinity)
    #expect(value(failed, .durstdP50) == .infinity)
    let short = run((0..<40).map { Build.success(seq: $0, tokens: 3) })
    #expect(value(short, .tpotP50) == nil)
    #expect(value(short, .durstdP50) == nil)
    #expect(value(short, .ttftP50) != nil)
  }

  @Test("The reference length is the run's own median, or the one that is frozen")
  func referenceLength() throws {
    let samples = (0..<41).map { Build.success(seq: $0, tokens: 10 + $0) }
    let own = run(samples)
    #expect(own.header.referenceTokens == ["short": 30])
    #expect(abs(try #require(value(own, .durstdP50)) - log(0.1 + 29 * 0.02)) < 1e-12)
    var header = Build.header(runID: "r")
    header.referenceTokens = ["short": 101]
    let frozen = run(samples, header: header)
    #expect(frozen.header.referenceTokens == ["short": 101])
    #expect(abs(try #require(value(frozen, .durstdP50)) - log(0.1 + 100 * 0.02)) < 1e-12)
  }

  @Test("A stall is a gap above five median token times, at least 200 ms")
  func stallGap() {
    let fast = run((0..<40).map { Build.success(seq: $0, gap: .milliseconds(20)) })
    #expect(fast.header.stallGap == .milliseconds(200))
    let slow = run((0..<40).map { Build.success(seq: $0, gap: .milliseconds(100)) })
    #expect(slow.header.stallGap == .milliseconds(500))
  }

  @Test("Turns are figures of their cell and no cells of their own; failures count in theirs")
  func turns() throws {
    var samples = (0..<30).map { seq in
      var sample = Build.success(seq: seq, ttft: .milliseconds(100 * Int64(seq % 3 + 1)))
      sample.turn = seq % 3
      sample.usageInputTokens = 50 * (seq % 3 + 1)
      sample.usageCachedTokens = 50 * (seq % 3)
      return sample
    }
    var failed = Build.failure(.http5xx, seq: 30)
    failed.turn = 2
    samples.append(failed)
    let record = run(samples)
    func turn(_ name: String) -> Double? { figure(record, "turn." + name, scenario: "short") }
    #expect((0...2).map { turn("\($0).tokens.input") } == [50, 100, 150])
    #expect((0...2).map { turn("\($0).requests") } == [10, 10, 11])
    #expect((0...2).map { turn("\($0).cached.share") } == [0, 0.5, 100.0 / 150])
    #expect((0...1).map { turn("\($0).ttft.p50") } == [0.1, 0.2])
    #expect((0...2).map { turn("\($0).error") } == [0, 0, 1.0 / 11])
    #expect(record.figures.allSatisfy { !$0.name.hasPrefix("turn.") || $0.scenario == "short" })
    #expect(Set(record.latencies.map(\.key)).count == 1)
    let single = run((0..<30).map { Build.success(seq: $0) })
    #expect(single.figures.allSatisfy { !$0.name.hasPrefix("turn.") })
  }

  @Test("Stalls are counted by the seconds in which they end")
  func stalledBuckets() {
    var samples = (0..<40).map {
      Build.success(seq: $0, intended: .milliseconds(Int64($0) * 250))
    }
    for index in [3, 4, 20] {
      samples[index].gapMax = .milliseconds(300)
      samples[index].gapMaxAt = .milliseconds(index == 20 ? 7_500 : 2_000 + Int64(index))
    }
    samples[30].gapMax = .milliseconds(200)
    samples[30].gapMaxAt = .milliseconds(9_500)
    let stalled = run(samples).rates.first { $0.rate == .stalled }
    #expect(stalled?.k == 2)
    // The last stream starts at 9.75 s and ends 1.08 s later.
    #expect(stalled?.n == 11)
  }

  @Test("Warm-up and what the client did not send enter no number of the gate")
  func leftOut() {
    var samples = (0..<40).map { Build.success(seq: $0) }
    for seq in 40..<42 { samples.append(Build.failure(.droppedLate, seq: seq)) }
    samples.append(Build.failure(.cancelled, seq: 42))
    var early = Build.failure(.http5xx, seq: 43)
    early.isWarmup = true
    samples.append(early)
    let record = run(samples)
    #expect(record.latencies.allSatisfy { $0.n == 40 })
    #expect(
      record.rates.first { $0.rate == .error }
        == RateCount(
          profile: "sustained", rate: .error, k: 0, n: 40))
    #expect(figure(record, "requests") == 43)
    #expect(figure(record, "outcome.dropped_late") == 2)
    #expect(record.header.isUsable)
  }

  @Test("A run that sent less than nine tenths of its schedule is not usable")
  func shortSchedule() {
    let samples =
      (0..<89).map { Build.success(seq: $0) }
      + (89..<100).map { Build.failure(.droppedLate, seq: $0) }
    let record = run(samples)
    #expect(!record.header.isUsable)
    #expect(record.header.unusableReason == "only 89 of 100 scheduled requests were sent")
    let closed = run(samples, header: Build.header(runID: "r", profiles: ["stress"]))
    #expect(closed.header.isUsable)
    let refused = run(
      (0..<50).map { Build.success(seq: $0) }
        + (50..<100).map { Build.failure(.droppedCap, seq: $0) })
    #expect(refused.header.isUsable, "the service left no slot: its own doing")
    #expect(refused.rates.first { $0.rate == .error }?.k == 50)
  }

  @Test("A run that sent too little because its client was late says what helps the client")
  func lateClient() {
    var header = Build.header(runID: "r")
    var check = SelfCheck()
    check.scheduled = 100
    check.sent = 80
    check.droppedLate = 20
    check.lateness = [LateCount(over: .zero, count: 0)]
    header.selfCheck = check
    let samples = (0..<100).map { seq in
      seq < 80 ? Build.success(seq: seq) : Build.failure(.droppedLate, seq: seq)
    }
    let reason = run(samples, header: header).header.unusableReason
    #expect(reason?.hasPrefix("client-limited: 20.0 % of the arrivals were dropped") == true)
  }

  @Test("An aborted or unfinished run is not usable")
  func unusable() {
    var header = Build.header(runID: "r")
    header.aborted = Abort(profile: "sustained", rule: "error 50% over 10s", at: .seconds(12))
    let aborted = run([Build.success(seq: 0)], header: header)
    #expect(aborted.header.unusableReason == "aborted in sustained by error 50% over 10s")
    header.aborted = nil
    header.isFinished = false
    #expect(run([Build.success(seq: 0)], header: header).header.unusableReason == "not finished")
  }

  @Test("Tokens are counted by usage if any stream sent it, else by events")
  func tokenUnit() {
    var samples = (0..<40).map { Build.success(seq: $0, tokens: 50) }
    #expect(run(samples).header.tokenUnit == .usage)
    for index in samples.indices { samples[index].usageOutputTokens = nil }
    #expect(run(samples).header.tokenUnit == .events)
    samples[0].usageOutputTokens = 50
    #expect(run(samples).header.tokenUnit == .usage)
  }

  @Test("A scenario that does not stream has its duration as its only latency")
  func unstreamed() {
    var header = Build.header(runID: "r")
    header.unstreamedScenarios = ["short"]
    let record = run((0..<40).map { Build.success(seq: $0) }, header: header)
    #expect(record.latencies.map(\.metric) == [.durationP50])
  }

  @Test("Regions are cells of their own")
  func regions() {
    var header = Build.header(runID: "r")
    header.regions = ["eu", "us"]
    var samples = (0..<80).map { Build.success(seq: $0) }
    for index in samples.indices { samples[index].region = index % 2 }
    let record = run(samples, header: header)
    #expect(Set(record.latencies.map(\.key.region)) == ["eu", "us"])
    #expect(record.latencies.allSatisfy { $0.n == 40 })
    #expect(record.rates.first { $0.rate == .error }?.n == 80)
  }

  @Test("A run without any request has no cell and no figure that is not finite")
  func nothing() {
    let record = run([])
    #expect(record.latencies.isEmpty)
    #expect(record.rates.allSatisfy { $0.k == 0 && $0.n == 0 })
    #expect(record.figures.allSatisfy { $0.value.isFinite })
  }
}
