import Gate
import Model
import TestKit
import Testing

@Suite("Plots of single requests")
struct RunPlotTests {
  /// A run of one cell whose requests go out a second apart.
  private func run(_ samples: [StreamSample], scenarios: [String] = ["short"]) -> RunRecord {
    RunRecord(header: Build.header(runID: "r", scenarios: scenarios), samples: samples)
  }

  private func success(_ seq: Int, ttft: Int64, tokens: Int = 50, at: Int64? = nil) -> StreamSample
  {
    Build.success(
      seq: seq, intended: .milliseconds(at ?? Int64(seq) * 1_000), ttft: .milliseconds(ttft),
      tokens: tokens)
  }

  @Test("A distribution climbs a step a request, and failures keep it below the top")
  func distribution() throws {
    var samples = [300, 100, 200].enumerated().map { success($0, ttft: $1) }
    samples.append(Build.failure(.http5xx, seq: 3))
    let plots = try #require(Gate.plots(candidates: [run(samples)], baseline: []))
    let ttft = try #require(plots.distributions.first)
    #expect(ttft.latency == "ttft")
    #expect(ttft.key == CellKey(profile: "sustained", scenario: "short"))
    #expect(
      ttft.candidate.points == [
        PlotPoint(x: 0.1, y: 0.25), PlotPoint(x: 0.2, y: 0.5), PlotPoint(x: 0.3, y: 0.75),
      ])
    #expect(ttft.candidate.n == 4)
    #expect(ttft.baseline == nil)
    #expect(plots.distributions.map(\.latency) == ["ttft", "duration"])
  }

  @Test("Runs of a side are put together; warm-up and what the client left out stay out")
  func sides() throws {
    var warm = success(0, ttft: 900)
    warm.isWarmup = true
    let mine = [warm, success(1, ttft: 100), Build.failure(.droppedLate, seq: 2)]
    let theirs = [run([success(0, ttft: 100)]), run([success(0, ttft: 200)])]
    let plots = try #require(
      Gate.plots(
        candidates: [run(mine), run(mine)],
        baseline: theirs + [
          RunRecord(
            header: Build.header(runID: "without"))
        ]))
    #expect(plots.distributions[0].candidate.n == 2)
    #expect(plots.distributions[0].baseline?.n == 2)
    #expect((plots.candidateRuns, plots.baselineRuns) == (2, 2))
    #expect(
      Gate.plots(candidates: [RunRecord(header: Build.header(runID: "w"))], baseline: []) == nil)
  }

  @Test("Time is cut into bins with quantiles and failures, main's median in the same ones")
  func time() throws {
    var samples = (0..<80).map { success($0, ttft: $0 < 40 ? 100 : 200) }
    samples[79] = Build.failure(.http429, seq: 79, intended: .seconds(79))
    let main = run((0..<80).map { success($0, ttft: 150) })
    let profile = try #require(
      Gate.plots(candidates: [run(samples)], baseline: [main])?.profiles.first)
    #expect(profile.overTime.count == 10)
    #expect(profile.overTime.map(\.n).reduce(0, +) == 80)
    #expect(profile.overTime[0].median == 0.1)
    #expect(profile.overTime[9].median == 0.2)
    #expect(profile.overTime.map(\.failures) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    #expect(profile.baselineMedians == Array(repeating: 0.15, count: 10))
    #expect(profile.timeDots.count == 79)
  }

  @Test("A request counts the streams in flight at its sending, itself too")
  func load() throws {
    // Each stream lasts 250 ms and the next goes out after 100 ms: three at once.
    let samples = (0..<30).map { seq in
      Build.success(
        seq: seq, intended: .milliseconds(Int64(seq) * 100), ttft: .milliseconds(50),
        gap: .milliseconds(20), tokens: 11)
    }
    let profile = try #require(Gate.plots(candidates: [run(samples)], baseline: [])?.profiles.first)
    #expect(profile.overLoad.map(\.start) == [1, 2, 3])
    #expect(profile.overLoad.map(\.n) == [1, 1, 28])
  }

  @Test("Durations over tokens are of successes, with the least-squares line of each scenario")
  func lengths() throws {
    var samples = (0..<40).map { success($0, ttft: 100, tokens: 10 + $0) }
    for seq in samples.indices where seq % 2 == 1 { samples[seq].scenario = 1 }
    samples[0].outcome = .truncated
    let run = run(samples, scenarios: ["short", "long", "unused"])
    let lengths = try #require(Gate.plots(candidates: [run], baseline: [])?.profiles.first?.lengths)
    #expect(lengths.map(\.scenario) == ["short", "long"])
    #expect(lengths.map(\.n) == [19, 20])
    let line = lengths[1].line
    #expect(line.map(\.x) == [11, 49])
    // 100 ms and 20 ms for each token after the first.
    #expect((line[0].y - 0.3).magnitude < 1e-9)
    #expect((line[1].y - 1.06).magnitude < 1e-9)
  }

  @Test("A scenario that does not stream has durations and no first token")
  func unstreamed() throws {
    var whole = run((0..<20).map { success($0, ttft: 100) })
    whole.header.unstreamedScenarios = ["short"]
    let plots = try #require(Gate.plots(candidates: [whole], baseline: []))
    #expect(plots.distributions.map(\.latency) == ["duration"])
    #expect(plots.profiles[0].overTime.isEmpty)
    #expect(plots.profiles[0].overLoad.isEmpty)
    #expect(plots.profiles[0].lengths.count == 1)
  }

  @Test("Of many requests a bounded number is kept, the slowest among them, always the same")
  func bounded() throws {
    var generator = SeededGenerator(seed: 7, label: "plots")
    var samples = (0..<20_000).map { seq in
      success(
        seq, ttft: 100 + Int64(generator.nextIndex(below: 900)),
        tokens: 2 + generator.nextIndex(below: 200), at: Int64(seq) * 5)
    }
    samples[12_345].firstToken = .seconds(30)
    let run = run(samples)
    let plots = try #require(Gate.plots(candidates: [run], baseline: [run]))
    let profile = plots.profiles[0]
    #expect(plots.distributions.allSatisfy { $0.candidate.points.count <= 160 })
    #expect(plots.distributions[0].candidate.points.last == PlotPoint(x: 30, y: 1))
    #expect(profile.overTime.count <= 48 && profile.overLoad.count <= 24)
    for dots in [profile.timeDots, profile.loadDots, profile.lengths[0].dots] {
      #expect((400...420).contains(dots.count))
    }
    #expect(profile.timeDots.contains { $0.y == 30 })
    #expect(Gate.plots(candidates: [run], baseline: [run]) == plots)
  }

  @Test("Cells and profiles beyond the limit are left out, and counted")
  func limits() throws {
    let scenarios = (0..<30).map { "s\($0)" }
    let samples = scenarios.indices.map { index in
      Build.success(scenario: index, seq: index, intended: .seconds(Int64(index)))
    }
    let plots = try #require(
      Gate.plots(candidates: [run(samples, scenarios: scenarios)], baseline: []))
    #expect(Set(plots.distributions.map(\.key)).count == RunPlots.cellsMax)
    #expect(plots.cellsOmitted == 6)
  }
}
