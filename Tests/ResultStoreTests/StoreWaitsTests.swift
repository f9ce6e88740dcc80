import Glibc
import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("What waits for a store can be seen", .waiting)
struct StoreWaitsTests {
  private func waits(for place: StoreLocation) -> [StoreWait] {
    StoreWaits.all.filter { $0.store == place.description }
  }

  private func now() -> MonotonicNanos {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicNanos(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  @Test("A file that another process has locked is waited for, and no longer once it is free")
  func locked() throws {
    let place = try TestStore(.sqlite)
    let other = try place.open()
    try other.driver.execute("BEGIN EXCLUSIVE")
    let limits = StoreLimits(lock: .seconds(600))
    let location = place.location
    let end = Locked<Result<Int, StoreError>?>(nil)
    let code = startThread {
      let result = Result { () throws(StoreError) -> Int in
        try ResultStore.open(location, for: .write, limits: limits).checkWritable()
        return 1
      }
      end.withLock { $0 = result }
    }
    #expect(code == 0)
    // Every statement is such a wait for a moment: what has lasted is the lock's.
    func lasting() -> StoreWait? {
      waits(for: location).first { now() - $0.begunAt > .milliseconds(100) }
    }
    while lasting() == nil, end.withLock({ $0 == nil }) { sched_yield() }
    let wait = try #require(lasting(), "nothing waited for the lock")
    #expect(wait.kind == .file && wait.limit == .seconds(600))
    try other.driver.execute("ROLLBACK")
    while end.withLock({ $0 == nil }) { sched_yield() }
    #expect(end.withLock { $0 } == .success(1))
    #expect(waits(for: location).isEmpty)
  }

  @Test(
    "A server that says nothing is waited for until it is given up",
    .enabled(if: StoreKind.server != nil))
  func frozen() throws {
    let place = try TestStore(.postgres)
    _ = try place.open()
    let proxy = try FreezingProxy(to: place.location)
    let limits = StoreLimits(connect: .milliseconds(200), statement: .seconds(3))
    let store = try ResultStore.open(proxy.location, for: .read, limits: limits)
    proxy.freeze()
    let location = proxy.location
    let seen = Locked<StoreWait?>(nil)
    let isOver = Locked(false)
    let code = startThread {
      while !isOver.withLock({ $0 }) {
        if let wait = StoreWaits.all.first(where: { $0.store == location.description }) {
          seen.withLock { $0 = $0 ?? wait }
        }
        sched_yield()
      }
    }
    #expect(code == 0)
    #expect(throws: StoreError.self) { try store.runs(RunFilter()) }
    isOver.withLock { $0 = true }
    let wait = try #require(seen.withLock { $0 })
    #expect(wait.kind == .answer && wait.limit == .milliseconds(3_200))
    #expect(waits(for: location).isEmpty)
  }
}
