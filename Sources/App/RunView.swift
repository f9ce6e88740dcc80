import Glibc
import Model

/// Stored runs as an aligned table.
enum RunTable {
  /// A line each, under a line of names; only the names for no runs.
  static func text(_ headers: [RunHeader]) -> String {
    let rows = headers.map { header in
      [
        header.runID, header.startedAt.iso8601, String(header.commit.prefix(12)), header.branch,
        header.environment, state(header), header.verdict?.rawValue ?? "-",
      ].map(Console.inertLine)
    }
    return columns(
      [["run", "started", "commit", "branch", "environment", "state", "verdict"]] + rows)
  }

  /// Columns as wide as their widest cell.
  static func columns(_ rows: [[String]]) -> String {
    guard let first = rows.first else { return "" }
    let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = zip(row, widths).map { text, width in
        text + String(repeating: " ", count: width - text.count)
      }.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  private static func state(_ header: RunHeader) -> String {
    if !header.isFinished { return "unfinished" }
    if header.exploration != nil { return "exploration" }
    return header.isUsable ? "usable" : "unusable"
  }
}

/// One stored run for a person.
struct RunView {
  let record: RunRecord

  /// Header, latencies, rates and objectives.
  var text: String {
    let header = record.header
    var lines = [
      "run          \(header.runID)", "project      \(header.project)",
      "commit       \(header.commit)", "branch       \(header.branch)",
      "environment  \(header.environment)", "started      \(header.startedAt.iso8601)",
      "usable       \(header.isUsable ? "yes" : "no: \(header.unusableReason ?? "unknown")")",
      "verdict      \(header.verdict?.rawValue ?? "none")",
    ]
    if let reason = header.explorationReason { lines.append("load         \(reason)") }
    let fields = lines.map(Console.inertLine)
    let latencies = record.latencies.map { value in
      [value.key.name, value.metric.rawValue, seconds(value.logValue), "n = \(value.n)"]
    }
    let rates = record.rates.map { rate in
      [rate.profile, rate.rate.rawValue, "\(rate.k) of \(rate.n)", ""]
    }
    let objectives = record.objectives.map { figure in
      ["objective", figure.objective, figure.value.map { "\($0)" } ?? "-", "n = \(figure.n)"]
    }
    let rows = (latencies + rates + objectives).map { $0.map(Console.inertLine) }
    return (fields + ["", RunTable.columns(rows)]).joined(separator: "\n")
  }

  private func seconds(_ logValue: Double) -> String {
    guard logValue.isFinite else { return "saturated" }
    let milliseconds = exp(logValue) * 1_000
    return "\((milliseconds * 100).rounded() / 100) ms"
  }
}
