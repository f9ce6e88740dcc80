import Gate
import Model

/// The report as a page for a browser: the verdict first, what a reviewer needs open, then what was
/// measured in plots and tables. One file without scripts that loads nothing.
///
/// The words are the model's; plots of single requests and timelines of streams are drawn where the
/// report has them, and where it has not the page says so.
public enum HTMLReport {
  /// The page, UTF-8: the same report, the same bytes.
  public static func bytes(_ report: Report) -> [UInt8] {
    let writer = HTMLReportWriter(report: report, model: report.model)
    return HTMLPage.bytes(title: writer.title) { writer.write(&$0) }
  }
}

/// Lays out one report; each part of the page is written by the file that bears its name.
struct HTMLReportWriter {
  let report: Report
  let model: ReportModel

  /// The run that the page is about: the last one that was judged.
  var header: RunHeader? { stageTable?.record.header }

  /// The stages of that run.
  var stageTable: StageTable? { report.judged.map(StageTable.init) }

  var title: String {
    let names = model.context.filter { ["project", "commit"].contains($0.label) }.map(\.text)
    return ([model.qualifiedLabel] + names).joined(separator: " · ")
  }

  /// What the runs are called that the candidate stands beside.
  var baselineName: String {
    report.facts.isDifference
      ? "the baseline" : ForeignText.name(report.facts.baselineBranch, or: "main")
  }

  func write(_ page: inout HTMLWriter) {
    verdict(&page)
    metrics(&page)
    failures(&page)
    builds(&page)
    objectives(&page)
    standing(&page)
    distributions(&page)
    overTime(&page)
    stages(&page)
    lengths(&page)
    streams(&page)
    regions(&page)
    details(&page)
  }

  // MARK: - Verdict

  private func verdict(_ page: inout HTMLWriter) {
    page.block("header", [("class", "verdict \(kindStyle)")]) { page in
      page.block("h1") { page in
        page.element("span", [("class", "label")], content: model.qualifiedLabel)
        page.content(": " + model.headline)
      }
      page.facts(model.context)
      let others = model.reasons.filter { $0.subject != .finding }
      let isSaid = model.reasons.first.map { $0.subject != .finding } ?? false
      page.list(others.dropFirst(isSaid ? 1 : 0).map(\.text))
      page.list(model.notices, style: "note")
    }
    navigation(&page)
  }

  private var kindStyle: String {
    switch model.kind {
    case .pass: "pass"
    case .fail: "fail"
    case .inconclusive, .cannotEvaluate: "open"
    }
  }

  /// Links to the parts that the page has.
  private func navigation(_ page: inout HTMLWriter) {
    var parts: [(id: String, name: String)] = []
    if !model.composites.isEmpty || !model.differences.isEmpty {
      parts.append(("metrics", "Metrics"))
    }
    if hasFailures { parts.append(("failed", "What failed")) }
    if !model.builds.isEmpty { parts.append(("builds", "Recent builds")) }
    if !model.objectives.isEmpty { parts.append(("objectives", "Objectives")) }
    parts += [("standing", "What this gate can see"), ("distributions", "Distributions")]
    if report.plots?.profiles.isEmpty == false { parts.append(("time", "Time and load")) }
    if !model.stages.isEmpty { parts.append(("stages", "Stages")) }
    if hasLengths { parts.append(("lengths", "Duration over length")) }
    if !shownStreams.isEmpty { parts.append(("streams", "Worst streams")) }
    if !model.regions.isEmpty { parts.append(("regions", "Regions")) }
    parts.append(("details", "Details"))
    page.block("nav", [("aria-label", "Parts of this report")]) { page in
      page.block("ul") { page in
        for part in parts {
          page.block("li") { $0.element("a", [("href", "#" + part.id)], content: part.name) }
        }
      }
    }
  }

  // MARK: - Metrics

  static let hypothesisTitles = [
    "Metric", ">Baseline", ">Candidate", ">Change", ">98 % interval", "", ">p", "Verdict",
  ]

