import Foundation
import Gate
import Model
import TestKit
import Testing

@Suite("What changed on main: who is to blame for it, and what moves the baseline")
struct InheritanceTests {
  private static let environment = "default-00000000"

  /// The choice as the product makes it, and the verdict on what it chose.
  private func judge(
    _ main: [RunRecord], _ candidates: [RunRecord], accepted: Set<String> = [],
    waivers: [Waiver] = [], ancestry: (String) -> Ancestry = { _ in .unknown }
  ) -> (selection: BaselineSelection, verdict: Verdict) {
    func entry(_ run: RunRecord) -> HistoryEntry { HistoryEntry(header: run.header) }
    let (runs, looks) = (main.map(entry), candidates.map(entry))
    var rules = BaselineRules(branch: "main", environment: InheritanceTests.environment)
    let series = Baseline.series(
      runs: runs, candidates: looks, rules: rules, ancestry: ancestry)
    let records = Dictionary(uniqueKeysWithValues: main.map { ($0.header.runID, $0) })
    func all(_ ids: [String]) -> [RunRecord] { ids.compactMap { records[$0] } }
    let changes = MainChanges(
      runs: all(series), environment: InheritanceTests.environment, starts: accepted)
    rules.apply(changes, in: series, accepted: accepted)
    let selection = Baseline.choose(
      runs: runs, candidates: looks, rules: rules, ancestry: ancestry)
    let verdict = Gate.judge(
      GateInput(
        candidates: candidates, baseline: all(selection.baseline), fresh: all(selection.fresh),
        history: selection.history.map(all), latest: all(selection.latest),
        latestSince: selection.latestSince, waivers: waivers))
    return (selection, verdict)
  }

  /// Runs of main, the i-th from 0 slower by what `slower` says.
  private func main(
    _ runs: inout Runs, _ count: Int, from first: Int = 0, errors: (Int) -> Int = { _ in 0 },
    slower: (Int) -> Double
  ) -> [RunRecord] {
    (first..<first + count).map { index in
      var run = runs.run("m\(index)", slower: slower(index), errors: errors(index))
      run.header.environment = InheritanceTests.environment
      return run
    }
  }

  private func looks(_ runs: inout Runs, slower: Double, errors: Int = 0) -> [RunRecord] {
    runs.looks(2, slower: slower, errors: errors).map { run in
      var run = run
      run.header.environment = InheritanceTests.environment
      return run
    }
  }

  @Test("Main got slower: a change that adds nothing passes, and says since when")
  func inherited() {
    var runs = Runs()
    let main = main(&runs, 22) { $0 < 12 ? 0 : 0.1 }
    let (selection, verdict) = judge(main, looks(&runs, slower: 0.1))
    #expect(selection.baseline == (2..<12).map { "m\($0)" })
    #expect(selection.latest == (12..<22).map { "m\($0)" })
    #expect(verdict.kind == .pass, "\(verdict.reasons)")
    let first = HypothesisID(metric: .latency(.ttftP50))
    #expect(verdict.warnings.contains(.mainAlreadySlower(first, since: "c-m12")))
    let standing = verdict.warnings.compactMap { warning -> (String, Int)? in
      guard case .mainRegressed(let worse, let since, let runs) = warning else { return nil }
      #expect(worse.contains(first))
      return (since, runs)
    }
    #expect(standing.map { $0.0 } == ["c-m12"] && standing.map { $0.1 } == [10])
  }

  @Test("A change that is slower than the slower main fails")
  func slowerStill() {
    var runs = Runs()
    let main = main(&runs, 22) { $0 < 12 ? 0 : 0.1 }
    #expect(judge(main, looks(&runs, slower: 0.3)).verdict.kind == .fail)
  }

