import Dispatch
import Model

/// What `body` gives for each place from 0 on, by as many threads as there are cores.
func concurrently<Value: Sendable>(
  _ count: Int, _ body: @Sendable (Int) -> Value
) -> [Value] {
  let values = Locked([Value?](repeating: nil, count: count))
  DispatchQueue.concurrentPerform(iterations: count) { place in
    let value = body(place)
    values.withLock { $0[place] = value }
  }
  return values.withLock { $0.compactMap { $0 } }
}
