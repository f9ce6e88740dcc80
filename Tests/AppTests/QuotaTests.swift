import Forge
import Model
import TestKit
import Testing

@testable import App

@Suite("Whose fault a refusal with 429 is")
struct QuotaTests {
  private func run(_ id: String, refused: Double?, branch: String = "main") -> RunRecord {
    var record = RunRecord(header: Build.header(runID: id))
    record.header.branch = branch
    record.figures =
      refused.map {
        [
          ReportFigure(
            profile: "sustained", scenario: "", name: "outcome.http_429", value: $0, n: 9)
        ]
      } ?? []
    return record
  }

  private func isQuota(_ runs: [RunRecord]) -> Bool {
    var history = History(queue: QueuePlaces(into: "main", git: Git(environment: [:])))
    history.runs = runs
    return history.isQuotaTheCause
  }

  @Test("It is the quota's where main's runs saw some too, or there are none")
  func cause() {
    #expect(isQuota([]))
    #expect(isQuota([run("a", refused: 3), run("b", refused: nil)]))
    #expect(!isQuota([run("a", refused: nil), run("b", refused: nil)]))
    // What other branches saw says nothing, and an unusable run of main is none.
    #expect(!isQuota([run("a", refused: nil), run("b", refused: 3, branch: "change")]))
    var unusable = run("a", refused: nil)
    unusable.header.isUsable = false
    #expect(isQuota([unusable]))
  }
}
