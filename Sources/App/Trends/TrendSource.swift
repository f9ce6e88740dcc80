import Forge
import Foundation
import Gate
import Model
import Plan
import ResultStore

/// Where a trend's runs come from: a store, a baseline file, or both, narrowed to one branch of
/// one environment.
struct TrendSource {
  /// The environment, and how its baseline is chosen.
  private(set) var main: Mainline
  let branch: String
  /// Runs that begin a segment because a person said so.
  private(set) var starts: Set<String> = []
  private(set) var waivers: [Waiver] = []
  /// What a reader should know.
  private(set) var notes: [String] = []
  private let query: TrendQuery
  private let plan: LoadedPlan?
  /// nil where there is none yet, and a baseline file serves alone.
  private let store: ResultStore?
  private var file: BaselineFile?
  /// The history of the newest commit of the branch that git knows, which orders the runs.
  private var lineage: Lineage?

  /// Opens what there is, and finds out which environment is meant.
  init(_ query: TrendQuery) throws {
    self.query = query
    plan = planExists(query.global) ? try LoadedPlan.loadForStore(query.global) : nil
    let location = try plan?.storeLocation ?? StoreOptions.location(query.global)
    var missing: StoreError?
    do {
      store = try ResultStore.open(location, for: .read)
    } catch StoreError.missing(let name) where plan != nil {
      missing = .missing(store: name)
      store = nil
    } catch {
      throw error
    }
    let place = (query.project ?? plan?.plan.project, query.environment ?? plan?.environment)
    main = Mainline(
      project: place.0 ?? "", environment: place.1 ?? "", gate: plan?.plan.gate ?? GatePlan(),
      git: plan?.git ?? Git(environment: Environment.variables))
    branch = query.branch ?? main.gate.branch
    let isNamed = query.project != nil || query.environment != nil
    if plan == nil || store != nil && isNamed { try findPlace() }
    if let plan {
      main = plan.mainline(project: main.project, environment: main.environment)
      file = try History.baselineFile(main)
    }
    if let missing {
      guard file != nil else { throw missing }
      notes.append("There is no store yet: these are the baseline file's runs.")
    }
    let tip = (try? main.git.tip(ofBranch: branch)) ?? nil
    lineage = tip.map { Lineage(of: $0, git: main.git) }
    try readAccepted()
  }

  private mutating func readAccepted() throws {
    var acceptances: [Acceptance] = []
    let (project, environment) = (main.project, main.environment)
    if let store {
      waivers = try store.waivers(project: project, environment: environment)
      acceptances = try store.acceptances(project: project, environment: environment)
    }
    if let file {
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
    (main.project, main.environment) = (place.project, place.environment)
  }

  /// Why there is nothing to show, and what there is.
  private func noRuns() -> Failure {
    let others = ((try? store?.environments()) ?? nil) ?? []
    let (project, environment) = (main.project, main.environment)
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

  /// The runs with their values in which changes are looked for, the oldest first, and which of
  /// them are shown: at least one. By git's order where it knows their commits. Of main also those
  /// that a merge queue measured before they were there. No fewer than the choice of a baseline
  /// looks at: what it finds open is so here too.
  func runs(
    _ parts: RunParts, searched: Int = Baseline.seriesRunsMax
  ) throws -> (series: RunSeries, shown: [Int]) {
    let series = try search(parts, atLeast: searched)
    let places = series.runs.indices.filter { place in
      let run = series.runs[place]
      return query.since.map { (run.storedAt ?? run.startedAt) >= $0 } ?? true
    }
    guard !places.isEmpty else { throw noRuns() }
    return (series, Array(places.suffix(query.last)))
  }

  private func search(_ parts: RunParts, atLeast least: Int) throws -> RunSeries {
    let limit = max(query.last, least)
    var queue = QueuePlaces(into: main.gate.branch, git: main.git, knownTip: lineage?.tip)
    let prefix = branch == main.gate.branch ? queue.prefix : nil
    var found = RunSeries()
    if let store {
      var filter = RunFilter(
        project: main.project, environment: main.environment, branch: branch, isFinished: true,
        isUsable: true, since: query.since, limit: limit)
      filter.branchPrefix = prefix
      found = try store.series(filter, parts: parts)
      if filter.since != nil, found.runs.count < least {
        filter.since = nil
        filter.limit = least
        found = try store.series(filter, parts: parts)
      }
    }
    queue.ask(about: found.runs)
    addFile(to: &found, branchPrefix: prefix, limit: limit)
    queue.ask(about: found.runs, unknown: .ancestor)
    let serving = found.runs.indices.filter { index in
      let run = found.runs[index]
      return run.commit != RunHeader.uncommitted
        && (prefix == nil || queue.isMain(branch: run.branch, commit: run.commit))
    }
    if serving.count < found.runs.count { found = found.selecting(serving) }
    guard let newest = found.runs.last else { return found }
    if found.runs.allSatisfy({ $0.commit == newest.commit }) { return found }
    let lineage = self.lineage ?? Lineage(of: newest.commit, git: main.git)
    let places = lineage.distances.mapValues { -$0 }
    if places.isEmpty { return found }
    return found.selecting(Baseline.inOrder(found.runs, gitOrder: places))
  }

  private func addFile(to found: inout RunSeries, branchPrefix: String?, limit: Int) {
    guard let file else { return }
    let known = Set(found.runs.map(\.runID))
    let more = file.runs.filter { run in
      let header = run.header
      return !known.contains(header.runID) && header.isUsable && header.isFinished
        && (header.branch == branch || branchPrefix.map { header.branch.hasPrefix($0) } ?? false)
        && header.exploration == nil
    }
    guard !more.isEmpty else { return }
    found.append(more)
    found = found.selecting(Array(Baseline.inOrder(found.runs).suffix(limit)))
  }

  /// Ids of the runs that the next change would be held against; none on another branch.
  func baseline() throws -> Set<String> {
    guard branch == main.gate.branch else { return [] }
    let history = try History.load(
      main, store: store, scope: History.Scope(lineage: lineage, mainTip: lineage?.tip))
    return Set(history.choice(in: main, lineage: lineage, candidates: []).selection.baseline)
  }
}
