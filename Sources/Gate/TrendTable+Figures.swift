import Glibc
import Model

extension TrendTable {
  /// The trends of a figure, one for each cell or profile that has it, sorted.
  public func figures(_ name: String) -> [Trend] {
    columns.figures.filter { $0.name == name }.compactMap { figure in
      let values = figure.column.values
      let points = values.indices.filter { values[$0].isFinite }.map {
        TrendPoint(run: $0, value: values[$0], n: figure.column.counts[$0])
      }
      guard !points.isEmpty else { return nil }
      // A count that is 0 at times has no logarithm.
      let isPositive = points.allSatisfy { $0.value > 0 }
      let share = TrendTable.shareMin
      return Trend(
        id: .figure(figure.key, name: name), scale: isPositive ? .logarithmic : .linear,
        direction: FigureDirection.of(name), effect: isPositive ? log1p(share) : share,
        points: points)
    }
  }
}

/// Which way a figure gets worse, by its name (docs/schema.md lists them).
enum FigureDirection {
  /// Times, failures and what makes a stream uneven.
  private static let worseUp = [
    "ttft", "ttft_sent", "ttfa", "duration", "durstd", "tpot", "gap", "stall", "burst", "tail",
    "schedule_lag", "connect", "server_wait", "first_token_wait", "cold_start", "error",
    "truncated", "outcome", "login",
  ]
  /// What there should be much of.
  private static let worseDown = ["goodput", "slo", "connection", "knee"]
  private static let worseDownNames = ["tokens.rate", "bytes.rate", "achieved.rate"]
  private static let neutralNames = ["login.count", "login.refreshes", "login.wait.count"]

  static func of(_ name: String) -> TrendDirection {
    var parts = name.split(separator: ".").map(String.init)
    if ["turn", "stage"].contains(parts.first), parts.count > 2 { parts.removeFirst(2) }
    let rest = parts.joined(separator: ".")
    let first = parts.first ?? ""
    if neutralNames.contains(rest) || rest == "duration.slope" { return .neutral }
    if let outcome = rest.split(separator: ".").dropFirst().first, first == "outcome" {
      return Outcome(name: String(outcome))?.isSuccess == true ? .worseDown : .worseUp
    }
    if worseDown.contains(first) || worseDownNames.contains(rest) { return .worseDown }
    return worseUp.contains(first) ? .worseUp : .neutral
  }
}
