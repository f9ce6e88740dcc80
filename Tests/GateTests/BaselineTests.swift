import Gate
import Model
import TestKit
import Testing

@Suite("The baseline is chosen by rule, with a reason for every run")
struct BaselineTests {
  private func entry(
    _ second: Int64, stored: Bool = true, change: (inout RunHeader) -> Void = { _ in }
  ) -> HistoryEntry {
    var header = Build.header(
      runID: "r\(second)", startedAt: UnixNanos(second * 1_000_000_000))
    change(&header)
    return HistoryEntry(
      header: header, storedAt: stored ? UnixNanos(second * 1_000_000_000) : nil)
  }

  private let candidate = HistoryEntry(
    header: {
      var header = Build.header(runID: "c", startedAt: UnixNanos(1_000 * 1_000_000_000))
      header.branch = "change"
      return header
    }(), storedAt: UnixNanos(1_000 * 1_000_000_000))

  private func choose(
    _ runs: [HistoryEntry], candidates: [HistoryEntry]? = nil,
    gitOrder: [String: Int] = [:], ancestry: (String) -> Ancestry = { _ in .unknown },
    change: (inout BaselineRules) -> Void = { _ in }
  ) -> BaselineSelection {
    var rules = BaselineRules(branch: "main", environment: "default-00000000")
    change(&rules)
    return Baseline.choose(
      runs: runs, candidates: candidates ?? [candidate], rules: rules,
      gitOrder: gitOrder, ancestry: ancestry)
  }

  @Test("The last ten runs are the baseline, those before them history, sixty at most")
  func windows() {
    let runs = (1...80).map { entry($0) }
    let selection = choose(runs)
    #expect(selection.baseline == (71...80).map { "r\($0)" })
    #expect(selection.history == [(11...70).map { "r\($0)" }])
    #expect(selection.fresh.isEmpty && selection.latest.isEmpty)
    #expect(selection.runs.count == 80)
    #expect(selection.runs[0].reason == "older than the last 60 runs of history")
    #expect(selection.runs[0].role == .out)
  }

  @Test("The order in which runs are given changes nothing")
  func permutation() {
    var runs = (1...30).map { entry($0, stored: $0 % 2 == 0) }
    let selection = choose(runs)
    var generator = SeededGenerator(seed: 5, label: "baseline")
    for _ in 0..<5 {
      generator.shuffle(&runs)
      #expect(choose(runs) == selection)
    }
  }

  @Test("Every kind of run that cannot serve is out, and the reason says why")
  func exclusions() {
    let runs: [(HistoryEntry, String)] = [
      (entry(1) { $0.branch = "change" }, "not on main"),
      (entry(2) { $0.environment = "other-1" }, "of environment other-1"),
      (entry(3) { $0.commit = "uncommitted" }, "of a dirty tree"),
      (entry(4) { $0.isFinished = false }, "not finished"),
      (
        entry(5) {
          $0.isUsable = false
          $0.unusableReason = "client-limited: slow"
        }, "client-limited: slow"
      ),
      (entry(6) { $0.verdict = .fail }, "its verdict was FAIL and is not accepted"),
      (
        entry(7) {
          $0.aborted = Abort(profile: "sustained", rule: "error 50% over 10s", at: .zero)
        }, "aborted in sustained by error 50% over 10s"
      ),
      (entry(8) { $0.commit = "elsewhere" }, "not in the candidate's history"),
    ]
    let selection = choose(
      runs.map(\.0) + [entry(9)],
      ancestry: { $0 == "elsewhere" ? .notAncestor : .ancestor })
    #expect(selection.baseline == ["r9"])
    for (run, reason) in runs {
      let selected = selection.runs.first { $0.runID == run.header.runID }
      #expect(selected?.role == .out)
      #expect(selected?.reason == reason)
    }
    #expect(selection.hasMainAborted)
  }

