import Foundation
public import Testing

extension Trait where Self == WaitingTests {
  /// For suites whose tests wait for other programs by calls that hold their thread meanwhile.
  public static var waiting: Self { WaitingTests() }
}

/// Runs tests on threads of their own, some at a time. The pool that all other tests share has one
/// thread a core: two tests that wait for loads of twenty seconds would hold up everything.
public struct WaitingTests: SuiteTrait, TestTrait, TestScoping {
  /// Each test of a suite is run so.
  public let isRecursive = true

  /// Runs the test's function on one of the threads, up to its first suspension and after each.
  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(WaitingThreads.shared) { try await function() }
  }
}

/// Threads that take one job after the other.
private final class WaitingThreads: TaskExecutor, @unchecked Sendable {
  /// As many loads at a time as two cores drive without one being late for the other.
  static let shared = WaitingThreads(count: 3)

  private let condition = NSCondition()
  private var jobs: [UnownedJob] = []

  init(count: Int) {
    for _ in 0..<count { Thread { [self] in while true { run(next()) } }.start() }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    condition.withLock {
      jobs.append(job)
      condition.signal()
    }
  }

  private func run(_ job: UnownedJob) {
    job.runSynchronously(on: asUnownedTaskExecutor())
  }

  private func next() -> UnownedJob {
    condition.withLock {
      while jobs.isEmpty { condition.wait() }
      return jobs.removeFirst()
    }
  }
}
