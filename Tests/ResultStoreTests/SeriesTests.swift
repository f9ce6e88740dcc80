import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("Values of runs are read in columns")
struct SeriesTests {
  /// What a series says, run by run: comparable, since NaN stands for nothing.
  private func values(_ series: RunSeries) -> [String] {
    var lines = series.runs.map {
      "\($0.runID) \($0.branch) \($0.commit) \($0.startedAt) \($0.tokenUnit.rawValue)"
    }
    for (id, column) in zip(series.ids, series.columns) {
      for (run, value) in column.values.enumerated() where !value.isNaN {
        lines.append("\(id) \(run) \(value) \(column.counts[run])")
      }
    }
    return lines.sorted()
  }

  private static let parts = [
    RunParts(),
    RunParts(latencies: [.ttftP50, .tpotP50], rates: [], figures: .none),
    RunParts(latencies: [], rates: [.error], figures: .named(["ttft.p95", "'", "ttft_p50"])),
    RunParts(latencies: [], rates: [], figures: .all),
    RunParts.outline,
  ]

  @Test(
    "They are those of the records, whatever is asked for", arguments: StoreKind.available,
    0..<3 as Range<UInt64>)
  func asRecords(kind: StoreKind, seed: UInt64) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    var random = RandomRun(seed: seed)
    for i in 0..<12 {
      var record = random.record(runID: "run-\(i)")
      // A figure that is named like a latency of its cell is none.
      if let value = record.latencies.first {
        record.figures.append(
          ReportFigure(
            profile: value.key.profile, scenario: value.key.scenario, region: value.key.region,
            name: value.metric.rawValue, value: 7, n: 1))
      }
      try store.importRun(record)
    }
    for filter in [RunFilter(), RunFilter(limit: 5), RunFilter(limit: 2, skip: 3)] {
      for parts in SeriesTests.parts {
        let records = try store.runs(filter, parts: parts)
        let series = try store.series(filter, parts: parts)
        #expect(values(series) == values(RunSeries(records.map(\.record))))
        #expect(series.runs.map(\.storedAt) == records.map(\.storedAt))
      }
    }
    #expect(try store.series(RunFilter(branch: "nowhere"), parts: RunParts()).runs.isEmpty)
  }

  @Test(
    "Runs that lie far apart are found, and others between them passed over",
    arguments: StoreKind.available)
  func sparse(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    for i in 0..<200 {
      var header = Build.header(runID: "run-\(i)", startedAt: UnixNanos(Int64(i)))
      header.branch = i % 60 == 0 ? "main" : "change"
      try store.importRun(
        RunRecord(
          header: header,
          latencies: [
            LatencyValue(
              key: CellKey(profile: "sustained", scenario: "short"), metric: .ttftP50,
              logValue: Double(i), n: i)
          ]))
    }
    let main = try store.series(RunFilter(branch: "main"), parts: .judged)
    #expect(main.columns.map(\.values) == [[0, 60, 120, 180]])
    #expect(main.columns.map(\.counts) == [[0, 60, 120, 180]])
    let change = try store.series(RunFilter(branch: "change"), parts: .judged)
    #expect(change.columns[0].values == (0..<200).filter { $0 % 60 != 0 }.map(Double.init))
  }

  @Test("The place of a run is found by its key, in whatever order keys are asked for")
  func places() {
    var random = SeededGenerator(seed: 3, label: "places")
    var keys = Array(Set((0..<300).map { _ in Int64(random.nextIndex(below: 2_000)) })).sorted()
    for i in stride(from: keys.count - 1, to: 0, by: -1) {
      keys.swapAt(i, random.nextIndex(below: i + 1))
    }
    var places = RunPlaces(keys)
    let asked = Array(0..<2_000) + (0..<2_000).reversed() + (0..<500).map { $0 * 37 % 2_000 }
    for key in asked.map(Int64.init) {
      #expect(places.place(key) == keys.firstIndex(of: key))
    }
    var none = RunPlaces([])
    #expect(none.place(1) == nil)
  }
}
