public import Model

/// The choice of the runs that a candidate is judged against (STATISTICS section 1).
public enum Baseline {
  /// Runs of main that an abort is looked for in.
  private static let abortRuns = 10
  /// Main's latest runs at most: after so many a regression that nobody accepted is in every
  /// verdict line.
  public static let latestRunsMax = 10

  /// Chooses among `runs` for the looks `candidates` of one commit (none: as `baseline list`
  /// shows it). `ancestry` says of a commit how it stands to the candidate's; it is asked once a
  /// run. Runs that git cannot place stay in. `gitOrder` gives commits of the branch their place
  /// in its history, later ones a larger number; runs without one are placed by time. The order
  /// of `runs` does not matter. O(n log n).
  public static func choose(
    runs: [HistoryEntry], candidates: [HistoryEntry], rules: BaselineRules,
    gitOrder: [String: Int] = [:], ancestry: (String) -> Ancestry
  ) -> BaselineSelection {
    var selection = BaselineSelection()
    let ordered = order(runs, gitOrder: gitOrder, ancestry: ancestry)
    let isMain = { (entry: HistoryEntry) in
      entry.isOn(rules.branch) && entry.header.environment == rules.environment
    }
    let judged = Set(candidates.map(\.header.runID))
    let first = candidates.min { ($0.time, $0.header.runID) < ($1.time, $1.header.runID) }
    let isFresh = { (entry: HistoryEntry) in first.map { isAfter(entry, $0) } ?? false }
    // A run that this gate had made of main, one of a dirty tree, or one of another load excuses no
    // candidate.
    selection.hasMainAborted =
      ordered.map(\.entry).filter {
        isMain($0) && !judged.contains($0.header.runID) && !isFresh($0)
          && $0.header.commit != RunHeader.uncommitted && $0.header.exploration == nil
      }
      .suffix(abortRuns).contains { $0.header.aborted != nil }
    let isAlone = candidates.last?.header.exploration != nil
    let isOnMain = candidates.last.map { $0.header.branch == rules.branch } ?? false
    // By its place and not among those that serve: the regression's first run may not.
    let regression = rules.proposedRegression.flatMap { id in
      ordered.firstIndex { $0.entry.header.runID == id }
    }
    var pool = Pool()
    var reasons: [String: SelectedRun] = [:]
    var segment = 0
    for (position, (entry, place)) in ordered.enumerated() {
      let id = entry.header.runID
      let isLatest = regression.map { position >= $0 } ?? false
      let isLater = isFresh(entry)
      // Whether or not that run itself serves.
      let isStart = rules.segmentStarts.contains(id) && !isLatest && place != .notAncestor
      if isStart { segment += 1 }
      // Fresh runs tell whether the environment moved, wherever main is by then: inherited is none.
      let known = isLater && !isLatest && place == .notAncestor ? .unknown : place
      var measured = entry
      // What a run of main came to does not change what it measured.
      if isLatest { measured.isAccepted = true }
      if let reason = exclusion(measured, known, rules: rules, judged: judged)
        ?? (isAlone ? "the run that is judged is \(RunHeader.explorationName)" : nil)
        ?? (isOnMain && isLater ? "later than the run that is judged" : nil)
      {
        reasons[id] = SelectedRun(runID: id, role: .out, reason: reason)
      } else if isLatest {
        pool.latest.append(entry)
      } else if isLater {
        pool.fresh.append(entry)
      } else {
        pool.add(entry, segment: segment)
      }
    }
    pool.open(segment: segment)
    if let regression { selection.latestSince = ordered[regression].entry.header.commit }
    assign(pool, rules: rules, into: &selection, mark: mark(ordered), reasons: &reasons)
    selection.runs = ordered.compactMap { reasons[$0.entry.header.runID] }
    return selection
  }

  /// Why a run cannot serve at all, nil if it can.
  static func exclusion(
    _ entry: HistoryEntry, _ place: Ancestry, rules: BaselineRules, judged: Set<String>
  ) -> String? {
    let header = entry.header
    if judged.contains(header.runID) { return "it is judged" }
    if header.environment != rules.environment {
      return "of environment \(header.environment)"
    }
    if !entry.isOn(rules.branch) {
      switch entry.queued {
      case .notAncestor: return "of a merge queue, and its commit is not on \(rules.branch)"
      case .unknown:
        return "of a merge queue, and git cannot tell whether its commit is on \(rules.branch)"
      case .ancestor, nil: return "not on \(rules.branch)"
      }
    }
    if header.commit == RunHeader.uncommitted { return "of a dirty tree" }
    if let reason = header.explorationReason { return reason }
    if let aborted = header.aborted {
      return "aborted in \(aborted.profile) by \(aborted.rule)"
    }
    if !header.isFinished { return "not finished" }
    if !header.isUsable { return header.unusableReason ?? "marked as not usable" }
    if header.verdict == .fail && !entry.isAccepted {
      return "its verdict was FAIL and is not accepted"
    }
    if place == .notAncestor { return "not in the candidate's history" }
    return nil
  }

