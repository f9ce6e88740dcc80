import Model
import Plan
import Workload

// What others see of a running engine.
extension EngineLoop {
  /// How far this engine's part of the run is. Called about ten times a second: O(buckets), and
  /// what it shares with the loop is copied once more when the loop next counts.
  func progress(at now: MonotonicNanos) -> EngineProgress {
    var progress = EngineProgress()
    fillPlace(&progress, at: now)
    progress.stamp = now
    progress.inFlight = openCount
    if state.end == nil, let nextStart { progress.lateBy = max(now - nextStart, .zero) }
    progress.arrivalsDue = state.arrivalsBefore + profile.arrivalsDue(at: now)
    progress.arrivalsSent = state.arrivalsSent
    progress.sent = state.sent
    for outcome in Outcome.allCases where state.ended[Int(outcome.rawValue)] > 0 {
      progress.ended[outcome] = state.ended[Int(outcome.rawValue)]
    }
    progress.firstTokens = wiring.pointee.firstTokens
    progress.tokens = wiring.pointee.tokens
    progress.ttft = wiring.pointee.ttft
    let lags = selfMeter.lagsOfAll
    progress.loopLag = lags.loop
    progress.timerLag = lags.timer
    progress.blindTime = lags.blind
    progress.scheduleLag = lags.schedule
    progress.cpuShare = selfMeter.resources.cpuShare
    progress.cpuWaitShare = selfMeter.resources.cpuWaitShare
    progress.scenarios = state.scenarios
    return progress
  }

  private func fillPlace(_ progress: inout EngineProgress, at now: MonotonicNanos) {
    let profiles = job.schedule.profiles
    progress.profile = profile.kind
    progress.profileIndex = profile.index
    progress.profileCount = profiles.count
    progress.elapsed = max(now - profile.startedAt, .zero)
    progress.duration = profile.duration
    progress.laterDuration = profiles.dropFirst(profile.index + 1)
      .reduce(Nanos.zero) { $0 + $1.duration }
    progress.stage = profile.stage(at: now)
    progress.stageCount = profile.stageCount
    progress.targetRate = profile.stageRates[progress.stage]
    progress.targetUsers = profile.userCount
  }
}
