import Model

/// A row of builds as a Mermaid chart (https://mermaid.js.org/syntax/xyChart.html), which GitHub,
/// GitLab and Gitea draw. Every character of it is ours: no name from outside is in it.
struct MermaidPlot {
  let row: BuildRow

  /// The chart's lines.
  var lines: [String] {
    let values = row.main + row.candidate
    let scale = Sparkline.Scale(values, shareMin: row.unit == "%" ? 0 : ReportBuilder.spanMin)
    let (low, high) = (scale?.low ?? 0, scale?.high ?? 0)
    let margin = max((high - low) * 0.1, 0.001)
    let bottom = max(0, low - margin)
    return [
      "xychart-beta",
      "  title \"\(row.metric) in \(row.unit), run by run of main and then of this change\"",
      "  x-axis [\(names.joined(separator: ", "))]",
      "  y-axis \"\(row.unit)\" \(number(bottom)) --> \(number(high + margin))",
      "  line [\(values.map(number).joined(separator: ", "))]",
    ]
  }

  /// `-2, -1` for main's runs, counted back from the candidate's, and `this`.
  private var names: [String] {
    let main = (0..<row.main.count).map { "\"\($0 - row.main.count)\"" }
    let count = row.candidate.count
    let own = (1...max(1, count)).map { count > 1 ? "\"this \($0)\"" : "\"this\"" }
    return main + own.prefix(count)
  }

  private func number(_ value: Double) -> String { Figures.fixed(value, decimals: 3) }
}