  /// The runs that serve, oldest first.
  private struct Pool {
    /// Those from a proposed regression on.
    var latest: [HistoryEntry] = []
    /// Those after the first candidate run.
    var fresh: [HistoryEntry] = []
    /// The others, a list a segment, with the segment's number.
    var segments: [(number: Int, runs: [HistoryEntry])] = []

    mutating func open(segment: Int) {
      if segments.last?.number != segment { segments.append((segment, [])) }
    }

    mutating func add(_ entry: HistoryEntry, segment: Int) {
      open(segment: segment)
      segments[segments.count - 1].runs.append(entry)
    }
  }

  /// Gives every run of the pool its role.
  private static func assign(
    _ pool: Pool, rules: BaselineRules, into selection: inout BaselineSelection,
    mark: (HistoryEntry) -> String, reasons: inout [String: SelectedRun]
  ) {
    func note(_ entry: HistoryEntry, _ role: SelectionRole, _ reason: String) {
      let id = entry.header.runID
      reasons[id] = SelectedRun(runID: id, role: role, reason: reason + mark(entry))
    }
    for entry in pool.latest.dropLast(latestRunsMax) {
      note(entry, .out, "after a proposed regression, older than main's latest runs")
      selection.latestBefore.append(entry.header.runID)
    }
    for entry in pool.latest.suffix(latestRunsMax) {
      note(entry, .latest, "after a proposed regression that nobody accepted")
      selection.latest.append(entry.header.runID)
    }
    for entry in pool.fresh {
      note(entry, .fresh, "after the first candidate run")
      selection.fresh.append(entry.header.runID)
    }
    let segments = pool.segments.map(\.runs)
    let current = segments.last ?? []
    for entry in current.suffix(rules.baselineRuns) {
      note(entry, .baseline, "one of the last runs of main")
      selection.baseline.append(entry.header.runID)
    }
    var groups = segments.dropLast() + [Array(current.dropLast(rules.baselineRuns))]
    var surplus = groups.reduce(0) { $0 + $1.count } - rules.historyRuns
    for index in groups.indices {
      let cut = min(max(0, surplus), groups[index].count)
      surplus -= cut
      for entry in groups[index].prefix(cut) {
        note(entry, .out, "older than the last \(rules.historyRuns) runs of history")
      }
      groups[index].removeFirst(cut)
      let isCurrent = index == groups.count - 1
      for entry in groups[index] {
        note(
          entry, .history,
          isCurrent ? "older than the baseline set" : "of an earlier segment")
      }
    }
    selection.history = groups.filter { !$0.isEmpty }.map { $0.map(\.header.runID) }
  }
}

extension Baseline {
  /// Says in a reason that git could not place a run, where it could place others, and that a run
  /// serves because somebody accepted it.
  private static func mark(
    _ ordered: [(entry: HistoryEntry, place: Ancestry)]
  ) -> (HistoryEntry) -> String {
    let known = ordered.contains { $0.place != .unknown }
    let unknown = Set(ordered.filter { $0.place == .unknown }.map(\.entry.header.runID))
    return { entry in
      let isAccepted = entry.isAccepted && entry.header.verdict == .fail
      return (entry.queued == .ancestor ? "; measured in the merge queue" : "")
        + (isAccepted ? "; its FAIL was accepted" : "")
        + (known && unknown.contains(entry.header.runID) ? " (git cannot place its commit)" : "")
    }
  }

  /// Oldest first, as `inOrder` puts them.
  static func order(
    _ runs: [HistoryEntry], gitOrder: [String: Int], ancestry: (String) -> Ancestry
  ) -> [(entry: HistoryEntry, place: Ancestry)] {
    inOrder(
      runs.map { RunSeries.Run($0.header, storedAt: $0.storedAt) }, gitOrder: gitOrder
    ).map { (entry: runs[$0], place: ancestry(runs[$0].header.commit)) }
  }

  /// Indices of runs, the oldest first, in the order in which a baseline is chosen: by time, and
  /// among runs that git can place by its order (later commits have a larger number). These share
  /// the places that their times give them, so that the others keep theirs. O(n log n).
  public static func inOrder(
    _ runs: [RunSeries.Run], gitOrder: [String: Int] = [:]
  ) -> [Int] {
    var ordered = runs.indices.sorted { a, b in
      let (a, b) = (runs[a], runs[b])
      if a.time != b.time { return a.time < b.time }
      return (a.startedAt, a.runID) < (b.startedAt, b.runID)
    }
    if gitOrder.isEmpty { return ordered }
    let numbers = ordered.map { gitOrder[runs[$0].commit] }
    let slots = ordered.indices.filter { numbers[$0] != nil }
    let placed = slots.sorted { a, b in (numbers[a] ?? 0, a) < (numbers[b] ?? 0, b) }
      .map { ordered[$0] }
    for (slot, run) in zip(slots, placed) { ordered[slot] = run }
    return ordered
  }

  /// By the store's clock where it took both, else by the runners'.
  static func isAfter(_ entry: HistoryEntry, _ candidate: HistoryEntry) -> Bool {
    if let stored = entry.storedAt, let other = candidate.storedAt { return stored > other }
    return entry.header.startedAt > candidate.header.startedAt
  }
}

extension RunSeries.Run {
  /// The best time there is to order it by.
  fileprivate var time: UnixNanos { storedAt ?? startedAt }
}
