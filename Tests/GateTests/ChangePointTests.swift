import Foundation
import Gate
import Model
import Testing

@Suite("Change points of main are found, and none where nothing changed")
struct ChangePointTests {
  private static let environment = "default-00000000"

  /// Runs of main that differ by 2 %; run `i`, from 0, is slower by what `slower` says.
  private func main(
    _ count: Int, seed: UInt64, noise: Double = 0.02, slower: (Int) -> Double = { _ in 0 }
  ) -> [RunRecord] {
    var runs = Runs(seed: seed)
    runs.noise = noise
    runs.scenarios = ["short", "long"]
    runs.errorShare = 0.01
    return (0..<count).map { runs.run("r\($0)", slower: slower($0)) }
  }

  private func changes(_ runs: [RunRecord], starts: Set<String> = []) -> MainChanges {
    MainChanges(runs: runs, environment: ChangePointTests.environment, starts: starts)
  }

  private func place(_ id: String) -> Int { Int(id.dropFirst()) ?? -1 }

  @Test(
    "A step of +10 % at run 40 of 60 is found within 5 runs of its place in every latency",
    arguments: 0..<20 as Range<UInt64>)
  func step(seed: UInt64) throws {
    let found = changes(main(60, seed: seed) { $0 >= 40 ? log(1.1) : 0 })
    let metrics = ["ttft_p50", "ttft_p95", "tpot_p50", "durstd_p50"]
    #expect(Set(found.points.map(\.id.name)) == Set(metrics))
    #expect(found.points.count == metrics.count)
    for point in found.points {
      #expect((place(point.runID) - 40).magnitude <= 5)
      #expect(point.kind == .regression && point.state == .proposed)
      #expect((0.07...0.13).contains(point.change), "\(point.change)")
      #expect(try #require(point.p) <= 0.005)
      #expect(place(point.runBefore) == place(point.runID) - 1)
      #expect(point.commit == "c-" + point.runID)
      #expect(point.commitBefore == "c-" + point.runBefore)
      #expect(point.runsSince == 60 - place(point.runID))
    }
    #expect(found.proposed?.runID == found.points[0].runID)
    #expect(found.segmentStarts.isEmpty)
  }

  @Test("The step is found once five runs are slower", arguments: 0..<20 as Range<UInt64>)
  func soon(seed: UInt64) throws {
    let runs = main(60, seed: seed) { $0 >= 40 ? log(1.1) : 0 }
    let found = try #require(changes(Array(runs.prefix(45))).proposed)
    #expect((place(found.runID) - 40).magnitude <= 5)
    #expect(changes(Array(runs.prefix(40))).points.isEmpty)
  }

  @Test("An unchanged service has no change point", arguments: 0..<20 as Range<UInt64>)
  func unchanged(seed: UInt64) {
    #expect(changes(main(60, seed: seed)).points.isEmpty)
    #expect(changes(main(100, seed: seed + 100)).points.isEmpty)
  }

  @Test("The same runs give the same change points, another environment other chance")
  func deterministic() {
    let runs = main(60, seed: 3) { $0 >= 30 ? log(1.1) : 0 }
    #expect(changes(runs) == changes(runs))
    #expect(!changes(runs).points.isEmpty)
  }

  @Test("A change below 3 % is none, however clear it is")
  func small() {
    let runs = { (step: Double) in
      self.main(80, seed: 5, noise: 0.002) { $0 >= 40 ? log(step) : 0 }
    }
    #expect(changes(runs(1.025)).points.isEmpty)
    #expect(changes(runs(1.035)).points.count == 4)
  }

  @Test("An improvement is accepted by itself and starts a segment")
  func improvement() throws {
    let found = changes(main(60, seed: 2) { $0 >= 40 ? -log(1.1) : 0 })
    let point = try #require(found.points.first)
    #expect(point.kind == .improvement && point.state == .accepted)
    #expect(found.proposed == nil)
    #expect(found.segmentStarts.contains(point.runID))
  }

