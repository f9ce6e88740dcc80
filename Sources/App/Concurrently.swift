import Dispatch
import Foundation
import Model

/// What `body` gives for each place from 0 on, by as many threads as there are cores.
func concurrently<Value: Sendable>(
  _ count: Int, _ body: @Sendable (Int) -> Value
) -> [Value] {
  // No thread has it any more once the work is finished.
  withoutActuallyEscaping(body) { body in
    let work = SharedWork(count, body)
    work.begin()
    return work.finish()
  }
}

/// The same, while `own` is done here first; what both gave.
func concurrently<Own, Value: Sendable>(
  _ count: Int, _ body: @escaping @Sendable (Int) -> Value, beside own: () throws -> Own
) throws -> (own: Own, values: [Value]) {
  let work = SharedWork(count, body)
  work.begin()
  let result = Result { try own() }
  let values = work.finish()
  return (try result.get(), values)
}

/// Places that threads take one after the other. Not `concurrentPerform`: beside other work of the
/// caller's that gets by with one thread.
private final class SharedWork<Value: Sendable>: Sendable {
  private let count: Int
  private let body: @Sendable (Int) -> Value
  private let next = Locked(0)
  private let values: Locked<[Value?]>
  private let others = DispatchGroup()

  init(_ count: Int, _ body: @escaping @Sendable (Int) -> Value) {
    self.count = count
    self.body = body
    values = Locked([Value?](repeating: nil, count: count))
  }

  /// Starts the other threads: with the caller's one for each core. Threads of its own: where the
  /// process may use one core only, a queue of Dispatch's begins no work for a second.
  func begin() {
    for _ in 1..<max(1, min(count, ProcessInfo.processInfo.activeProcessorCount)) {
      others.enter()
      Thread {
        self.take()
        self.others.leave()
      }.start()
    }
  }

  /// Takes part in what is left, and waits for the others; the values in order.
  func finish() -> [Value] {
    take()
    others.wait()
    return values.withLock { $0.compactMap { $0 } }
  }

  private func take() {
    while true {
      let place = next.withLock { next in
        defer { next += 1 }
        return next
      }
      guard place < count else { return }
      let value = body(place)
      values.withLock { $0[place] = value }
    }
  }
}
