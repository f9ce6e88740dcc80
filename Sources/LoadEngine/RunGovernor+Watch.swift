import Model
import Plan

// What ends a run early by what all its engines saw together.
extension RunGovernor {
  /// That the abort rule fires.
  struct AbortFiring {
    /// True if failures that a slow client cannot cause are enough for it.
    let isBeyondClient: Bool
  }

  /// Counts a stream that ended; nil unless the abort rule fires. After the last arrival, in the
  /// profile's tail, only the slow and the failed are left: their share alone says nothing.
  func countEnded(
    isError: Bool, isBeyondClient: Bool, at now: MonotonicNanos, isTail: Bool
  ) -> AbortFiring? {
    state.withLock { state in
      state.window.count(isError: isError, isBeyondClient: isBeyondClient)
      guard !isTail,
        state.window.add(isError: isError, isBeyondClient: isBeyondClient, at: now)
      else { return nil }
      return AbortFiring(isBeyondClient: state.window.firesWithoutClient)
    }
  }

  /// An engine stood still for long: what ended so far says nothing of the service.
  func restartWindow(at now: MonotonicNanos) {
    state.withLock { $0.window.restart(at: now) }
  }

  /// The limit of requests that was reached, nil while one more may be sent.
  func requestLimit() -> LimitHit? {
    guard let limit = job.budget.limits.requests else { return nil }
    let use = state.withLock { $0.use }
    guard !job.budget.allowsRequest(after: use) else { return nil }
    return LimitHit(
      path: "limits.requests", limit: "\(limit)",
      used: "\(job.budget.before.requests + use.requests)")
  }

  /// Takes an engine's word on the tokens that it has used so far, those of open streams included.
  func noteUse(_ use: RunUse, of engine: Int) {
    state.withLock { state in
      state.uses[engine] = use
      state.use.inputTokens = state.uses.reduce(0) { $0 + $1.inputTokens }
      state.use.outputTokens = state.uses.reduce(0) { $0 + $1.outputTokens }
    }
  }

  /// The limit of tokens or cost that all engines together have reached, nil while there is none.
  func budgetHit() -> LimitHit? {
    job.budget.reached(by: state.withLock { $0.use })
  }

  /// A request of the warm-up was refused with 429.
  func countRefused() {
    state.withLock { $0.quota.countRefused() }
  }

  /// Judges the warm-up once it is over; the sign of a quota that is used up, nil for none.
  func judgeWarmup() -> QuotaHit? {
    state.withLock { $0.quota.judgeWarmup() }
  }
}
