import Gate
import Model

/// Trends as CSV (RFC 4180): a line for each run and metric.
public enum TrendCSV {
  private static let titles = [
    "run_id", "started_at", "commit", "metric", "value", "low", "high", "k", "n", "change",
  ]

  /// Bytes that a line mostly has room in.
  private static let lineBytes = 200

  /// The report, UTF-8, in pieces that follow each other: values in seconds, shares or as the
  /// figure's name says, empty where there is none; `change` is what the run's change point is,
  /// such as `regression`.
  public static func pieces(
    _ report: TrendReport, by make: PieceMaker = inTurn
  ) -> [[UInt8]] {
    // What stands in every line of a run before the metric.
    let heads = report.runs.map { run in
      Array("\(field(run.runID)),\(run.startedAt.iso8601),\(field(run.commit)),".utf8)
    }
    let title = Array((titles.joined(separator: ",") + "\r\n").utf8)
    return [title]
      + make(report.trends.count) { lines(report.trends[$0], report.changes[$0], heads) }
  }

  private static func lines(
    _ trend: Trend, _ changes: [ChangePoint], _ heads: [[UInt8]]
  ) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(lineBytes * trend.points.count)
    let name = Array((field(trend.id.name) + ",").utf8)
    var marks: [Int: String] = [:]
    for change in changes { marks[change.run] = change.stateText }
    for point in trend.points {
      text += heads[point.run]
      text += name
      text.append(field: point.value)
      text.append(field: point.interval?.lowerBound)
      text.append(field: point.interval?.upperBound)
      text.append(field: point.k)
      text.append(field: point.n)
      if !marks.isEmpty, let mark = marks[point.run] { text += field(mark).utf8 }
      text.append(0x0D)
      text.append(0x0A)
    }
    return text
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

extension [UInt8] {
  /// Appends a number, or nothing, and a comma.
  fileprivate mutating func append(field number: Double?) {
    if let number { NumberText.append(number, .withPoint, to: &self) }
    append(0x2C)
  }

  /// Appends a whole number, or nothing, and a comma.
  fileprivate mutating func append(field number: Int?) {
    if let number { NumberText.append(Int64(number), to: &self) }
    append(0x2C)
  }
}
