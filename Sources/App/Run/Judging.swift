import Forge
import Gate
import Model
import Plan

/// Chooses what a commit's runs are judged against and puts the verdict's inputs together.
struct Judging {
  let loaded: LoadedPlan
  let identity: CandidateIdentity
  let history: History
  private let lineage: Lineage?

  init(loaded: LoadedPlan, identity: CandidateIdentity, history: History) {
    self.loaded = loaded
    self.identity = identity
    self.history = history
    lineage =
      history.lineage?.tip == identity.tip ? history.lineage : identity.lineage(loaded.git)
  }

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

  /// The choice, with the change points that it heeds.
  func choice(candidates: [RunRecord]) -> BaselineChoice {
    history.choice(in: loaded.mainline, lineage: lineage, candidates: candidates)
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
      baseline: history.withPhases(runs(selection.baseline)),
      fresh: history.withPhases(runs(selection.fresh)),
      history: selection.history.map(runs), latest: runs(selection.latest),
      latestSince: selection.latestSince, waivers: history.waivers,
      acceptances: history.acceptances, evaluatedAt: Clock.unix(),
      hasMainAborted: selection.hasMainAborted, isNewEnvironment: history.isNewEnvironment,
      displays: DisplayTests.compare(candidate: candidates, baseline: shown))
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
