extension HTMLReportWriter {
  /// Each composite over the last builds of main and this change, a plot a metric.
  func builds(_ page: inout HTMLWriter) {
    guard !model.builds.isEmpty else { return }
    page.section("builds", "Recent builds") { page in
      page.paragraph(
        "One point a run, oldest first: those of \(baselineName), then this change's. The scale of"
          + " a latency spans at least 10 % of it, so that noise stays flat.", style: "note")
      page.block("div", [("class", "plots")]) { page in
        for row in model.builds { chart(row, &page) }
      }
    }
  }

  private func chart(_ row: BuildRow, _ page: inout HTMLWriter) {
    let main = row.main.enumerated().map { SVGPoint(Double($0 + 1), $1) }
    let own = row.candidate.enumerated().map { SVGPoint(Double(row.main.count + $0 + 1), $1) }
    let isFailed = model.composites.contains { $0.metric == row.metric && $0.status == .failed }
    let colour: SVGColour = isFailed ? .bad : .candidate
    func text(_ point: SVGPoint) -> String { Figures.fixed(point.y, decimals: 2) + " " + row.unit }
    let marks: [SVGMark] =
      [.line(main, .baseline)] + main.map { .point($0, .baseline, text: text($0)) }
      + own.map { .point($0, colour, text: text($0)) }
    page.plot(
      row.metric,
      SVGPlot(
        label:
          "\(row.metric) over recent builds: \(row.lowest) to \(row.highest), then \(row.last)",
        x: SVGAxis("runs", .number(""), 0.5...Double(main.count + own.count) + 0.5),
        y: Self.axis(row), marks: marks),
      keys: [PlotKey(.baseline, .line, baselineName), PlotKey(colour, .dots, "this change")])
  }

  /// As the row of signs, with room above and below: a flat metric lies in the middle. A share
  /// begins at 0.
  static func axis(_ row: BuildRow) -> SVGAxis {
    var values = row.main + row.candidate
    if row.unit == "%" {
      values.append(0)
    } else if let scale = Sparkline.Scale(values, shareMin: ReportBuilder.spanMin) {
      values += [scale.low, scale.high]
    }
    return .over(row.metric, .number(row.unit), values, fromZero: row.unit == "%")
  }
}
