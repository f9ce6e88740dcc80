import Forge
import Gate
import Model
import Plan
import ResultStore

extension History {
  /// Runs of main that serve and are read whole: what changes are looked for in, and behind the
  /// oldest of these a baseline set and its history.
  static let servingRuns =
    Baseline.seriesRunsMax + BaselineRules.baselineRunsMax + BaselineRules.historyRunsMax
  /// The newest of these, whose figures are read too.
  static let figureRuns = 100
  /// Runs of main whose headers are read at once, at first.
  private static let pageRuns = 400
  /// By what further pages are longer: a branch that left main long ago needs few of them.
  private static let pageGrowth = 4

  /// Which runs are wanted.
  struct Scope {
    /// The history of the commit that is judged, where git knows it: runs that are not in it do
    /// not count.
    var lineage: Lineage?
    /// A commit of main, where one is known without asking for its tip.
    var mainTip: String?
    /// Every run of the environment, of whatever branch, to say why each serves or does not.
    var isWhole = false
    /// Runs that are as if they were not there.
    var admits: (RunHeader) -> Bool = { _ in true }
  }

  /// What is read of a run that may turn out not to serve.
  private static let headers = RunParts(
    latencies: [], rates: [], figures: .none, hasObjectives: false)

  /// Reads the runs, the newest pages first until enough of them serve, and fills these.
  mutating func readRuns(
    _ store: ResultStore, _ main: Mainline, _ scope: Scope
  ) throws {
    var filter = RunFilter(project: main.project, environment: main.environment)
    if !scope.isWhole {
      filter.branch = queue.branch
      filter.branchPrefix = queue.prefix
      filter.limit = History.pageRuns
    }
    var found: [StoredRun] = []
    var serving: Set<String> = []
    while true {
      let page = try store.runs(filter, parts: History.headers)
      queue.ask(about: page.map(\.record.header))
      let isFirst = found.isEmpty
      // Where there is one page only it does not matter which of its commits git knows.
      let lineage = isFirst && page.count != filter.limit ? nil : scope.lineage
      serving.formUnion(serves(page, scope, lineage, isNewest: isFirst))
      found = page + found
      guard let limit = filter.limit, page.count == limit, serving.count < History.servingRuns
      else { break }
      filter.skip = found.count
      filter.limit = limit * History.pageGrowth
    }
    var last = found.indices.filter { serving.contains(found[$0].record.header.runID) }
      .suffix(History.servingRuns).map { found[$0] }
    readable = (
      store.location,
      Dictionary(last.map { ($0.record.header.runID, $0) }, uniquingKeysWith: { first, _ in first })
    )
    try store.fill(&last, RunParts(figures: .none))
    // Figures only warn, and those of the baseline set, which mostly is among the newest.
    var newest = Array(last.suffix(History.figureRuns))
    try store.fill(
      &newest,
      RunParts(
        latencies: [], rates: [], figures: .named(History.figures), hasObjectives: false))
    var filled: [String: RunRecord] = [:]
    for run in last + newest { filled[run.record.header.runID] = run.record }
    runs = found.filter { scope.admits($0.record.header) }.map {
      filled[$0.record.header.runID] ?? $0.record
    }
    for run in found { storedAt[run.record.header.runID] = run.storedAt }
  }

  /// These runs with the figures that tell where a request's time went, as far as the store has
  /// them. For the few that are judged against: they only explain a verdict, and are not read again
  /// where the store is not there any more.
  func withPhases(_ runs: [RunRecord]) -> [RunRecord] {
    guard let readable, !runs.isEmpty else { return runs }
    var found = runs.compactMap { readable.runs[$0.header.runID] }
    let names = ReportFigure.phases.map(\.name)
    let parts = RunParts(
      latencies: [], rates: [], figures: .named(names), hasObjectives: false, hasSelfCheck: false)
    do {
      try ResultStore.open(readable.store, for: .read).fill(&found, parts)
    } catch {
      return runs
    }
    var phases: [String: [ReportFigure]] = [:]
    for run in found { phases[run.record.header.runID] = run.record.figures }
    return runs.map { run in
      var run = run
      run.figures += phases[run.header.runID] ?? []
      run.sortCells()
      return run
    }
  }

  /// Ids of the runs that may serve, as far as that can be told without the others.
  private func serves(
    _ page: [StoredRun], _ scope: Scope, _ lineage: Lineage?, isNewest: Bool
  ) -> [String] {
    let usable = page.map(\.record.header).filter { header in
      queue.isMain(header) && header.isFinished && header.isUsable && scope.admits(header)
    }
    let places = lineage?.ancestry(of: usable.map(\.commit)) ?? [:]
    // Fresh runs may be ahead of the candidate's history: the last of main are always read.
    let last = Set(usable.suffix(isNewest ? ChangePoints.windowRuns : 0).map(\.runID))
    return usable.filter { places[$0.commit] != .notAncestor || last.contains($0.runID) }
      .map(\.runID)
  }
}
