import Model

extension ReportCase {
  /// A run of another load whose objectives hold.
  static let exploration = explored(
    "exploration", .inconclusive, [.notFixedProfile("rate 12 instead of 5")], exitCode: 0)

  /// A run of another load that misses one.
  static let explorationMissed: ReportCase = {
    var report = explored(
      "exploration_missed", .fail, [.objectiveMissed("sustained: ttft.p95 < 1.5s")], exitCode: 1)
    report.verdict.objectives[0].verdict = .fail
    report.verdict.objectives[0].value = 2.31
    report.verdict.objectives[0].interval = 2.2...2.4
    return report
  }()

  private static func explored(
    _ name: String, _ kind: VerdictKind, _ reasons: [VerdictReason], exitCode: Int
  ) -> ReportCase {
    let whole = Piece.verdict(.pass)
    var verdict = Verdict(kind: kind, look: 1, maxLooks: 1)
    verdict.reasons = reasons
    verdict.objectives = whole.objectives
    verdict.runs = [whole.runs[0]]
    var report = Piece.report(name, verdict, exitCode: exitCode)
    report.candidates[0].header.exploration = "rate 12 instead of 5"
    return report
  }
}
