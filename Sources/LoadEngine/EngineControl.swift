import CLinux
import Glibc
public import Model

/// How other threads talk to a run's engines: stop them, and see how far they are.
public final class EngineControl: Sendable {
  private struct State: Sendable {
    var grace: Nanos?
    /// When the right to load ends, nil for never.
    var allowedUntil: MonotonicNanos?
    /// By engine.
    var parts: [Int: EngineProgress] = [:]
  }

  private let state = Locked(State())
  /// Readable once something changed that the engines should look at. All of them watch this one:
  /// each write calls every epoll that has it edge-triggered, and nobody reads it.
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
    wake()
  }

  /// From that moment on nothing is sent and what is open is cancelled, as by a stop without grace:
  /// also where nobody could call `stop` in time, since the whole process stood still. A later call
  /// puts it off.
  public func allowLoad(until end: MonotonicNanos) {
    state.withLock { $0.allowedUntil = end }
  }

  /// How far the run is; published about ten times a second by each engine.
  public var progress: EngineProgress {
    let parts = state.withLock { $0.parts }.values
    return parts.dropFirst().reduce(into: parts.first ?? EngineProgress()) { $0.merge($1) }
  }

  /// Calls all engines.
  func wake() {
    eventfd_write(wakeDescriptor, 1)
  }

  /// The grace of a stop that was asked for, nil if none was.
  var stopGrace: Nanos? { state.withLock { $0.grace } }

  /// True unless the right to load has ended.
  func allowsLoad(at now: MonotonicNanos) -> Bool {
    state.withLock { $0.allowedUntil.map { now < $0 } ?? true }
  }

  func publish(_ progress: EngineProgress, of engine: Int) {
    state.withLock { $0.parts[engine] = progress }
  }
}
