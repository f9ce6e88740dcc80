import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("Both databases", .enabled(if: StoreKind.server != nil, "no PostgreSQL at hand"))
struct DriversEqualTests {
  @Test("The same random work gives the same answers", arguments: 0..<6 as Range<UInt64>)
  func randomWork(seed: UInt64) throws {
    let places = try [TestStore(.sqlite), TestStore(.postgres)]
    let stores = try places.map { try $0.open() }
    try both(stores) { store in try work(store, seed: seed) }
    for filter in filters(seed: seed) {
      for figures in [FigureSelection.all, .none, .named(["ttft.p95", "'"])] {
        try both(stores) { store in try store.runs(filter, figures: figures) }
      }
      for parts in DriversEqualTests.parts {
        try both(stores) { store in
          try store.runs(filter, parts: parts).map { [$0.record] }
        }
      }
    }
    let ids = try stores[0].runs(RunFilter()).map { $0.header.runID }
    #expect(!ids.isEmpty)
    for id in ids {
      try both(stores) { store in try store.samples(id) }
      try both(stores) { store in try store.record(id) }
    }
    try both(stores) { store in
      let check = try store.check()
      return [check.runs, check.samples, check.orphans, check.unfinished.count]
    }
  }

  @Test("Text of every kind is stored and ordered the same")
  func texts() throws {
    let places = try [TestStore(.sqlite), TestStore(.postgres)]
    let stores = try places.map { try $0.open() }
    let texts =
      RandomRun.hostileTexts + ["a", "B", "b", "A", "é", "e\u{301}", "Z", "_", "\u{10FFFF}", "ａ"]
    let answers = try both(stores) { store in
      for (i, text) in texts.enumerated() {
        let waiver = Waiver(id: "\(text)\0", metric: text, reason: text + "\0")
        try store.setWaiver(waiver, project: "p", environment: "e")
        var header = Build.header(runID: "\(String(text.prefix(30)))-\(i)")
        header.branch = text
        try store.importRun(RunRecord(header: header))
        #expect(try store.runs(RunFilter(branch: text)).map { $0.header.branch } == [text])
      }
      let waivers = try store.waivers(project: "p", environment: "e")
      let runs = try store.runs(RunFilter())
      return (waivers.map { $0.id + $0.reason } + runs.map { $0.header.runID })
    }
    #expect(answers.count == 2 * texts.count)
  }

  @Test("Evidence far longer than usual comes back whole, between requests without any")
  func longTexts() throws {
    let places = try [TestStore(.sqlite), TestStore(.postgres)]
    let stores = try places.map { try $0.open() }
    let samples = (0..<60).map { i -> StreamSample in
      var sample = Build.success(seq: i)
      guard i % 3 == 0 else { return sample }
      sample.outcome = .malformed
      let text = String(repeating: "é\(i)", count: 1 << (i / 4))
      sample.evidence = Evidence(
        transportCode: i, offset: i, excerpt: text, finishReason: i % 2 == 0 ? nil : text,
        detail: text + ".")
      return sample
    }
    let answers = try both(stores) { store in
      try store.importRun(RunRecord(header: Build.header(runID: "run"), samples: samples))
      return try store.samples("run")
    }
    #expect(answers == samples)
  }

  @Test("Every number comes back to the last bit")
  func numbers() throws {
    let places = try [TestStore(.sqlite), TestStore(.postgres)]
    let stores = try places.map { try $0.open() }
    let numbers = [
      0.1, -0.0, 1.0 / 3, Double.leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity,
      -.infinity, 1e-7, 9_007_199_254_740_991,
    ]
    let answers = try both(stores) { store in
      var record = RunRecord(header: Build.header(runID: "run", startedAt: UnixNanos(.max)))
      record.header.referenceTokens = ["short": 1.0 / 3]
      record.objectives = numbers.map { ObjectiveFigure(objective: "o", value: $0, n: .max) }
      try store.importRun(record)
      let read = try store.record("run")
      #expect(read.header.startedAt == UnixNanos(.max))
      #expect(read.header.referenceTokens == ["short": 1.0 / 3])
      return read.objectives.map(\.value)
    }
    #expect(answers == numbers)
  }

  /// Does the same to both and expects the same answer or the same kind of error.
  @discardableResult
  private func both<Answer: Equatable>(
    _ stores: [ResultStore], _ body: (ResultStore) throws -> Answer
  ) throws -> Answer {
    let first = try body(stores[0])
    let second = try body(stores[1])
    #expect(first == second)
    return first
  }

  /// Random imports, recordings, verdicts and removals; what went wrong by kind.
  private func work(_ store: ResultStore, seed: UInt64) throws -> [String] {
    var random = RandomRun(seed: seed)
    var errors: [String] = []
    for step in 0..<40 {
      let id = "run-\(random.count() % 12)"
      var record = random.record(runID: id)
      let samples = random.samples(random.count() % 20, header: record.header)
      do throws(StoreError) {
        switch random.count() % 5 {
        case 0:
          let key = try store.beginRun(record.header)
          try store.append(samples, to: key)
        case 1:
          let key = try store.beginRun(record.header)
          try store.append(samples, to: key)
          try store.finishRun(record)
        case 2: try store.deleteRun(id)
        case 3: try store.setVerdict(.inconclusive, runID: id)
        default:
          record.samples = samples
          try store.importRun(record)
        }
      } catch {
        errors.append("\(step): \(error)")
      }
    }
    // The databases' clocks differ, and with them the order of what was recorded.
    try store.driver.execute("UPDATE run SET stored_at = started_at")
    return errors
  }

  /// Parts of runs, of a profile, scenario and region that some have.
  private static let parts: [RunParts] = [
    .outline, .judged, RunParts(latencies: [.ttftP50, .tpotP50], rates: [.error]),
    RunParts(figures: .named(["ttft.p95", "'"]), profile: "sustained", scenario: ""),
    RunParts(rates: [], scenario: "sh\"o;rt", region: "eu"),
  ]

  /// Filters that let some runs through, and many that let none.
  private func filters(seed: UInt64) -> [RunFilter] {
    var random = RandomRun(seed: seed ^ 0xF)
    var filters = [
      RunFilter(), RunFilter(isFinished: false), RunFilter(isUsable: true), RunFilter(skip: 3),
      RunFilter(since: UnixNanos(1_700_000_000_000_000_000)),
    ]
    for _ in 0..<20 {
      filters.append(RunFilter(project: random.name(), limit: random.count() % 6))
      filters.append(RunFilter(environment: random.name(), branch: random.text()))
      filters.append(RunFilter(commit: random.name(), isFinished: random.flag()))
      filters.append(RunFilter(limit: random.count() % 6, skip: random.count() % 4))
    }
    return filters
  }
}
