import Model
import Plan
import Workload

// What ends a run early: the plan's limits, and a quota that is used up.
extension EngineLoop {
  /// Ends the run unless another engine has. At `cancelAt` the open streams of all engines are
  /// cancelled; nil: they go on to their ends.
  func endRun(_ end: EngineEnd, cancelAt: MonotonicNanos?) {
    let orders = governor.end(end, cancelAt: cancelAt)
    (state.end, state.cancelAt) = (orders.end, orders.cancelAt)
  }

  /// False, and the end of the run, if the right to load has ended: open streams are cancelled.
  func isAllowed(at now: MonotonicNanos) -> Bool {
    if governor.control.allowsLoad(at: now) { return true }
    endRun(.stopped, cancelAt: now)
    return false
  }

  /// True, and the end of the run, if no more may be sent: the open streams go on to their ends.
  func isAtRequestLimit() -> Bool {
    guard let hit = governor.requestLimit() else { return false }
    endRun(.limit(hit), cancelAt: nil)
    return true
  }

  /// Adds what an ended stream used.
  func countUse(_ sample: StreamSample, requestBytes: Int) {
    state.use.inputTokens += sample.usageInputTokens ?? requestBytes / RunUse.bytesPerToken
    state.use.outputTokens += sample.usageOutputTokens ?? sample.contentEvents
    state.endedEvents += sample.contentEvents
  }

  /// Ends the run at a limit of tokens or cost.
  func heedBudget(at now: MonotonicNanos) {
    noteUse()
    guard state.end == nil, let hit = governor.budgetHit() else { return }
    endRun(.limit(hit), cancelAt: now)
  }

  /// Tells the governor what this engine has used, what open streams have sent included.
  func noteUse() {
    var use = state.use
    use.outputTokens += wiring.pointee.tokens - state.endedEvents
    governor.noteUse(use, of: share.index)
  }

  /// Ends the run if its warm-up, once over, says that the quota is used up.
  func heedQuota(at now: MonotonicNanos) {
    guard state.end == nil, job.isQuotaWatched, profile.warmup > .zero,
      now >= profile.measuredFrom, let hit = governor.judgeWarmup()
    else { return }
    endRun(.quota(hit), cancelAt: now)
  }

  /// Looks at one answer 429.
  func noteRefusal(_ sample: StreamSample, at now: MonotonicNanos) {
    if sample.isWarmup { governor.countRefused() }
    guard state.end == nil, job.isQuotaWatched, let retryAfter = sample.evidence?.retryAfter
    else { return }
    let profiles = job.schedule.profiles
    let later = profiles[(profile.index + 1)...].reduce(Nanos.zero) { $0 + $1.duration }
    let left = max(profile.startedAt + profile.duration - now, .zero) + later
    let length = profiles.reduce(Nanos.zero) { $0 + $1.duration }
    if let hit = QuotaWatch.judge(retryAfter: retryAfter, left: left, length: length) {
      endRun(.quota(hit), cancelAt: now)
    }
  }
}
