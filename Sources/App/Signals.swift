@preconcurrency import Dispatch
import Glibc
import Model

/// Interrupt and terminate as values that a run looks at, instead of an end in mid-air.
///
/// Until `keep` there is nothing to keep: a signal ends the process at once, with its code. From
/// then on what was measured is stored first.
final class Signals: Sendable {
  private struct State: Sendable {
    var received: [Int32] = []
    var isKeeping = false
    var onSignal: (@Sendable (_ count: Int) -> Void)?
    var beforeLeaving: [Errand: @Sendable () -> Void] = [:]
    /// What waits for something and is to be told, by number.
    var waiters: [Int: @Sendable (ExitCode) -> Void] = [:]
    var nextWaiter = 0

    /// The code of the first signal, nil while none came.
    var code: ExitCode? {
      received.first.map { $0 == SIGTERM ? .terminated : .interrupted }
    }
  }

  private let state = Locked(State())
  private let sources: [any DispatchSourceSignal]

  /// Takes over both signals until the process ends.
  init() {
    let queue = DispatchQueue(label: "signals")
    let watched = [SIGINT, SIGTERM]
    sources = watched.map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
    for (number, source) in zip(watched, sources) {
      source.setEventHandler { [state] in Signals.receive(number, state) }
      source.resume()
    }
  }

  private static func receive(_ number: Int32, _ state: Locked<State>) {
    let now = state.withLock { state -> State in
      state.received.append(number)
      let now = state
      state.waiters = [:]
      return now
    }
    guard now.isKeeping else { leave(now) }
    now.onSignal?(now.received.count)
    for waiter in now.waiters.values { waiter(now.code ?? .interrupted) }
  }

  private static func leave(_ state: State) -> Never {
    for work in state.beforeLeaving.values { work() }
    Console.error("interrupted before load: nothing was measured, nothing is stored")
    _exit((state.code ?? .interrupted).rawValue)
  }

  /// What is done before a signal ends the process.
  enum Errand: Sendable {
    /// Gives back the lease on the endpoint.
    case lease
    /// Says on the forge that there is no verdict.
    case announcement
  }

  /// Does `work` before a signal ends the process, nil for nothing; it takes a few seconds at most.
  func beforeLeaving(_ errand: Errand, _ work: (@Sendable () -> Void)?) {
    state.withLock { $0.beforeLeaving[errand] = work }
  }

  /// From now on there is something to keep. Throws the code of a signal that came meanwhile.
  func keep() throws(ExitCode) {
    state.withLock { $0.isKeeping = true }
    if let exitCode { throw exitCode }
  }

  /// Does what a signal must not cut in two, such as writing a file; a signal in that time ends the
  /// process after it.
  func whole<Value>(_ work: () throws -> Value) rethrows -> Value {
    let before = state.withLock { state -> Bool in
      defer { state.isKeeping = true }
      return state.isKeeping
    }
    defer {
      let now = state.withLock { state -> State in
        state.isKeeping = before
        return state
      }
      if !before, now.code != nil { Signals.leave(now) }
    }
    return try work()
  }

  /// Waits for `work`, but no longer than until a signal: then it throws the signal's code, and
  /// what `work` comes to is forgotten.
  func unlessStopped<Value: Sendable>(
    _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let waiting = Locked<CheckedContinuation<Value, any Error>?>(continuation)
      let end: @Sendable (Result<Value, any Error>) -> Void = { result in
        waiting.withLock { waiting -> CheckedContinuation<Value, any Error>? in
          defer { waiting = nil }
          return waiting
        }?.resume(with: result)
      }
      let (number, code) = state.withLock { state -> (Int, ExitCode?) in
        state.nextWaiter += 1
        state.waiters[state.nextWaiter] = { end(.failure($0)) }
        return (state.nextWaiter, state.code)
      }
      if let code { return end(.failure(code)) }
      Task {
        let result: Result<Value, any Error>
        do { result = .success(try await work()) } catch { result = .failure(error) }
        state.withLock { $0.waiters[number] = nil }
        end(result)
      }
    }
  }

  /// Calls `handler` with how many signals have come whenever one comes; at once if one has.
  func onSignal(_ handler: @escaping @Sendable (_ count: Int) -> Void) {
    let count = state.withLock { state in
      state.onSignal = handler
      return state.received.count
    }
    if count > 0 { handler(count) }
  }

  /// Signals so far.
  var receivedCount: Int { state.withLock { $0.received.count } }

  /// The code of the first signal, nil while none came.
  var exitCode: ExitCode? { state.withLock { $0.code } }
}
