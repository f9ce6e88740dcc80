import Glibc

/// A value behind a lock that threads share: every look at it holds the lock.
///
/// A pthread mutex and not `Synchronization.Mutex`: ThreadSanitizer sees no lock in the latter's
/// contended path on Linux (Swift 6.3.1) and reports races that are none, which would drown the
/// true ones. This is the one file with `@unchecked Sendable`: the value is reached only with the
/// mutex held, and mutex and condition stay at one address from `init` to `deinit`.
public final class Locked<Value: Sendable>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private var value: Value

  /// A lock around a first value.
  public init(_ value: Value) {
    self.value = value
    mutex = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    let mutexCode = pthread_mutex_init(mutex, nil)
    let conditionCode = pthread_cond_init(changed, nil)
    precondition(mutexCode == 0 && conditionCode == 0, "no lock: \(mutexCode), \(conditionCode)")
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Does `body` with the value, alone; the lock is not recursive.
  public func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }

  /// As `withLock`, and wakes every thread that waits for a condition on the value.
  public func withLockNotifying<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(mutex)
    }
    return try body(&value)
  }

  /// Blocks the thread until `condition` holds, then does `body` with the value, alone. Looks
  /// again after each `withLockNotifying`. Not for the cooperative pool's threads.
  public func withLock<Result, Failure: Error>(
    when condition: (Value) -> Bool, _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !condition(value) { pthread_cond_wait(changed, mutex) }
    return try body(&value)
  }
}
