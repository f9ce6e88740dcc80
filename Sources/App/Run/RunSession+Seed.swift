import Gate
import Model
import Plan
import Reports
import ResultStore

extension RunSession {
  /// Runs main `count` times, spread over a time, and says how far the baseline is.
  func seed(count: Int, over spread: Nanos) async throws -> ExitCode {
    guard isMain else {
      throw Failure(
        .usage, "--repeat seeds a baseline, and this is branch \"\(identity.branch)\"",
        because: "only runs of \(plan.gate.branch) are a baseline",
        remedy: "--branch \(plan.gate.branch), or gate.branch in the plan")
    }
    var ends: [RunEnd] = []
    let pause = Nanos(spread.rawValue / Int64(max(1, count - 1)))
    let start = Clock.monotonic()
    for index in 1...count {
      await wait(until: start + pause * Int64(index - 1))
      if signals.exitCode != nil {
        options.say(Self.interruptedText(beforeRun: index, of: count, after: ends))
        break
      }
      let label = "run \(index) of \(count)"
      ends.append(try await judgeAlone(label: label, number: index, isLast: index == count))
      if signals.exitCode != nil { break }
    }
    return ExitCode.mostSevere(ends.map(\.code) + [signals.exitCode].compactMap { $0 })
  }

  /// What became of the runs before a pause that a signal ended.
  static func interruptedText(
    beforeRun index: Int, of count: Int, after ends: [RunEnd]
  ) -> String {
    let stored = ends.count(where: \.isStored)
    let lost = ends.count - stored
    return "interrupted before run \(index) of \(count): \(Figures.count(stored, "run"))"
      + " \(stored == 1 ? "is" : "are") stored"
      + (lost > 0 ? ", \(lost) could not be" : "")
  }

  private func wait(until due: MonotonicNanos) async {
    while signals.exitCode == nil, Clock.monotonic() < due {
      let rest = min(due - Clock.monotonic(), .seconds(1))
      try? await signals.unlessStopped {
        try await Task.sleep(for: .nanoseconds(max(rest.rawValue, 1)))
      }
    }
  }

  /// One run that is no look: of main, judged against the earlier ones and then one of them; or of
  /// another load than the plan's, judged by its objectives.
  func judgeAlone(label: String, number: Int = 1, isLast: Bool = true) async throws -> RunEnd {
    let before = try readHistory()
    var run = try await driver(before).drive(plan, as: identity, label: label)
    if run.isInterrupted, let code = signals.exitCode {
      return RunEnd(code: report(interrupted: run, code), isStored: run.end.isStored)
    }
    let report = report(
      on: [run.record], history: before, run: run, restartReason: nil, codes: storageCodes(run))
    run.record.header.verdict = report.verdict.kind
    let settled = settle(run)
    options.say("\(label): \(report.model.verdictLine)")
    let codes = publish(
      report, runs: [run.record], firstNumber: number, isPrinted: isLast)
    return RunEnd(code: ExitCode.mostSevere(codes + settled), isStored: run.end.isStored)
  }
}

/// How a run that is judged alone ended.
struct RunEnd {
  /// What it exits with: of one that missed an objective too, it does not say what storage came to.
  var code: ExitCode
  /// True if the run is in the store.
  var isStored: Bool
}
