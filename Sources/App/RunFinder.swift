import Forge
import Model
import Plan
import ResultStore

/// Finds stored runs by what a person calls them: a run id or its start, a commit, a branch.
struct RunFinder {
  let store: ResultStore
  let loaded: LoadedPlan

  /// The runs of a name, the earliest first; never empty. A run id names one run; a commit or a
  /// branch the runs of its newest commit in the plan's environment. Runs that are not the fixed
  /// profile go by such a name only where there is no other, and then the newest alone.
  func runs(_ name: String) throws -> [RunRecord] {
    let byCommit = try fixed(store.runs(filter(commit: name)))
    if !byCommit.isEmpty { return byCommit }
    if let newest = try newest(ofBranch: name) {
      return try fixed(store.runs(filter(commit: newest.commit, branch: name)))
    }
    if let commit = (try? loaded.git.commit(name)) ?? nil {
      let resolved = try fixed(store.runs(filter(commit: commit)))
      if !resolved.isEmpty { return resolved }
    }
    return [try store.record(name)]
  }

  /// The newest run of a branch, one of the fixed profile if there is one among its latest.
  private func newest(ofBranch name: String) throws -> RunHeader? {
    var filter = filter(branch: name)
    filter.limit = RunFinder.latestRuns
    let runs = try store.runs(filter, parts: .outline).map(\.record)
    return fixed(runs).last?.header
  }

  /// Runs of a branch that are looked through for one of the fixed profile.
  private static let latestRuns = 100

  private func fixed(_ runs: [RunRecord]) -> [RunRecord] {
    let fixed = runs.filter { $0.header.exploration == nil }
    return fixed.isEmpty ? runs.suffix(1) : fixed
  }

  private func filter(commit: String? = nil, branch: String? = nil) -> RunFilter {
    RunFilter(
      project: loaded.plan.project, environment: loaded.environment, branch: branch,
      commit: commit, isFinished: true)
  }
}
