import Glibc
public import Model

/// What this process waits for in its stores, on whichever thread: for whoever tells a person why
/// nothing happens.
public enum StoreWaits {
  private static let waits = Locked<[Int: StoreWait]>([:])
  private static let next = Locked(0)

  /// The wait that has lasted longest, nil while no store is waited for. O(waits).
  public static var longest: StoreWait? { all.min { $0.begunAt < $1.begunAt } }

  /// Everything that is waited for.
  static var all: [StoreWait] { waits.withLock { Array($0.values) } }

  /// Does `body`, which may wait for a store.
  static func during<Value, Failed: Error>(
    _ kind: StoreWait.Kind, of store: String, atMost limit: Nanos,
    _ body: () throws(Failed) -> Value
  ) throws(Failed) -> Value {
    let wait = StoreWait(store: store, kind: kind, limit: limit, begunAt: now())
    let number = next.withLock { next in
      next += 1
      return next
    }
    waits.withLock { $0[number] = wait }
    defer { waits.withLock { $0[number] = nil } }
    return try body()
  }

  private static func now() -> MonotonicNanos {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicNanos(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }
}

/// A store that is waited for.
public struct StoreWait: Sendable, Equatable {
  /// What the store is asked for.
  public enum Kind: Sendable {
    /// A connection to a server.
    case connection
    /// A word of a server: it is given up after `limit` without one.
    case answer
    /// A file that other processes may have locked: a lock is waited for up to `limit`.
    case file
  }

  /// Where it is, without a password.
  public var store: String
  /// What it is asked for.
  public var kind: Kind
  /// How long it may take.
  public var limit: Nanos
  /// Since when.
  public var begunAt: MonotonicNanos

  /// A wait.
  public init(store: String, kind: Kind, limit: Nanos, begunAt: MonotonicNanos) {
    self.store = store
    self.kind = kind
    self.limit = limit
    self.begunAt = begunAt
  }
}
