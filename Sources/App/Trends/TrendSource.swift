import Forge
import Foundation
import Gate
import Model
import Plan
import ResultStore

/// Where a trend's runs come from: a store, a baseline file, or both, narrowed to one branch of
/// one environment.
struct TrendSource {
  private(set) var project: String
  private(set) var environment: String
  let branch: String
  /// Runs that begin a segment because a person said so.
  private(set) var starts: Set<String> = []
  private(set) var waivers: [Waiver] = []
  /// What a reader should know.
  private(set) var notes: [String] = []
  let git: Git
  private let query: TrendQuery
  private let plan: LoadedPlan?
  /// nil where there is none yet, and a baseline file serves alone.
  private let store: ResultStore?
  private let file: BaselineFile?

  /// Opens what there is, and finds out which environment is meant.
  init(_ query: TrendQuery) throws {
    self.query = query
    plan = planExists(query.global) ? try LoadedPlan.loadForStore(query.global) : nil
    git = plan?.git ?? Git(environment: Environment.variables)
    branch = query.branch ?? plan?.plan.gate.branch ?? GatePlan().branch
    file = try plan.flatMap(TrendSource.baselineFile)
    let location = try plan?.storeLocation ?? StoreOptions.location(query.global)
    do {
      store = try ResultStore.open(location, for: .read)
    } catch StoreError.missing where file != nil {
      store = nil
    } catch {
      throw error
    }
    project = query.project ?? plan?.plan.project ?? ""
    environment = query.environment ?? plan?.environment ?? ""
    if plan == nil || query.project != nil || query.environment != nil { try findPlace() }
    if store == nil { notes.append("There is no store yet: these are the baseline file's runs.") }
    try readAccepted()
  }

  private static func baselineFile(_ plan: LoadedPlan) throws -> BaselineFile? {
    let path = History.baselinePath(plan)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try BaselineFile.read(path)
  }

  /// True if the baseline file is of what is asked for.
  private var isFileMeant: Bool {
    file?.project == project && file?.environment == environment
  }

  private mutating func readAccepted() throws {
    var acceptances: [Acceptance] = []
    if let store {
      waivers = try store.waivers(project: project, environment: environment)
      acceptances = try store.acceptances(project: project, environment: environment)
    }
    if let file, isFileMeant {
      let known = Set(waivers.map(\.id))
      waivers += file.waivers.filter { !known.contains($0.id) }
      acceptances.add(file.acceptances)
      starts.formUnion(file.segments)
    }
    starts.formUnion(acceptances.runs(.changePoint, at: Clock.unix()))
  }

  // MARK: - Which environment

  /// Takes names of environments by their start, and the only one there is where none is named.
  private mutating func findPlace() throws {
    var places = try store?.environments() ?? []
    if let wanted = query.project ?? plan?.plan.project {
      places.removeAll { $0.project != wanted }
    }
    if let wanted = query.environment {
      let exact = places.filter { $0.environment == wanted }
      places = exact.isEmpty ? places.filter { $0.environment.hasPrefix(wanted) } : exact
    } else if let plan {
      places.removeAll { $0.environment != plan.environment }
    }
    guard let place = places.first else { throw noRuns() }
    guard places.count == 1 else {
      let names = places.prefix(8).map { "\($0.project) \($0.environment)" }
      throw Failure(
        .usage, "the store has runs of \(places.count) environments",
        because: names.joined(separator: ", "),
        remedy: "name one by --project and --environment, or run this beside its plan")
    }
    (project, environment) = (place.project, place.environment)
  }