  private func metrics(_ page: inout HTMLWriter) {
    guard !model.composites.isEmpty || !model.differences.isEmpty else { return }
    page.section("metrics", "Metrics over all cells") { page in
      page.table(
        "Metrics over all cells", Self.hypothesisTitles, rows(model.composites, isCell: false))
      guard !model.differences.isEmpty else { return }
      page.block("h3", content: "Differences, not judged")
      page.table(
        "Differences", ["Cell", "Metric", ">Baseline", ">Candidate", ">Change"],
        model.differences.map { row in
          [
            .code(row.cell), .code(row.metric), .plain(row.baseline), .plain(row.candidate),
            .plain(row.change),
          ]
        })
    }
  }

  /// Rows of hypotheses; their intervals are drawn to one scale.
  func rows(_ hypotheses: [HypothesisRow], isCell: Bool) -> [[HTMLCell]] {
    let scale = ChangeStrip.scale(hypotheses.compactMap(\.span))
    return hypotheses.map { row in
      let style = Self.style(row.status)
      let lead: [HTMLCell] = isCell ? [.code(row.cell), .code(row.metric)] : [.code(row.metric)]
      return lead + [
        .plain(row.baseline), .plain(row.candidate),
        .plain(row.change, row.status == .failed ? .bad : nil), .plain(row.interval, .quiet),
        row.span.map { ChangeStrip(span: $0, scale: scale, style: style).cell } ?? .plain(""),
        .plain(row.pAdjusted, .quiet), .plain(row.verdict, style),
      ]
    }
  }

  static func style(_ status: RowStatus) -> HTMLCell.Style {
    switch status {
    case .ok: .good
    case .failed: .bad
    case .inconclusive: .doubtful
    case .waived, .inherited: .quiet
    }
  }

  private var hasFailures: Bool { !model.failedCells.isEmpty || !model.attribution.isEmpty }

  private func failures(_ page: inout HTMLWriter) {
    guard hasFailures else { return }
    page.section("failed", "What failed, by cell") { page in
      page.table(
        "What failed, by cell", ["Cell"] + Self.hypothesisTitles,
        rows(model.failedCells, isCell: true))
      guard !model.attribution.isEmpty else { return }
      page.block("h3", content: "Where the time went")
      page.list(model.attribution)
    }
  }

  private func objectives(_ page: inout HTMLWriter) {
    guard !model.objectives.isEmpty else { return }
    page.section("objectives", "Objectives") { page in
      page.table(
        "Objectives", ["Objective", ">Value", ">Requests", "Verdict"],
        model.objectives.map { row in
          [
            .code(row.objective), .plain(row.value), .plain(row.n),
            .plain(row.verdict, Self.style(row.status)),
          ]
        })
    }
  }

  private func standing(_ page: inout HTMLWriter) {
    page.section("standing", "What this gate can see") { page in
      page.list(model.noise + [model.clientError])
      if !model.warnings.isEmpty {
        page.block("h3", content: "Warnings")
        page.list(model.warnings)
      }
      if !model.nextSteps.isEmpty {
        page.block("h3", content: "Next")
        page.list(model.nextSteps)
      }
    }
  }

  private func regions(_ page: inout HTMLWriter) {
    guard !model.regions.isEmpty else { return }
    page.section("regions", "Regions") { page in
      page.table(
        "Regions",
        ["Cell", "Region", ">Requests"] + ReportModel.measuredTitles.map { ">" + $0 }
          + [">ttft p50 to the fastest"],
        model.regions.map { row in
          [.code(row.cell), .code(row.region), .plain(row.n)] + row.figures.map { .plain($0) }
            + [.plain(row.distance)]
        })
      page.paragraph(ReportModel.measuredNote, style: "note")
    }
  }
}

extension HTMLWriter {
  /// Labels and texts side by side.
  mutating func facts(_ facts: [ReportFact]) {
    guard !facts.isEmpty else { return }
    block("dl", [("class", "facts")]) { writer in
      for fact in facts {
        writer.block("div") { writer in
          writer.element("dt", content: fact.label)
          writer.element("dd") { writer in
            guard fact.isCode else { return writer.content(fact.text) }
            writer.element("code", content: fact.text)
          }
        }
      }
    }
  }
}
