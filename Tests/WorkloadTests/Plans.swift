import Model
import Plan

/// A plan of two scenarios, 3 to 1, with `prompts` prompts each.
func samplePlan(
  profiles: [ProfileKind] = ProfileKind.allCases, size: ProfileSize = .standard, rate: Double = 5,
  stressUsers: Int? = 40, samples: Int? = nil, seed: UInt64 = 1, promptCache: PromptCache = .asIs,
  limits: RunLimits = RunLimits(), prices: Prices? = nil
) -> Plan {
  let target = TargetPlan(
    url: SecretText("http://127.0.0.1:8080"), path: "/v1/chat/completions", model: "m")
  return Plan(
    project: "p", target: target,
    scenarios: [
      ScenarioPlan(
        name: "short", weight: 3, prompts: ["a", "b", "c"], maxTokens: 120, target: target),
      ScenarioPlan(
        name: "long", weight: 1, prompts: ["d", "e"], system: "s", maxTokens: 500,
        target: target),
    ],
    promptCache: promptCache, rate: rate, stressUsers: stressUsers, profiles: profiles,
    size: size, samples: samples, seed: seed, limits: limits, prices: prices)
}
