import Gate
import Model

/// Trends for a terminal or a log.
public enum TrendText {
  /// Runs that a single trend lists.
  public static let runsMax = 20
  /// Signs of a sparkline at most, and beside long names at least.
  private static let sparklineWidths = 12...40
  /// Columns that the other figures of a line take.
  private static let figuresWidth = 57

  /// The report, UTF-8, for that terminal or log.
  public static func bytes(
    _ report: TrendReport, form: TerminalForm = TerminalForm(), isUnicode: Bool = true
  ) -> [UInt8] {
    var writer = TerminalWriter(form)
    writer.line(context(report), .dim)
    writer.blank()
    let names = report.trends.map(\.id.shown.count).max() ?? 0
    let room = max(form.columns - figuresWidth - names, sparklineWidths.lowerBound)
    let width = min(room, sparklineWidths.upperBound)
    writer.table(
      ["metric", ">at first", ">now", ">change", ">noise", ">last run", "trend"],
      zip(report.trends, report.changes).map { row($0, $1, sparkline: width, isUnicode) })
    if report.trends.count == 1 { runs(report, &writer) }
    changes(report, &writer)
    writer.sentences(report.notes, .yellow)
    writer.line(summary(report), report.proposed.isEmpty ? .plain : .red)
    return writer.bytes
  }

  static func context(_ report: TrendReport) -> String {
    let first = report.runs.first.map { date($0) } ?? ""
    let last = report.runs.last.map { date($0) } ?? ""
    let span = first == last ? "of \(first)" : "from \(first) to \(last)"
    return [
      ForeignText.name(report.project), ForeignText.name(report.environment),
      "branch " + ForeignText.name(report.branch),
      Figures.count(report.runs.count, "run") + " \(span)",
    ].joined(separator: " · ")
  }

  /// The day of a run.
  static func date(_ run: TrendRun) -> String { String(run.startedAt.iso8601.prefix(10)) }

  private static func row(
    _ trend: Trend, _ changes: [ChangePoint], sparkline width: Int, _ isUnicode: Bool
  ) -> [TerminalCell] {
    let summary = TrendSummary(trend, changes)
    let isProposed = changes.contains { $0.state == .proposed }
    return [
      .init(trend.id.shown), .init(summary.first), .init(summary.now),
      .init(summary.change, isProposed ? .red : .plain), .init(summary.noise),
      .init(summary.last),
      .init(sparkline(trend, width, isUnicode)),
    ]
  }

  /// How a trend went. It spans at least what runs of an unchanged service differ by, or two points
  /// of a rate.
  private static func sparkline(
    _ trend: Trend, _ width: Int, _ isUnicode: Bool
  ) -> String {
    let values = Sparkline.means(trend.points.map(\.value), count: width)
    let largest = values.map(\.magnitude).max() ?? 0
    let share: Double
    switch trend.scale {
    case .logarithmic: share = 6 * (trend.noise ?? 0.01)
    case .share: share = largest > 0 ? 0.02 / largest : 0
    case .linear: share = 0.03
    }
    return Sparkline.text(values, shareMin: share, isUnicode: isUnicode)
  }

  private static func runs(_ report: TrendReport, _ writer: inout TerminalWriter) {
    let (trend, changes) = (report.trends[0], report.changes[0])
    let marks = Dictionary(
      changes.map { ($0.runID, $0.changeText + " " + $0.stateText) },
      uniquingKeysWith: { first, _ in first })
    writer.table(
      ["run", "started", "commit", ">value", ">n", ""],
      trend.points.suffix(runsMax).map { point in
        let run = report.runs[point.run]
        return [
          .init(ForeignText.name(run.runID)), .init(run.startedAt.iso8601),
          .init(ForeignText.commit(run.commit)), .init(trend.unit.text(point.value)),
          .init(point.k.map { "\($0) of \(point.n)" } ?? "\(point.n)"),
          .init(marks[run.runID] ?? ""),
        ]
      })
    let rest = trend.points.count - runsMax
    if rest > 0 {
      writer.sentences(["\(Figures.count(rest, "earlier run")): --csv and --json have all."], .dim)
    }
  }

  private static func changes(_ report: TrendReport, _ writer: inout TerminalWriter) {
    let all = report.allChanges
    writer.table(
      ["change in", ">change", ">from", ">to", "since", "commits", ""],
      all.map { point in
        let unit = TrendUnit(point.id)
        return [
          .init(point.id.shown), .init(point.changeText), .init(unit.text(point.before)),
          .init(unit.text(point.after)), .init(String(point.startedAt.iso8601.prefix(10))),
          .init(point.range.text), .init(point.stateText, style(point)),
        ]
      })
    var told: Set<CommitRange> = []
    for point in all where told.insert(point.range).inserted {
      guard let range = report.commits[point.range] else { continue }
      writer.line("\(point.range.text): " + countText(range))
      writer.sentences(
        range.commits.map { ForeignText.commit($0.id) + " " + ForeignText.line($0.subject) })
    }
  }

  static func countText(_ range: RangeCommits) -> String {
    if range.commits.isEmpty { return "no commit between the two" }
    return range.isCut
      ? "the latest \(range.commits.count) commits" : Figures.count(range.commits.count, "commit")
  }

  private static func style(_ point: ChangePoint) -> TerminalStyle {
    switch (point.kind, point.state) {
    case (.regression, .proposed): .red
    case (.improvement, _): .green
    default: .dim
    }
  }

  /// What it comes to, in a sentence.
  static func summary(_ report: TrendReport) -> String {
    let proposed = report.proposed
    guard let earliest = proposed.min(by: { $0.run < $1.run }) else {
      let count = report.allChanges.count
      if count > 0 {
        return "No regression is open; \(Figures.count(count, "change point"))."
      }
      let needed = 2 * ChangePoints.segmentRunsMin
      return report.searched < needed
        ? "Too few runs for a change point: \(report.searched) of \(needed)." : "No change point."
    }
    let metrics = Set(proposed.map(\.id.name)).count
    return "\(Figures.count(metrics, "metric")) got worse and nobody accepted it, the first since "
      + "\(ForeignText.commit(earliest.commit)) (\(earliest.id.shown) \(earliest.changeText))."
  }
}

/// A trend in a few figures.
struct TrendSummary {
  /// The level of the first segment and of the last one.
  var first = Figures.none
  var now = Figures.none
  /// How far the last level is from the first; nothing where no change point lies between them.
  var change = Figures.none
  /// How far two runs of an unchanged service differ.
  var noise = Figures.none
  /// The newest run's value.
  var last = Figures.none

  init(_ trend: Trend, _ changes: [ChangePoint]) {
    guard let newest = trend.points.last else { return }
    last = trend.unit.text(newest.value)
    // The first level may have begun before the runs that are shown.
    let head = changes.first?.before ?? trend.level(trend.points[...])
    let tail = changes.last?.after ?? head
    first = trend.unit.text(head)
    now = trend.unit.text(tail)
    if !changes.isEmpty {
      change =
        trend.scale == .share
        ? Figures.points(tail - head)
        : head == 0 ? Figures.none : Figures.change((tail - head) / head.magnitude)
    }
    if trend.scale == .logarithmic, let s = trend.noise { noise = Figures.percent(s) }
  }
}
