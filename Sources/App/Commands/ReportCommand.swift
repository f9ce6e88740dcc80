import ArgumentParser
import Foundation
import Gate
import Model
import Plan
import Reports
import ResultStore

/// A report again.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show any stored run, run file or result.json again, in any format.",
    discussion: """
      A run that was judged shows the verdict that it had; another one is judged
      against the history that there is now. Exits with 0 whatever the verdict
      was.

      Examples:
        streamgate report 0198c6aa
        streamgate report out/result.json --format markdown
        streamgate report 0198c6aa --format html > report.html
        streamgate report 0198c6aa --out again
        streamgate report 0198c6aa --stream               which streams were recorded
        streamgate report 0198c6aa --stream sustained/short/17
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(help: "A run id or its start, a commit, a branch, or a file.")
  var name: String

  @Option(help: "terminal, markdown, junit, junit-extended, json, html or openmetrics.")
  var format: FormatName = .terminal

  @Option(help: "Write \(Publisher.names) into this folder instead.")
  var out: String?

  @Option(
    help: "Show what was recorded of this stream; without a value, which streams were.")
  var stream: String?

  func validate() throws {
    guard stream != nil else { return }
    if out != nil { throw ValidationError("--stream prints one stream: leave out --out.") }
    if format != .terminal, format != .json {
      throw ValidationError("--stream is shown as terminal or json.")
    }
  }

  func run() throws {
    if let stream {
      return try RecordedStreams(files: try StreamFinder(global: global).files(name))
        .show(stream, asJSON: format == .json)
    }
    let found = try FileManager.default.fileExists(atPath: name) ? fromFile() : fromStore()
    switch found {
    case .verdict(let report): try show(report)
    case .capacity(let output): try show(output)
    }
  }

  /// What a name stands for.
  private enum Found {
    case verdict(Report)
    case capacity(CapacityOutput)
  }

  private func show(_ report: Report) throws {
    guard let out else {
      let bytes =
        format == .terminal
        ? Reports.text(report, form: global.form) : Reports.render(report, as: format.format)
      return Console.print(bytes: bytes)
    }
    let failures = Publisher(
      out: out, paths: ReportPaths(), junit: .junit, form: TerminalForm()
    ).writeFiles(report)
    if let failure = failures.first { throw failure }
    global.say("wrote \(Publisher.names) into \(out)")
  }

  private func show(_ output: CapacityOutput) throws {
    guard ![.junit, .junitExtended, .html, .openMetrics].contains(format) else {
      throw Failure(
        .usage, "a search for a capacity has no report as \(format.rawValue)",
        because: format == .html ? "the page is of a run" : "nothing passes or fails",
        remedy: "--format terminal, markdown or json")
    }
    guard let out else {
      return output.print(as: format.format, form: global.form)
    }
    if let failure = output.write(into: out).first { throw failure }
    global.say("wrote capacity.json and summary.md into \(out)")
  }

  /// True if the page is among what is shown.
  private var wantsPage: Bool { out != nil || format == .html }

  private func fromFile() throws -> Found {
    let comparison = Comparison(
      global: global, maxLooks: nil, inconclusive: nil, wantsPage: wantsPage)
    guard name.hasSuffix(".json") else {
      return .verdict(
        try comparison.judge(candidate: [name], baseline: [], fresh: [], history: []))
    }
    let bytes = try Comparison.bytes(of: name)
    do throws(ResultFileError) {
      let (record, facts) = try CapacityReport.decode(bytes)
      return .capacity(CapacityOutput(record: record, facts: facts))
    } catch {
      guard case .wrongField = error else { return .verdict(try comparison.judgeAgain(name)) }
      throw Failure(error, at: name, hint: Comparison.resultHint)
    }
  }

  private func fromStore() throws -> Found {
    // Without a plan there is no store to look in, and a path is what was meant.
    if !planExists(global), isPath || name.contains("/") { throw noFile }
    let loaded = try LoadedPlan.loadForStore(global)
    let store: ResultStore
    let runs: [RunRecord]
    do {
      store = try StoreOptions.open(global, for: .read)
      runs = try RunFinder(store: store, loaded: loaded).runs(name)
    } catch let error as StoreError {
      switch error {
      case .unknownRun, .missing: throw isPath ? noFile : error
      default: throw error
      }
    }
    if let output = runs.last.flatMap(CapacityOutput.again) { return .capacity(output) }
    var report = try judged(runs, loaded, store)
    if wantsPage {
      PageDetail(samples: { try? store.samples($0) }, streams: StreamFinder.kept(of:))
        .add(to: &report)
    }
    return .verdict(report)
  }

  private var noFile: Failure {
    Failure(
      .input, "there is no such file", at: name,
      remedy: "the result.json or run file that a run wrote with --out, or a run's id")
  }

  /// True if the name is most likely meant as a file's. A branch's may hold `/` too.
  private var isPath: Bool {
    name.hasSuffix(".json") || name.hasSuffix(".jsonl") || name.hasSuffix(".jsonl.gz")
  }

  /// The verdict that a run had, or the one that it would have now.
  private func judged(_ runs: [RunRecord], _ loaded: LoadedPlan, _ store: ResultStore) throws
    -> Report
  {
    let newest = runs[runs.count - 1].header
    let place = LookPlace(
      project: newest.project, environment: newest.environment, commit: newest.commit)
    let looks = try store.looks(place)
    if let look = looks.last(where: { $0.runID == newest.runID }),
      let report = try LookSeries.report(of: look, in: store.location)
    {
      return report
    }
    let judging = Judging(
      loaded: loaded,
      identity: CandidateIdentity(
        commit: newest.commit, branch: newest.branch, isKnownToGit: false, notes: []),
      history: try History.load(loaded, store: store))
    let candidates = runs.map { run in
      var run = run
      run.samples = try? store.samples(run.header.runID)
      return run
    }
    let input = judging.input(candidates: candidates) { try? store.samples($0) }
    let verdict = Gate.judge(input)
    let policy = ExitPolicy(loaded.plan.gate)
    return Report(
      input: input, verdict: verdict,
      facts: ReportFacts(
        exitCode: Int(policy.code(for: verdict).rawValue), version: App.version,
        baselineBranch: loaded.plan.gate.branch))
  }
}

/// A report's format on the command line.
enum FormatName: String, ExpressibleByArgument, CaseIterable {
  case terminal
  case markdown
  case junit
  case junitExtended = "junit-extended"
  case json
  case html
  case openMetrics = "openmetrics"

  var format: ReportFormat {
    switch self {
    case .terminal: .terminal
    case .markdown: .markdown
    case .junit: .junit
    case .junitExtended: .junitExtended
    case .json: .json
    case .html: .html
    case .openMetrics: .openMetrics
    }
  }
}