  @Test("A run of a merge queue is one of main once its commit is there, and not before")
  func queued() {
    func queued(_ second: Int64, _ place: Ancestry, _ verdict: VerdictKind? = nil) -> HistoryEntry {
      var entry = entry(second) {
        $0.branch = "gh-readonly-queue/main/pr-\(second)-abc"
        $0.verdict = verdict
        $0.aborted =
          second == 5 ? Abort(profile: "sustained", rule: "error 50% over 10s", at: .zero) : nil
      }
      entry.queued = place
      return entry
    }
    let waiting = [queued(3, .notAncestor), queued(4, .unknown)]
    let selection = choose(
      [entry(1), queued(2, .ancestor), queued(6, .ancestor, .fail)] + waiting)
    #expect(selection.baseline == ["r1", "r2"])
    let reasons = Dictionary(uniqueKeysWithValues: selection.runs.map { ($0.runID, $0.reason) })
    #expect(reasons["r2"] == "one of the last runs of main; measured in the merge queue")
    #expect(reasons["r3"] == "of a merge queue, and its commit is not on main")
    #expect(
      reasons["r4"] == "of a merge queue, and git cannot tell whether its commit is on main")
    #expect(reasons["r6"] == "its verdict was FAIL and is not accepted")
    // What aborted there speaks for main once it is main.
    #expect(!choose([entry(1), queued(5, .notAncestor)]).hasMainAborted)
    #expect(choose([entry(1), queued(5, .ancestor)]).hasMainAborted)
    let series = Baseline.series(
      runs: [entry(1), queued(2, .ancestor)] + waiting, candidates: [candidate],
      rules: BaselineRules(branch: "main", environment: "default-00000000")
    ) { _ in .unknown }
    #expect(series == ["r1", "r2"])
  }

  @Test("An accepted failed run serves")
  func accepted() {
    var failed = entry(1) { $0.verdict = .fail }
    #expect(choose([failed]).baseline.isEmpty)
    failed.isAccepted = true
    #expect(choose([failed]).baseline == ["r1"])
  }

  @Test("A run of main after the first candidate is fresh, wherever main is by then")
  func freshBeyondTheBranch() {
    let selection = choose(
      [entry(1), entry(2) { $0.commit = "ahead" }, entry(2_000) { $0.commit = "ahead" }],
      ancestry: { $0 == "ahead" ? .notAncestor : .ancestor })
    #expect(selection.baseline == ["r1"])
    #expect(selection.fresh == ["r2000"])
  }

  @Test("An abort of a fresh run or of a dirty tree does not speak for main")
  func foreignAbort() {
    func aborted(_ second: Int64, commit: String) -> HistoryEntry {
      entry(second) {
        $0.commit = commit
        $0.aborted = Abort(profile: "sustained", rule: "error 50% over 10s", at: .zero)
      }
    }
    #expect(!choose([entry(1), aborted(2_000, commit: "a")]).hasMainAborted)
    #expect(!choose([entry(1), aborted(2, commit: "uncommitted")]).hasMainAborted)
    #expect(choose([entry(1), aborted(2, commit: "a")]).hasMainAborted)
  }

  @Test("An abort longer than ten runs ago no longer speaks for main")
  func oldAbort() {
    let aborted = entry(1) {
      $0.aborted = Abort(profile: "sustained", rule: "error 50% over 10s", at: .zero)
    }
    #expect(choose([aborted] + (2...10).map { entry($0) }).hasMainAborted)
    #expect(!choose([aborted] + (2...11).map { entry($0) }).hasMainAborted)
  }

  @Test("Git's order goes before the clock's, and runs without one keep their place")
  func gitOrder() {
    let runs = [
      entry(1) { $0.commit = "new" }, entry(2) { $0.commit = "lost" },
      entry(3) { $0.commit = "old" },
    ]
    let selection = choose(
      runs, gitOrder: ["old": 1, "new": 9],
      ancestry: { $0 == "lost" ? .unknown : .ancestor })
    #expect(selection.baseline == ["r3", "r2", "r1"])
    #expect(selection.runs[1].reason.hasSuffix("(git cannot place its commit)"))
    #expect(choose(runs).runs.allSatisfy { !$0.reason.contains("git") })
  }

  @Test("Runs of main after the first candidate run are fresh")
  func fresh() {
    let second = HistoryEntry(
      header: {
        var header = candidate.header
        header.runID = "c2"
        return header
      }(), storedAt: UnixNanos(1_002 * 1_000_000_000))
    let runs = (1...12).map { entry($0) } + [entry(1_001), entry(1_003)]
    let selection = choose(runs, candidates: [second, candidate])
    #expect(selection.fresh == ["r1001", "r1003"])
    #expect(selection.baseline.count == 10)
    #expect(selection.history == [["r1", "r2"]])
    #expect(selection.needed.count == 14)
  }

  @Test("Accepted change points start segments; a proposed regression ends the baseline")
  func segments() {
    let runs = (1...30).map { entry($0) }
    let selection = choose(
      runs,
      change: {
        $0.segmentStarts = ["r5", "r9"]
        $0.proposedRegression = "r18"
      })
    #expect(selection.baseline == (9...17).map { "r\($0)" })
    #expect(selection.history == [["r1", "r2", "r3", "r4"], ["r5", "r6", "r7", "r8"]])
    #expect(selection.latest == (21...30).map { "r\($0)" })
    #expect(selection.latestSince == "c-r18")
    // Without these a file would name another commit.
    #expect(selection.latestBefore == ["r18", "r19", "r20"])
    #expect(Set(selection.telling) == Set(selection.needed + selection.latestBefore))
    #expect(selection.runs.first { $0.runID == "r18" }?.role == .out)
  }

  @Test("A proposed regression ends the baseline also where its first runs failed")
  func failedRegression() {
    var runs = (1...30).map { entry($0) }
    for index in 17..<22 { runs[index].header.verdict = .fail }
    let selection = choose(runs, change: { $0.proposedRegression = "r18" })
    #expect(selection.baseline == (8...17).map { "r\($0)" })
    #expect(selection.latest == (21...30).map { "r\($0)" })
    #expect(selection.latestSince == "c-r18")
  }

  @Test("A segment begins at its change point also where the run there does not serve")
  func failedStart() {
    var runs = (1...20).map { entry($0) }
    for index in 11..<14 { runs[index].header.verdict = .fail }
    let selection = choose(runs, change: { $0.segmentStarts = ["r12"] })
    #expect(selection.baseline == (15...20).map { "r\($0)" })
    #expect(selection.history == [(1...11).map { "r\($0)" }])
    let alone = choose(
      Array(runs.prefix(14)), change: { $0.segmentStarts = ["r12"] })
    #expect(alone.baseline.isEmpty)
    #expect(alone.history == [(1...11).map { "r\($0)" }])
    // A change that has not got it in its history goes by what was before.
    let before = choose(
      runs, ancestry: { (Int($0.dropFirst(3)) ?? 0) < 12 ? .ancestor : .notAncestor },
      change: { $0.segmentStarts = ["r12"] })
    #expect(before.baseline == (2...11).map { "r\($0)" })
  }

  @Test("A failed run of main that was accepted serves, and its reason says so")
  func acceptedRun() {
    var runs = (1...5).map { entry($0) }
    runs[2].header.verdict = .fail
    #expect(!choose(runs).baseline.contains("r3"))
    runs[2].isAccepted = true
    let selection = choose(runs)
    #expect(selection.baseline.contains("r3"))
    #expect(
      selection.runs.first { $0.runID == "r3" }?.reason
        == "one of the last runs of main; its FAIL was accepted")
  }

  @Test("Main's changes are looked for in the last 300 runs that serve, failed ones too")
  func series() {
    var runs = (1...320).map { entry($0) }
    runs[299].header.verdict = .fail
    runs[298].header.isUsable = false
    runs[297].header.commit = "uncommitted"
    let rules = BaselineRules(branch: "main", environment: "default-00000000")
    let ids = Baseline.series(runs: runs, candidates: [], rules: rules) { _ in .unknown }
    #expect(ids == (19...320).filter { $0 != 299 && $0 != 298 }.map { "r\($0)" })
    let onMain = Baseline.series(runs: runs, candidates: [runs[30]], rules: rules) { _ in
      .unknown
    }
    #expect(onMain == (1...30).map { "r\($0)" })
  }

  @Test("A run on main is judged against earlier runs only, never against itself")
  func onMain() {
    let runs = (1...10).map { entry($0) }
    let selection = choose(runs, candidates: [runs[5]])
    #expect(selection.baseline == (1...5).map { "r\($0)" })
    #expect(selection.runs[5].reason == "it is judged")
    #expect(selection.runs[6].reason == "later than the run that is judged")
  }

  @Test("Numbers beyond their limits are cut")
  func limits() {
    let rules = BaselineRules(
      branch: "main", environment: "e", baselineRuns: 50, historyRuns: -1)
    #expect(rules.baselineRuns == 10)
    #expect(rules.historyRuns == 0)
  }
}

