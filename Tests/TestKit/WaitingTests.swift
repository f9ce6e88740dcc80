import Foundation
public import Testing

extension Trait where Self == WaitingTests {
  /// For suites whose tests wait for other programs by calls that hold their thread meanwhile.
  public static var waiting: Self { WaitingTests() }
}

/// Runs tests on threads of their own, some at a time, once this process leaves them a core. The
/// pool that all other tests share has one thread a core: two tests that wait for loads of twenty
/// seconds would hold up everything, and a load beside hundreds of tests that compute is late.
public struct WaitingTests: SuiteTrait, TestTrait, TestScoping {
  /// Each test of a suite is run so.
  public let isRecursive = true

  /// Runs the test's function on one of the threads, up to its first suspension and after each.
  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(WaitingThreads.shared) {
      WaitingTests.waitForCore()
      try await function()
    }
  }

  /// Returns as soon as this process used less than half a core for a moment.
  private static func waitForCore() {
    let moment: UInt32 = 200_000
    var before = usedMicroseconds()
    while true {
      usleep(moment)
      let now = usedMicroseconds()
      if now - before < Int(moment) / 2 { return }
      before = now
    }
  }

  private static func usedMicroseconds() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000
      + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
  }
}

/// Threads that take one job after the other. Unchecked, since the compiler cannot see that
/// `jobs`, all that changes, is touched under `condition` alone.
private final class WaitingThreads: TaskExecutor, @unchecked Sendable {
  /// As many loads at a time as two cores drive without one being late for the other.
  static let shared = WaitingThreads(count: 4)

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

  /// The latest first: a test that goes on comes before those that did not begin.
  private func next() -> UnownedJob {
    condition.withLock {
      while true {
        if let job = jobs.popLast() { return job }
        condition.wait()
      }
    }
  }
}
