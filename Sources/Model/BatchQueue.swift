/// What one thread finishes and another one keeps: batches in, everything queued out at once.
///
/// The pusher never waits; the one who drains does. Past the limit elements are refused and
/// counted, so that a recorder that hangs costs a bounded amount of memory and is seen.
public final class BatchQueue<Element: Sendable>: Sendable {
  private struct State: Sendable {
    var elements: [Element] = []
    var refused = 0
    var isClosed = false
  }

  private let state: Locked<State>
  /// Most elements held; a push that would exceed it is refused whole.
  public let limit: Int

  /// An empty, open queue. The default limit is several hundred megabytes of samples: only a
  /// recorder that no longer drains can reach it.
  public init(limit: Int = 1_000_000) {
    precondition(limit > 0, "a queue of \(limit) elements")
    self.limit = limit
    state = Locked(State())
  }

  /// Adds a batch behind what is queued; false if it was refused because the queue is full or
  /// closed. Never waits but for the lock. O(batch).
  @discardableResult
  public func push(_ batch: [Element]) -> Bool {
    if batch.isEmpty { return true }
    return state.withLockNotifying { state in
      guard !state.isClosed, state.elements.count + batch.count <= limit else {
        state.refused += batch.count
        return false
      }
      state.elements.append(contentsOf: batch)
      return true
    }
  }

  /// Waits until there is something, then takes all of it in the order of the pushes; nil once
  /// the queue is closed and empty. Blocks its thread: not for the cooperative pool.
  public func drain() -> [Element]? {
    state.withLock(when: { !$0.elements.isEmpty || $0.isClosed }) { state in
      if state.elements.isEmpty { return nil }
      var taken: [Element] = []
      swap(&taken, &state.elements)
      return taken
    }
  }

  /// Takes no more batches; what is queued can still be drained.
  public func close() {
    state.withLockNotifying { $0.isClosed = true }
  }

  /// Elements that wait to be drained.
  public var count: Int { state.withLock { $0.elements.count } }

  /// Elements that were refused, 0 unless the one who drains has failed.
  public var refused: Int { state.withLock { $0.refused } }
}
