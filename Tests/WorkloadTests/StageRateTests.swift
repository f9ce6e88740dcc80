import Model
import Plan
import Testing

@testable import Workload

@Suite("What a stage has scheduled a second")
struct StageRateTests {
  private func arrival(_ at: Nanos, stage: Int, turns: Int = 0) -> Arrival {
    let request = PlannedRequest(scenario: 0, prompt: 0)
    return Arrival(
      at: at, request: request, stage: stage,
      laterTurns: [LaterTurn](
        repeating: LaterTurn(think: .zero, request: request), count: turns))
  }

  @Test("Counts its requests, later turns too, over its length, wherever the first and last are")
  func open() {
    let arrivals = [
      arrival(.seconds(4), stage: 0), arrival(.milliseconds(4_010), stage: 0, turns: 2),
      arrival(.seconds(7), stage: 1),
    ]
    var profile = ProfileSchedule(
      kind: .rampUp, duration: .seconds(10), warmup: .zero, stageCount: 2, load: .open(arrivals))
    #expect(profile.requestRates == [4.0 / 5, 1.0 / 5])
    #expect(profile.stageRates { place, _ in place > 0 ? 1 : 0 } == [1.0 / 5, 1.0 / 5])
    profile.load = .closed([])
    #expect(profile.requestRates == nil)
  }

  @Test("The ramp's stages have its rates, 0.1 to 1.5 of the plan's")
  func ramp() throws {
    let plan = samplePlan(profiles: [.rampUp, .sustained], rate: 20)
    let rates = Schedule.make(plan).requestRates
    let ramp = try #require(rates["ramp-up"])
    #expect(ramp.count == 10 && abs(ramp[0] - 2) < 0.1 && abs(ramp[9] - 30) < 0.1)
    #expect(rates["sustained"]?.count == 1)
  }
}
