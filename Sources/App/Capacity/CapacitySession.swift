import Gate
import Model
import Plan
import Reports
import ResultStore
import Workload

/// One invocation of `capacity`: from the plan to the answer and the exit code.
enum CapacitySession {
  static func run(
    _ command: CapacityCommand, settings: CapacitySettings
  ) async throws -> ExitCode {
    let (global, out) = (command.global, command.out)
    let signals = Signals()
    var loaded = try LoadedPlan.load(global)
    let step = LoadStep(length: settings.stepLength, size: loaded.plan.size)
    let rules = try settings.rules(loaded, step)
    loaded.plan.profiles = [.sustained]
    loaded.plan.samples = nil
    loaded.plan.rate = rules.start
    loaded.exploration = "capacity, steps of \(step.length.words)"
    let candidate = command.candidate
    let identity = await onOwnThread { [loaded] in candidate.identity(for: loaded) }
    let endpoint = try command.metrics.open(for: loaded.plan, options: global)
    var session = try await RunSession.open(
      loaded, options: global, identity: identity,
      publisher: Publisher(
        out: out, paths: ReportPaths(), junit: .junit, form: global.form),
      policy: ExitPolicy(loaded.plan.gate),
      signals: signals, engines: command.engines.count(global),
      schedule: step.schedule(loaded.plan, rate: rules.start, number: 0))
    session.metrics = endpoint
    session.lockWait = try command.lock.wait()
    global.say("capacity: " + CapacityEstimate(rules, step, loaded.plan).text(step))
    let driver = CapacityDriver(
      session.driver(try session.readHistory()), plan: loaded.plan, step: step, rules: rules,
      identity: identity)
    let driven = try await driver.drive(as: identity)
    return try session.report(driven, out: out)
  }
}

extension RunSession {
  /// Writes and prints what a search came to; returns the exit code.
  fileprivate func report(_ driven: DrivenCapacity, out: String?) throws -> ExitCode {
    let code = ExitCode.mostSevere(
      [signals.exitCode ?? driven.code] + storageCodes(driven.run))
    var notes = self.notes
    if let problem = driven.run.storageProblem { notes.append(problem) }
    notes.append("streamgate report \(driven.run.record.header.runID) shows this again.")
    let output = CapacityOutput(
      record: driven.run.record,
      facts: ReportFacts(
        exitCode: Int(code.rawValue), hostName: Host.name, version: App.version, notes: notes))
    var failures = publisher.writeRunFiles([driven.run.record])
    if let out { failures += output.write(into: out) }
    for failure in failures { Console.error(failure.text) }
    output.print(as: .terminal, form: options.form)
    if let failure = driven.failure { Console.error(Failure(failure).text) }
    return ExitCode.mostSevere([code] + failures.map(\.code))
  }
}

/// The outputs of a run that holds a search.
struct CapacityOutput {
  let record: RunRecord
  let facts: ReportFacts

  /// What a stored run tells again; nil for a run that holds no search.
  static func again(_ record: RunRecord) -> CapacityOutput? {
    guard let search = CapacityRun(record) else { return nil }
    return CapacityOutput(
      record: record,
      facts: ReportFacts(
        exitCode: Int(ExitCode(of: search).rawValue), version: record.header.version))
  }

  /// Prints it, as text in that form; JUnit is refused.
  func print(as format: ReportFormat, form: TerminalForm) {
    let bytes =
      format == .terminal
      ? CapacityReport.text(record, facts: facts, form: form)
      : CapacityReport.render(record, facts: facts, as: format)
    if let bytes { Console.print(bytes: bytes) }
  }

  /// Writes `capacity.json` and `summary.md`; returns the failures.
  func write(into folder: String) -> [Failure] {
    var failures: [Failure] = []
    let files: [(String, ReportFormat)] = [("capacity.json", .json), ("summary.md", .markdown)]
    for (name, format) in files {
      guard let bytes = CapacityReport.render(record, facts: facts, as: format) else { continue }
      do throws(FileError) {
        try Publisher.write(bytes, to: folder + "/" + name)
      } catch {
        failures.append(Failure(error))
      }
    }
    return failures
  }
}
