@preconcurrency import Dispatch
import Glibc
import Model

/// Interrupt and terminate as values that a run looks at, instead of an end in mid-air.
final class Signals: Sendable {
  private struct State: Sendable {
    var received: [Int32] = []
    var onSignal: (@Sendable (_ count: Int) -> Void)?
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
      source.setEventHandler { [state] in
        let (handler, count) = state.withLock { state in
          state.received.append(number)
          return (state.onSignal, state.received.count)
        }
        handler?(count)
      }
      source.resume()
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

  /// The code of the first signal, nil while none came.
  var exitCode: ExitCode? {
    state.withLock { $0.received.first }.map { $0 == SIGTERM ? .terminated : .interrupted }
  }
}
