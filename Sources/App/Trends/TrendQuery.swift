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
  /// Places of a change whose commits are asked for: each is a call of git.
  private static let rangesMax = 10
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
    let source = try TrendSource(self)
    let (series, shown) = try source.runs(parts)
    let table = TrendTable(series)
    let window = TrendWindow(showing: shown, of: table.runs.count)
    // Each over the runs that are searched, and over those that are shown.
    let trends = table.trends(request).compactMap { trend in
      window.trend(trend).map { (whole: trend, shown: $0) }
    }
    try check(trends.map(\.shown), source)
    let (runs, environment, starts) = (table.runs, source.main.environment, source.starts)
    let (waivers, now) = (source.waivers, Clock.unix())
    // The baseline is asked of the store and of git, and the changes need neither.
    let find = { @Sendable (place: Int) in
      let changes = ChangePoints.find(
        in: trends[place].whole, runs: runs, environment: environment, starts: starts
      )
      .map { $0.waived(by: waivers, at: now) }
      let (shown, outside) = window.changes(changes, in: trends[place].shown)
      return (trend: trends[place].shown.measured(between: shown), shown: shown, outside: outside)
    }
    let (baseline, found) = try concurrently(trends.count, find) {
      isForPage ? try source.baseline() : []
    }
    var report = TrendReport(
      project: source.main.project, environment: source.main.environment, branch: source.branch,
      runs: window.runs(table), trends: found.map(\.trend), changes: found.map(\.shown),
      outside: found.flatMap(\.outside),
      searched: trends.map(\.whole.points.count).max(), waivers: source.waivers, baseline: baseline,
      notes: source.notes)
    if !report.outside.isEmpty {
      report.notes.append(
        "A regression that is open lies before the runs shown: "
          + (since == nil ? "--last \(Baseline.seriesRunsMax)" : "an earlier --since")
          + " shows it.")
    }
    addCommits(to: &report, source.main.git)
    return report
  }

  /// The names of all that the newest run has: composites, cells, then figures.
  func names() throws -> [String] {
    var query = self
    query.last = 1
    query.request = TrendRequest()
    var parts = query.parts
    parts.figures = .all
    let (series, shown) = try TrendSource(query).runs(parts, searched: 0)
    return TrendTable(series.selecting(shown)).names
  }

  /// No more of each run than the trends need.
  private var parts: RunParts {
    let place = request.place
    let metrics =
      request.gateMetrics ?? LatencyMetric.allCases.map { .latency($0) }
      + RateMetric.allCases.map { .rate($0) }
    return RunParts(
      // By name, so that the store finds them by its index of metrics.
      latencies: metrics.compactMap {
        if case .latency(let metric) = $0 { metric } else { nil }
      },
      rates: metrics.compactMap { if case .rate(let rate) = $0 { rate } else { nil } },
      figures: request.figures.isEmpty ? .none : .named(request.figures), hasObjectives: false,
      hasSelfCheck: false, profile: place.profile, scenario: place.scenario,
      region: place.region)
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

  /// Asks git which commits the newest change points came with.
  private func addCommits(to report: inout TrendReport, _ git: Git) {
    var told: Set<CommitRange> = []
    let ranges = report.allChanges.map(\.range).filter {
      $0.from != $0.to && told.insert($0).inserted
    }
    do throws(GitError) {
      let present = try git.present(ranges.flatMap { [$0.from, $0.to] })
      let known = ranges.filter { present.contains($0.from) && present.contains($0.to) }
      for range in known.prefix(TrendQuery.rangesMax) {
        let commits = try git.commits(
          after: range.from, upTo: range.to, limit: TrendQuery.commitsMax + 1)
        report.commits[range] = commits.map { commits in
          RangeCommits(
            commits: commits.prefix(TrendQuery.commitsMax).map {
              RangeCommits.Commit(id: $0.id, subject: $0.subject)
            }, isCut: commits.count > TrendQuery.commitsMax)
        }
      }
      if known.count < ranges.count {
        report.notes.append(
          "git does not know the commits of every change point here: run this in the "
            + "repository's folder, and fetch a shallow clone whole (git fetch --unshallow).")
      }
      if known.count > TrendQuery.rangesMax {
        report.notes.append(
          "Commits are listed of the latest \(TrendQuery.rangesMax) places of a change: "
            + "git log FROM..TO has the others'.")
      }
    } catch {
      report.notes.append("git could not be asked for commits: \(error)")
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
