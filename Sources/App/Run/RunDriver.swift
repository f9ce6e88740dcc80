import Gate
import LoadEngine
import Model
import Plan
import ResultStore
import Workload

/// Drives an endpoint once under the whole schedule and keeps what was measured.
struct RunDriver {
  /// After an interrupt, how long open streams may take to end.
  static let grace = Nanos.seconds(5)

  let loaded: LoadedPlan
  let schedule: Schedule
  let store: StoreLocation
  let options: GlobalOptions
  let signals: Signals
  /// The environment's frozen reference, nil before its first usable run of main.
  var reference: EnvironmentReference?
  /// The baseline's smallest median time to first token, which the client's error is held to.
  var smallestBaselineMedian: Nanos?
  /// Serves how far the run is, nil where nobody asked.
  var metrics: MetricsEndpoint?
  /// Engine threads.
  var engines = 1
  /// True if runs of main were refused with 429 too, or there are none: such refusals are then the
  /// quota's, and end the run.
  var isQuotaWatched = false
  /// How long another run's lease on the endpoint is waited for.
  var lockWait = LockOptions.waitDefault
  /// Keeps other runs from the endpoint, nil where the plan does not ask for that.
  var lease: LeaseKeeper?

  /// One run of a plan, as of `identity`; `label` leads its progress. Throws only what is known
  /// before load, and the loss of a lease; whatever else fails later is in the result.
  func drive(
    _ plan: Plan, as identity: CandidateIdentity, label: String
  ) async throws -> DrivenRun {
    if let code = signals.exitCode { throw code }
    return try await alone(on: plan, label: label) { driver in
      try await driver.driveAlone(plan, as: identity, label: label)
    }
  }

  private func driveAlone(
    _ plan: Plan, as identity: CandidateIdentity, label: String
  ) async throws -> DrivenRun {
    let header = self.header(plan, identity)
    try await readiness.checkBuild(at: plan.target, commits: identity.buildNames)
    let template = RequestTemplate(plan: plan, runNonce: header.runID)
    let warmed = try await warmPromptCache(plan, template, header, label: label)
    try signals.keep()
    let recorder: RunRecorder
    recorder = try await RunRecorder.start(
      header, store: store, folder: RunDriver.spoolFolder)
    var job = EngineJob(plan: plan, schedule: schedule, template: template)
    job.traceContext = TraceContext(runID: header.runID)
    job.budget.before = warmed.use
    job.isQuotaWatched = isQuotaWatched
    job.engines = engines
    let outcome = await load(job, into: recorder.queue, label: label).result
    let loss = lease?.loss
    signals.hurry(recorder)
    let recording = await recorder.stop()
    let record = summary(
      of: recording, header: header.without(loss), outcome: outcome,
      firstRequest: warmed.firstRequest)
    let end = await recorder.finish(record)
    let streams = keepStreams(outcome, of: record.header, plan)
    let isInterrupted = signals.exitCode != nil && outcome.isStopped
    if !isInterrupted {
      if let loss { throw Failure(loss) }
      if case .failure(let error) = outcome { throw Failure(error) }
      if let failure = Failure(refusedBy: recording.samples) { throw failure }
    }
    return DrivenRun(record: record, end: end, isInterrupted: isInterrupted, streams: streams)
  }

  /// What is asked of an endpoint before load.
  var readiness: Readiness { Readiness(options: options, signals: signals) }

  /// Where spool files grow while a run goes on.
  static let spoolFolder = ".streamgate"

  func header(_ plan: Plan, _ identity: CandidateIdentity) -> RunHeader {
    RunHeader(of: plan, loaded, as: identity, reference: reference)
  }

  /// Sends every prompt once where the plan wants a warm cache, and says how that went. Failures
  /// are no reason to stop: the load that follows will show them, and is judged.
  func warmPromptCache(
    _ plan: Plan, _ template: RequestTemplate, _ header: RunHeader, label: String
  ) async throws -> WarmPass {
    guard let schedule = Schedule.warmPass(plan) else { return WarmPass() }
    var job = EngineJob(plan: plan, schedule: schedule, template: template)
    job.traceContext = TraceContext(runID: header.runID + "-warm")
    let queue = BatchQueue<StreamSample>()
    let phase = LivePhase(name: "warming the prompt cache", word: "pass")
    let load = await load(job, into: queue, label: label, phase: phase, isMeasured: false)
    options.say("\(label): \(RunDriver.warmPassText(load.progress.ended))")
    let first = queue.drain()?.first { $0.seq == 0 }
    return WarmPass(use: try load.result.mapError { Failure($0) }.get().use, firstRequest: first)
  }

  /// What a warm pass came to.
  struct WarmPass {
    var use = RunUse()
    /// The first request of all, nil without a pass.
    var firstRequest: StreamSample?
  }

  /// `warm pass: 50 prompts sent, unmeasured; 2 failed (http_5xx 2)`.
  static func warmPassText(_ ended: [Outcome: Int]) -> String {
    let failed = ended.filter { !$0.key.isSuccess && $0.value > 0 }
    let text = "warm pass: \(ended.values.reduce(0, +)) prompts sent, unmeasured"
    guard !failed.isEmpty else { return text }
    let kinds = failed.sorted { ($1.value, $0.key.name) < ($0.value, $1.key.name) }
      .map { "\($0.key.name) \($0.value)" }.joined(separator: ", ")
    return text + "; \(failed.values.reduce(0, +)) failed (\(kinds))"
  }

