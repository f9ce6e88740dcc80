import CLinux
import Glibc
public import Model

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
