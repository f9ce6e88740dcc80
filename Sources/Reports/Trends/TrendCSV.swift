import Gate
import Model

/// Trends as CSV (RFC 4180): a line for each run and metric.
public enum TrendCSV {
  private static let titles = [
    "run_id", "started_at", "commit", "metric", "value", "low", "high", "k", "n", "change",
  ]

  /// The report, UTF-8: values in seconds, shares or as the figure's name says, empty where there
  /// is none; `change` is what the run's change point is, such as `regression`.
  public static func bytes(_ report: TrendReport) -> [UInt8] {
    var text = line(titles)
    for (trend, changes) in zip(report.trends, report.changes) {
      let name = field(trend.id.name)
      var marks: [Int: String] = [:]
      for change in changes { marks[change.run] = change.stateText }
      for point in trend.points {
        let run = report.runs[point.run]
        let interval = point.interval
        text += line([
          field(run.runID), run.startedAt.iso8601, field(run.commit), name,
          "\(point.value)", interval.map { "\($0.lowerBound)" } ?? "",
          interval.map { "\($0.upperBound)" } ?? "", point.k.map { "\($0)" } ?? "", "\(point.n)",
          field(marks[point.run] ?? ""),
        ])
      }
    }
    return Array(text.utf8)
  }

  private static func line(_ fields: [String]) -> String {
    fields.joined(separator: ",") + "\r\n"
  }

  /// A text as one field. A spreadsheet takes what begins like a formula for one and runs it, so
  /// that such a text gets an apostrophe before it (OWASP, CSV injection).
  private static func field(_ text: String) -> String {
    var text = ForeignText.line(text)
    if let first = text.utf8.first, "=+-@".utf8.contains(first) { text = "'" + text }
    guard text.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") })
    else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
