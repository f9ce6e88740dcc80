import Forge
import Gate
import Model
import Plan

/// The branch of an environment whose runs others are held against, and by which rules.
struct Mainline {
  var project: String
  /// The environment's key.
  var environment: String
  var gate: GatePlan
  var git: Git
  /// Where the reviewed baseline lies, whether there is one or not; nil where there is no plan that
  /// it could lie beside.
  var baselinePath: String?
}

extension LoadedPlan {
  /// The plan's own.
  var mainline: Mainline { mainline(project: plan.project, environment: environment) }

  /// That of another environment by this plan's rules.
  func mainline(project: String, environment: String) -> Mainline {
    Mainline(
      project: project, environment: environment, gate: plan.gate, git: git,
      baselinePath: History.baselinePath(
        project: project, environment: environment, folder: folder))
  }
}

/// What was chosen, and what changed on main.
struct BaselineChoice {
  var selection: BaselineSelection
  var changes: MainChanges
}

extension History {
  /// The choice for the looks of a commit, none: as it would be for the next one, with the change
  /// points that it heeds. `lineage` is that of the commit that is judged, where git knows it. A
  /// verdict, `baseline list` and `trends` all choose here.
  func choice(
    in main: Mainline, lineage: Lineage?, candidates: [RunRecord]
  ) -> BaselineChoice {
    let places = lineage?.ancestry(of: runs.map(\.header.commit)) ?? [:]
    let gitOrder = lineage?.distances.mapValues { -$0 } ?? [:]
    let now = Clock.unix()
    let acceptedRuns = acceptances.runs(.run, at: now)
    func entry(_ run: RunRecord) -> HistoryEntry {
      HistoryEntry(
        header: run.header, storedAt: storedAt[run.header.runID],
        isAccepted: acceptedRuns.contains(run.header.runID),
        queued: queue.place(of: run.header))
    }
    let (entries, looks) = (runs.map(entry), candidates.map(entry))
    var rules = BaselineRules(
      branch: main.gate.branch, environment: main.environment,
      baselineRuns: main.gate.baselineRuns, historyRuns: main.gate.historyRuns,
      segmentStarts: Set(segments))
    let begun = acceptances.runs(.changePoint, at: now).union(segments)
    let series = Baseline.series(
      runs: entries, candidates: looks, rules: rules, gitOrder: gitOrder
    ) { places[$0] ?? .unknown }
    var records: [String: RunRecord] = [:]
    for run in runs { records[run.header.runID] = run }
    let changes = MainChanges(
      runs: series.compactMap { records[$0] }, environment: main.environment, starts: begun)
    rules.apply(changes, in: series, accepted: begun)
    let selection = Baseline.choose(
      runs: entries, candidates: looks, rules: rules, gitOrder: gitOrder
    ) { places[$0] ?? .unknown }
    return BaselineChoice(selection: selection, changes: changes)
  }
}
