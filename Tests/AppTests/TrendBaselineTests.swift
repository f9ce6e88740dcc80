import ArgumentParser
import Foundation
import Gate
import Model
import Plan
import Reports
import ResultStore
import TestKit
import Testing

@testable import App

/// A plan and a store of runs of main, the later ones of which are a fifth slower.
private struct Fixture {
  let folder: TemporaryFolder
  let global: GlobalOptions
  let loaded: LoadedPlan
  let store: ResultStore

  init(fast: Int = 30, slow: Int = 30, failed: Set<Int> = []) throws {
    folder = try TemporaryFolder()
    try folder.write(leastPlan, to: "streamgate.yaml")
    let path = folder.path + "/results.db"
    global = try GlobalOptions.parse(
      ["--config", folder.path + "/streamgate.yaml", "--store", path])
    loaded = try LoadedPlan.load(global)
    store = try ResultStore.open(.sqlite(path: path), for: .write)
    for run in Self.runs(of: loaded, fast: fast, slow: slow, failed: failed) {
      try store.importRun(run)
    }
  }

  static func runs(
    of loaded: LoadedPlan, fast: Int, slow: Int, failed: Set<Int> = []
  ) -> [RunRecord] {
    var random = SeededGenerator(seed: 1, label: "band")
    return (0..<fast + slow).map { index in
      var header = Build.header(
        runID: "run-\(index)", startedAt: UnixNanos(Int64(index) * 1_000_000_000))
      header.project = loaded.plan.project
      header.environment = loaded.environment
      header.commit = "c\(index)"
      if failed.contains(index) { header.verdict = .fail }
      let level = (random.nextUnit() - 0.5) * 0.04 + (index < fast ? 0 : log(1.2))
      return RunRecord(
        header: header,
        latencies: [
          LatencyValue(
            key: CellKey(profile: "sustained", scenario: "short"), metric: .ttftP50,
            logValue: level, n: 300)
        ])
    }
  }

  /// Writes the plan's baseline file.
  func write(_ file: BaselineFile) throws {
    let path = History.baselinePath(loaded)
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try file.write(to: path)
  }

  func accept(_ kind: Acceptance.Kind, _ run: Int) throws {
    try store.setAcceptance(
      Acceptance(
        kind: kind, runID: "run-\(run)", reason: "as wanted", acceptedAt: UnixNanos(1)),
      project: loaded.plan.project, environment: loaded.environment)
  }

  func report(
    last: Int = 100, branch: String? = nil, since: UnixNanos? = nil, isForPage: Bool = false
  ) throws -> TrendReport {
    var query = TrendQuery(global: global)
    query.last = last
    query.branch = branch
    query.since = since
    query.isForPage = isForPage
    return try query.report()
  }

  /// Numbers of the runs of the band.
  func band(last: Int = 100, branch: String? = nil) throws -> [Int] {
    let band = try report(last: last, branch: branch, isForPage: true).baseline
    return band.compactMap { Int($0.dropFirst("run-".count)) }.sorted()
  }
}

@Suite("The band of a page of trends is of the runs that a change would be held against")
struct TrendBaselineTests {
  @Test("It stays before a regression that nobody accepted, however few runs are shown")
  func proposed() throws {
    let fixture = try Fixture()
    #expect(try fixture.band() == Array(20..<30))
    #expect(try fixture.band(last: 15) == Array(20..<30))
    try fixture.accept(.changePoint, 30)
    #expect(try fixture.band(last: 15) == Array(50..<60))
  }

  @Test("A failed run is in it if somebody accepted that")
  func failed() throws {
    let fixture = try Fixture(failed: [24, 26])
    try fixture.accept(.run, 26)
    #expect(try fixture.band() == [19, 20, 21, 22, 23, 25, 26, 27, 28, 29])
  }

  @Test("Runs of the baseline file count, and another branch has none")
  func file() throws {
    let fixture = try Fixture()
    var file = BaselineFile(
      project: fixture.loaded.plan.project, environment: fixture.loaded.environment)
    file.segments = ["run-30"]
    try fixture.write(file)
    #expect(try fixture.band() == Array(50..<60))
    var header = Build.header(runID: "other", startedAt: UnixNanos(7))
    header.project = fixture.loaded.plan.project
    header.environment = fixture.loaded.environment
    header.branch = "topic"
    try fixture.store.importRun(
      RunRecord(
        header: header,
        latencies: [
          LatencyValue(
            key: CellKey(profile: "sustained", scenario: "short"), metric: .ttftP50, logValue: 0,
            n: 300)
        ]))
    #expect(try fixture.band(branch: "topic").isEmpty)
  }
}

@Suite("A regression stays open however many runs came since, as long as it can be seen")
struct TrendReachTests {
  /// So many runs of the reviewed file, the slow ones after 20 others.
  private func file(_ fixture: Fixture, slow: Int) -> BaselineFile {
    BaselineFile(
      project: fixture.loaded.plan.project, environment: fixture.loaded.environment,
      runs: Fixture.runs(of: fixture.loaded, fast: 20, slow: slow))
  }

  @Test("Nothing of it needs to be shown", arguments: [40, 95, 96, 99, 100, 150, 250])
  func open(slow: Int) throws {
    let fixture = try Fixture(fast: 0, slow: 0)
    var file = file(fixture, slow: slow)
    try fixture.write(file)
    let report = try fixture.report()
    #expect(report.runs.count == min(100, 20 + slow))
    let point = try #require(report.proposed.first)
    #expect(report.proposed.count == 1)
    #expect(point.runID == "run-20" && point.runBefore == "run-19")
    #expect(abs(point.change - 0.2) < 0.02, "\(point.change)")
    #expect(report.outside.isEmpty == (slow < 100))
    let isSaid = report.notes.contains { $0.hasSuffix("--last 300 shows it.") }
    #expect(isSaid == !report.outside.isEmpty)
    // What is said of it is the choice of a baseline's word too.
    let history = try History.load(fixture.loaded, store: fixture.store)
    let chosen = history.choice(in: fixture.loaded.mainline, lineage: nil, candidates: [])
    #expect(chosen.changes.proposed?.runID == "run-20")
    file.acceptances = [
      Acceptance(
        kind: .changePoint, runID: "run-20", reason: "as wanted", acceptedAt: UnixNanos(1))
    ]
    try fixture.write(file)
    #expect(try fixture.report().proposed.isEmpty)
  }

  @Test("The last 300 runs are looked at, or more where more are shown")
  func reach() throws {
    let fixture = try Fixture(fast: 0, slow: 0)
    try fixture.write(file(fixture, slow: 295))
    #expect(try fixture.report().proposed.map(\.runID) == ["run-20"])
    try fixture.write(file(fixture, slow: 300))
    #expect(try fixture.report().proposed.isEmpty)
    #expect(try fixture.report(last: 320).proposed.map(\.runID) == ["run-20"])
  }

  @Test("Runs since a time are shown alone, and the regression before them is open")
  func since() throws {
    let fixture = try Fixture()
    let stored = try fixture.store.runs(
      RunFilter(project: fixture.loaded.plan.project), parts: .outline)
    let since = try #require(stored.first { $0.record.header.runID == "run-40" }).storedAt
    let report = try fixture.report(since: since)
    #expect(report.runs.map(\.runID) == (40..<60).map { "run-\($0)" })
    #expect(report.trends[0].points.map(\.run) == Array(0..<20))
    #expect(report.changes == [[]] && report.proposed.map(\.runID) == ["run-30"])
    #expect(report.proposed[0].run == -10)
    #expect(report.notes.contains { $0.hasSuffix("an earlier --since shows it.") })
  }
}
