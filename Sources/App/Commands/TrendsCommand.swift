import ArgumentParser
import Foundation
import Gate
import Model
import Reports

/// Metrics over builds.
struct TrendsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trends",
    abstract: "A metric over builds: table, CSV, JSON or a page with plots, and change points.",
    discussion: """
      METRIC is a gated metric over all cells (ttft_p50, tpot_p50, error), one
      of a cell (sustained/short/ttft_p95), a rate of a profile
      (stress/truncated), or any reported figure (sustained/short/ttft.p99,
      sustained/goodput). Without one, all gated metrics are shown. Only
      finished, usable runs of one branch in one environment are compared. A
      change point is where the level changed for good: a regression stays open
      until it is accepted or undone. It is looked for in the last \(Baseline.seriesRunsMax) runs,
      however few are shown.

      Examples:
        streamgate trends                            the gated metrics of main
        streamgate trends ttft_p50 --last 300        one of them, with its runs
        streamgate trends --profile stress           the cells of one profile
        streamgate trends ttft_p95 --csv > ttft.csv  for a spreadsheet
        streamgate trends --html trends.html         a page with plots
        streamgate trends --fail-on-change           for a nightly job
        streamgate trends --list                     what can be asked for

      Exit codes: 0; 1 with --fail-on-change where a regression is open; 64 for
      an unknown metric; 66 where there are no runs.
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(help: ArgumentHelp("What to show.", valueName: "metric"))
  var metrics: [String] = []

  @Option(help: "Runs of this branch; default: the plan's gate.branch, else main.")
  var branch: String?

  @Option(help: "Runs of this environment, a key or its start; default: the plan's.")
  var environment: String?

  @Option(help: "Runs of this project; default: the plan's.")
  var project: String?

  @Option(help: "Only cells of this profile.")
  var profile: String?

  @Option(help: "Only cells of this scenario.")
  var scenario: String?

  @Option(help: "Only cells of this region.")
  var region: String?

  @Option(help: "Only runs since a day (2026-01-31), a time (RFC 3339), or for so long (30d).")
  var since: String?

  @Option(help: "The latest so many runs.")
  var last = ChangePoints.windowRuns

  @Flag(help: "As CSV, a line for each run and metric.")
  var csv = false

  @Flag(help: "As JSON.")
  var json = false

  @Option(help: "Write a self-contained page with plots to this file; - for stdout.")
  var html: String?

  @Flag(
    help: """
      Exit with 1 if a regression is neither accepted nor undone; also one of before the runs shown.
      """)
  var failOnChange = false

  @Flag(help: "Print the names of the metrics that the newest run has, and nothing else.")
  var list = false

  func validate() throws {
    guard (1...TrendQuery.runsMax).contains(last) else {
      throw ValidationError("--last \(last): 1 to \(TrendQuery.runsMax) runs.")
    }
    if csv, json { throw ValidationError("--csv and --json exclude each other.") }
    if html == "-", csv || json { throw ValidationError("--html - takes stdout for itself.") }
    if metrics.contains(where: \.isEmpty) {
      throw ValidationError("an empty metric; streamgate trends --list names them.")
    }
    if let since, TrendQuery.time(since: since, now: Clock.unix()) == nil {
      throw ValidationError(
        "--since \(since): a day such as 2026-01-31, a time in RFC 3339, or a length such as 30d.")
    }
  }

  func run() throws {
    var query = TrendQuery(global: global)
    query.project = project
    query.environment = environment
    query.branch = branch
    query.since = since.flatMap { TrendQuery.time(since: $0, now: Clock.unix()) }
    query.last = last
    query.request = TrendRequest(
      metrics: metrics, profile: profile, scenario: scenario, region: region)
    query.isForPage = html != nil
    if list { return Console.print(try query.names().joined(separator: "\n")) }
    let report = try query.report()
    try show(report)
    if failOnChange, !report.proposed.isEmpty { throw ExitCode.fail }
  }

  private func show(_ report: TrendReport) throws {
    if let html {
      let page = TrendPage.bytes(report, by: concurrently)
      if html == "-" { return Console.print(bytes: page) }
      try Publisher.write(page, to: html)
      global.say("wrote \(html)")
    }
    if csv {
      for piece in TrendCSV.pieces(report, by: concurrently) { Console.print(bytes: piece) }
    } else if json {
      for piece in TrendJSON.pieces(report, by: concurrently) { Console.print(bytes: piece) }
    } else {
      Console.print(
        bytes: TrendText.bytes(report, form: global.form, isUnicode: Environment.isUnicode))
    }
  }
}
