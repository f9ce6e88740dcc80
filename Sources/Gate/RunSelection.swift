import Model

/// The runs of a judgement after those that cannot enter are out: sorted, each once.
struct RunSelection {
  var candidates: [RunRecord] = []
  var baseline: [RunRecord] = []
  var fresh: [RunRecord] = []
  var history: [[RunRecord]] = []
  var latest: [RunRecord] = []
  var warnings: [VerdictWarning] = []
  /// The newest candidate run, if it cannot be judged.
  var unusable: RunRecord?
  /// Why the abort rule that ended it says nothing of the service, nil if it does, or none did.
  var abortedByClient: String?

  /// The baseline set: its fresh runs count in it.
  var mainSet: [RunRecord] { baseline + fresh }

  private var seen: Set<String> = []

  init(_ input: GateInput) {
    let candidates = admit(input.candidates)
    let environment = candidates.last?.header.environment ?? ""
    // A run that is not the fixed profile is held against nothing but its objectives.
    let isExploration = candidates.last?.header.exploration != nil
    let main = (input.baseline + input.fresh).map(RunSelection.checked)
    chooseCandidates(candidates, smallestMedianOf: isExploration ? [] : main)
    if isExploration { return }
    let isForeign = { (run: RunRecord) in
      !environment.isEmpty && !run.header.environment.isEmpty
        && run.header.environment != environment
    }
    fresh = usable(admit(input.fresh), isForeign)
    baseline = usable(admit(input.baseline), isForeign)
    history = input.history.map { usable(admit($0), isForeign) }.filter { !$0.isEmpty }
      .sorted { RunSelection.isBefore($0[0], $1[0]) }
    // Main's latest runs may also be history of a display; only among themselves they are once.
    seen = []
    latest = usable(admit(input.latest), isForeign)
  }

  /// Sorts runs and drops those whose id was seen before.
  private mutating func admit(_ runs: [RunRecord]) -> [RunRecord] {
    var admitted: [RunRecord] = []
    for run in runs.sorted(by: RunSelection.isBefore) {
      if seen.insert(run.header.runID).inserted {
        admitted.append(run)
      } else {
        warnings.append(.duplicateRun(run.header.runID))
      }
    }
    return admitted
  }

  /// Judges the newest run first: if it cannot be used, nothing is judged. Older ones that
  /// cannot be used were no look.
  private mutating func chooseCandidates(
    _ runs: [RunRecord], smallestMedianOf main: [RunRecord]
  ) {
    let reference = ClientCheck.smallestMedian(of: main.filter(\.header.isUsable))
    let checked = runs.map { run in
      var run = run
      run.checkClient(against: reference)
      return run
    }
    guard let newest = checked.last else { return }
    if let problem = RunSelection.judgingProblem(newest) {
      unusable = newest
      unusable?.header.unusableReason = problem
      if let abort = newest.header.aborted, !abort.isBeyondClient {
        abortedByClient = ClientCheck.problem(
          of: newest.header, smallestMedian: reference ?? ClientCheck.smallestMedian(of: [newest]))
      }
    } else {
      candidates = [newest]
    }
    let isAlone = newest.header.exploration != nil
    var earlier: [RunRecord] = []
    for run in checked.dropLast() {
      let alone = isAlone ? "a run that is \(RunHeader.explorationName) is judged alone" : nil
      if let problem = alone ?? RunSelection.problem(run) {
        warnings.append(.runLeftOut(runID: run.header.runID, reason: problem))
      } else {
        earlier.append(run)
      }
    }
    candidates = earlier + candidates
  }

  private mutating func usable(
    _ runs: [RunRecord], _ isForeign: (RunRecord) -> Bool
  ) -> [RunRecord] {
    runs.map(RunSelection.checked).filter { run in
      let problem =
        isForeign(run)
        ? "of environment \(run.header.environment)" : RunSelection.problem(run)
      guard let problem else { return true }
      warnings.append(.runLeftOut(runID: run.header.runID, reason: problem))
      return false
    }
  }

  /// A run of main that says itself that its client was too slow is none, whatever its file says.
  /// It is held against its own latencies: main may have got faster since then.
  private static func checked(_ run: RunRecord) -> RunRecord {
    var run = run
    run.checkClient(against: nil)
    return run
  }

  /// Why a run cannot be compared, nil if it can.
  private static func problem(_ run: RunRecord) -> String? {
    run.header.explorationReason ?? judgingProblem(run)
  }

  /// Why a run cannot be judged at all, nil if it can.
  private static func judgingProblem(_ run: RunRecord) -> String? {
    if let aborted = run.header.aborted {
      return "aborted in \(aborted.profile) by \(aborted.rule)"
    }
    if !run.header.isFinished { return "not finished" }
    if !run.header.isJudgeable { return run.header.unusableReason ?? "marked as not usable" }
    return nil
  }

  /// By start, id, and then by content, so that of two runs with one id the same one is kept
  /// whatever the order of the files.
  static func isBefore(_ a: RunRecord, _ b: RunRecord) -> Bool {
    if a.header.startedAt != b.header.startedAt { return a.header.startedAt < b.header.startedAt }
    if a.header.runID != b.header.runID { return a.header.runID < b.header.runID }
    if a.latencies.count != b.latencies.count { return a.latencies.count < b.latencies.count }
    for (x, y) in zip(a.latencies, b.latencies) where x.logValue != y.logValue {
      return x.logValue < y.logValue
    }
    if a.rates.count != b.rates.count { return a.rates.count < b.rates.count }
    for (x, y) in zip(a.rates, b.rates) where x.k != y.k || x.n != y.n {
      return (x.k, x.n) < (y.k, y.n)
    }
    return false
  }

  /// Every run with its role, candidates first, then by role and start.
  var references: [RunReference] {
    func references(_ runs: [RunRecord], _ role: RunRole) -> [RunReference] {
      runs.map {
        RunReference(
          runID: $0.header.runID, commit: $0.header.commit, startedAt: $0.header.startedAt,
          role: role)
      }
    }
    return references(candidates + (unusable.map { [$0] } ?? []), .candidate)
      + references(baseline, .baseline) + references(fresh, .fresh)
      + references(history.flatMap { $0 }, .history)
  }
}

extension RunRecord {
  /// Marks a run as not usable whose client was the bottleneck; nil: against its own latencies.
  fileprivate mutating func checkClient(against smallestMedian: Nanos?) {
    let own = smallestMedian ?? ClientCheck.smallestMedian(of: [self])
    guard header.isJudgeable, header.aborted == nil, header.isFinished,
      let problem = ClientCheck.problem(of: header, smallestMedian: own)
    else { return }
    header.isUsable = false
    header.unusableReason = problem
  }
}