  @Test("A rise and a fall inside the series are both found, and the fall makes good the rise")
  func undone() {
    let found = changes(main(100, seed: 4) { (40..<70).contains($0) ? log(1.2) : 0 })
    let ttft = found.points.filter { $0.id.name == "ttft_p50" }
    #expect(ttft.map(\.kind) == [.regression, .improvement])
    #expect(ttft.map(\.state) == [.undone, .accepted])
    #expect(found.proposed == nil)
    #expect(found.segmentStarts.isSuperset(of: ttft.map(\.runID)))
  }

  @Test("A fall that leaves part of the rise makes nothing good")
  func partlyUndone() {
    let found = changes(
      main(90, seed: 6) { $0 < 30 ? 0 : $0 < 60 ? log(1.3) : log(1.1) })
    let ttft = found.points.filter { $0.id.name == "ttft_p50" }
    #expect(ttft.map(\.kind) == [.regression, .improvement])
    #expect(ttft.first?.state == .proposed)
    #expect(found.proposed?.runID == found.points[0].runID)
  }

  @Test("Creep in small steps is a regression against the level before them all")
  func creep() throws {
    let found = changes(main(100, seed: 7) { log(1.02) * Double($0 / 20) })
    let proposed = try #require(found.proposed)
    #expect(proposed.kind == .regression)
    #expect(!found.segmentStarts.contains(proposed.runID))
  }

  @Test("A regression that a person accepted starts a segment, and proposes nothing")
  func accepted() throws {
    let runs = main(60, seed: 1) { $0 >= 40 ? log(1.1) : 0 }
    let proposed = try #require(changes(runs).proposed)
    let found = changes(runs, starts: [proposed.runID])
    #expect(found.proposed == nil)
    let point = try #require(found.points.first)
    #expect(point.runID == proposed.runID && point.state == .accepted && point.p == nil)
    #expect(point.kind == .regression)
    // Where nothing changed a person's border is no change point.
    #expect(changes(main(60, seed: 1), starts: ["r30"]).points.isEmpty)
  }

  @Test("A rate that rises by points is found, one that moves by less is not")
  func rates() throws {
    var runs = Runs(seed: 8)
    let records = (0..<60).map { runs.run("r\($0)", errors: $0 < 40 ? 3 : 12) }
    let point = try #require(changes(records).proposed)
    #expect(point.id.name == "error" && point.scale == .share)
    #expect(place(point.runID) == 40)
    #expect(abs(point.change - 0.03) < 1e-9)
    let less = (0..<60).map { runs.run("s\($0)", errors: $0 < 40 ? 3 : 4) }
    #expect(changes(less).points.isEmpty)
  }

  @Test("Runs without a value, saturated ones and those of another token unit are passed over")
  func gaps() throws {
    var runs = main(60, seed: 9) { $0 >= 40 ? log(1.1) : 0 }
    runs[50] = runs[50].with(.ttftP50, .infinity)
    runs[51].latencies = []
    for index in 0..<20 { runs[index].header.tokenUnit = .events }
    let table = TrendTable(runs)
    let trends = table.composites()
    func points(_ name: String) -> [Int]? {
      trends.first { $0.id.name == name }?.points.map(\.run)
    }
    #expect(points("ttft_p50") == (0..<60).filter { $0 != 50 && $0 != 51 })
    #expect(points("tpot_p50") == (20..<60).filter { $0 != 51 })
    #expect(points("error") == Array(0..<60))
    let proposed = try #require(changes(runs).proposed)
    #expect((place(proposed.runID) - 40).magnitude <= 5)
  }

