import Forge
import Foundation
import Gate
import Model
import Plan
import Reports
import ResultStore

/// Reads the runs that a person wants to see as trends, and looks for changes in them.
struct TrendQuery {
  /// Runs that are read at most.
  static let runsMax = 10_000
  /// Trends that are shown at most.
  static let trendsMax = 200
  /// Commits of a change point that are named.
  private static let commitsMax = 20

  let global: GlobalOptions
  var project: String?
  var environment: String?
  var branch: String?
  var since: UnixNanos?
  var last = ChangePoints.windowRuns
  var request = TrendRequest()
  /// True if the baseline set is shown too.
  var isForPage = false

  init(global: GlobalOptions) {
    self.global = global
  }

  /// The trends with their change points.
  func report() throws -> TrendReport {
    var source = try TrendSource(self)
    let runs = try source.runs(parts)
    let table = TrendTable(runs.map(\.record))
    let trends = table.trends(request)
    try check(trends, source)
    let changes = trends.map { trend in
      ChangePoints.find(
        in: trend, runs: table.runs, environment: source.environment, starts: source.starts)
    }
    var report = TrendReport(
      project: source.project, environment: source.environment, branch: source.branch,
      runs: table.runs, trends: trends, changes: changes, waivers: source.waivers,
      baseline: isForPage ? source.baseline(runs) : [], notes: source.notes)
    addCommits(to: &report, source.git)
    return report
  }

  /// The names of all that the newest run has: composites, cells, then figures.
  func names() throws -> [String] {
    var query = self
    query.last = 1
    query.request = TrendRequest()
    var source = try TrendSource(query)
    return TrendTable(try source.runs(RunParts()).map(\.record)).names
  }

  /// No more of each run than the trends need; of a page also what the baseline set comes from.
  private var parts: RunParts {
    let place = request.place
    var parts = RunParts(
      figures: request.figures.isEmpty ? .none : .named(request.figures), hasObjectives: false,
      hasSelfCheck: false, profile: place.profile, scenario: place.scenario,
      region: place.region)
    if isForPage {
      (parts.profile, parts.scenario, parts.region) = (nil, nil, nil)
      return parts
    }
    guard let metrics = request.gateMetrics else { return parts }
    parts.latencies = metrics.compactMap {
      if case .latency(let metric) = $0 { metric } else { nil }
    }
    parts.rates = metrics.compactMap { if case .rate(let rate) = $0 { rate } else { nil } }
    return parts
  }

  // MARK: - What was asked for

  private func check(_ trends: [Trend], _ source: TrendSource) throws {
    for name in request.metrics where TrendTable.matches(name, in: trends).isEmpty {
      throw unknown(name)
    }
    if trends.isEmpty {
      throw Failure(
        .usage, "no run has a gated metric of such a cell",
        remedy: "streamgate trends --list names all that the newest run has")
    }
    guard trends.count <= TrendQuery.trendsMax else {
      throw Failure(
        .usage, "that is \(trends.count) trends, more than \(TrendQuery.trendsMax)",
        remedy: "name a cell, or narrow them by --profile, --scenario and --region")
    }
  }

  private func unknown(_ name: String) -> Failure {
    let known = (try? names()) ?? []
    let metrics = Set(known.map { $0.split(separator: "/").last.map(String.init) ?? $0 })
    let near =
      nearest(name, in: known) ?? nearest(name, in: metrics.sorted())
    let list = "streamgate trends --list names all that the newest run has"
    return Failure(
      .usage, "no run has \(Console.inertLine(name))",
      remedy: near.map { "\(Console.inertLine($0)); \(list)" } ?? list)
  }

  // MARK: - Commits

  private func addCommits(to report: inout TrendReport, _ git: Git) {
    var isUnknown = false
    for range in Set(report.allChanges.map(\.range)) where range.from != range.to {
      do throws(GitError) {
        let commits = try git.commits(
          after: range.from, upTo: range.to, limit: TrendQuery.commitsMax + 1)
        guard let commits else {
          isUnknown = true
          continue
        }
        report.commits[range] = RangeCommits(
          commits: commits.prefix(TrendQuery.commitsMax).map {
            RangeCommits.Commit(id: $0.id, subject: $0.subject)
          }, isCut: commits.count > TrendQuery.commitsMax)
      } catch {
        report.notes.append("git could not be asked for commits: \(error)")
        return
      }
    }
    if isUnknown {
      report.notes.append(
        "git does not know the commits of every change point here: run this in the repository's "
          + "folder, and fetch a shallow clone whole (git fetch --unshallow).")
    }
  }

  /// What `--since` says: a day, a time, or a length before now; nil for anything else.
  static func time(since text: String, now: UnixNanos) -> UnixNanos? {
    if let length = Nanos(period: text), length > .zero {
      return UnixNanos(now.rawValue - length.rawValue)
    }
    return UnixNanos(iso8601: text) ?? UnixNanos(iso8601: text + "T00:00:00Z")
  }
}
