import Gate
import LoadEngine
import Model
import Plan
import Reports
import ResultStore
import Workload

/// Drives an endpoint a step at a time, as a search asks for them, and keeps it all as one run.
struct CapacityDriver {
  private(set) var driver: RunDriver
  let plan: Plan
  let step: LoadStep
  private var search: CapacityRun
  private var header: RunHeader
  private var logins = LoginLog()
  /// What the steps so far have used.
  private var use = RunUse()
  /// The smallest median latency of any step, which the client's error is held to.
  private var smallestMedian: Nanos?
  /// Where the next step's samples go: behind those of the steps before.
  private var nextSeq = 0
  private var nextStart = Nanos.zero
  /// An engine that could not go on.
  private var failure: EngineError?

  init(
    _ driver: RunDriver, plan: Plan, step: LoadStep, rules: CapacitySearch.Rules,
    identity: CandidateIdentity
  ) {
    self.driver = driver
    self.plan = plan
    self.step = step
    search = CapacityRun(rules: rules, stepLength: step.length, warmup: step.warmup)
    header = driver.header(plan, identity)
    header.profiles = [CapacityRun.profile]
  }

  /// Runs the search to its end, or to what ends it. Throws only what is known before load;
  /// whatever fails later is in the result.
  func drive(as identity: CandidateIdentity) async throws -> DrivenCapacity {
    let whole = self
    return try await driver.alone(on: plan, label: "capacity") { driver in
      var alone = whole
      alone.driver = driver
      return try await alone.driveAlone(as: identity)
    }
  }

  private mutating func driveAlone(as identity: CandidateIdentity) async throws -> DrivenCapacity {
    try await driver.readiness.checkBuild(at: plan.target, commits: identity.buildNames)
    let template = RequestTemplate(plan: plan, runNonce: header.runID)
    let warmed = try await driver.warmPromptCache(plan, template, header, label: "capacity")
    use = warmed.use
    try driver.signals.keep()
    let recorder = try await RunRecorder.start(
      header, store: driver.store, folder: RunDriver.spoolFolder)
    var refusal: Failure?
    while search.stop == nil, refusal == nil, case .step(let rate) = search.search.action {
      if driver.signals.exitCode != nil {
        search.stop = .interrupted
        break
      }
      let samples = await runStep(rate, into: recorder)
      refusal = Failure(refusedBy: samples)
    }
    let loss = driver.lease?.loss
    if refusal != nil { search.stop = .ended("the service refused the credentials") }
    driver.signals.hurry(recorder)
    let recording = await recorder.stop()
    let record = summary(of: recording, firstRequest: warmed.firstRequest)
    let end = await recorder.finish(record)
    let isInterrupted = driver.signals.exitCode != nil
    if !isInterrupted {
      if let refusal { throw refusal }
      if let loss { throw Failure(loss) }
    }
    return DrivenCapacity(
      run: DrivenRun(record: record, end: end, isInterrupted: isInterrupted, streams: nil),
      search: search, failure: failure)
  }

  /// One step: load, its judgement, and its samples into the run. Returns them.
  private mutating func runStep(_ rate: Double, into recorder: RunRecorder) async -> [StreamSample]
  {
    let number = search.steps.count
    let label = "step \(number + 1)"
    let name = Figures.rate(rate) + (known.map { " (\($0))" } ?? "")
    let schedule = step.schedule(plan, rate: rate, number: number)
    let id = "\(header.runID)-\(number)"
    var job = EngineJob(
      plan: plan, schedule: schedule, template: RequestTemplate(plan: plan, runNonce: id))
    job.traceContext = TraceContext(runID: id)
    job.budget.before = use
    job.recorder = .off
    job.engines = driver.engines
    let queue = BatchQueue<StreamSample>()
    let outcome = await driver.load(
      job, into: queue, label: label, phase: LivePhase(name: name, word: "step")
    ).result
    var samples: [StreamSample] = []
    while let batch = queue.drain() { samples += batch }
    guard case .success(let report) = outcome else {
      if case .failure(let error) = outcome { stop(by: error) }
      return samples
    }
    if number == 0 { header.startedAt = report.startedAt }
    keep(report)
    judge(rate, samples, report, label: label)
    recorder.queue.push(placed(samples, number: number))
    nextSeq += schedule.profiles.reduce(0) { $0 + $1.streamsMax }
    nextStart = nextStart + report.profiles.reduce(Nanos.zero) { $0 + $1.duration }
    return samples
  }

  private mutating func stop(by error: EngineError) {
    if error == .stopped {
      search.stop = .interrupted
    } else {
      failure = error
      search.stop = .ended("the engine stopped: " + Failure(error).what)
    }
  }

