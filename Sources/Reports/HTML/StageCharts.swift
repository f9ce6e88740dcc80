import Model

extension HTMLReportWriter {
  /// Latencies over the load of the stages, with the knee, and the stages in a table. Made of the
  /// run's figures: it needs no requests.
  func stages(_ page: inout HTMLWriter) {
    guard !model.stages.isEmpty else { return }
    page.section("stages", "Stages of the load, and their knee") { page in
      page.list(model.knees.map(\.text))
      page.block("div", [("class", "plots")]) { page in
        for sheet in stageTable?.sheets ?? [] {
          for latency in ["ttft", "duration"] { chart(sheet, latency, &page) }
        }
      }
      page.table(
        "Stages",
        ["Profile", ">Stage", ">Requests"] + ReportModel.stageTitles.map { ">" + $0 }
          + ["Failures", "Knee of"],
        model.stages.map { row in
          [.code(row.profile), .plain(row.stage), .plain(row.n)] + row.figures.map { .plain($0) }
            + [.plain(row.failures), .plain(row.knee, row.knee.isEmpty ? nil : .doubtful)]
        })
      page.paragraph(ReportModel.stageNote, style: "note")
    }
  }

  private func chart(_ sheet: StageTable.StageSheet, _ latency: String, _ page: inout HTMLWriter) {
    let levels = sheet.stages.compactMap { stage, figures -> StageLevel? in
      guard let rate = figures["intended.rate"]?.value else { return nil }
      return StageLevel(
        stage: stage, rate: rate, median: figures[latency + ".p50"]?.value,
        high: figures[latency + ".p95"]?.value)
    }
    .sorted { ($0.rate, $0.stage) < ($1.rate, $1.stage) }
    guard levels.count > 1, levels.contains(where: { $0.median != nil }) else { return }
    let name = ForeignText.name(sheet.profile)
    let values = levels.flatMap { [$0.median, $0.high].compactMap { $0 } }
    var marks: [SVGMark] = []
    if let knee = knee(sheet, latency, levels) { marks += knee }
    marks += [
      .line(levels.map { SVGPoint($0.rate, $0.high ?? .infinity) }, .candidate, isDashed: true),
      .line(levels.map { SVGPoint($0.rate, $0.median ?? .infinity) }, .candidate),
    ]
    marks += levels.compactMap { level in
      level.median.map {
        .point(
          SVGPoint(level.rate, $0), .candidate,
          text: "\(sheet.word) \(StageTable.ordinal(level.stage)), \(Figures.rate(level.rate)): p50"
            + " \(Figures.duration($0))"
            + (level.high.map { ", p95 \(Figures.duration($0))" } ?? ""))
      }
    }
    page.plot(
      "\(latency) over load, \(name)",
      SVGPlot(
        label: "\(latency) over the rate of the stages of \(name)",
        x: .over("requests a second", .number(""), levels.map(\.rate)),
        y: .over(latency, .seconds, values), marks: marks),
      keys: [PlotKey(.candidate, .line, "p50"), PlotKey(.candidate, .dashed, "p95")])
  }

  /// The loads from the knee on, tinted.
  private func knee(
    _ sheet: StageTable.StageSheet, _ latency: String, _ levels: [StageLevel]
  ) -> [SVGMark]? {
    guard let knee = stageTable?.knees(sheet.profile).first(where: { $0.latency == latency }),
      let stage = knee.stage, let rate = levels.first(where: { $0.stage == stage })?.rate,
      let most = levels.last?.rate
    else { return nil }
    let place = (knee.flatRate + rate) / 2
    return [
      .stretch(place...max(place, most * 1.1), .doubtful, text: "beyond the knee"),
      .vertical(place, .doubtful, word: "knee", text: "flat up to \(Figures.rate(knee.flatRate))"),
    ]
  }
}

/// A stage as a level of load.
private struct StageLevel {
  var stage: Int
  /// Requests a second.
  var rate: Double
  var median: Double?
  var high: Double?
}
