import Gate
import Model

// What people accepted, and what nobody accepted yet.
extension ReportBuilder {
  /// What people accepted, a sentence each: first what holds, then what is over.
  func acceptedNotices() -> [String] {
    let holding = verdict.accepted.filter { !$0.isExpired }.map(words)
    return holding + verdict.accepted.filter(\.isExpired).map(words)
  }

  private func words(_ accepted: AcceptedChange) -> String {
    switch accepted.change {
    case .waiver(let waiver):
      sentence(
        scope(waiver), waiver.reason, by: waiver.acceptedBy, until: waiver.expiresAt,
        isExpired: accepted.isExpired)
    case .run(let run):
      sentence(
        run.kind == .run
          ? "the FAIL of run \(ForeignText.name(run.runID))"
          : "what changed on \(main) with run \(ForeignText.name(run.runID))",
        run.reason, by: run.acceptedBy, until: run.expiresAt, isExpired: accepted.isExpired)
    }
  }

  private func sentence(
    _ what: String, _ reason: String, by person: String?, until end: UnixNanos?, isExpired: Bool
  ) -> String {
    let name = person.map { " by " + ForeignText.name($0) } ?? ""
    let reason = ForeignText.name(reason)
    guard let end else { return "Accepted\(name), without end: \(what): \(reason)." }
    return isExpired
      ? "No longer accepted since \(end.iso8601): \(what) (accepted\(name)): \(reason)."
      : "Accepted\(name) until \(end.iso8601): \(what): \(reason)."
  }

  /// `ttft_p50 in stress/short`.
  private func scope(_ waiver: Waiver) -> String {
    let metric = waiver.metric.map { ForeignText.name($0) } ?? "every metric"
    let place = [waiver.profile, waiver.scenario].compactMap { $0 }.map { ForeignText.name($0) }
    return place.isEmpty ? metric : metric + " in " + place.joined(separator: "/")
  }

  /// The waiver that a result was waived by, as a row shows it: its reason, and its end.
  func waived(_ result: HypothesisResult) -> String? {
    guard let reason = result.waiver else { return nil }
    let waiver = verdict.accepted.lazy.compactMap { accepted -> Waiver? in
      guard case .waiver(let waiver) = accepted.change, !accepted.isExpired,
        waiver.reason == reason, waiver.covers(result.id)
      else { return nil }
      return waiver
    }.first
    let end = waiver?.expiresAt.map { " until " + $0.iso8601 } ?? ""
    return ", waived\(end): " + ForeignText.name(reason)
  }

  /// `main is slower in ttft_p50 since abc123, for 10 runs or more`.
  func regressed(_ worse: [HypothesisID], since: String, runs: Int) -> String {
    let isSlower = worse.contains { if case .latency = $0.metric { true } else { false } }
    let metrics = worse.map(\.metric.name)
    return "\(main) is \(isSlower ? "slower" : "worse")"
      + (metrics.isEmpty ? "" : " in " + Figures.list(metrics))
      + " since \(ForeignText.commit(since)), \(length(runs))"
  }

  private func length(_ runs: Int) -> String {
    "for \(Figures.count(runs, "run"))" + (runs < Baseline.latestRunsMax ? "" : " or more")
  }

  /// What every verdict line says once so many runs of main came after a regression that nobody
  /// accepted; nil before, and where the line says since when main is slower anyhow.
  var standingRegression: String? {
    if verdict.kind == .pass, !inheritedMetrics.isEmpty { return nil }
    return standing.map { $0 + ", and nobody accepted that" }
  }

  /// ` for 10 runs or more` behind what is inherited; empty before there are so many.
  var inheritedLength: String {
    standing == nil ? "" : " " + length(Baseline.latestRunsMax)
  }

  private var standing: String? {
    for warning in verdict.warnings {
      guard case .mainRegressed(let worse, let since, let runs) = warning,
        runs >= Baseline.latestRunsMax
      else { continue }
      return regressed(worse, since: since, runs: runs)
    }
    return nil
  }
}
