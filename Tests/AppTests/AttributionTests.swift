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

@Suite("A judgement against stored runs says where the time went")
struct AttributionTests {
  private static let key = CellKey(profile: "sustained", scenario: "short")

  /// A run whose server takes `wait` seconds to answer.
  private func run(
    _ id: String, of loaded: LoadedPlan, at seconds: Int64, branch: String, wait: Double
  ) -> RunRecord {
    var header = Build.header(runID: id, startedAt: UnixNanos(seconds * 1_000_000_000))
    header.project = loaded.plan.project
    header.environment = loaded.environment
    header.branch = branch
    header.commit = branch == "main" ? id : "change"
    let phases = [
      "schedule_lag.p50": 0.0001, "connect.p50": 0, "server_wait.p50": wait,
      "first_token_wait.p50": 0.02, "ttft.p99": 1,
    ]
    return RunRecord(
      header: header,
      latencies: [
        LatencyValue(
          key: Self.key, metric: .ttftP50, logValue: log(wait + 0.02), n: 300)
      ],
      figures: phases.sorted { $0.key < $1.key }.map { name, value in
        ReportFigure(
          profile: Self.key.profile, scenario: Self.key.scenario, name: name, value: value, n: 300)
      })
  }

  @Test("It is the same as of the files, and only the runs that are judged against are read for it")
  func stored() throws {
    let folder = try TemporaryFolder()
    try folder.write(leastPlan, to: "streamgate.yaml")
    let loaded = try LoadedPlan.load(
      try GlobalOptions.parse(["--config", folder.path + "/streamgate.yaml"]))
    let store = try ResultStore.open(.sqlite(path: folder.path + "/results.db"), for: .write)
    let main = (0..<30).map { index in
      run(
        "main-\(index)", of: loaded, at: Int64(index), branch: "main",
        wait: 0.1 + 0.0005 * Double(index % 5))
    }
    for record in main { try store.importRun(record) }
    let candidates = (0..<3).map { index in
      run("change-\(index)", of: loaded, at: 100 + Int64(index), branch: "change", wait: 0.15)
    }
    let history = try History.load(loaded, store: store)
    let judging = Judging(
      loaded: loaded,
      identity: CandidateIdentity(
        commit: "change", branch: "change", isKnownToGit: false, notes: []),
      history: history)
    let input = judging.input(candidates: candidates) { _ in nil }
    #expect(input.baseline.map(\.header.runID) == (20..<30).map { "main-\($0)" })
    #expect(input.baseline.allSatisfy { $0.figures.count == 4 })
    #expect(input.history.joined().allSatisfy { $0.figures.isEmpty })
    let verdict = Gate.judge(input)
    #expect(verdict.kind == .fail)
    let told = Report(input: input, verdict: verdict, facts: ReportFacts(exitCode: 1)).model
      .attribution
    #expect(
      told == [
        "sustained/short: the client's delay +0 ms, connecting +0 ms, waiting for the server"
          + " +49.0 ms, header to first token +0 ms; most of it is waiting for the server."
      ])
    // A store that is gone by then takes the words away, not the verdict.
    try FileManager.default.removeItem(atPath: folder.path + "/results.db")
    #expect(judging.input(candidates: candidates) { _ in nil }.baseline.count == 10)
  }
}
