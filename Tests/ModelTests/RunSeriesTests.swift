import Model
import TestKit
import Testing

@Suite("Values of runs in columns")
struct RunSeriesTests {
  private static func record(_ i: Int, cells: [String] = ["long", "short"]) -> RunRecord {
    RunRecord(
      header: Build.header(runID: "run-\(i)", startedAt: UnixNanos(Int64(i))),
      latencies: cells.map {
        LatencyValue(
          key: CellKey(profile: "sustained", scenario: $0), metric: .ttftP50,
          logValue: Double(i) + ($0 == "long" ? 0.5 : 0), n: 10 + i)
      },
      rates: [RateCount(profile: "sustained", rate: .error, k: i, n: 100)],
      figures: [
        // Named like a latency of the same cell, which it is not.
        ReportFigure(
          profile: "sustained", scenario: "short", name: "ttft_p50", value: -1, n: 5)
      ])
  }

  private static func latency(_ scenario: String) -> RunSeries.ColumnID {
    .latency(CellKey(profile: "sustained", scenario: scenario), .ttftP50)
  }

  private func column(_ id: RunSeries.ColumnID, _ series: RunSeries) throws -> RunSeries.Column {
    series.columns[try #require(series.ids.firstIndex(of: id))]
  }

  @Test("Each cell, rate and figure has a column, in which each run has its place")
  func columns() throws {
    let runs = [
      RunSeriesTests.record(0), RunSeriesTests.record(1, cells: ["short"]),
      RunSeriesTests.record(2, cells: ["short", "long"]),
    ]
    let series = RunSeries(runs)
    #expect(series.runs.map(\.runID) == ["run-0", "run-1", "run-2"])
    #expect(series.ids.count == 4 && Set(series.ids).count == 4)
    let long = try column(RunSeriesTests.latency("long"), series)
    #expect(long.values[0] == 0.5 && long.values[1].isNaN && long.values[2] == 2.5)
    #expect(long.counts == [10, 0, 12])
    let short = try column(RunSeriesTests.latency("short"), series)
    #expect(short.values == [0, 1, 2])
    let rate = try column(.rate(profile: "sustained", .error), series)
    #expect(rate.values == [0, 1, 2] && rate.counts == [100, 100, 100])
    let figure = try column(
      .figure(CellKey(profile: "sustained", scenario: "short"), name: "ttft_p50"), series)
    #expect(figure.values == [-1, -1, -1] && figure.counts == [5, 5, 5])
  }

  @Test("Runs can be added, left out and put into another order")
  func order() throws {
    var series = RunSeries([RunSeriesTests.record(0, cells: ["short"])])
    series.append([RunSeriesTests.record(1), RunSeriesTests.record(2, cells: [])])
    let chosen = series.selecting([2, 0])
    #expect(chosen.runs.map(\.runID) == ["run-2", "run-0"])
    let all = try column(RunSeriesTests.latency("long"), series)
    #expect(all.values[0].isNaN && all.values[1] == 1.5 && all.values[2].isNaN)
    let short = try column(RunSeriesTests.latency("short"), chosen)
    #expect(short.values[0].isNaN && short.values[1] == 0 && short.counts == [0, 10])
    #expect(chosen.ids == series.ids)
    #expect(series.selecting([]).columns.allSatisfy { $0.values.isEmpty })
  }
}