  @Test("A change inherits nothing that main got after it branched off")
  func gotLater() {
    var runs = Runs()
    let before = main(&runs, 12) { _ in 0 }
    let looks = looks(&runs, slower: 0.2)
    let after = main(&runs, 8, from: 12) { _ in 0.2 }
    let (selection, verdict) = judge(before + after, looks) { commit in
      (Int(commit.dropFirst("c-m".count)) ?? 0) < 12 ? .ancestor : .notAncestor
    }
    // They tell whether the environment moved, and cannot tell it from main's own slowdown.
    #expect(selection.fresh == (12..<20).map { "m\($0)" })
    #expect(selection.latest.isEmpty && selection.latestSince.isEmpty)
    #expect(verdict.kind != .pass, "\(verdict.reasons)")
    #expect(!verdict.composites.contains { $0.isInherited })
  }

  @Test("Of a regression that a change has in its history, it inherits no more than that")
  func gotMoreLater() {
    var runs = Runs()
    let before = main(&runs, 22) { $0 < 12 ? 0 : 0.1 }
    let looks = looks(&runs, slower: 0.4)
    let after = main(&runs, 10, from: 22) { _ in 0.4 }
    let (selection, verdict) = judge(before + after, looks) { commit in
      (Int(commit.dropFirst("c-m".count)) ?? 0) < 22 ? .ancestor : .notAncestor
    }
    #expect(selection.latest == (12..<22).map { "m\($0)" })
    #expect(verdict.kind == .fail, "\(verdict.reasons)")
  }

  @Test("A change that mends the slower main passes")
  func mended() {
    var runs = Runs()
    let main = main(&runs, 22) { $0 < 12 ? 0 : 0.1 }
    let verdict = judge(main, looks(&runs, slower: 0)).verdict
    #expect(verdict.kind == .pass)
    #expect(!verdict.composites.contains { $0.isInherited })
  }

  @Test("Creep is not laundered: 4 % at a time never moves the baseline")
  func creep() {
    var runs = Runs()
    runs.noise = 0.005
    let main = main(&runs, 60) { Double($0 / 12) * 0.04 }
    let selection = judge(main, looks(&runs, slower: 0.16)).selection
    #expect(selection.baseline == (2..<12).map { "m\($0)" })
    #expect(selection.latest == (50..<60).map { "m\($0)" })
    #expect(selection.latestSince == "c-m12")
  }

  @Test("A regression that failed main's own runs holds the baseline back, and is inherited")
  func failingRates() {
    var runs = Runs()
    var main = main(&runs, 22, errors: { $0 < 12 ? 1 : 24 }) { _ in 0 }
    for index in 12..<22 { main[index].header.verdict = .fail }
    let (selection, verdict) = judge(main, looks(&runs, slower: 0, errors: 24))
    #expect(selection.baseline == (2..<12).map { "m\($0)" })
    #expect(selection.latest.count == 10)
    #expect(verdict.kind == .pass, "\(verdict.reasons)")
    #expect(
      verdict.warnings.contains(
        .mainAlreadySlower(HypothesisID(metric: .rate(.error)), since: "c-m12")))
  }

  @Test("An improvement begins a segment by itself, a regression once it is accepted")
  func segments() {
    var runs = Runs()
    let faster = main(&runs, 22) { $0 < 12 ? 0 : -0.1 }
    #expect(
      judge(faster, looks(&runs, slower: -0.1)).selection.baseline
        == (12..<22).map { "m\($0)" })
    let slower = main(&runs, 22) { $0 < 12 ? 0 : 0.1 }
    let accepted = judge(slower, looks(&runs, slower: 0.1), accepted: ["m12"])
    #expect(accepted.selection.baseline == (12..<22).map { "m\($0)" })
    #expect(accepted.selection.history == [(0..<12).map { "m\($0)" }])
    #expect(accepted.selection.latest.isEmpty)
    #expect(accepted.verdict.kind == .pass)
  }

  @Test("A change that traded one metric for another leaves the baseline before it")
  func trade() {
    var runs = Runs()
    runs.noise = 0.005
    var main = main(&runs, 24) { _ in 0 }
    for index in 12..<24 { main[index] = main[index].with(.tpotP50, -3.2) }
    for index in 13..<24 { main[index] = main[index].with(.ttftP50, -0.7) }
    let selection = judge(main, looks(&runs, slower: 0)).selection
    #expect(selection.baseline == (3..<13).map { "m\($0)" })
    #expect(selection.latestSince == "c-m13")
  }
}
