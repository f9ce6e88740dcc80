import Gate
import Model
import Testing

@Suite("Trends are chosen by the names that people write")
struct TrendTests {
  private static let runs: [RunRecord] = {
    var runs = Runs(seed: 1)
    runs.profiles = ["ramp-up", "sustained"]
    runs.scenarios = ["long", "short"]
    return (0..<8).map { index in
      var run = runs.run("r\(index)")
      for profile in runs.profiles {
        for scenario in [""] + runs.scenarios {
          for (name, value) in [("ttft.p99", 0.5), ("goodput", 5), ("stall.count", 0)] {
            run.figures.append(
              ReportFigure(
                profile: profile, scenario: scenario, name: name, value: value, n: 300))
          }
        }
      }
      return run
    }
  }()

  private func names(
    _ metrics: String..., profile: String? = nil, scenario: String? = nil
  ) -> [String] {
    TrendTable(TrendTests.runs).trends(
      TrendRequest(metrics: metrics, profile: profile, scenario: scenario)
    ).map(\.id.name)
  }

  @Test("Nothing means the composites, a filter the cells that it lets through")
  func defaults() {
    #expect(
      names() == [
        "ttft_p50", "ttft_p95", "tpot_p50", "durstd_p50", "error", "truncated", "stalled",
      ])
    #expect(
      names(profile: "sustained", scenario: "short") == [
        "sustained/short/durstd_p50", "sustained/short/tpot_p50", "sustained/short/ttft_p50",
        "sustained/short/ttft_p95",
      ])
    #expect(names(profile: "ramp-up").count == 2 * 4 + 3)
  }

  @Test("A gated metric alone is its composite, with a place its cells")
  func gated() {
    #expect(names("ttft_p50") == ["ttft_p50"])
    #expect(names("error", "ttft_p50", "error") == ["error", "ttft_p50"])
    #expect(names("sustained/short/ttft_p50") == ["sustained/short/ttft_p50"])
    #expect(
      names("sustained/ttft_p50") == ["sustained/long/ttft_p50", "sustained/short/ttft_p50"])
    #expect(names("ttft_p50", scenario: "long").count == 2)
    #expect(names("sustained/error") == ["sustained/error"])
    #expect(names("sustained/short/error") == [])
  }

  @Test("A figure alone is every place's, a profile's its own")
  func figures() {
    #expect(names("ttft.p99").count == 6)
    #expect(names("sustained/ttft.p99") == ["sustained/ttft.p99"])
    #expect(names("sustained/short/ttft.p99") == ["sustained/short/ttft.p99"])
    #expect(names("ttft.p99", profile: "ramp-up", scenario: "long") == ["ramp-up/long/ttft.p99"])
    #expect(names("ttft.p98") == [] && names("nowhere/ttft.p99") == [] && names("a/b/c/d/e") == [])
    #expect(TrendTable(TrendTests.runs).names.contains("sustained/short/goodput"))
  }

  @Test("A request knows what must be read for it")
  func parts() {
    let request = TrendRequest(
      metrics: ["sustained/short/ttft_p50", "sustained/error", "sustained/short/ttft.p99"])
    #expect(request.gateMetrics == [.latency(.ttftP50), .rate(.error)])
    #expect(request.figures == ["ttft.p99"])
    #expect(request.place.profile == "sustained" && request.place.scenario == nil)
    #expect(TrendRequest().gateMetrics == nil)
    #expect(TrendRequest(metrics: ["a/b/x", "a/b/y"]).place.scenario == "b")
    #expect(TrendRequest(metrics: ["error"], region: "eu").place.region == "eu")
  }

  @Test(
    "A figure gets worse in its own way",
    arguments: [
      ("ttft.p99", TrendDirection.worseUp), ("goodput", .worseDown), ("tokens.rate", .worseDown),
      ("tokens.total", .neutral), ("outcome.http_429", .worseUp), ("outcome.complete", .worseDown),
      ("stage.3.ttft.p95", .worseUp), ("turn.1.cached.share", .neutral), ("requests", .neutral),
      ("slo.attainment", .worseDown), ("duration.slope", .neutral), ("login.count", .neutral),
      ("login.p95", .worseUp), ("knee.ttft.flat.rate", .worseDown),
    ])
  func directions(name: String, direction: TrendDirection) throws {
    var run = TrendTests.runs[0]
    run.figures = [
      ReportFigure(profile: "sustained", scenario: "", name: name, value: 1, n: 1)
    ]
    #expect(try #require(TrendTable([run]).figures(name).first).direction == direction)
  }

  @Test("A figure that is 0 at times is compared by itself, another by its logarithm")
  func scales() throws {
    let table = TrendTable(TrendTests.runs)
    #expect(try #require(table.figures("stall.count").first).scale == .linear)
    #expect(try #require(table.figures("goodput").first).scale == .logarithmic)
    let trend = try #require(table.figures("stall.count").first)
    #expect(ChangePoints.find(in: trend, runs: table.runs, environment: "e").isEmpty)
  }
}
