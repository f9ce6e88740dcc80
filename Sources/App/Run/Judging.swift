import Forge
import Gate
import Model
import Plan

/// Chooses what a commit's runs are judged against and puts the verdict's inputs together.
struct Judging {
  let loaded: LoadedPlan
  let identity: CandidateIdentity
  let history: History

  /// What a reader should know of the choice.
  var notes: [String] {
    if loaded.exploration != nil { return [] }
    return identity.isKnownToGit
      ? [] : ["git does not know this commit: runs of main are ordered by time"]
  }

  /// The choice for the looks of a commit; none: as `baseline list` shows it.
  func selection(candidates: [RunRecord]) -> BaselineSelection {
    choice(candidates: candidates).selection
  }

  /// What was chosen, and what changed on main.
  struct Choice {
    var selection: BaselineSelection
    var changes: MainChanges
  }

  /// The choice, with the change points that it heeds.
  func choice(candidates: [RunRecord]) -> Choice {
    let places = ancestry()
    let gitOrder = gitOrder()
    let now = Clock.unix()
    let acceptedRuns = history.acceptances.runs(.run, at: now)
    func entry(_ run: RunRecord) -> HistoryEntry {
      HistoryEntry(
        header: run.header, storedAt: history.storedAt[run.header.runID],
        isAccepted: acceptedRuns.contains(run.header.runID),
        queued: history.queue.place(of: run.header))
    }
    let (runs, looks) = (history.runs.map(entry), candidates.map(entry))
    var rules = BaselineRules(
      branch: loaded.plan.gate.branch, environment: loaded.environment,
      baselineRuns: loaded.plan.gate.baselineRuns, historyRuns: loaded.plan.gate.historyRuns,
      segmentStarts: Set(history.segments))
    let begun = history.acceptances.runs(.changePoint, at: now).union(history.segments)
    let series = Baseline.series(
      runs: runs, candidates: looks, rules: rules, gitOrder: gitOrder
    ) { places[$0] ?? .unknown }
    var records: [String: RunRecord] = [:]
    for run in history.runs { records[run.header.runID] = run }
    let changes = MainChanges(
      runs: series.compactMap { records[$0] }, environment: loaded.environment, starts: begun)
    rules.apply(changes, in: series, accepted: begun)
    let selection = Baseline.choose(
      runs: runs, candidates: looks, rules: rules, gitOrder: gitOrder
    ) { places[$0] ?? .unknown }
    return Choice(selection: selection, changes: changes)
  }

  /// The inputs of a verdict; `samples` gives a run's requests for display, nil where they are
  /// not at hand.
  func input(
    candidates: [RunRecord], samples: (String) -> [StreamSample]?
  ) -> GateInput {
    let selection = selection(candidates: candidates)
    var records: [String: RunRecord] = [:]
    for run in history.runs { records[run.header.runID] = run }
    func runs(_ ids: [String]) -> [RunRecord] { ids.compactMap { records[$0] } }
    var shown = runs(
      (selection.baseline + selection.fresh).suffix(PageDetail.baselineRunsMax))
    for index in shown.indices { shown[index].samples = samples(shown[index].header.runID) }
    return GateInput(
      settings: GateSettings(plan: loaded.plan.gate, objectives: loaded.plan.objectives),
      candidates: candidates.map(\.withoutSamples),
      baseline: runs(selection.baseline), fresh: runs(selection.fresh),
      history: selection.history.map(runs), latest: runs(selection.latest),
      latestSince: selection.latestSince, waivers: history.waivers,
      acceptances: history.acceptances, evaluatedAt: Clock.unix(),
      hasMainAborted: selection.hasMainAborted, isNewEnvironment: history.isNewEnvironment,
      displays: DisplayTests.compare(candidate: candidates, baseline: shown))
  }

  private func ancestry() -> [String: Ancestry] {
    guard let tip = identity.tip else { return [:] }
    let commits = Array(Set(history.runs.map(\.header.commit)))
    return (try? loaded.git.ancestry(of: tip, commits: commits)) ?? [:]
  }

  /// Places in git's order: the later a commit, the larger.
  private func gitOrder() -> [String: Int] {
    guard let tip = identity.tip else { return [:] }
    return ((try? loaded.git.distances(from: tip)) ?? [:]).mapValues { -$0 }
  }
}

extension RunRecord {
  /// The record without its requests.
  var withoutSamples: RunRecord {
    var record = self
    record.samples = nil
    return record
  }
}
