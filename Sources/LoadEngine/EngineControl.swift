import CLinux
import Glibc
public import Model
public import Plan

/// How other threads talk to a running engine: stop it, and see how far it is.
public final class EngineControl: Sendable {
  private struct State: Sendable {
    var grace: Nanos?
    var progress = EngineProgress()
  }

  private let state = Locked(State())
  /// Readable once something changed that the engine should look at.
  let wakeDescriptor: Int32

  /// The control of one run.
  public init() throws(EngineError) {
    wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard wakeDescriptor >= 0 else { throw .system("eventfd", Int(errno)) }
  }

  deinit {
    close(wakeDescriptor)
  }

  /// Sends no more requests, waits up to `grace` for the open streams, and cancels the rest. A
  /// later call can only shorten the grace.
  public func stop(grace: Nanos) {
    state.withLock { state in
      state.grace = min(state.grace ?? grace, grace)
    }
    eventfd_write(wakeDescriptor, 1)
  }

  /// How far the run is; published about ten times a second.
  public var progress: EngineProgress { state.withLock { $0.progress } }

  /// The grace of a stop that was asked for, nil if none was.
  var stopGrace: Nanos? { state.withLock { $0.grace } }

  func publish(_ progress: EngineProgress) {
    state.withLock { $0.progress = progress }
  }
}

/// How far a run is.
public struct EngineProgress: Sendable, Equatable {
  /// The profile that runs, nil before the first.
  public var profile: ProfileKind?
  /// Users who log in, 0 where nobody does.
  public var users = 0
  /// Of those, who have a session; told before load only.
  public var loggedIn = 0
  /// Its index among the run's profiles.
  public var profileIndex = 0
  /// Profiles of the run.
  public var profileCount = 0
  /// Since the profile's start.
  public var elapsed = Nanos.zero
  /// From the profile's start to its last arrival.
  public var duration = Nanos.zero
  /// Requests handed to the transport, in all profiles.
  public var sent = 0
  /// Streams open now.
  public var inFlight = 0
  /// Requests that ended, by outcome, in all profiles.
  public var ended: [Outcome: Int] = [:]
  /// Streams that had a first token, in all profiles.
  public var firstTokens = 0
  /// Events with a token, in all profiles.
  public var tokens = 0
  /// Median `ttft` of the latest first tokens (at most 256); nil before the first.
  public var recentTTFTP50: Nanos?
  /// Their 0.95 quantile.
  public var recentTTFTP95: Nanos?

  /// Nothing done yet.
  public init() {}
}
