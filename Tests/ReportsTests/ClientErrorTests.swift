import Model
import Testing

@testable import Reports

@Suite("The client's error beside the effect")
struct ClientErrorTests {
  private static func model(
    _ item: ReportCase, _ change: (inout SelfCheck?) -> Void
  ) -> ReportModel {
    var item = item
    change(&item.candidates[item.candidates.count - 1].header.selfCheck)
    return item.model
  }

  @Test("An error of more than a tenth of the effect is warned of, whichever of both it is")
  func large() {
    // The effect is 17.3 ms.
    let small = Self.model(.pass) { $0?.loopLagP99 = .microseconds(1_700) }
    #expect(!small.warnings.contains { $0.contains("client's error") })
    let stamps = Self.model(.pass) { $0?.loopLagP99 = .microseconds(1_800) }
    #expect(stamps.warnings.last?.hasPrefix("The client's error is more than a tenth") == true)
    let sends = Self.model(.pass) { $0?.scheduleLagP99 = .milliseconds(4) }
    #expect(sends.warnings.last?.hasPrefix("The client's error is more than a tenth") == true)
    #expect(sends.clientError.contains("stamps within 210 µs (p99 loop lag), sends 4.00 ms late"))
  }

  @Test("Every verdict says the bound, and one without figures on its client that it has none")
  func everyVerdict() {
    for item in ReportCase.all {
      #expect(item.model.clientError.hasPrefix("Client error: "), "\(item.name)")
    }
    let unknown = Self.model(.pass) { $0 = nil }
    #expect(unknown.clientError.contains("not known"))
    #expect(unknown.warnings == ReportCase.pass.model.warnings)
  }

  @Test("The machine's figures stand among the details, what is not known left out")
  func resources() {
    var resources = ClientResources()
    resources.cpuShareMax = 0.42
    resources.pauses = 2
    resources.pausedTotal = .milliseconds(120)
    resources.descriptorsAllowed = 1_024
    resources.descriptorsMax = 91
    resources.connectionsMinuteMax = 64
    resources.portsMissing = 3
    let model = Self.model(.pass) { $0?.resources = resources }
    let facts = Dictionary(uniqueKeysWithValues: model.details.map { ($0.label, $0.text) })
    #expect(facts["client's CPU"] == "42.0 % of a core in the busiest second")
    #expect(facts["client's pauses"] == "2 times, 120 ms in all")
    #expect(
      facts["client's limits"]
        == "at most 91 of 1024 open files, at most 64 connections opened in a minute, 3 requests"
        + " without one")
  }
}
