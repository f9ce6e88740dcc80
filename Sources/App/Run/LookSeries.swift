import Gate
import Model
import Plan
import Reports
import ResultStore

/// The looks at one commit, as the store keeps them over several jobs.
struct LookSeries {
  let place: LookPlace
  let location: StoreLocation
  let series: Int
  let restartReason: String?
  /// The runs of this series, in the order of the looks.
  var records: [RunRecord] = []
  /// The report of a series that came to its end, nil while there are looks left.
  var finished: Report?

  /// Looks so far.
  var count: Int { records.count }

  /// The series that goes on, or a new one: after a restart, and for a tree that no commit names.
  static func open(
    _ loaded: LoadedPlan, at location: StoreLocation, identity: CandidateIdentity,
    restartReason: String?
  ) throws -> LookSeries {
    let place = LookPlace(
      project: loaded.plan.project, environment: loaded.environment, commit: identity.commit)
    let store = try ResultStore.open(location, for: .read)
    let looks = try store.looks(place)
    let last = looks.last?.series ?? -1
    if identity.isUncommitted || restartReason != nil {
      return LookSeries(
        place: place, location: location, series: last + 1, restartReason: restartReason)
    }
    let own = looks.filter { $0.series == last }
    var series = LookSeries(
      place: place, location: location, series: max(0, last),
      restartReason: own.first?.restartReason)
    series.records = try own.map { look throws(StoreError) in try store.record(look.runID) }
    if let look = own.last, look.isFinal(maxLooks: loaded.plan.gate.maxLooks) {
      series.finished = try report(of: look, in: location)
    }
    return series
  }

  /// The report that a look's `result.json` makes again.
  static func report(of look: Look, in location: StoreLocation) throws -> Report? {
    guard let text = look.result else { return nil }
    do {
      let file = try ResultFile.decode(Array(text.utf8))
      return Report(input: file.input, verdict: Gate.judge(file.input), facts: file.facts)
    } catch {
      throw Failure(error, at: location.description)
    }
  }

  /// Stores the newest look with its verdict.
  mutating func record(_ report: Report, runID: String) throws(StoreError) {
    let store = try ResultStore.open(location, for: .write)
    let result = Reports.render(report, as: .json)
    try store.record(
      Look(
        series: series, look: count, runID: runID, verdict: report.verdict.kind,
        restartReason: restartReason, result: String(decoding: result, as: UTF8.self)),
      at: place)
  }
}

extension Look {
  /// True if no further look could follow.
  fileprivate func isFinal(maxLooks: Int) -> Bool {
    verdict == .pass || verdict == .fail || look >= maxLooks
  }
}

extension Verdict {
  /// True if it spent a look: a gate that still learns, or that could not be asked, judged nothing,
  /// and the commit is judged once it can be.
  var isLook: Bool {
    switch kind {
    case .pass, .fail: true
    case .inconclusive: learning == nil
    case .cannotEvaluate: false
    }
  }
}
