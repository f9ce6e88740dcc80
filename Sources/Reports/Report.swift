public import Gate
public import Model

/// A judgement with all that it came from: what every output is made of.
public struct Report: Sendable {
  /// The verdict's inputs; requests in it are never written.
  public var input: GateInput
  /// What `Gate.judge` made of them.
  public var verdict: Verdict
  /// What the verdict does not know.
  public var facts: ReportFacts
  /// What plots of single requests show, nil where the requests are not at hand; only the page has
  /// them.
  public var plots: RunPlots?
  /// Recorded streams of the last judged run; only the page has their timelines.
  public var streams: [RecordedStream] = []

  /// A report on a judgement.
  public init(input: GateInput, verdict: Verdict, facts: ReportFacts) {
    self.input = input
    self.verdict = verdict
    self.facts = facts
  }

  /// The words. Runs that did not enter the verdict are left out.
  public var model: ReportModel {
    ReportModel(
      verdict: verdict, candidates: runs(input.candidates, [.candidate]),
      baseline: runs(input.baseline + input.fresh, [.baseline, .fresh]),
      history: runs(input.history.flatMap { $0 }, [.history]),
      // They have no role in the verdict's list.
      latest: input.latest.filter(\.header.isUsable), facts: facts)
  }

  /// The judged run that gave the verdict: the last candidate, nil without one.
  var judged: RunRecord? { runs(input.candidates, [.candidate]).last }

  /// The runs of these roles in the verdict, each once, by start and id.
  public func runs(_ records: [RunRecord], _ roles: Set<RunRole>) -> [RunRecord] {
    let ids = Set(verdict.runs.filter { roles.contains($0.role) }.map(\.runID))
    var seen: Set<String> = []
    return records.sorted {
      ($0.header.startedAt, $0.header.runID) < ($1.header.startedAt, $1.header.runID)
    }
    .filter { ids.contains($0.header.runID) && seen.insert($0.header.runID).inserted }
  }
}

/// Every output from one report.
public enum Reports {
  /// The report in that form, UTF-8: the same report, the same bytes.
  public static func render(_ report: Report, as format: ReportFormat) -> [UInt8] {
    switch format {
    case .junit: JUnitReport.bytes(report.model)
    case .junitExtended: JUnitReport.bytes(report.model, isExtended: true)
    case .markdown: MarkdownReport.bytes(report.model)
    case .json: ResultFile.encode(report)
    case .html: HTMLReport.bytes(report)
    case .openMetrics: OpenMetricsReport.bytes(report)
    case .terminal: TerminalReport.bytes(report.model)
    }
  }

  /// The report as plain text for that terminal or log, UTF-8.
  public static func text(_ report: Report, form: TerminalForm) -> [UInt8] {
    TerminalReport.bytes(report.model, form: form)
  }
}
