import Model

/// The report for a terminal or a log: short, aligned, the verdict in the last line.
public enum TerminalReport {
  /// The report, UTF-8, in the form of a terminal or a log.
  public static func bytes(_ model: ReportModel, form: TerminalForm = TerminalForm()) -> [UInt8] {
    var writer = TerminalWriter(form)
    writer.line(context(model), .dim)
    writer.blank()
    let rows = model.composites.map { cells($0, name: $0.metric) }
    writer.table(
      ["metric", ">baseline", ">candidate", ">change", ">98 % interval", ">p", ""], rows)
    failures(model, &writer)
    writer.table(
      ["not judged", ">baseline", ">candidate", ">change"],
      model.differences.map {
        [
          .init($0.cell + " " + $0.metric), .init($0.baseline), .init($0.candidate),
          .init($0.change),
        ]
      })
    if !model.objectives.isEmpty {
      writer.table(
        ["objective", ">value", ">requests", ""],
        model.objectives.map {
          [.init($0.objective), .init($0.value), .init($0.n), .init($0.verdict, style($0.status))]
        })
    }
    if model.composites.allSatisfy({ $0.candidateSeconds == nil }) { measured(model, &writer) }
    let failed = model.outcomes.filter { $0.failures != "none" }
    writer.sentences(
      failed.map { "\($0.profile): \($0.succeeded) of \($0.total) succeeded; \($0.failures)" })
    writer.sentences(model.knees.filter(\.isFound).map(\.text))
    writer.sentences(model.logins)
    writer.sentences(model.noise + [model.clientError])
    writer.sentences(model.warnings.map { "warning: " + $0 }, .yellow)
    let others = model.reasons.filter { $0.subject != .finding }
    writer.sentences(others.dropFirst(others.first == model.reasons.first ? 1 : 0).map(\.text))
    writer.sentences((model.notices + model.nextSteps).map(form.flags.put))
    writer.verdict(model.qualifiedLabel, model.headline, style(model.kind))
    return writer.bytes
  }

  private static func context(_ model: ReportModel) -> String {
    model.context.map { $0.isCode ? $0.text : "\($0.label) \($0.text)" }.joined(separator: " · ")
  }

  private static func cells(_ row: HypothesisRow, name: String) -> [TerminalCell] {
    [
      .init(name), .init(row.baseline), .init(row.candidate), .init(row.change),
      .init(row.interval), .init(row.pAdjusted), .init(row.verdict, style(row.status)),
    ]
  }

  private static func failures(_ model: ReportModel, _ writer: inout TerminalWriter) {
    let failed = model.failedCells
    writer.table(
      ["failed cell", ">baseline", ">candidate", ">change", ">98 % interval", ">p", ""],
      failed.map { cells($0, name: $0.cell + " " + $0.metric) })
    writer.sentences(model.attribution)
  }

  /// Without a judged latency, the reader still wants to see what was measured.
  private static func measured(_ model: ReportModel, _ writer: inout TerminalWriter) {
    let titles = measuredColumns.map { ">" + ReportModel.measuredTitles[$0] }
    writer.table(
      ["measured", ">n"] + titles,
      model.measured.map { row in
        [.init(row.cell), .init(row.n)] + measuredColumns.map { .init(row.figures[$0]) }
      })
  }

  /// The measured figures that fit beside each other: ttft p50, p95, p99, tpot and duration p50,
  /// tokens a second.
  private static let measuredColumns = [0, 1, 2, 4, 5, 7]

  private static func style(_ status: RowStatus) -> TerminalStyle {
    switch status {
    case .ok: .plain
    case .failed: .red
    case .inconclusive: .yellow
    case .waived, .inherited: .dim
    }
  }

  private static func style(_ kind: VerdictKind) -> TerminalStyle {
    switch kind {
    case .pass: .green
    case .fail: .red
    case .inconclusive: .yellow
    case .cannotEvaluate: .red
    }
  }
}
