import Foundation
import Gate
import Model
import Reports
import Testing

extension ReportCase {
  /// A slower build after twelve runs of main, seven of them older than the baseline.
  static let builds: ReportCase = {
    var item = ReportCase.fail
    item.name = "builds"
    for index in item.verdict.composites.indices {
      guard case .latency(let metric) = item.verdict.composites[index].id.metric else { continue }
      item.verdict.composites[index].latency?.weights = [
        CellWeight(name: "ramp-up/short/\(metric.rawValue)", weight: 0.25),
        CellWeight(name: "sustained/short/\(metric.rawValue)", weight: 0.75),
      ]
    }
    item.history = (1...7).map { Piece.record("old-\($0)") }
    for index in item.history.indices {
      item.history[index].header.startedAt = UnixNanos(Int64(index) * 1_000_000_000)
      measure(&item.history[index], factor: 1 + 0.005 * Double(index % 3))
    }
    for index in item.baseline.indices {
      item.baseline[index].header.startedAt = UnixNanos(Int64(100 + index) * 1_000_000_000)
      measure(&item.baseline[index], factor: 1 - 0.005 * Double(index % 2))
    }
    for index in item.candidates.indices { measure(&item.candidates[index], factor: 1.2, k: 9) }
    return item
  }()

  /// Puts every gated figure into a run.
  static func measure(_ run: inout RunRecord, factor: Double, k: Int = 2) {
    let values: [(LatencyMetric, Double)] = [
      (.durstdP50, 2.3), (.tpotP50, 0.018), (.ttftP50, 0.41), (.ttftP95, 0.73),
    ]
    run.latencies = ["ramp-up", "sustained"].flatMap { profile in
      values.map { metric, seconds in
        LatencyValue(
          key: CellKey(profile: profile, scenario: "short"), metric: metric,
          logValue: log(seconds * factor), n: 600)
      }
    }
    run.rates = ["ramp-up", "sustained"].flatMap { profile in
      RateMetric.allCases.map { RateCount(profile: profile, rate: $0, k: k, n: 1000) }
    }
  }
}

@Suite("A metric over recent builds")
struct BuildRowTests {
  @Test("A row has main's runs in the order of time, and then the candidate's")
  func rows() throws {
    let model = ReportCase.builds.model
    #expect(model.builds.map(\.metric) == model.composites.map(\.metric))
    let row = try #require(model.builds.first)
    #expect(row.metric == "ttft_p50" && row.unit == "ms")
    #expect(row.main.count == 12 && row.candidate.count == 1)
    #expect(abs(row.main[1] - 410 * 1.005) < 1e-9 && abs(row.candidate[0] - 492) < 1e-9)
    #expect(row.sparkline == "▁▁▁▁▁▁▁▁▁▁▁▁ █")
    #expect([row.lowest, row.highest, row.last] == ["408 ms", "414 ms", "492 ms"])
    #expect(model.plottedBuilds?.metric == "ttft_p50")
    let error = try #require(model.builds.first { $0.metric == "error" })
    #expect(error.unit == "%" && error.last == "0.90 %" && error.sparkline.hasSuffix(" █"))
  }

  @Test("Main's latest runs after a regression that nobody accepted are among main's")
  func latest() throws {
    var item = ReportCase.builds
    item.latest = (1...5).map { Piece.record("late-\($0)") }
    for index in item.latest.indices {
      item.latest[index].header.startedAt = UnixNanos(Int64(200 + index) * 1_000_000_000)
      ReportCase.measure(&item.latest[index], factor: 1.22)
    }
    let row = try #require(item.model.builds.first { $0.metric == "ttft_p50" })
    #expect(row.main.count == 17 && row.highest == "500 ms" && row.last == "492 ms")
    // A report gets them from what was judged, those that could not serve left out.
    item.latest[4].header.isUsable = false
    let input = GateInput(
      candidates: item.candidates, baseline: item.baseline, latest: item.latest)
    let model = Report(input: input, verdict: item.verdict, facts: item.facts).model
    let shown = try #require(model.builds.first { $0.metric == "ttft_p50" })
    #expect(shown.main.suffix(4).allSatisfy { $0 > 490 })
    #expect(shown.main.count == item.baseline.count + 4)
  }

  @Test("A run that lacks a cell, or counts tokens by another unit, has no place in the row")
  func incomparable() throws {
    var item = ReportCase.builds
    item.history[0].latencies.removeAll { $0.key.profile == "ramp-up" }
    item.history[1].header.tokenUnit =
      item.candidates[0].header.tokenUnit == .usage ? .events : .usage
    item.history[2].latencies = item.history[2].latencies.map {
      var value = $0
      value.logValue = .infinity
      return value
    }
    let builds = item.model.builds
    #expect(try #require(builds.first { $0.metric == "ttft_p50" }).main.count == 10)
    #expect(try #require(builds.first { $0.metric == "tpot_p50" }).main.count == 9)
    #expect(try #require(builds.first { $0.metric == "error" }).main.count == 12)
  }

  @Test("Too few runs, and a run that is compared with nothing, have no row")
  func few() {
    var item = ReportCase.builds
    item.history = []
    item.baseline = Array(item.baseline.prefix(1))
    #expect(item.model.builds.isEmpty)
    #expect(ReportCase.exploration.model.builds.isEmpty)
    #expect(!String(decoding: MarkdownReport.bytes(item.model), as: UTF8.self).contains("mermaid"))
  }

  @Test("At most thirty runs of main are shown, the last ones")
  func many() throws {
    var item = ReportCase.builds
    item.history = (0..<90).map { index in
      var run = item.history[0]
      run.header.runID = "r\(index)"
      run.header.startedAt = UnixNanos(Int64(index))
      return run
    }
    let row = try #require(item.model.builds.first)
    #expect(row.main.count == 30 && row.sparkline.count == 32)
  }

  @Test("A row of signs spans from its lowest to its highest value, noise stays flat")
  func sparkline() {
    #expect(Sparkline.text([1, 2, 3, 4, 5, 6, 7, 8]) == "▁▂▃▄▅▆▇█")
    #expect(Sparkline.text([5, 5, 5]) == "▁▁▁")
    #expect(Sparkline.text([100, 101, 100, 99], shareMin: 0.1) == "▅▅▅▄")
    #expect(Sparkline.text([1, nil, .infinity, 2]) == "▁··█")
    #expect(Sparkline.text([]) == "" && Sparkline.text([nil]) == "·")
  }
}
