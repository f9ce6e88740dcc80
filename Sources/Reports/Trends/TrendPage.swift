import Gate
import Model

/// Trends as one self-contained page: a plot for each, change points with their commits, waivers.
public enum TrendPage {
  /// Points whose texts are shown under the pointer; of more runs the nearest one's is.
  private static let hoversMax = 400

  /// The page, UTF-8.
  public static func bytes(_ report: TrendReport, by make: PieceMaker = inTurn) -> [UInt8] {
    let project = ForeignText.name(report.project)
    return HTMLPage.bytes(title: "Trends of \(project)") { writer in
      writer.block("header", [("class", report.proposed.isEmpty ? "verdict" : "verdict fail")]) {
        $0.block("h1", content: "Trends of \(project)")
        $0.paragraph(TrendText.summary(report))
        $0.paragraph(TrendText.context(report), style: "note")
      }
      writer.list(report.notes.map { ForeignText.line($0) })
      changes(report, &writer)
      writer.section("trends", "Trends") { writer in
        let plots = make(report.trends.count) { place in
          let trend = report.trends[place]
          let drawing = TrendPlot(report: report, trend: trend, changes: report.changes[place])
          var writer = HTMLWriter()
          writer.plot(
            trend.id.shown, drawing.plot(hoversMax: hoversMax), keys: drawing.keys,
            note: drawing.note)
          return writer.bytes
        }
        for plot in plots { writer.append(plot) }
      }
      waivers(report, &writer)
    }
  }

  private static func changes(_ report: TrendReport, _ writer: inout HTMLWriter) {
    let all = report.allChanges
    guard !all.isEmpty else { return }
    writer.section("changes", "Change points") { writer in
      writer.table(
        "change points",
        ["Metric", ">Change", ">From", ">To", "First run", "Started", "Commits", ""],
        all.map { point in
          let unit = TrendUnit(point.id)
          return [
            .code(point.id.shown), .plain(point.changeText), .plain(unit.text(point.before)),
            .plain(unit.text(point.after)), .code(ForeignText.name(point.runID)),
            .plain(String(point.startedAt.iso8601.prefix(10))), .code(point.range.text),
            .plain(point.stateText, style(point)),
          ]
        })
      var told: Set<CommitRange> = []
      for point in all where told.insert(point.range).inserted {
        guard let range = report.commits[point.range], !range.commits.isEmpty else { continue }
        writer.fold("\(point.range.text): \(TrendText.countText(range))") { writer in
          writer.list(
            range.commits.map {
              ForeignText.commit($0.id) + " " + ForeignText.line($0.subject)
            })
        }
      }
    }
  }

  private static func style(_ point: ChangePoint) -> HTMLCell.Style {
    switch (point.kind, point.state) {
    case (.regression, .proposed): .bad
    case (.improvement, _): .good
    default: .quiet
    }
  }

  private static func waivers(_ report: TrendReport, _ writer: inout HTMLWriter) {
    guard !report.waivers.isEmpty else { return }
    writer.section("waivers", "Accepted regressions") { writer in
      writer.table(
        "accepted regressions", ["Scope", "Reason", "Accepted", "Expires"],
        report.waivers.map { waiver in
          let scope = [waiver.profile, waiver.scenario, waiver.metric].compactMap { $0 }
          return [
            .plain(scope.isEmpty ? "everything" : ForeignText.line(scope.joined(separator: "/"))),
            .plain(ForeignText.line(waiver.reason)),
            .plain(String(waiver.acceptedAt.iso8601.prefix(10))),
            .plain(waiver.expiresAt.map { String($0.iso8601.prefix(10)) } ?? "never"),
          ]
        })
    }
  }
}

/// One trend as a plot: runs from left to right.
private struct TrendPlot {
  let report: TrendReport
  let trend: Trend
  let changes: [ChangePoint]
  private var band: ClosedRange<Double>?

  init(report: TrendReport, trend: Trend, changes: [ChangePoint]) {
    self.report = report
    self.trend = trend
    self.changes = changes
    band = baselineBand()
  }

  private var runs: Int { report.runs.count }

  var note: String {
    let summary = TrendSummary(trend, changes)
    var parts = ["now \(summary.now)", "last run \(summary.last)"]
    if !changes.isEmpty { parts.append("\(summary.change) since the first level") }
    if summary.noise != Figures.none { parts.append("runs differ by \(summary.noise)") }
    return parts.joined(separator: " · ")
  }

  var keys: [PlotKey] {
    var keys = [PlotKey(.candidate, .dots, "run, with the interval that 95 of 100 land in")]
    keys.append(PlotKey(.baseline, .line, "level"))
    if band != nil { keys.append(PlotKey(.baseline, .area, "where runs like the baseline land")) }
    if changes.contains(where: { $0.state == .proposed }) {
      keys.append(PlotKey(.bad, .dashed, "regression"))
    }
    if changes.contains(where: { $0.kind == .improvement }) {
      keys.append(PlotKey(.good, .dashed, "improvement"))
    }
    if !waivers.isEmpty { keys.append(PlotKey(.doubtful, .area, "accepted")) }
    return keys
  }

  func plot(hoversMax: Int) -> SVGPlot {
    var marks = waivers
    if let band { marks.append(.band([(0, band), (Double(runs), band)], .baseline)) }
    if trend.points.count <= hoversMax {
      marks += trend.points.compactMap { point in
        point.interval.map { .bar(x: place(point.run), $0, .quiet, text: "") }
      }
    } else {
      marks += spans
    }
    marks += levels + borders
    if trend.points.count <= hoversMax {
      marks += trend.points.map { point in
        .point(SVGPoint(place(point.run), point.value), .candidate, text: text(point))
      }
    } else {
      marks.append(
        .dots(trend.points.map { SVGPoint(place($0.run), $0.value) }, .candidate))
      marks += hovers(hoversMax)
    }
    return SVGPlot(
      label: "\(trend.id.shown) over \(Figures.count(trend.points.count, "run"))", x: runAxis,
      y: valueAxis, marks: marks, size: .wide)
  }

