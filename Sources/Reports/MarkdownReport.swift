import Model

/// The report for a step summary or a comment: the verdict first, what a reviewer needs open, the
/// rest folded.
public enum MarkdownReport {
  /// Bytes of a report at most; a comment takes 65,536 characters.
  public static let bytesMax = 60_000

  /// Bytes of a GitHub step summary at most, all that was appended to it together.
  public static let summaryBytesMax = 1 << 20

  /// The report as GitHub-flavoured Markdown, UTF-8, within a limit of bytes: cut on the border of
  /// a row, every fold closed.
  public static func bytes(_ model: ReportModel, bytesMax: Int = bytesMax) -> [UInt8] {
    bytes(model, bytesMax: bytesMax, lead: nil)
  }

  /// The same with a paragraph right below the verdict.
  static func bytes(_ model: ReportModel, bytesMax: Int, lead: MarkdownText?) -> [UInt8] {
    var writer = MarkdownWriter(bytesMax: bytesMax)
    writer.heading(mark(model) + .plain(model.verdictLine))
    if let lead { writer.paragraph(lead) }
    writer.paragraph(context(model))
    let others = model.reasons.filter { $0.subject != .finding }.dropFirst(isSaid(model) ? 1 : 0)
    writer.list(others.map { .plain($0.text) })
    writer.list(model.notices.map { .plain($0) })
    writer.table(hypothesisTitles, model.composites.map { hypothesis($0, isCell: false) })
    failures(model, &writer)
    differences(model, &writer)
    objectives(model, &writer)
    builds(model, &writer)
    writer.paragraph("**What this gate can see**")
    writer.list((model.noise + [model.clientError]).map { .plain($0) })
    if !model.warnings.isEmpty {
      writer.paragraph("**Warnings**")
      writer.list(model.warnings.map { "⚠️ " + .plain($0) })
    }
    if !model.nextSteps.isEmpty {
      writer.paragraph("**Next**")
      writer.list(model.nextSteps.map { .plain($0) })
    }
    folds(model, &writer)
    return writer.bytes
  }

  static func mark(_ model: ReportModel) -> MarkdownText { mark(model.kind) }

  static func mark(_ kind: VerdictKind) -> MarkdownText {
    switch kind {
    case .pass: "✅ "
    case .fail: "❌ "
    case .inconclusive: "⚠️ "
    case .cannotEvaluate: "⛔ "
    }
  }

  /// True if the verdict line itself is made of the reasons that are no findings.
  private static func isSaid(_ model: ReportModel) -> Bool {
    model.reasons.first.map { $0.subject != .finding } ?? false
  }

  private static func context(_ model: ReportModel) -> MarkdownText {
    model.context.enumerated().reduce("") { line, item in
      let fact = item.element
      let text: MarkdownText = fact.isCode ? .code(fact.text) : .plain(fact.text)
      return line + (item.offset == 0 ? "" : " · ") + .plain(fact.label) + " " + text
    }
  }

  private static let hypothesisTitles: [String] = [
    "Metric", ">Baseline", ">Candidate", ">Change", ">98 % interval", ">p", "Verdict",
  ]

  private static func hypothesis(_ row: HypothesisRow, isCell: Bool) -> [MarkdownText] {
    let isStrong = row.status == .failed
    func cell(_ text: String) -> MarkdownText { isStrong ? .strong(.plain(text)) : .plain(text) }
    let lead: [MarkdownText] = isCell ? [.code(row.cell), .code(row.metric)] : [.code(row.metric)]
    return lead + [
      .plain(row.baseline), .plain(row.candidate), cell(row.change), .plain(row.interval),
      .plain(row.pAdjusted), mark(row.status) + cell(row.verdict),
    ]
  }

  private static func mark(_ status: RowStatus) -> MarkdownText {
    switch status {
    case .ok: ""
    case .failed: "❌ "
    case .inconclusive: "⚠️ "
    case .waived, .inherited: "➖ "
    }
  }

  private static let cellTitles: [String] = ["Cell"] + hypothesisTitles

  private static func failures(_ model: ReportModel, _ writer: inout MarkdownWriter) {
    guard !model.failedCells.isEmpty || !model.attribution.isEmpty else { return }
    if !model.failedCells.isEmpty {
      writer.paragraph("**What failed, by cell**")
      writer.table(cellTitles, model.failedCells.map { hypothesis($0, isCell: true) })
    }
    if !model.attribution.isEmpty {
      writer.paragraph("**Where the time went**")
      writer.list(model.attribution.map { .plain($0) })
    }
  }

  private static func differences(_ model: ReportModel, _ writer: inout MarkdownWriter) {
    guard !model.differences.isEmpty else { return }
    writer.paragraph("**Differences, not judged**")
    writer.table(
      ["Cell", "Metric", ">Baseline", ">Candidate", ">Change"],
      model.differences.map { row in
        [
          .code(row.cell), .code(row.metric), .plain(row.baseline), .plain(row.candidate),
          .plain(row.change),
        ]
      })
  }

