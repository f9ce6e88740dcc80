import ArgumentParser
import Forge
import Foundation
import Model
import Plan
import ResultStore
import TestKit
import Testing

@testable import App

@Suite("A judgement reads the runs of main that it may need")
struct HistoryTests {
  /// A plan in a repository of two commits on main, with a store of 60 runs of the first, 900 of
  /// the second, and ten of another branch.
  private struct Fixture {
    let folder: TemporaryFolder
    let loaded: LoadedPlan
    let store: ResultStore
    let old, new: String

    init() throws {
      folder = try TemporaryFolder()
      try folder.write(leastPlan, to: "streamgate.yaml")
      let path = folder.path
      func git(_ arguments: String...) throws -> String {
        try Fixture.git(arguments, in: path)
      }
      _ = try git("init", "--quiet", "--initial-branch", "main")
      _ = try git("commit", "--quiet", "--allow-empty", "--message", "old")
      old = try git("rev-parse", "HEAD")
      _ = try git("commit", "--quiet", "--allow-empty", "--message", "new")
      new = try git("rev-parse", "HEAD")
      loaded = try LoadedPlan.load(
        try GlobalOptions.parse(["--config", folder.path + "/streamgate.yaml"]))
      store = try ResultStore.open(
        .sqlite(path: folder.path + "/results.db"), for: .write)
      for index in 0..<970 {
        var header = Build.header(
          runID: "run-\(index)", startedAt: UnixNanos(Int64(index) * 1_000_000_000))
        header.project = loaded.plan.project
        header.environment = loaded.environment
        header.commit = index < 60 ? old : new
        if index >= 960 { header.branch = "change" }
        try store.importRun(
          RunRecord(
            header: header,
            latencies: [
              LatencyValue(
                key: CellKey(profile: "sustained", scenario: "short"), metric: .ttftP50,
                logValue: -1, n: 300)
            ],
            figures: [
              ReportFigure(
                profile: "sustained", scenario: "short", name: "tokens.p50", value: 50, n: 300),
              ReportFigure(
                profile: "sustained", scenario: "short", name: "ttft.p99", value: 1, n: 300),
            ]))
      }
    }

    private static func git(_ arguments: [String], in path: String) throws -> String {
      let end = try RunningProcess.run(
        "git",
        ["-C", path, "-c", "user.name=A", "-c", "user.email=a@example.com"] + arguments)
      try #require(end.code == 0, "\(end.errors)")
      return end.output.trimmingCharacters(in: .newlines)
    }

    func git(_ arguments: String...) throws -> String {
      try Fixture.git(arguments, in: folder.path)
    }

    func lineage(_ tip: String) -> Lineage { Lineage(of: tip, git: loaded.git) }

    func load(_ scope: History.Scope) throws -> History {
      try History.load(loaded, store: store, scope: scope)
    }
  }

  /// Numbers of the runs that were read whole.
  private func filled(_ history: History) -> [Int] {
    history.runs.filter { !$0.latencies.isEmpty }.compactMap { run in
      Int(run.header.runID.dropFirst("run-".count))
    }
  }

  @Test("The newest are read, and of a branch that left main long ago those of its history")
  func pages() throws {
    let fixture = try Fixture()
    let newest = try fixture.load(History.Scope(lineage: fixture.lineage(fixture.new)))
    #expect(filled(newest) == Array(590..<960))
    #expect(newest.runs.count == 400)
    #expect(newest.runs.allSatisfy { $0.header.branch == "main" })
    #expect(newest.runs.last?.figures.map(\.name) == ["tokens.p50"])
    #expect(newest.storedAt["run-959"] == UnixNanos(959_000_000_000))
    // Fresh runs may be ahead of it, so that main's last are there too.
    let old = try fixture.load(History.Scope(lineage: fixture.lineage(fixture.old)))
    #expect(filled(old) == Array(0..<60) + Array(860..<960))
    // What git does not know cannot be told from main's history.
    #expect(filled(try fixture.load(History.Scope())) == Array(590..<960))
  }

  @Test("Runs of the merge queue are read with main's, and fix what runs are measured against")
  func queued() throws {
    let fixture = try Fixture()
    let next = try fixture.git("commit-tree", "-p", fixture.new, "-m", "next", "HEAD^{tree}")
    for (index, commit) in [fixture.new, next, fixture.new].enumerated() {
      var header = Build.header(
        runID: "run-\(2_000 + index)",
        startedAt: UnixNanos(Int64(2_000 + index) * 1_000_000_000))
      header.project = fixture.loaded.plan.project
      header.environment = fixture.loaded.environment
      (header.commit, header.branch) = (commit, "gh-readonly-queue/main/pr-\(index)-\(commit)")
      header.stallGap = .milliseconds(Int64(200 + index))
      let key = CellKey(profile: "sustained", scenario: "short")
      try fixture.store.importRun(
        RunRecord(
          header: header,
          latencies: [LatencyValue(key: key, metric: .ttftP50, logValue: -1, n: 300)]))
    }
    let history = try fixture.load(History.Scope(lineage: fixture.lineage(fixture.new)))
    #expect(filled(history) == Array(592..<960) + [2_000, 2_002])
    #expect(history.runs.count == 400)
    let queued = history.runs.filter { $0.header.branch != "main" }.map(\.header)
    #expect(queued.map { history.queue.place(of: $0) } == [.ancestor, .notAncestor, .ancestor])
    #expect(history.firstReference?.frozenBy == "run-2000")
    var known = history
    known.reference = known.firstReference
    #expect(known.firstReference == nil)
    // Another branch's queue is no matter of main's.
    var others = QueuePlaces(into: "release", git: fixture.loaded.git)
    others.ask(about: queued)
    #expect(queued.allSatisfy { others.place(of: $0) == nil && !others.isMain($0) })
  }

  @Test("Runs that are not admitted are as if they were not there")
  func admitted() throws {
    let fixture = try Fixture()
    let history = try fixture.load(
      History.Scope(
        lineage: fixture.lineage(fixture.new),
        admits: { $0.startedAt < UnixNanos(500_000_000_000) }))
    #expect(filled(history) == Array(130..<500))
    #expect(history.runs.allSatisfy { $0.header.startedAt < UnixNanos(500_000_000_000) })
  }

  @Test("The whole is every run of every branch, the last of main with their cells")
  func whole() throws {
    let fixture = try Fixture()
    let history = try fixture.load(History.Scope(isWhole: true))
    #expect(history.runs.count == 970)
    #expect(filled(history) == Array(590..<960))
    #expect(!history.isNewEnvironment)
  }
}