  @Test("A cell that most runs lack is no part of its composite")
  func newScenario() throws {
    var runs = main(60, seed: 10)
    for index in 0..<55 { runs[index] = runs[index].without(scenario: "long") }
    let table = TrendTable(runs)
    let composite = try #require(table.composite(.latency(.ttftP50)))
    #expect(composite.points.count == 60)
    let cell = try #require(table.cells().first { $0.id.name == "sustained/short/ttft_p50" })
    for (a, b) in zip(composite.points, cell.points) { #expect(abs(a.value - b.value) < 1e-12) }
  }

  @Test("A longer series is searched in windows: an old step is found, once")
  func windows() {
    let found = changes(main(260, seed: 11) { $0 >= 90 ? log(1.1) : 0 })
    let ttft = found.points.filter { $0.id.name == "ttft_p50" }
    #expect(ttft.count == 1)
    #expect(ttft.allSatisfy { (place($0.runID) - 90).magnitude <= 5 })
    #expect(ttft.first?.state == .proposed)
  }

  @Test(
    "A step in the first runs of a window is found once, at its place and with its size",
    arguments: 17..<25)
  func windowEdge(step: Int) throws {
    // The last 100 of 120 runs begin with run 20.
    let found = changes(main(120, seed: 13, noise: 0.01) { $0 >= step ? log(1.2) : 0 })
    let ttft = found.points.filter { $0.id.name == "ttft_p50" }
    #expect(ttft.map { place($0.runID) } == [step])
    #expect(abs(try #require(ttft.first).change - 0.2) < 0.01)
  }

  @Test("A border that a person set in the first runs of a window counts once", arguments: 21..<25)
  func windowEdgeFixed(step: Int) throws {
    let runs = main(120, seed: 13, noise: 0.01) { $0 >= step ? log(1.2) : 0 }
    let found = changes(runs, starts: ["r\(step)"])
    let ttft = found.points.filter { $0.id.name == "ttft_p50" }
    #expect(ttft.map { place($0.runID) } == [step])
    #expect(ttft.first?.state == .accepted && found.proposed == nil)
  }

  @Test("The noise is what runs of one level differ by, whatever the levels")
  func noise() throws {
    let runs = main(24, seed: 14, noise: 0.012)
    let flat = try #require(TrendTable(runs).composite(.latency(.ttftP50)))
    let stepped = TrendTable(main(24, seed: 14, noise: 0.012) { $0 >= 14 ? log(1.2) : 0 })
    let trend = try #require(stepped.composite(.latency(.ttftP50)))
    let changes = ChangePoints.find(
      in: trend, runs: stepped.runs, environment: ChangePointTests.environment)
    #expect(changes.map(\.run) == [14])
    let measured = trend.measured(between: changes)
    let before = try #require(flat.measured(between: []).noise)
    let known = try #require(measured.noise)
    #expect(abs(known / before - 1) < 0.1, "\(known) of \(before)")
    #expect(try #require(trend.measured(between: []).noise) > 1.5 * known)
    let interval = try #require(measured.points[0].interval)
    #expect(interval.upperBound / interval.lowerBound < exp(4.4 * known))
    // Too few runs tell none.
    #expect(TrendTable(Array(runs.prefix(4))).composites()[0].measured(between: []).noise == nil)
  }

  @Test("Points have the interval that an unchanged service's runs land in")
  func intervals() throws {
    let trend = try #require(TrendTable(main(100, seed: 12)).composite(.latency(.ttftP50)))
      .measured(between: [])
    let level = exp(trend.points.map { log($0.value) }.reduce(0, +) / 100)
    let inside = trend.points.count { $0.interval?.contains(level) ?? false }
    #expect((88...99).contains(inside), "\(inside) of 100")
    let rate = try #require(TrendTable(main(3, seed: 12)).composite(.rate(.error)))
    #expect(rate.points.allSatisfy { $0.interval?.contains(0.01) ?? false })
    let short = TrendTable(main(4, seed: 1)).composites()[0].measured(between: [])
    #expect(short.points[0].interval == nil)
    #expect(TrendTable([]).composites().isEmpty && TrendTable([]).cells().isEmpty)
  }
}
