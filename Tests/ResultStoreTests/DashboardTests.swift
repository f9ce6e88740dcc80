import Foundation
import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("SQL for dashboards", .enabled(if: StoreKind.server != nil, "no PostgreSQL at hand"))
struct DashboardTests {
  /// The documented queries, in their order.
  private func queries() throws -> [String] {
    let text = try String(
      contentsOf: Golden.checkout.appending(path: "docs/trends.md"), encoding: .utf8)
    let parts = text.components(separatedBy: "```sql\n").dropFirst()
    return parts.map { $0.components(separatedBy: "\n```")[0] }
  }

  /// What psql prints, a list of columns for each row.
  private func ask(_ place: TestStore, _ sql: String) throws -> [[String]] {
    guard case .postgres(let url) = place.location else { return [] }
    let end = try RunningProcess.run("psql", [url, "-qXAtc", "SET timezone = 'UTC'", "-c", sql])
    #expect(end.code == 0, "\(end.errors)")
    return end.output.split(separator: "\n").map {
      $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// Six runs of main, each of a commit of its own and an hour after the one before, one of them
  /// not usable, and two changes that were judged.
  private func fill(_ store: ResultStore) throws {
    let now = Int64(Date().timeIntervalSince1970) * 1_000_000_000
    for index in 0..<8 {
      var header = Build.header(
        runID: "run-\(index)", startedAt: UnixNanos(now - Int64(8 - index) * 3_600_000_000_000))
      header.project = "my-gateway"
      header.commit = String(repeating: "\(index)", count: 40)
      header.branch = index < 6 ? "main" : "change"
      header.isUsable = index != 2
      let key = CellKey(profile: "sustained", scenario: "short")
      try store.importRun(
        RunRecord(
          header: header,
          latencies: [
            LatencyValue(key: key, metric: .ttftP95, logValue: log(0.5), n: 300),
            LatencyValue(
              key: CellKey(profile: "stress", scenario: "short"), metric: .ttftP95,
              logValue: .infinity, n: 300),
          ],
          rates: [
            RateCount(profile: "sustained", rate: .error, k: index % 3, n: 200),
            RateCount(profile: "sustained", rate: .stalled, k: 9, n: 20),
          ],
          objectives: [ObjectiveFigure(objective: "error < 1%", value: 0.01, n: 200)],
          figures: [
            ReportFigure(profile: "sustained", scenario: "", name: "goodput", value: 5, n: 200)
          ]))
    }
    let place = LookPlace(
      project: "my-gateway", environment: "default-00000000",
      commit: String(repeating: "6", count: 40))
    try store.record(Look(series: 0, look: 1, runID: "run-6", verdict: .inconclusive), at: place)
    try store.record(Look(series: 0, look: 2, runID: "run-7", verdict: .pass), at: place)
    try store.setWaiver(
      Waiver(id: "w", metric: "ttft_p95", reason: "larger model", acceptedAt: UnixNanos(now)),
      project: "my-gateway", environment: "default-00000000")
  }

  @Test("The documented queries give what they say")
  func documented() throws {
    let place = try TestStore(.postgres)
    try fill(try place.open())
    let queries = try queries()
    #expect(queries.count == 3)
    let times = try ask(place, queries[0])
    #expect(times.count == 5)
    #expect(times.allSatisfy { $0.count == 3 && $0[1] == "sustained/short" && $0[2] == "0.5" })
    #expect(times.map { $0[0] } == times.map { $0[0] }.sorted())
    let commits = try ask(place, queries[1])
    #expect(commits.map { $0[0] } == ["5555555555", "4444444444", "1111111111"])
    #expect(
      commits.map { [$0[2], $0[3], $0[4]] } == [
        ["2", "200", "1.00"], ["1", "200", "0.50"], ["1", "200", "0.50"],
      ])
    let weeks = try ask(place, queries[2])
    #expect(weeks.count == 1 && weeks[0][1...] == ["pass", "1", "2.0"])
  }

  @Test("Every view that the documents name can be read, with lengths in seconds")
  func views() throws {
    let place = try TestStore(.postgres)
    try fill(try place.open())
    for (view, rows) in [
      ("runs_v", 8), ("cells_v", 8), ("rates_v", 16), ("figures_v", 8), ("objectives_v", 8),
      ("looks_v", 2), ("waivers_v", 1), ("samples_v", 0),
    ] {
      let counted = try ask(place, "SELECT count(*) FROM streamgate.\(view)")
      #expect(counted == [["\(rows)"]], "\(view)")
    }
    #expect(
      try ask(place, "SELECT count(*) FROM streamgate.rates_v WHERE share = 0.45 AND usable")
        == [["7"]])
    #expect(
      try ask(place, "SELECT expires_at IS NULL, reason FROM streamgate.waivers_v")
        == [["t", "larger model"]])
    #expect(
      try ask(
        place, "SELECT count(*) FROM streamgate.looks_v WHERE judged_at > now() - interval '1 hour'"
      )
        == [["2"]])
  }
}
