import Model
import Plan

/// The figures of a run's logins: of the whole run, so that their profile and scenario are empty.
struct LoginFigures {
  private let log: LoginLog
  /// Seconds; a failed login took forever.
  private let durations: SortedColumn

  init(_ log: LoginLog) {
    self.log = log
    durations = SortedColumn(log.attempts.map { $0.isGranted ? $0.duration.seconds : .infinity })
  }

  /// The figure of an objective on logins; without a value where nobody logged in.
  func figure(_ objective: Objective) -> ObjectiveFigure {
    let name = objective.description
    guard case .latency(_, let quantile) = objective.metric else {
      return ObjectiveFigure(objective: name, value: nil, n: 0)
    }
    return ObjectiveFigure(
      objective: name, value: durations.quantile(quantile), n: durations.values.count,
      interval: durations.interval(quantile))
  }

  /// None where nobody logged in.
  var figures: [ReportFigure] {
    guard !log.isEmpty else { return [] }
    var sheet = FigureSheet(key: CellKey(profile: "", scenario: ""))
    let n = log.attempts.count
    let prefix = ReportFigure.loginPrefix
    sheet.add(prefix + "count", Double(n), n: n)
    let failed = log.attempts.count { !$0.isGranted }
    sheet.add(prefix + "failed", Double(failed), n: n)
    let refreshes = log.attempts.count { $0.step == .refresh }
    sheet.add(prefix + "refreshes", Double(refreshes), n: n)
    for (name, p) in [("p50", 0.5), ("p95", 0.95)] {
      sheet.add(prefix + name, durations.quantile(p), n: n)
    }
    let waits = SortedColumn(log.waits.map(\.duration.seconds))
    sheet.add(prefix + "wait.count", Double(waits.values.count), n: n)
    sheet.add(prefix + "wait.p50", waits.quantile(0.5), n: waits.values.count)
    sheet.add(prefix + "wait.max", waits.values.last, n: waits.values.count)
    sheet.add(prefix + "repeated", Double(log.waits.count { $0.isRepeat }), n: n)
    return sheet.figures
  }
}
