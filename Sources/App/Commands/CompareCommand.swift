import ArgumentParser
import Forge
import Foundation
import Gate
import Model
import Plan
import Reports
import ResultStore

/// Judges what was measured before.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Judge stored runs, commits, branches or run files; sends no load.",
    discussion: """
      BASE and HEAD are run ids, commits or branches in the store, or run files.
      With stored runs HEAD is judged against the store's history; two bare files
      show differences only. A single result.json is judged again, offline, to the
      same bytes. The same input gives the same output, whatever the order of
      files and lines.

      Examples:
        streamgate compare main feature/cache
        streamgate compare before.jsonl.gz after.jsonl.gz
        streamgate compare out/result.json --out again
        streamgate compare --candidate c1.jsonl c2.jsonl --baseline b*.jsonl \\
          --fresh f1.jsonl
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(help: "BASE HEAD, or one result.json.")
  var runs: [String] = []

  @Option(parsing: .upToNextOption, help: "Run files that are judged, the looks of one commit.")
  var candidate: [String] = []

  @Option(parsing: .upToNextOption, help: "Run files of main: the baseline set.")
  var baseline: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: "Older run files of main, for the variance; once for each segment.")
  var history: [String] = []

  @Option(
    parsing: .upToNextOption, help: "Run files of main taken after the first candidate run.")
  var fresh: [String] = []

  @Option(help: "Looks that were planned; else the plan's, without a plan 5.")
  var maxLooks: Int?

  @Option(help: "Write \(Publisher.names) into this folder.")
  var out: String?

  @OptionGroup var pipeline: PipelineOptions

  @Option(help: "What inconclusive exits with: warn (0), block (1) or code (2).")
  var inconclusive: InconclusivePolicy?

  @Option(help: "strict (both schemas) or extended (properties for CircleCI, Buildkite).")
  var junitDialect: JUnitDialect = .strict

  func validate() throws {
    if let maxLooks, !(1...GateSettings.maxLooksMax).contains(maxLooks) {
      throw ValidationError("--max-looks \(maxLooks): 1 to \(GateSettings.maxLooksMax).")
    }
    let hasFiles = !(candidate + baseline + history + fresh).isEmpty
    if hasFiles {
      if candidate.isEmpty { throw ValidationError("--candidate FILE: which runs are judged?") }
      if !runs.isEmpty {
        throw ValidationError("BASE and HEAD exclude --candidate and its companions.")
      }
    } else if runs.isEmpty || runs.count > 2 {
      throw ValidationError("BASE and HEAD are needed, or one result.json, or --candidate FILE.")
    }
  }

  func run() throws {
    let pipeline = pipeline.open()
    defer { pipeline.close() }
    do { try judge(pipeline) } catch { throw pipeline.told(error) }
  }

  private func judge(_ pipeline: PipelineOutput) throws {
    let report = try report()
    let input = report.input
    try Comparison.refuseSearches(
      (input.candidates + input.baseline + input.fresh + input.history.flatMap { $0 })
        .map(\.header))
    let publisher = Publisher(
      out: out, paths: ReportPaths(), junit: junitDialect.format,
      form: global.form, pipeline: pipeline)
    let code = ExitCode.mostSevere(publisher.publish(report))
    if code != .pass { throw code }
  }

  private func report() throws -> Report {
    let comparison = Comparison(
      global: global, maxLooks: maxLooks, inconclusive: inconclusive, wantsPage: out != nil)
    if !candidate.isEmpty {
      return try comparison.judge(
        candidate: candidate, baseline: baseline, fresh: fresh,
        history: HistorySegments.split(history))
    }
    if runs.count == 1 {
      return try comparison.judgeAgain(
        runs[0], hint: "run files go with --candidate and --baseline, or two at a time")
    }
    return try comparison.judge(base: runs[0], head: runs[1])
  }
}
