import ArgumentParser
import Foundation
import Model
import Plan
import Reports
import ResultStore
import TestKit
import Testing

@testable import App

@Suite("The band of a page of trends is of the runs that a change would be held against")
struct TrendBaselineTests {
  /// A plan and a store of 60 runs of main: from run 30 on they are a fifth slower.
  private struct Fixture {
    let folder: TemporaryFolder
    let global: GlobalOptions
    let loaded: LoadedPlan
    let store: ResultStore

    init(failed: Set<Int> = []) throws {
      folder = try TemporaryFolder()
      try folder.write(leastPlan, to: "streamgate.yaml")
      let path = folder.path + "/results.db"
      global = try GlobalOptions.parse(
        ["--config", folder.path + "/streamgate.yaml", "--store", path])
      loaded = try LoadedPlan.load(global)
      store = try ResultStore.open(.sqlite(path: path), for: .write)
      var random = SeededGenerator(seed: 1, label: "band")
      for index in 0..<60 {
        var header = Build.header(
          runID: "run-\(index)", startedAt: UnixNanos(Int64(index) * 1_000_000_000))
        header.project = loaded.plan.project
        header.environment = loaded.environment
        header.commit = "c\(index)"
        if failed.contains(index) { header.verdict = .fail }
        try store.importRun(
          RunRecord(
            header: header,
            latencies: [
              LatencyValue(
                key: CellKey(profile: "sustained", scenario: "short"), metric: .ttftP50,
                logValue: (random.nextUnit() - 0.5) * 0.04 + (index < 30 ? 0 : 0.18), n: 300)
            ]))
      }
    }

    func accept(_ kind: Acceptance.Kind, _ run: Int) throws {
      try store.setAcceptance(
        Acceptance(
          kind: kind, runID: "run-\(run)", reason: "as wanted", acceptedAt: UnixNanos(1)),
        project: loaded.plan.project, environment: loaded.environment)
    }

    /// Numbers of the runs of the band.
    func band(last: Int = 100, branch: String? = nil) throws -> [Int] {
      var query = TrendQuery(global: global)
      query.last = last
      query.branch = branch
      query.isForPage = true
      let page = try query.report().baseline
      return page.compactMap { Int($0.dropFirst("run-".count)) }.sorted()
    }
  }

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
    let path = History.baselinePath(fixture.loaded)
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try file.write(to: path)
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
