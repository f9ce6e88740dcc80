import Gate
import LoadEngine
import Model
import Plan
import Reports
import ResultStore
import Workload

/// One invocation of `run`: what is opened once, and the line from load to exit code.
struct RunSession {
  let loaded: LoadedPlan
  let options: GlobalOptions
  let identity: CandidateIdentity
  let publisher: Publisher
  let policy: ExitPolicy
  let storeLocation: StoreLocation
  let schedule: Schedule
  let signals: Signals
  /// Engine threads of each run.
  let engines: Int
  /// What a reader of the report should know.
  var notes: [String]
  /// Serves how far its runs are, nil where nobody asked.
  var metrics: MetricsEndpoint?
  /// How long another run's lease on the endpoint is waited for.
  var lockWait = LockOptions.waitDefault

  private let lastReport = Locked<Report?>(nil)

  var plan: Plan { loaded.plan }

  /// The report that was published last, nil before one.
  var published: Report? { lastReport.withLock { $0 } }

  /// Keeps a report as the one that was published last.
  func keepPublished(_ report: Report) { lastReport.withLock { $0 = report } }

  /// True if this run joins the baseline.
  var isMain: Bool { identity.branch == plan.gate.branch && !isExploration }

  /// True if the load is not the plan's fixed profile: the run is held to its objectives alone.
  var isExploration: Bool { loaded.exploration != nil }

  /// Opens everything that could fail, so that it fails before load; without a schedule, that of
  /// the plan's profiles, within its limits.
  static func open(
    _ loaded: LoadedPlan, options: GlobalOptions, identity: CandidateIdentity,
    publisher: Publisher, policy: ExitPolicy, signals: Signals, engines: Int,
    schedule: Schedule? = nil
  ) async throws -> RunSession {
    if schedule == nil { try loaded.checkLimits() }
    let limits = loaded.plan.limits
    // A search goes on to other schedules than its first, up to the limit.
    let isSearch = schedule != nil
    let schedule = schedule ?? Schedule.make(loaded.plan)
    let streams = isSearch ? limits.inFlight : EngineJob.inFlightMax(limits, schedule)
    do {
      try LoadEngine.allowOpenFiles(streams: streams, engines: engines)
    } catch {
      throw Failure(error)
    }
    var session = RunSession(
      loaded: loaded, options: options, identity: identity, publisher: publisher, policy: policy,
      storeLocation: loaded.storeLocation, schedule: schedule, signals: signals,
      engines: engines, notes: identity.notes)
    for note in identity.notes { options.say("note: " + note) }
    if let exploration = loaded.exploration {
      let count = loaded.plan.objectives.count
      options.say(
        "note: \(RunHeader.explorationName): \(exploration); the run is compared with nothing and "
          + (count == 0 ? "the plan has no objectives to hold it to" : "held to its objectives"))
    }
    try signals.whole { try publisher.prepare() }
    let history = try session.prepareStore()
    if let note = history.foreignNote(loaded) {
      options.say("note: " + note)
      session.notes.append(note)
    }
    try await session.readiness.waitUntilReady(loaded.plan.target)
    var targets = loaded.plan.scenarios.map(\.target)
    if !session.isMain, !session.isExploration, let main = loaded.plan.atBaselineTarget {
      try await session.readiness.waitUntilReady(main.target)
      targets += main.scenarios.map(\.target)
    }
    let addresses = try await LoadEngine.probe(targets: targets)
    options.note("endpoint: " + addresses.joined(separator: ", "))
    return session
  }

  /// Proves that the store can take the run, and warns where it will not outlive the job. Gives the
  /// history that there is before load.
  private func prepareStore() throws -> History {
    // A database may take its time to answer; it takes back what is cut off.
    if case .sqlite = storeLocation {
      try signals.whole { try StoreOptions.writable(storeLocation).checkWritable() }
    } else {
      try StoreOptions.writable(storeLocation).checkWritable()
    }
    var history = try readHistory()
    if let reference = history.firstReference {
      history.reference = try ResultStore.open(storeLocation, for: .write).freeze(reference)
    }
    let isOfMain = loaded.withoutStore == nil && !isExploration
    // With runs in it the store came from somewhere: a cache.
    let isNew = history.runs.isEmpty && !history.hasBaselineFile
    if case .sqlite = storeLocation, Environment.isCI, isNew, isOfMain {
      options.say(
        """
        warning: a SQLite store in a pipeline is gone with the job, and there is no baseline file
          try: a PostgreSQL store (STREAMGATE_STORE), or caching \(storeLocation), or
          streamgate baseline export and a committed \(History.baselinePath(loaded))
        """)
    }
    return history
  }

  /// What is asked of an endpoint before load.
  var readiness: Readiness { Readiness(options: options, signals: signals) }

  /// What there is to judge against, now.
  func readHistory() throws -> History {
    return try History.load(
      loaded, store: try ResultStore.open(storeLocation, for: .read),
      scope: History.Scope(
        lineage: identity.lineage(loaded.git), mainTip: isMain ? identity.tip : nil))
  }

  /// What drives one run, measured against `history`.
  func driver(_ history: History) -> RunDriver {
    let judging = Judging(loaded: loaded, identity: identity, history: history)
    let chosen = Set(judging.selection(candidates: []).baseline)
    let main = isExploration ? [] : history.runs.filter { chosen.contains($0.header.runID) }
    var driver = RunDriver(
      loaded: loaded, schedule: schedule, store: storeLocation, options: options,
      signals: signals, reference: history.reference,
      smallestBaselineMedian: ClientCheck.smallestMedian(of: main), metrics: metrics,
      engines: engines, isQuotaWatched: history.isQuotaTheCause)
    driver.lockWait = lockWait
    return driver
  }
}
