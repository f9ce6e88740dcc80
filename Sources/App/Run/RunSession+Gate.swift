import Forge
import Gate
import Model
import Plan
import Reports
import ResultStore

extension RunSession {
  /// The whole line for one commit: looks until a verdict, reports, exit code.
  func gate(restartReason: String?) async throws -> ExitCode {
    if isMain { return try await judgeMain(label: "run") }
    var series = try LookSeries.open(
      loaded, at: storeLocation, identity: identity, restartReason: restartReason)
    if let earlier = series.finished { return repeatVerdict(earlier) }
    while true {
      if series.count > 0, let target = plan.gate.baselineTarget {
        try await freshBaselineRun(at: target)
        if let code = signals.exitCode { return code }
      }
      let label = "look \(series.count + 1) of at most \(plan.gate.maxLooks)"
      let before = try readHistory()
      let run = try await driver(before).drive(plan, as: identity, label: label)
      if let code = signals.exitCode { return report(interrupted: run, code) }
      series.records.append(run.record)
      let report = report(
        on: series.records, history: history(after: run, before), run: run,
        restartReason: series.restartReason, codes: storageCodes(run))
      let stored = keep(report, as: run, in: &series)
      if report.verdict.wantsAnotherLook, run.record.header.isUsable, run.end.isStored {
        options.say("\(label): \(report.model.verdictLine)")
        continue
      }
      return ExitCode.mostSevere(publish(report, runs: series.records, isPrinted: true) + stored)
    }
  }

  /// The history as it is after a run; the one from before if the store is gone since then.
  private func history(after run: DrivenRun, _ before: History) -> History {
    guard run.end.isStored else { return before }
    do {
      return try readHistory()
    } catch {
      options.say(Failure(of: error)?.text ?? "\(error)")
      return before
    }
  }

  /// Keeps a look and its verdict; what cannot be kept is said and gives a code.
  private func keep(
    _ report: Report, as run: DrivenRun, in series: inout LookSeries
  ) -> [ExitCode] {
    guard run.end.isStored, report.verdict.isLook else { return [] }
    do {
      try series.record(report, runID: run.record.header.runID)
      return []
    } catch {
      let failure = Failure(error)
      Console.error(failure.text)
      return [.notStored]
    }
  }

  /// A baseline run between two looks, so that an environment that moves is seen to move.
  private func freshBaselineRun(at target: SecretText) async throws {
    let git = loaded.git
    // A pipeline's clone often has the remote's branch fresh and its own one stale.
    let names = ["origin/" + plan.gate.branch, plan.gate.branch]
    let tip = names.lazy.compactMap { name in (try? git.commit(name)) ?? nil }.first
    let identity = CandidateIdentity(
      commit: tip ?? "baseline-target", branch: plan.gate.branch, isKnownToGit: tip != nil,
      notes: [])
    var main = plan
    main.target.url = target
    for index in main.scenarios.indices { main.scenarios[index].target.url = target }
    let run = try await driver(try readHistory()).drive(
      main, as: identity, label: "fresh baseline run")
    if let problem = run.storageProblem { options.say(problem) }
    if let reason = run.record.header.unusableReason {
      options.say("warning: the fresh baseline run cannot serve: \(reason)")
    }
  }

  /// Shows the verdict that this commit has.
  private func repeatVerdict(_ earlier: Report) -> ExitCode {
    var report = earlier
    report.facts.isRepeated = true
    report.facts.exitCode = Int(policy.code(for: report.verdict).rawValue)
    return ExitCode.mostSevere(publish(report, runs: [], isPrinted: true))
  }
}
