import Model
import Plan
import Testing
import Workload

@Suite("A step of a search for a capacity")
struct LoadStepTests {
  private let step = LoadStep(length: .seconds(60), size: .standard)

  private func arrivals(_ step: LoadStep, rate: Double, number: Int = 0) -> [Arrival] {
    let schedule = step.schedule(samplePlan(samples: 4_000), rate: rate, number: number)
    guard case .open(let arrivals) = schedule.profiles[0].load else { return [] }
    return arrivals
  }

  @Test("It has the sustained profile's warm-up, at most a quarter of its length")
  func warmup() {
    #expect(step.warmup == .seconds(5) && step.duration == .seconds(65))
    #expect(LoadStep(length: .seconds(60), size: .quick).warmup == .seconds(2))
    #expect(LoadStep(length: .seconds(4), size: .standard).warmup == .seconds(1))
  }

  @Test("It sends exactly its rate, whatever the plan's rate and samples are")
  func counts() {
    let schedule = step.schedule(samplePlan(samples: 4_000), rate: 12.5, number: 0)
    #expect(schedule.profiles.map(\.kind) == [.sustained])
    #expect(schedule.profiles[0].duration == .seconds(65))
    let all = arrivals(step, rate: 12.5)
    #expect(all.count { $0.at >= .seconds(5) } == 750)
    #expect(step.requests(samplePlan(), rate: 12.5) == all.count)
    #expect(all.map(\.at) == all.map(\.at).sorted())
  }

  @Test("The same number gives the same step, another one other arrivals")
  func seeds() {
    #expect(arrivals(step, rate: 10) == arrivals(step, rate: 10))
    #expect(arrivals(step, rate: 10) != arrivals(step, rate: 10, number: 1))
  }
}
