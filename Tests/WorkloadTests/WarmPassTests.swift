import Model
import Plan
import Testing
import Workload

@Suite struct WarmPassTests {
  @Test("A warm pass sends every prompt once, at the plan's rate, all of it warm-up")
  func pass() throws {
    let schedule = try #require(Schedule.warmPass(samplePlan(rate: 4, promptCache: .warm)))
    let profile = try #require(schedule.profiles.first)
    guard case .open(let arrivals) = profile.load, schedule.profiles.count == 1 else {
      Issue.record("not one open loop")
      return
    }
    // By name: long has two prompts, short three.
    let sent = arrivals.map { "\($0.request.scenario).\($0.request.prompt)" }
    #expect(sent == ["1.0", "1.1", "0.0", "0.1", "0.2"])
    #expect(arrivals.map(\.at.milliseconds) == [0, 250, 500, 750, 1_000])
    #expect(profile.duration == .milliseconds(1_250) && profile.warmup == profile.duration)
  }

  @Test("Plans without a warm cache have no such pass, and a pass changes no schedule")
  func others() {
    for cache in [PromptCache.asIs, .bust] {
      let plan = samplePlan(promptCache: cache)
      #expect(Schedule.warmPass(plan) == nil)
      #expect(RunEstimate(plan).warmPassRequests == 0)
    }
    #expect(Schedule.make(samplePlan(promptCache: .warm)) == Schedule.make(samplePlan()))
  }

  @Test("A warm pass counts in requests, tokens, time and limits")
  func estimate() {
    func plan(_ cache: PromptCache, requests: Int) -> Plan {
      samplePlan(
        profiles: [.sustained], promptCache: cache, limits: RunLimits(requests: requests))
    }
    let (cold, warm) = (RunEstimate(plan(.asIs, requests: 904)), plan(.warm, requests: 904))
    let estimate = RunEstimate(warm)
    #expect(estimate.warmPassRequests == 5 && estimate.requests == cold.requests + 5)
    #expect(estimate.outputTokens == cold.outputTokens + 3 * 120 + 2 * 500)
    #expect(estimate.inputTokens == cold.inputTokens + 5)
    #expect(estimate.duration == cold.duration + .seconds(1))
    #expect(estimate.problems(warm).map(\.path) == ["limits.requests"])
    let enough = plan(.warm, requests: 905)
    #expect(RunEstimate(enough).problems(enough).isEmpty)
  }
}