@Suite("Distributions are compared for display")
struct DisplayTestsTests {
  private func run(_ id: String, ttft: Int64, failures: Int = 0) -> RunRecord {
    let samples =
      (0..<200).map {
        Build.success(seq: $0, ttft: .milliseconds(ttft + Int64($0 * 37 % 50)))
      } + (200..<200 + failures).map { Build.failure(.http5xx, seq: $0) }
    return Gate.summarize(samples: samples, header: Build.header(runID: id))
  }

  @Test("Equal runs look alike, a slower one does not")
  func compare() throws {
    let same = DisplayTests.compare(
      candidate: [run("a", ttft: 100)], baseline: [run("b", ttft: 100)])
    #expect(same.map(\.latency) == ["duration", "ttft"])
    #expect(same.allSatisfy { $0.ksD == 0 && $0.ksP == 1 && $0.adP == 0.25 })
    let slower = try #require(
      DisplayTests.compare(
        candidate: [run("a", ttft: 130)], baseline: [run("b", ttft: 100), run("c", ttft: 100)]
      ).last)
    #expect(slower.candidateN == 200)
    #expect(slower.baselineN == 400)
    #expect(slower.ksP < 1e-6)
    #expect(slower.adP == 0.001)
    #expect(slower.candidateMedian > slower.baselineMedian)
  }

  @Test("Failures are infinitely slow, and runs without samples are passed over")
  func failures() {
    let broken = DisplayTests.compare(
      candidate: [run("a", ttft: 100, failures: 300)], baseline: [run("b", ttft: 100)])
    #expect(broken.allSatisfy { $0.candidateMedian == .infinity })
    var stripped = run("b", ttft: 100)
    stripped.samples = nil
    #expect(
      DisplayTests.compare(candidate: [run("a", ttft: 100)], baseline: [stripped]).isEmpty)
  }
}