  /// Why there is nothing to show, and what there is.
  private func noRuns() -> Failure {
    let others = ((try? store?.environments()) ?? nil) ?? []
    let branches =
      ((try? store?.branches(project: project, environment: environment)) ?? nil) ?? []
    if !branches.isEmpty {
      let names = branches.prefix(8).map { "\($0.branch) (\($0.runs))" }
      let why = "streamgate baseline list says why runs do not serve"
      return Failure(
        .input,
        "no usable run of \(branch) in \(environment)"
          + (query.since.map { " since \($0.iso8601)" } ?? ""),
        because: "finished runs are there of " + names.joined(separator: ", "),
        remedy: (query.since == nil ? "" : "an earlier --since, or ") + "--branch NAME; " + why)
    }
    let names = others.prefix(8).map { "\($0.project) \($0.environment) (\($0.runs))" }
    let wanted = [project, query.environment ?? environment].filter { !$0.isEmpty }
    return Failure(
      .input, "no run of " + (wanted.isEmpty ? "anything" : wanted.joined(separator: " ")),
      at: store?.location.description,
      because: names.isEmpty
        ? "the store is empty" : "there are runs of " + names.joined(separator: ", "),
      remedy: names.isEmpty
        ? "streamgate run makes one"
        : "--project and --environment; a plan that was changed begins a new environment")
  }

  // MARK: - Runs

  /// The runs, the oldest first; never empty. By git's order where it knows their commits.
  mutating func runs(_ parts: RunParts) throws -> [TrendEntry] {
    var found: [TrendEntry] = []
    if let store {
      let filter = RunFilter(
        project: project, environment: environment, branch: branch, isFinished: true,
        isUsable: true, since: query.since, limit: query.last)
      found = try store.runs(filter, parts: parts).compactMap { run in
        run.record.header.commit == RunHeader.uncommitted
          ? nil : TrendEntry(record: run.record, storedAt: run.storedAt)
      }
    }
    addFile(to: &found)
    guard !found.isEmpty else { throw noRuns() }
    return inOrder(found)
  }

  private func addFile(to found: inout [TrendEntry]) {
    guard let file, isFileMeant else { return }
    let known = Set(found.map(\.record.header.runID))
    let more = file.runs.filter { run in
      let header = run.header
      return !known.contains(header.runID) && header.branch == branch && header.isUsable
        && header.isFinished && header.exploration == nil
        && query.since.map { header.startedAt >= $0 } ?? true
    }
    guard !more.isEmpty else { return }
    found += more.map { TrendEntry(record: $0, storedAt: nil) }
    found.sort { ($0.time, $0.record.header.runID) < ($1.time, $1.record.header.runID) }
    found.removeFirst(max(0, found.count - query.last))
  }

  private func inOrder(_ found: [TrendEntry]) -> [TrendEntry] {
    let commits = Set(found.map(\.record.header.commit))
    guard commits.count > 1, let tip = tip(found) else { return found }
    let places = ((try? git.distances(from: tip)) ?? [:]).mapValues { -$0 }
    var entries: [String: TrendEntry] = [:]
    for entry in found { entries[entry.record.header.runID] = entry }
    return Baseline.inOrder(found.map(\.history), gitOrder: places)
      .compactMap { entries[$0.header.runID] }
  }

  /// The commit whose history orders the runs: the branch's, else the newest run's.
  private func tip(_ found: [TrendEntry]) -> String? {
    let names = ["origin/" + branch, branch, found.last?.record.header.commit ?? ""]
    return names.lazy.compactMap { name in (try? git.commit(name)) ?? nil }.first
  }

  /// Ids of the runs that a change would be held against now; none on another branch.
  func baseline(_ runs: [TrendEntry]) -> Set<String> {
    guard branch == plan?.plan.gate.branch ?? GatePlan().branch else { return [] }
    let changes = MainChanges(
      runs: runs.map(\.record), environment: environment, starts: starts)
    let gate = plan?.plan.gate ?? GatePlan()
    let rules = BaselineRules(
      branch: branch, environment: environment, baselineRuns: gate.baselineRuns,
      historyRuns: gate.historyRuns, segmentStarts: changes.segmentStarts,
      proposedRegression: changes.proposed?.runID)
    let selection = Baseline.choose(runs: runs.map(\.history), candidates: [], rules: rules) { _ in
      .unknown
    }
    return Set(selection.baseline)
  }
}

/// A run as a trend takes it.
struct TrendEntry {
  var record: RunRecord
  /// nil where it comes from a file.
  var storedAt: UnixNanos?

  var time: UnixNanos { storedAt ?? record.header.startedAt }

  var history: HistoryEntry { HistoryEntry(header: record.header, storedAt: storedAt) }
}
