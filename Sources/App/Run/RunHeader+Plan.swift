import Model
import Plan
import ResultStore

extension RunHeader {
  /// The header of a run of a plan that starts now, under a new id; `reference` is what it is
  /// measured against, nil before the environment has one.
  init(
    of plan: Plan, _ loaded: LoadedPlan, as identity: CandidateIdentity,
    reference: EnvironmentReference? = nil
  ) {
    var random = SystemRandomNumberGenerator()
    let bytes = (0..<UUIDv7.randomBytes).map { _ in
      UInt8.random(in: .min ... .max, using: &random)
    }
    let now = Clock.unix()
    self.init(
      runID: UUIDv7.make(at: now, random: bytes),
      project: plan.project, commit: identity.commit, testedCommit: identity.testedCommit,
      branch: identity.branch, environment: loaded.environment,
      planDigest: loaded.digest, startedAt: now,
      timeout: plan.scenarios.map(\.target.timeouts.total).max() ?? plan.target.timeouts.total,
      profiles: plan.profiles.map(\.rawValue), scenarios: plan.scenarios.map(\.name),
      unstreamedScenarios: plan.scenarios.filter { !$0.target.isStreamed }.map(\.name),
      referenceTokens: reference?.referenceTokens ?? [:], stallGap: reference?.stallGap,
      exploration: loaded.exploration, version: App.version)
  }
}