  /// Runs the engine and shows its progress until it ends; `phase` names what is no profile.
  func load(
    _ job: EngineJob, into queue: BatchQueue<StreamSample>, label: String, phase: LivePhase? = nil,
    isMeasured: Bool = true
  ) async -> (result: Result<EngineReport, EngineError>, progress: EngineProgress) {
    let control: EngineControl
    do {
      control = try EngineControl()
    } catch {
      queue.close()
      return (.failure(error), EngineProgress())
    }
    signals.onSignal { count in control.stop(grace: count > 1 ? .zero : RunDriver.grace) }
    lease?.watch(
      onHeld: { control.allowLoad(until: $0) }, onLoss: { _ in control.stop(grace: .zero) })
    let (output, median) = (options.progressOutput, smallestBaselineMedian)
    let warmups = job.schedule.profiles.map(\.warmup)
    // A pass that is not measured is in no metric.
    let metrics = isMeasured ? metrics : nil
    let view = Task {
      var progress = Progress(
        label: label, phase: phase, to: output, metrics: metrics, baselineMedian: median,
        warmups: warmups, now: Clock.monotonic())
      while !Task.isCancelled {
        progress.update(control.progress, now: Clock.monotonic())
        try? await Task.sleep(for: .nanoseconds(Progress.interval.rawValue))
      }
      progress.end()
    }
    let result: Result<EngineReport, EngineError>
    do {
      result = .success(try await LoadEngine.run(job: job, samples: queue, control: control))
    } catch {
      result = .failure(error)
    }
    view.cancel()
    await view.value
    metrics?.finish(control.progress)
    return (result, control.progress)
  }

  /// The run's numbers, and whether it can serve.
  private func summary(
    of recording: Recording, header: RunHeader, outcome: Result<EngineReport, EngineError>,
    firstRequest: StreamSample?
  ) -> RunRecord {
    var header = header
    switch outcome {
    case .success(let report):
      header.startedAt = report.startedAt
      header.selfCheck = report.selfCheck
      header.aborted = report.aborted
      if Failure(refusedBy: recording.samples) != nil {
        // The secret is wrong, not the build: no abort that speaks for or against it.
        header.aborted = nil
        header.markUnusable("the service refused the credentials")
      }
      switch report.end {
      case .finished, .aborted: break
      case .stopped: header.markUnusable("interrupted")
      case .limit(let hit): header.markUnusable(hit.text)
      case .quota(let hit): header.markUnusable("your quota, not your code: \(hit.text)")
      }
    case .failure(let error):
      header.markUnusable("the engine stopped: \(error)")
    }
    // The engine's report tells of the same queue.
    if recording.refused > 0 {
      header.markUnusable("\(recording.refused) requests could not be kept in time")
    }
    if recording.lost > 0 {
      header.markUnusable("\(recording.lost) requests were kept and cannot be read again")
    }
    if let failure = recording.spoolFailure, recording.storeFailure != nil {
      header.markUnusable("neither store nor spool took every request: \(failure)")
    }
    let logins = (try? outcome.get())?.logins ?? LoginLog()
    return Gate.summarize(
      samples: recording.samples, header: header, objectives: loaded.plan.objectives,
      logins: logins, smallestBaselineMedian: smallestBaselineMedian, firstRequest: firstRequest,
      stageRates: schedule.requestRates)
  }
}

extension Signals {
  /// After a signal, how long a store may take to keep what is left, and in how many parts that is
  /// waited for: where this process gets no CPU, its store's thread gets none either, and each
  /// part takes longer.
  private static let storePatience = (part: Nanos.milliseconds(100), parts: 50)

  /// From a signal on, also one that has come, waits for a recording's store for a while only, and
  /// not at all after another one from now on: its file stays.
  func hurry(_ recorder: RunRecorder) {
    let before = max(receivedCount, 1)
    onSignal { count in
      guard count <= before else { return recorder.forgetStore() }
      Task {
        let (part, parts) = Signals.storePatience
        for _ in 0..<parts { try? await Task.sleep(for: .nanoseconds(part.rawValue)) }
        recorder.forgetStore()
      }
    }
  }
}

extension Result<EngineReport, EngineError> {
  /// True unless the run came to an end of its own.
  fileprivate var isStopped: Bool {
    switch self {
    case .success(let report): report.end == .stopped
    case .failure: true
    }
  }
}

/// One finished run and where it is.
struct DrivenRun {
  var record: RunRecord
  var end: RecordingEnd
  /// True if a signal ended it before its end: it cannot be judged.
  var isInterrupted: Bool
  /// What the flight recorder kept; nil where it is off or nothing could be written.
  var streams: StreamsFile?

  /// What a reader should know about where the run is; nil if it is stored as it should be.
  var storageProblem: String? {
    if end.isStored { return nil }
    let reason = end.storeFailure.map { Failure($0).text } ?? "the store did not take it"
    return ([reason] + [storageRemedy].compactMap { $0 }).joined(separator: "\n  ")
  }

  /// Where a run is that the store did not take, and how it gets there; nil if it is nowhere.
  var storageRemedy: String? {
    guard !end.isStored, let path = end.spoolPath else { return nil }
    return "kept: \(path); streamgate runs import \(path)"
  }
}

extension RunHeader {
  /// Says why the run cannot serve; the first reason stays.
  mutating func markUnusable(_ reason: String) {
    if isUsable { unusableReason = reason }
    isUsable = false
  }
}
