import Gate
import Model
import Reports
import TestKit

/// Reports with what only a page shows.
enum PageCase {
  /// A verdict without requests at hand.
  static func bare(_ item: ReportCase) -> Report {
    Report(
      input: GateInput(candidates: item.candidates, baseline: item.baseline), verdict: item.verdict,
      facts: item.facts)
  }

  /// A failed verdict with plots, timelines, stages and regions.
  static var full: Report {
    var item = ReportCase.recorded
    item.candidates[0].figures += ReportCase.stages.candidates[0].figures.filter {
      $0.name.hasPrefix("stage.") || $0.name.hasPrefix("knee.")
    }
    item.candidates[0].header.regions = ["eu-central", "us-east"]
    item.baseline[0].header.regions = ["eu-central", "us-east"]
    for (region, slower) in [("us-east", 1.4), ("eu-central", 1)] {
      item.candidates[0].figures += [
        ("ttft.p50", 0.4), ("ttft.p95", 0.7), ("ttft.p99", 1.1), ("duration.p50", 2.3),
        ("duration.p95", 3.2),
      ].map { name, value in
        ReportFigure(
          profile: "sustained", scenario: "short", region: region, name: name,
          value: value * slower, n: 300)
      }
    }
    var report = bare(item)
    report.plots = Gate.plots(
      candidates: [run(item.candidates[0], requests: 600, slower: 1.2)],
      baseline: [run(item.baseline[0], requests: 600, slower: 1)])
    report.streams = streams
    return report
  }

  /// A run with that many requests over its profiles, scenarios and regions; some fail.
  static func run(_ record: RunRecord, requests: Int, slower: Double) -> RunRecord {
    var record = record
    var generator = SeededGenerator(seed: 3, label: record.header.runID)
    let (profiles, scenarios) = (record.header.profiles.count, record.header.scenarios.count)
    let regions = record.header.regions.count
    let perProfile = requests / profiles
    record.samples = (0..<requests).map { index in
      let (profile, seq) = (index / max(1, perProfile), index % max(1, perProfile))
      let luck = generator.nextUnit()
      let stage = seq * 10 / max(1, perProfile)
      let ttft = (0.2 + 0.3 * luck * luck + (stage > 7 ? 0.8 * luck : 0)) * slower
      let intended = Nanos(seconds: Double(seq) * 60 / Double(max(1, perProfile)))
      var sample = Build.success(
        profile: min(profile, profiles - 1), scenario: generator.nextIndex(below: scenarios),
        seq: seq, intended: intended, ttft: Nanos(seconds: ttft),
        gap: .microseconds(Int64(8_000 + generator.nextIndex(below: 4_000))),
        tokens: 20 + generator.nextIndex(below: 180))
      if index % 97 == 96 {
        let outcome: Outcome = index % 2 == 0 ? .http429 : .http5xx
        sample = Build.failure(
          outcome, profile: sample.profile, scenario: sample.scenario, seq: seq,
          intended: intended)
      }
      sample.stage = stage
      sample.region = regions > 0 ? generator.nextIndex(below: regions) : nil
      return sample
    }
    return record
  }

  /// The streams that `ReportCase.recorded` names.
  static var streams: [RecordedStream] {
    [
      stream(profile: 1, scenario: 0, seq: 95, .complete), cut(seq: 136),
      stream(profile: 0, scenario: 0, seq: 34, .truncated), refused(seq: 40),
    ]
  }

  private static func stream(
    profile: Int, scenario: Int, seq: Int, _ outcome: Outcome
  ) -> RecordedStream {
    let ttft = Nanos.milliseconds(1_313)
    var sample = Build.success(
      profile: profile, scenario: scenario, seq: seq, intended: .seconds(9), ttft: ttft, tokens: 60)
    sample.outcome = outcome
    sample.gapMax = .milliseconds(420)
    sample.gapMaxAt = sample.intended + ttft + .milliseconds(820)
    var at = ttft
    let reads = (0..<30).map { index -> RecordedRead in
      defer { at = at + .milliseconds(index == 10 ? 420 : 40) }
      return RecordedRead(at: at, bytes: 200, contentEvents: 2)
    }
    return RecordedStream(
      sample: sample, ranks: StreamRanks(ttft: 1), traceID: "4bf92f3577b34da6a3ce929d0e0e4736",
      reads: reads)
  }

  /// A stream of more reads than are kept, given up at last.
  private static func cut(seq: Int) -> RecordedStream {
    var stream = stream(profile: 1, scenario: 1, seq: seq, .timeoutTotal)
    stream.sample.contentEvents = 400
    stream.sample.done = nil
    stream.sample.end = nil
    stream.over = .seconds(12)
    stream.lastReads = (0..<20).map {
      RecordedRead(at: .milliseconds(9_000 + $0 * 100), bytes: 100, contentEvents: 1)
    }
    stream.readsOmitted = 160
    stream.sample.evidence = Evidence(detail: "The stream had not ended after 120 s.")
    return stream
  }

  private static func refused(seq: Int) -> RecordedStream {
    var sample = Build.failure(.http5xx, profile: 0, seq: seq)
    sample.httpStatus = 502
    sample.evidence = Evidence(
      excerpt: "<html><script>alert(1)</script>bad gateway</html>",
      detail: "The response's status was 502.")
    return RecordedStream(sample: sample, ranks: StreamRanks(failure: 1))
  }
}
