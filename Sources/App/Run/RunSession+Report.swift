import Forge
import Foundation
import Gate
import Model
import Plan
import Reports
import ResultStore

extension RunSession {
  /// Judges runs and puts the report together; `codes` are what else went wrong.
  func report(
    on candidates: [RunRecord], history: History, run: DrivenRun, restartReason: String?,
    codes: [ExitCode]
  ) -> Report {
    let judging = Judging(loaded: loaded, identity: identity, history: history)
    let reader = SampleReader(candidates) { runID in samples(of: runID) }
    let input = judging.input(candidates: candidates, samples: reader.samples)
    let verdict = Gate.judge(input)
    let code = ExitCode.mostSevere(
      codes + [policy.code(for: verdict)] + [signals.exitCode].compactMap { $0 })
    var notes = self.notes + judging.notes
    if let problem = run.storageProblem { notes.append(problem) }
    var report = Report(
      input: input, verdict: verdict,
      facts: ReportFacts(
        exitCode: Int(code.rawValue), hostName: Host.name, version: App.version,
        baselineBranch: plan.gate.branch, restartReason: restartReason, notes: notes,
        streams: run.streams?.notes ?? []))
    if publisher.writesPage {
      PageDetail(samples: reader.samples, streams: { _ in run.streams }).add(to: &report)
    }
    return report
  }

  /// Adds to a report of earlier what the page shows of it.
  func addPageDetail(to report: inout Report) {
    guard publisher.writesPage else { return }
    PageDetail(samples: samples, streams: StreamFinder.kept(of:)).add(to: &report)
  }

  /// A stored run's requests for display, nil where they are not at hand.
  private func samples(of runID: String) -> [StreamSample]? {
    guard let store = try? ResultStore.open(storeLocation, for: .read) else { return nil }
    return try? store.samples(runID)
  }

  /// What storage adds to the exit code; the report's notes say what was wrong with the store.
  func storageCodes(_ run: DrivenRun) -> [ExitCode] {
    guard let problem = run.storageProblem else { return [] }
    let remedy = run.storageRemedy.map { "the run is not in the store; " + $0 }
    Console.error(Console.inert(remedy ?? problem))
    return [.notStored]
  }

  /// Writes the reports; returns the codes of the verdict and of whatever could not be written.
  func publish(
    _ report: Report, runs: [RunRecord], firstNumber: Int = 1, isPrinted: Bool
  ) -> [ExitCode] {
    keepPublished(report)
    return publisher.publish(
      report, runs: runs, firstNumber: firstNumber, isPrinted: isPrinted)
  }

  /// Says what became of a run that a signal ended.
  func report(
    interrupted run: DrivenRun, after earlier: [RunRecord] = [], _ code: ExitCode
  ) -> ExitCode {
    let count = run.record.samples?.count ?? 0
    let requests = count == 1 ? "1 request is" : "\(count) requests are"
    if let problem = run.storageProblem {
      Console.error("interrupted: the run is not judged, and not in the store")
      Console.error(Console.inert(problem))
    } else {
      options.say(
        "interrupted: \(requests) stored as run \(run.record.header.runID), "
          + "which is not judged and joins no baseline")
    }
    for failure in publisher.writeRunFiles(earlier + [run.record]) { Console.error(failure.text) }
    return code
  }

  /// Keeps what a judged run of main decides: its verdict, so that a failed one stays out of the
  /// baseline, and, for the first usable one, what the environment's runs are measured against.
  /// Where the store is lost the verdict goes into the spool file. Returns what went wrong.
  func settle(_ run: DrivenRun) -> [ExitCode] {
    do {
      if run.end.isStored {
        let store = try ResultStore.open(storeLocation, for: .write)
        if let verdict = run.record.header.verdict {
          try store.setVerdict(verdict, runID: run.record.header.runID)
        }
        if let reference = EnvironmentReference(freezing: run.record.header) {
          _ = try store.freeze(reference)
        }
      } else if let path = run.end.spoolPath {
        try RunFile.write(run.record, to: path)
      }
      return []
    } catch {
      Console.error(Failure(of: error)?.text ?? "\(error)")
      return [.notStored]
    }
  }
}

/// The machine's name, for reports.
enum Host {
  static var name: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