  private mutating func keep(_ report: EngineReport) {
    use.requests += report.use.requests
    use.inputTokens += report.use.inputTokens
    use.outputTokens += report.use.outputTokens
    logins.attempts += report.logins.attempts
    logins.waits += report.logins.waits
    if header.selfCheck == nil {
      header.selfCheck = report.selfCheck
    } else {
      header.selfCheck?.add(later: report.selfCheck)
    }
  }

  /// Judges a step and says how it went; what makes it worthless ends the search.
  private mutating func judge(
    _ rate: Double, _ samples: [StreamSample], _ report: EngineReport, label: String
  ) {
    var own = header
    own.profiles = [ProfileKind.sustained.rawValue]
    own.selfCheck = report.selfCheck
    var isWhole = true
    switch report.end {
    case .finished, .aborted: break
    case .stopped: (isWhole, search.stop) = (false, .interrupted)
    case .limit(let hit): (isWhole, search.stop) = (false, .ended(hit.text))
    case .quota(let hit): (isWhole, search.stop) = (false, .ended(hit.text))
    }
    let judged = CapacityStep.judge(
      rate: rate, samples: samples, header: own, objectives: plan.objectives,
      abortedAt: report.aborted?.at, isWhole: isWhole, smallestMedian: smallestMedian)
    // Stalls of all steps are measured by the bound of the first.
    header.stallGap = header.stallGap ?? judged.record.header.stallGap
    smallestMedian = judged.smallestMedian
    var step = judged.step
    if judged.clientProblem == nil, report.samplesRefused > 0 {
      step.isWhole = false
      // Not the client as the limit, twice at one rate: nothing is known of this step.
      search.stop = search.stop ?? .unkept(requests: report.samplesRefused)
    } else if judged.clientProblem == nil, step.isWhole, step.isMet == nil,
      let open = step.objectives.first(where: { $0.verdict == .inconclusive })
    {
      search.stop = .notJudged(
        "\(open.objective) cannot be judged by a step: \(open.n) of \(open.floor) requests needed"
          + "; try a longer --step")
    }
    search.add(step, clientProblem: judged.clientProblem)
    tell(step, label: label, clientProblem: judged.clientProblem)
  }

  /// Says how a step went and what is known by now.
  private func tell(_ step: CapacityStep, label: String, clientProblem: String?) {
    var text = "\(label): \(Figures.rate(step.rate)) \(step.result)"
    if let known { text += "; so far \(known)" }
    if let clientProblem {
      text += ": " + clientProblem
      if search.stop == nil { text += "\n  the step is repeated once" }
    }
    driver.options.say(text)
  }

  /// `met 4.00/s, missed 8.00/s`; nil before the first step that tells something.
  private var known: String? {
    let parts = [
      search.highestMet.map { "met \(Figures.rate($0))" },
      search.lowestMissed.map { "missed \(Figures.rate($0))" },
    ].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  /// A step's samples in the run: of its one profile, as the stage of this number, behind those of
  /// the steps before.
  private func placed(_ samples: [StreamSample], number: Int) -> [StreamSample] {
    samples.map { sample in
      var sample = sample
      sample.stage = number
      sample.seq += nextSeq
      sample.intended = sample.intended + nextStart
      sample.sent = sample.sent.map { $0 + nextStart }
      sample.gapMaxAt = sample.gapMaxAt.map { $0 + nextStart }
      return sample
    }
  }

  private func summary(of recording: Recording, firstRequest: StreamSample?) -> RunRecord {
    var header = header
    if let stop = search.stop { header.markUnusable(stop.text) }
    if recording.refused + recording.lost > 0 {
      header.markUnusable("\(recording.refused + recording.lost) requests could not be kept")
    }
    if let reason = header.explorationReason { header.markUnusable(reason) }
    var record = Gate.summarize(
      samples: recording.samples, header: header, logins: logins, firstRequest: firstRequest,
      stageRates: [CapacityRun.profile: search.steps.map(\.rate)])
    search.put(into: &record)
    return record
  }
}

/// A search that was run.
struct DrivenCapacity {
  var run: DrivenRun
  var search: CapacityRun
  /// What ended it, where that was the engine.
  var failure: EngineError?

  /// What the search alone exits with.
  var code: ExitCode { failure.map { Failure($0).code } ?? ExitCode(of: search) }
}

extension ExitCode {
  /// What a search exits with: found, if only an interval; nothing held; or ended before either.
  init(of search: CapacityRun) {
    switch (search.stop, search.search.action) {
    case (.interrupted?, _): self = .interrupted
    case (_?, _) where search.unconfirmed != nil: self = .pass
    case (_?, _), (nil, .step): self = .cannotEvaluate
    case (nil, .end(.nothing)): self = .fail
    case (nil, .end): self = .pass
    }
  }
}
