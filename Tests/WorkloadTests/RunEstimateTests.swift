import Model
import Plan
import Testing
import Workload

@Suite struct RunEstimateTests {
  @Test("An open loop's estimate is what its schedule has, in every cell")
  func exact() {
    for size in [ProfileSize.quick, .standard] {
      let plan = samplePlan(profiles: [.rampUp, .sustained], size: size, samples: 60)
      let estimate = RunEstimate(plan)
      for (profile, expected) in zip(Schedule.make(plan).profiles, estimate.profiles) {
        guard case .open(let arrivals) = profile.load else { continue }
        #expect(expected.requests == arrivals.count)
        #expect(expected.duration == profile.duration)
        for (index, cell) in expected.cells.enumerated() {
          let n = arrivals.filter {
            $0.at >= profile.warmup && $0.request.scenario == index
          }.count
          #expect(cell.n == n && cell.nMax == n && cell.isExact)
        }
      }
    }
  }

  @Test("Totals are requests times tokens times prices")
  func totals() {
    let plan = samplePlan(
      profiles: [.sustained], prices: Prices(input: 1, output: 10))
    let estimate = RunEstimate(plan)
    #expect(estimate.requests == 900)
    // 675 of 120 tokens and 225 of 500; one byte is one token, two bytes are one token.
    #expect(estimate.outputTokens == 193_500)
    #expect(estimate.inputTokens == 900)
    #expect(estimate.cost == 1.9359)
    #expect(estimate.duration == .seconds(180))
  }

  @Test("A plan that asks for more than its limits is refused for each of them")
  func limits() {
    let plan = samplePlan(
      profiles: [.sustained], limits: RunLimits(requests: 899, outputTokens: 193_499, cost: 1),
      prices: Prices(input: 1, output: 10))
    #expect(
      RunEstimate(plan).problems(plan).map(\.path) == [
        "limits.requests", "limits.outputTokens", "limits.cost",
      ])
    let enough = samplePlan(
      profiles: [.sustained], limits: RunLimits(requests: 900, outputTokens: 193_500, cost: 2),
      prices: Prices(input: 1, output: 10))
    #expect(RunEstimate(enough).problems(enough).isEmpty)
  }

  @Test("A plan of which nothing could be judged is refused, with the way out")
  func floor() {
    // 18 s at 2 a second: 36 after warm-up, 27 of the commoner scenario.
    let plan = samplePlan(profiles: [.sustained], size: .quick, rate: 2)
    #expect(
      RunEstimate(plan).problems(plan).map { $0.text(file: "f") } == [
        "f: rate: no cell reaches 30 requests, the least for ttft_p50 (most: 27); "
          + "raise rate or size, or set samples: 30"
      ])
    let stretched = samplePlan(profiles: [.sustained], size: .quick, rate: 2, samples: 30)
    #expect(RunEstimate(stretched).problems(stretched).isEmpty)
    // Users may be quick enough: a closed loop is refused only where even that is too few.
    let users = samplePlan(profiles: [.stress], size: .quick, stressUsers: 6)
    #expect(RunEstimate(users).problems(users).isEmpty)
    let few = samplePlan(profiles: [.stress], size: .quick, stressUsers: 3)
    #expect(RunEstimate(few).problems(few).map(\.path) == ["rate"])
  }

  @Test("A rate or sample that would never end is refused before a schedule is made")
  func endless() {
    let fast = samplePlan(profiles: [.sustained], size: .soak, rate: 100_000)
    #expect(RunEstimate(fast).problems(fast).map(\.path) == ["rate"])
    let slow = samplePlan(profiles: [.sustained], rate: 0.001, samples: 1_000)
    #expect(RunEstimate(slow).problems(slow).map(\.path).first == "samples")
  }
}
