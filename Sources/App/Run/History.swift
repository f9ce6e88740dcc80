import Forge
import Foundation
import Model
import Plan
import ResultStore

/// The runs that a judgement can draw on: the store's and the baseline file's, by run id, of
/// which the store's win.
struct History {
  /// The runs of main that a judgement may need, or every run of the environment, in the order of
  /// the store, then those of the file alone.
  var runs: [RunRecord] = []
  /// When the store took each of its runs, by the store's clock.
  var storedAt: [String: UnixNanos] = [:]
  var waivers: [Waiver] = []
  /// Runs of main and change points that people accepted.
  var acceptances: [Acceptance] = []
  /// Ids of the runs that begin a new segment.
  var segments: [String] = []
  /// What runs of this environment are measured against, nil before its first usable main run.
  var reference: EnvironmentReference?
  /// True if the project has runs, but none in this environment.
  var isNewEnvironment = false
  /// True if there is a baseline file with runs.
  var hasBaselineFile = false
  /// Which runs of a merge queue are main's.
  var queue: QueuePlaces
  /// The history of the commit that these were read for; nil where none was meant.
  private(set) var lineage: Lineage?
  /// The store's runs that serve, of which more can be read.
  var readable: (store: StoreLocation, runs: [String: StoredRun])?

  init(queue: QueuePlaces) { self.queue = queue }

  /// The figure that counts refusals with status 429.
  private static let refusals = ReportFigure.outcomePrefix + Outcome.http429.name

  /// The figures of old runs that are looked at: whether tokens or cached tokens moved, and whether
  /// a quota was felt.
  static let figures = ["tokens.p50", "cached.share", refusals]

  /// Where the reviewed baseline of an environment lies.
  static func baselinePath(_ loaded: LoadedPlan) -> String {
    baselinePath(
      project: loaded.plan.project, environment: loaded.environment, folder: loaded.folder)
  }

  static func baselinePath(project: String, environment: String, folder: String) -> String {
    let path = "baselines/\(project)/\(environment).json"
    return folder == "." ? path : folder + "/" + path
  }

  /// True if an early 429 is the quota's and not the code's: usable runs of main saw some too,
  /// or there are none.
  var isQuotaTheCause: Bool {
    let main = runs.filter {
      queue.isMain($0.header) && $0.header.isFinished && $0.header.isUsable
    }
    return main.isEmpty
      || main.contains { run in run.figures.contains { $0.name == History.refusals } }
  }

  /// Reads both; a store that is nil gives the file alone.
  static func load(
    _ loaded: LoadedPlan, store: ResultStore?, scope: Scope = Scope()
  ) throws -> History {
    try load(loaded.mainline, store: store, scope: scope)
  }

  /// The same of any environment.
  static func load(
    _ main: Mainline, store: ResultStore?, scope: Scope = Scope()
  ) throws -> History {
    var history = History(
      queue: QueuePlaces(into: main.gate.branch, git: main.git, knownTip: scope.mainTip))
    history.lineage = scope.lineage
    let (project, environment) = (main.project, main.environment)
    if let store {
      try history.readRuns(store, main, scope)
      history.waivers = try store.waivers(project: project, environment: environment)
      history.acceptances = try store.acceptances(project: project, environment: environment)
      history.reference = try store.environment(project: project, key: environment)
      if history.runs.isEmpty {
        func has(_ filter: RunFilter) throws -> Bool {
          var filter = filter
          filter.limit = 1
          return try !store.runs(filter, parts: .outline).isEmpty
        }
        history.isNewEnvironment =
          try has(RunFilter(project: project))
          && !has(RunFilter(project: project, environment: environment))
      }
    }
    try history.addFile(main)
    history.runs.removeAll { !scope.admits($0.header) }
    if !history.runs.isEmpty { history.isNewEnvironment = false }
    return history
  }

  /// The store's and the file's; the file's alone where there is no store yet.
  static func ofStoreOrFile(
    _ loaded: LoadedPlan, global: GlobalOptions, scope: Scope = Scope()
  ) throws -> History {
    do {
      return try load(
        loaded, store: try ResultStore.open(loaded.storeLocation, for: .read), scope: scope)
    } catch StoreError.missing {
      return try load(loaded, store: nil, scope: scope)
    } catch let error as StoreError {
      throw Failure(error)
    }
  }

  /// What the environment is to be measured against from now on, nil where that is known or no run
  /// of main can say it: a queue's run cannot know that it is to be main's first.
  var firstReference: EnvironmentReference? {
    guard reference == nil else { return nil }
    return runs.lazy.filter { queue.isMain($0.header) }
      .compactMap { EnvironmentReference(freezing: $0.header) }.first
  }

  private mutating func addFile(_ main: Mainline) throws {
    guard let file = try History.baselineFile(main) else { return }
    hasBaselineFile = !file.runs.isEmpty
    // The file holds main's runs alone, and was reviewed.
    queue.ask(about: file.runs.map(\.header), unknown: .ancestor)
    let known = Set(runs.map(\.header.runID))
    runs += file.runs.filter { !known.contains($0.header.runID) }
    let waived = Set(waivers.map(\.id))
    waivers += file.waivers.filter { !waived.contains($0.id) }
    acceptances.add(file.acceptances)
    segments = file.segments
    reference = reference ?? file.reference
  }
}

extension History {
  /// The reviewed baseline, nil where there is none; throws for a file that is of another plan than
  /// its name says.
  static func baselineFile(_ main: Mainline) throws -> BaselineFile? {
    guard let path = main.baselinePath, FileManager.default.fileExists(atPath: path) else {
      return nil
    }
    let file = try BaselineFile.open(path)
    try check(file, is: main.project, main.environment, at: path)
    return file
  }

  /// Throws for a file that is of another plan than its name says.
  static func check(_ file: BaselineFile, is loaded: LoadedPlan, at path: String) throws {
    try check(file, is: loaded.plan.project, loaded.environment, at: path)
  }

  private static func check(
    _ file: BaselineFile, is project: String, _ environment: String, at path: String
  ) throws {
    guard file.project == project, file.environment == environment else {
      throw Failure(
        .input, "the baseline file is of \(file.project) \(file.environment)", at: path,
        because: "this plan is \(project) \(environment)",
        remedy: "streamgate baseline export writes the file under its right name")
    }
  }
}

extension BaselineFile {
  /// Reads a file that people edit and merge.
  static func open(_ path: String) throws(Failure) -> BaselineFile {
    do throws(FileError) {
      return try read(path)
    } catch {
      throw Failure(baseline: error)
    }
  }
}

extension [Acceptance] {
  /// Adds those of the baseline file; of two of one kind and run the store's counts.
  mutating func add(_ others: [Acceptance]) {
    let known = Set(map(\.key))
    self += others.filter { !known.contains($0.key) }
  }

  /// The runs of which something is accepted now.
  func runs(_ kind: Acceptance.Kind, at time: UnixNanos) -> Set<String> {
    Set(filter { $0.kind == kind && !$0.isExpired(at: time) }.map(\.runID))
  }
}

extension Acceptance {
  /// What there is one of: a kind and a run.
  fileprivate var key: String { kind.rawValue + " " + runID }
}
