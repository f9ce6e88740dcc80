import Model
import Reports

extension ReportCase {
  /// A gate that lets a change pass for which no load was sent.
  static let skipped = withoutCredentials("skipped", .inconclusive, exitCode: 0)

  /// A gate that does not.
  static let unmeasured = withoutCredentials("unmeasured", .cannotEvaluate, exitCode: 3)

  private static func withoutCredentials(
    _ name: String, _ kind: VerdictKind, exitCode: Int
  ) -> ReportCase {
    var verdict = Verdict(kind: kind, look: 1, maxLooks: 1)
    verdict.reasons = [.noCredentials(["API_TOKEN", "QA_PASSWORD"])]
    verdict.runs = [Piece.verdict(.pass).runs[0]]
    var report = Piece.report(name, verdict, exitCode: exitCode)
    report.candidates[0].figures = []
    report.candidates[0].latencies = []
    report.candidates[0].rates = []
    report.candidates[0].header.selfCheck = nil
    report.facts.notes = ["The pull request comes from a fork, whose pipeline has no secrets."]
    return report
  }
}
