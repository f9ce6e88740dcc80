import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("Runs are read in parts")
struct PartsTests {
  /// Run `i` of ten, of two profiles with two scenarios each.
  private func record(_ i: Int) -> RunRecord {
    var record = RunRecord(
      header: Build.header(
        runID: "run-\(i)", startedAt: UnixNanos(Int64(i)), profiles: ["ramp-up", "sustained"],
        scenarios: ["long", "short"]))
    record.header.selfCheck = SelfCheck()
    for profile in record.header.profiles {
      for scenario in record.header.scenarios {
        let key = CellKey(profile: profile, scenario: scenario)
        record.latencies += [LatencyMetric.ttftP50, .tpotP50].map {
          LatencyValue(key: key, metric: $0, logValue: Double(i), n: 9)
        }
        record.figures += ["a", "b"].map {
          ReportFigure(profile: profile, scenario: scenario, name: $0, value: 1, n: 9)
        }
      }
      record.rates.append(RateCount(profile: profile, rate: .error, k: 1, n: 9))
      record.figures.append(
        ReportFigure(profile: profile, scenario: "", name: "a", value: 1, n: 9))
    }
    record.objectives = [ObjectiveFigure(objective: "o", value: 1, n: 9)]
    record.sortCells()
    return record
  }

  private func filled(_ place: TestStore) throws -> ResultStore {
    let store = try place.open()
    for i in 0..<10 { try store.importRun(record(i)) }
    return store
  }

  @Test("Pages and times let some runs through", arguments: StoreKind.available)
  func filters(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try filled(place)
    func ids(_ filter: RunFilter) throws -> [String] {
      try store.runs(filter, parts: .outline).map(\.record.header.runID)
    }
    #expect(try ids(RunFilter(limit: 2, skip: 3)) == ["run-5", "run-6"])
    #expect(try ids(RunFilter(skip: 8)) == ["run-0", "run-1"])
    #expect(try ids(RunFilter(since: UnixNanos(8))) == ["run-8", "run-9"])
    #expect(
      try store.environments() == [
        StoredEnvironment(project: "project", environment: "default-00000000", runs: 10)
      ])
    let branches = try store.branches(project: "project", environment: "default-00000000")
    #expect(branches.map(\.branch) == ["main"] && branches.map(\.runs) == [10])
  }

  @Test(
    "All parts are what a whole run is, and each can be left out", arguments: StoreKind.available)
  func parts(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try filled(place)
    let all = try store.runs(RunFilter(), parts: RunParts())
    #expect(all.map(\.record) == (0..<10).map(record))
    #expect(all.map(\.storedAt) == (0..<10).map { UnixNanos(Int64($0)) })
    let outline = try store.runs(RunFilter(), parts: .outline)[3].record
    #expect(outline.latencies.isEmpty && outline.rates.isEmpty && outline.figures.isEmpty)
    #expect(outline.objectives.isEmpty && outline.header.selfCheck == nil)
    let parts = RunParts(
      latencies: [.ttftP50], rates: [], figures: .named(["a"]), hasObjectives: false,
      profile: "sustained", scenario: "short")
    let narrow = try store.runs(RunFilter(limit: 1), parts: parts)[0].record
    let key = CellKey(profile: "sustained", scenario: "short")
    #expect(narrow.latencies == [LatencyValue(key: key, metric: .ttftP50, logValue: 9, n: 9)])
    #expect(narrow.rates.isEmpty && narrow.objectives.isEmpty)
    #expect(narrow.figures.map(\.name) == ["a"] && narrow.figures[0].scenario == "short")
    let named = try store.runs(RunFilter(limit: 1), figures: .named(["a"]))[0]
    #expect(named.figures.count == 6)
  }

  @Test(
    "What is filled afterwards is as if it had been read at once", arguments: StoreKind.available)
  func filling(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try filled(place)
    let all = try store.runs(RunFilter(), parts: RunParts())
    var filled = try store.runs(
      RunFilter(), parts: RunParts(latencies: [], rates: [], figures: .none, hasObjectives: false))
    try store.fill(&filled, RunParts())
    #expect(filled == all)
    // The first and the last alone lie far apart, so that they are asked for by a list.
    var ends = [0, 9].map { StoredRun(outlineOf: all[$0]) }
    try store.fill(&ends, RunParts())
    #expect(ends == [all[0], all[9]])
  }
}

extension StoredRun {
  /// The run with its header alone.
  fileprivate init(outlineOf run: StoredRun) {
    self.init(key: run.key, storedAt: run.storedAt, record: RunRecord(header: run.record.header))
  }
}
