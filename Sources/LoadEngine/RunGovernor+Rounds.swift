import CLinux
import Glibc
import Model
import Plan
import Workload

/// One profile's time zero.
struct ProfileStart: Sendable {
  let index: Int
  let at: MonotonicNanos
}

/// What comes after a round: another profile, or nothing.
enum NextRound: Sendable {
  case profile(ProfileStart)
  case over
}

/// The rounds of a run: what comes before load, and each profile. All engines begin a round at the
/// same moment, once every one of them is through with the round before.
struct Rounds: Sendable {
  /// Rounds that all engines are through with.
  var done = 0
  /// Engines that are through with the present one.
  var arrived = 0
  /// What follows the last one that is done.
  var next = NextRound.over
  /// The profile that is under way, nil before load.
  var current: ProfileStart?
  /// Requests of it that were handed to the transport, by the engines that are through.
  var sent = 0
  var ends: [ProfileEnd] = []
  /// Time zero of the first profile, on both clocks.
  var startedAt = MonotonicNanos(0)
  var wallStart = UnixNanos(0)
}

extension RunGovernor {
  /// From the decision to start a profile to its time zero, so that an arrival at zero is no late
  /// one.
  private static let profileLead = Nanos.milliseconds(10)

  /// An engine is through with its part of the present round, in which it sent so many requests.
  func arrive(sent: Int) {
    let isLast = state.withLock { state in
      state.rounds.arrived += 1
      state.rounds.sent += sent
      guard state.rounds.arrived == job.engines else { return false }
      beginRound(&state)
      return true
    }
    if isLast { wakeOthers() }
  }

  /// What follows the first `count` rounds, nil while an engine is not through with them.
  func next(after count: Int) -> NextRound? {
    state.withLock { $0.rounds.done >= count ? $0.rounds.next : nil }
  }

  /// The first profile's time zero, once all engines were ready for it.
  var startedAt: MonotonicNanos { state.withLock { $0.rounds.startedAt } }

  /// All engines are through: ends the round, and starts the next one.
  private func beginRound(_ state: inout GovernorState) {
    let now = monotonicNow()
    let profiles = job.schedule.profiles
    if let current = state.rounds.current {
      if state.orders.end == nil, let firing = state.window.firingAtEnd {
        state.orders.end = .aborted(
          Abort(
            profile: profiles[current.index].kind.rawValue, rule: job.abort.text,
            at: now - current.at, isBeyondClient: firing.isBeyondClient))
      }
      state.rounds.ends.append(
        ProfileEnd(
          kind: profiles[current.index].kind, startedAt: current.at - state.rounds.startedAt,
          duration: now - current.at, sent: state.rounds.sent))
    } else {
      state.rounds.startedAt = now + RunGovernor.profileLead
      state.rounds.wallStart = RunGovernor.wallClock(after: RunGovernor.profileLead)
    }
    state.rounds.arrived = 0
    state.rounds.sent = 0
    state.rounds.done += 1
    let index = state.rounds.current.map { $0.index + 1 } ?? 0
    guard index < profiles.count, state.orders.end == nil else {
      state.rounds.next = .over
      return
    }
    let start = ProfileStart(index: index, at: now + RunGovernor.profileLead)
    state.rounds.current = start
    state.rounds.next = .profile(start)
    state.window = AbortWindow(
      rule: job.abort, measuredFrom: start.at + profiles[index].warmup)
    state.quota.begin()
  }

  /// The run's only reading of the wall clock.
  private static func wallClock(after lead: Nanos) -> UnixNanos {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UnixNanos(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec) + lead.rawValue)
  }
}