  /// The middle of a run's place on the axis.
  private func place(_ run: Int) -> Double { Double(run) + 0.5 }

  private var valueAxis: SVGAxis {
    var values = trend.points.map(\.value)
    for case let interval? in trend.points.map(\.interval) {
      values.append(interval.lowerBound)
      values.append(interval.upperBound)
    }
    switch trend.unit {
    case .seconds: return .spanning("", .seconds, values)
    case .share: return .over("", .share, values)
    case .number: return .over("", .number(""), values, fromZero: false)
    }
  }

  /// Runs in their order, with the days on which some of them began, or the times where these are
  /// of few days.
  private var runAxis: SVGAxis {
    var axis = SVGAxis("run", .number(""), 0...Double(max(1, runs)))
    let marked = Array(stride(from: 0, to: runs, by: max(1, (runs + 7) / 8)))
    let days = Set(marked.map { TrendText.date(report.runs[$0]) })
    let isOneDay = Set(report.runs.map(TrendText.date)).count == 1
    if isOneDay, let day = days.first { axis.title = "run, \(day) (UTC)" }
    axis.ticks = marked.map { run in
      let time = report.runs[run].startedAt.iso8601
      let text =
        isOneDay
        ? time.dropFirst(11).prefix(5)
        : days.count < marked.count
          ? time.dropFirst(5).prefix(5) + " " + time.dropFirst(11).prefix(5) : time.prefix(10)
      return SVGAxis.Tick(value: place(run), text: String(text))
    }
    return axis
  }

  /// Where each change point lies among the trend's points.
  private var cuts: [Int] {
    changes.map { change in trend.points.firstIndex { $0.run == change.run } ?? 0 }
  }

  private var levels: [SVGMark] {
    let ends = [0] + cuts + [trend.points.count]
    return zip(ends, ends.dropFirst()).compactMap { start, end in
      guard start < end else { return nil }
      let level = trend.level(trend.points[start..<end])
      let (first, last) = (trend.points[start].run, trend.points[end - 1].run)
      return .line(
        [SVGPoint(Double(first), level), SVGPoint(Double(last + 1), level)], .baseline)
    }
  }

  /// The interval of each level, where single runs would hide each other's.
  private var spans: [SVGMark] {
    let ends = [0] + cuts + [trend.points.count]
    return zip(ends, ends.dropFirst()).compactMap { start, end in
      guard start < end, trend.scale == .logarithmic,
        let range = interval(about: trend.level(trend.points[start..<end]))
      else { return nil }
      let (first, last) = (trend.points[start].run, trend.points[end - 1].run)
      return .band([(Double(first), range), (Double(last + 1), range)], .candidate)
    }
  }

  /// Where runs of a level land; nil where the trend does not tell.
  private func interval(about level: Double) -> ClosedRange<Double>? {
    guard trend.scale == .logarithmic, let point = trend.points.first,
      let interval = point.interval
    else { return nil }
    let low = level * interval.lowerBound / point.value
    return low...level * interval.upperBound / point.value
  }

  private var borders: [SVGMark] {
    changes.map { change in
      let colour: SVGColour =
        change.state == .proposed ? .bad : change.kind == .improvement ? .good : .quiet
      return .vertical(
        Double(change.run), colour, word: change.changeText,
        text: "\(change.changeText), \(change.stateText), \(change.range.text)")
    }
  }

  /// Where 95 of 100 further runs like those of the baseline set would land. O(runs).
  private func baselineBand() -> ClosedRange<Double>? {
    guard !report.baseline.isEmpty else { return nil }
    let runs = report.runs.map { report.baseline.contains($0.runID) }
    let points = trend.points.filter { runs[$0.run] }
    return points.isEmpty ? nil : interval(about: trend.level(points[...]))
  }

  /// From the first run after a waiver was accepted to the last before it expires.
  private var waivers: [SVGMark] {
    guard case .gate(let id) = trend.id else { return [] }
    return report.waivers.filter { $0.covers(id) }.compactMap { waiver in
      let covered = report.runs.indices.filter { run in
        let time = report.runs[run].startedAt
        return time >= waiver.acceptedAt && !waiver.isExpired(at: time)
      }
      guard let first = covered.first, let last = covered.last else { return nil }
      return .stretch(
        Double(first)...Double(last + 1), .doubtful,
        text: "accepted: " + ForeignText.line(waiver.reason))
    }
  }

  private func text(_ point: TrendPoint) -> String {
    let run = report.runs[point.run]
    let interval = point.interval.map {
      " (\(trend.unit.text($0.lowerBound)) to \(trend.unit.text($0.upperBound)))"
    }
    let count = point.k.map { "\($0) of \(point.n)" } ?? "n = \(point.n)"
    return [
      trend.unit.text(point.value) + (interval ?? ""), count, run.startedAt.iso8601,
      ForeignText.commit(run.commit), ForeignText.name(run.runID),
    ].joined(separator: "\n")
  }

  /// Stretches of several runs, each with the text of its middle one.
  private func hovers(_ count: Int) -> [SVGMark] {
    (0..<count).map { part in
      let start = part * trend.points.count / count
      let end = (part + 1) * trend.points.count / count
      let range = Double(trend.points[start].run)...Double(trend.points[end - 1].run + 1)
      return .hover(range, text: text(trend.points[(start + end - 1) / 2]))
    }
  }
}