  private static func objectives(_ model: ReportModel, _ writer: inout MarkdownWriter) {
    guard !model.objectives.isEmpty else { return }
    writer.table(
      ["Objective", ">Value", ">Requests", "Verdict"],
      model.objectives.map { row in
        let verdict: MarkdownText = .plain(row.verdict)
        return [
          .code(row.objective), .plain(row.value), .plain(row.n),
          mark(row.status) + (row.status == .failed ? .strong(verdict) : verdict),
        ]
      })
  }

  private static func builds(_ model: ReportModel, _ writer: inout MarkdownWriter) {
    guard !model.builds.isEmpty else { return }
    writer.paragraph("**Recent builds**")
    writer.table(
      ["Metric", "Runs", ">Lowest of main", ">Highest of main", ">This"],
      model.builds.map { row in
        [
          .code(row.metric), .code(row.sparkline), .plain(row.lowest), .plain(row.highest),
          .plain(row.last),
        ]
      })
    writer.paragraph(.plain(ReportModel.buildsNote))
    guard let row = model.plottedBuilds else { return }
    writer.details("Plot of \(row.metric), run by run") {
      $0.fenced("mermaid", MermaidPlot(row: row).lines)
    }
  }

  private static let measuredTitles =
    ["Cell", ">Requests"] + ReportModel.measuredTitles.map { ">" + $0 }

  private static let turnTitles =
    ["Cell", ">Turn", ">Requests"] + ReportModel.turnTitles.map { ">" + $0 }

  private static func folds(_ model: ReportModel, _ writer: inout MarkdownWriter) {
    if !model.cells.isEmpty || !model.untested.isEmpty {
      writer.details("Cells: \(model.cells.count) tested, \(model.untested.count) not") {
        $0.table(cellTitles, model.cells.map { hypothesis($0, isCell: true) })
        $0.table(
          ["Cell", "Metric", "Not tested because"],
          model.untested.map { [.code($0.cell), .code($0.metric), .plain($0.reason)] })
      }
    }
    if !model.outcomes.isEmpty {
      writer.details("Outcomes of the requests") {
        $0.table(
          ["Profile", ">Requests", ">Succeeded", "Others"],
          model.outcomes.map {
            [.code($0.profile), .plain($0.total), .plain($0.succeeded), .plain($0.failures)]
          })
      }
    }
    if !model.measured.isEmpty {
      writer.details("What was measured") {
        $0.table(
          measuredTitles,
          model.measured.map { row in
            [.code(row.cell), .plain(row.n)] + row.figures.map { .plain($0) }
          })
        $0.paragraph(.plain(ReportModel.measuredNote))
      }
    }
    if !model.turns.isEmpty {
      writer.details("Conversations, turn by turn") {
        $0.table(
          turnTitles,
          model.turns.map { row in
            [.code(row.cell), .plain(row.turn), .plain(row.n)] + row.figures.map { .plain($0) }
          })
        $0.paragraph(.plain(ReportModel.measuredNote))
      }
    }
    stages(model, &writer)
    logins(model, &writer)
    if !model.displays.isEmpty {
      writer.details("Distributions of single requests, for information") {
        $0.paragraph(.plain(ReportModel.displayNote))
        $0.list(model.displays.map { .plain($0) })
      }
    }
    writer.details("Runs: \(model.runCounts)") {
      $0.table(
        ["Role", "Run", "Commit", "Started"],
        model.runs.map {
          [.plain($0.role), .code($0.runID), .code($0.commit), .code($0.startedAt)]
        })
    }
    writer.details("Environment, client, and how to read this") {
      $0.table(
        ["Fact", "Value"],
        model.details.map { [.plain($0.label), $0.isCode ? .code($0.text) : .plain($0.text)] })
      $0.list(ReportModel.legend.map { .plain($0) })
    }
  }

  private static let stageTitles =
    ["Profile", ">Stage", ">Requests"] + ReportModel.stageTitles.map { ">" + $0 }
    + ["Failures", "Knee of"]

  private static func stages(_ model: ReportModel, _ writer: inout MarkdownWriter) {
    guard !model.stages.isEmpty else { return }
    writer.details("Stages of the load, and their knee") {
      $0.list(model.knees.map { .plain($0.text) })
      $0.table(
        stageTitles,
        model.stages.map { row in
          [.code(row.profile), .plain(row.stage), .plain(row.n)]
            + row.figures.map { .plain($0) }
            + [.plain(row.failures), row.knee.isEmpty ? "" : .strong(.plain(row.knee))]
        })
      $0.paragraph(.plain(ReportModel.stageNote))
    }
  }

  private static func logins(_ model: ReportModel, _ writer: inout MarkdownWriter) {
    guard !model.logins.isEmpty else { return }
    writer.details("Logins") {
      $0.list(model.logins.map { .plain($0) })
      $0.paragraph(.plain(ReportModel.loginNote))
    }
  }
}
