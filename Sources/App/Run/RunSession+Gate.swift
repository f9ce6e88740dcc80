import Forge
import Gate
import Model
import Plan
import Reports
import ResultStore

extension RunSession {
  /// The whole line for one commit: looks until a verdict, reports, exit code. Whatever ends it
  /// between two looks, what was judged until then is published.
  func gate(restartReason: String?) async throws -> ExitCode {
    if isMain || isExploration { return try await judgeAlone(label: "run").code }
    var series = try LookSeries.open(
      loaded, at: storeLocation, identity: identity, restartReason: restartReason)
    if let earlier = series.finished { return repeatVerdict(earlier) }
    var latest: Report?
    do {
      while true {
        let step = try await look(&series)
        switch step {
        case .ended(let code): return code
        case .stopped(let code):
          publishEarly(latest, series, code)
          return code
        case .again(let report):
          latest = report
          guard let code = signals.exitCode else { continue }
          publishEarly(latest, series, code)
          return code
        }
      }
    } catch {
      publishEarly(latest, series, error as? ExitCode ?? Failure(of: error)?.code ?? .defect)
      throw error
    }
  }

  /// What one look came to.
  private enum Step {
    case ended(ExitCode)
    case stopped(ExitCode)
    case again(Report)
  }

  /// One more run of the candidate, a fresh run of main before it where there is one to be had,
  /// and the verdict on all looks.
  private func look(_ series: inout LookSeries) async throws -> Step {
    if series.count > 0, let main = plan.atBaselineTarget {
      try await freshBaselineRun(main)
      if let code = signals.exitCode { return .stopped(code) }
    }
    let label = "look \(series.count + 1) of at most \(plan.gate.maxLooks)"
    let before = try readHistory()
    let run = try await driver(before).drive(plan, as: identity, label: label)
    if run.isInterrupted, let code = signals.exitCode {
      return .stopped(report(interrupted: run, after: series.records, code))
    }
    let storage = storageCodes(run)
    for attempt in 1...RunSession.takenLooksMax {
      series.records.append(run.record)
      let report = report(
        on: series.records, history: history(after: run, before), run: run,
        restartReason: series.restartReason, codes: storage)
      do throws(StoreError) {
        if run.end.isStored, report.verdict.isLook {
          try series.record(report, runID: run.record.header.runID)
        }
      } catch .busy where attempt < RunSession.takenLooksMax {
        // Another job of this commit took the look: its run belongs to the series too.
        series = try LookSeries.open(
          loaded, at: storeLocation, identity: identity, restartReason: nil)
        if let earlier = series.finished { return .ended(repeatVerdict(earlier)) }
        continue
      } catch {
        Console.error(Failure(error).text)
        return .ended(finish(report, series, [.notStored]))
      }
      if report.verdict.wantsAnotherLook, run.record.header.isUsable, run.end.isStored {
        options.say("\(label): \(report.model.verdictLine)")
        return .again(report)
      }
      return .ended(finish(report, series, []))
    }
    return .ended(.notStored)
  }

  /// How often a look that other jobs have taken is judged again.
  private static let takenLooksMax = 5

  private func finish(_ report: Report, _ series: LookSeries, _ codes: [ExitCode]) -> ExitCode {
    let codes = codes + keepVerdict(report.verdict, of: series)
    return ExitCode.mostSevere(publish(report, runs: series.records, isPrinted: true) + codes)
  }

  /// Keeps the verdict on an entry of a merge queue with its runs: once they are main's, failed
  /// ones stay out of the baseline. Returns what went wrong.
  private func keepVerdict(_ verdict: Verdict, of series: LookSeries) -> [ExitCode] {
    let prefix = MergeQueue.branchPrefix(into: plan.gate.branch)
    guard identity.branch.hasPrefix(prefix) else { return [] }
    do throws(StoreError) {
      let store = try ResultStore.open(storeLocation, for: .write)
      for record in series.records {
        do throws(StoreError) {
          try store.setVerdict(verdict.kind, runID: record.header.runID)
        } catch .unknownRun {
          // It is in no store, which is said already.
          continue
        }
      }
      return []
    } catch {
      Console.error(Failure(error).text)
      return [.notStored]
    }
  }

  /// Publishes the verdict so far of a gate that ends before its next look.
  private func publishEarly(_ latest: Report?, _ series: LookSeries, _ code: ExitCode) {
    guard var report = latest else { return }
    report.facts.exitCode = Int(code.rawValue)
    report.facts.notes.append("The gate ended before its next look: this is what it had judged.")
    _ = publish(report, runs: series.records, isPrinted: true)
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

  /// A baseline run between two looks, so that an environment that moves is seen to move.
  private func freshBaselineRun(_ main: Plan) async throws {
    let git = loaded.git
    let tip = (try? git.tip(ofBranch: plan.gate.branch)) ?? nil
    var build: String?
    do {
      build = try await readiness.build(at: main.target)
    } catch {
      // The run is worth having whatever it is called.
      options.say(Failure(of: error)?.warning() ?? "warning: \(error)")
    }
    let named = build.flatMap { name in (try? git.commit(name)) ?? nil }
    let identity = CandidateIdentity(
      commit: named ?? build ?? tip ?? "baseline-target", branch: plan.gate.branch,
      isKnownToGit: named != nil || (build == nil && tip != nil), notes: [])
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
    addPageDetail(to: &report)
    return ExitCode.mostSevere(publish(report, runs: [], isPrinted: true))
  }
}
