import Model
import Plan
import Workload

// What ends a run early: the plan's limits, and a quota that is used up.
extension EngineLoop {
  /// No more may be sent: the open streams go on to their ends.
  func endAtRequestLimit() {
    guard let limit = job.budget.limits.requests else { return }
    state.end = .limit(
      LimitHit(
        path: "limits.requests", limit: "\(limit)",
        used: "\(job.budget.before.requests + state.use.requests)"))
  }

  /// Adds what an ended stream used.
  func countUse(_ sample: StreamSample, requestBytes: Int) {
    state.use.inputTokens += sample.usageInputTokens ?? requestBytes / RunUse.bytesPerToken
    state.use.outputTokens += sample.usageOutputTokens ?? sample.contentEvents
    state.endedEvents += sample.contentEvents
  }

  /// Ends the run at a limit of tokens or cost, what open streams have sent included.
  func heedBudget(at now: MonotonicNanos) {
    guard state.end == nil else { return }
    var use = state.use
    use.outputTokens += wiring.pointee.tokens - state.endedEvents
    guard let hit = job.budget.reached(by: use) else { return }
    state.end = .limit(hit)
    state.cancelAt = now
  }

  /// Ends the run if its warm-up, once over, says that the quota is used up.
  func heedQuota(at now: MonotonicNanos) {
    guard state.end == nil, job.isQuotaWatched, profile.warmup > .zero,
      now >= profile.measuredFrom, let hit = state.quota.judgeWarmup()
    else { return }
    endByQuota(hit, at: now)
  }

  /// Looks at one answer 429.
  func noteRefusal(_ sample: StreamSample, at now: MonotonicNanos) {
    if sample.isWarmup { state.quota.countRefused() }
    guard state.end == nil, job.isQuotaWatched, let retryAfter = sample.evidence?.retryAfter
    else { return }
    let profiles = job.schedule.profiles
    let later = profiles[(profile.index + 1)...].reduce(Nanos.zero) { $0 + $1.duration }
    let left = max(profile.startedAt + profile.duration - now, .zero) + later
    let length = profiles.reduce(Nanos.zero) { $0 + $1.duration }
    if let hit = QuotaWatch.judge(retryAfter: retryAfter, left: left, length: length) {
      endByQuota(hit, at: now)
    }
  }

  private func endByQuota(_ hit: QuotaHit, at now: MonotonicNanos) {
    state.end = .quota(hit)
    state.cancelAt = now
  }
}
