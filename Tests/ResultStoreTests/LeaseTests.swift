import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("The lease on an endpoint")
struct LeaseTests {
  private static let target = "http://model.example:8080"
  private static let hour = Nanos.seconds(3_600)
  /// Signs of life without pause, and a term that no test outlives.
  private static let rhythm = LeaseRhythm(
    term: hour, beat: .milliseconds(5), pause: .milliseconds(5))

  private static func holder(_ name: String) -> LeaseHolder {
    LeaseHolder(id: name, host: "host-" + name, pid: 4_242, runURL: "https://ci.example/" + name)
  }

  @Test("The first one has it, and the second one learns who", arguments: StoreKind.available)
  func taken(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let (one, other) = (try place.open(), try place.open())
    let first = Self.holder("first")
    #expect(try one.takeLease(on: Self.target, for: first, term: Self.hour) == nil)
    let lease = try #require(
      try other.takeLease(on: Self.target, for: Self.holder("second"), term: Self.hour))
    #expect(lease.target == Self.target && lease.holder == first)
    #expect(lease.expiresAt.rawValue - lease.takenAt.rawValue >= Self.hour.rawValue)
    // Another endpoint is free, and the first one's own is no obstacle to it.
    #expect(
      try other.takeLease(on: "other", for: Self.holder("second"), term: Self.hour) == nil)
    #expect(try one.takeLease(on: Self.target, for: first, term: Self.hour) == nil)
    try other.releaseLease(on: Self.target, holder: "second")
    #expect(try one.lease(on: Self.target)?.holder == first)
    try one.releaseLease(on: Self.target, holder: "first")
    #expect(try one.lease(on: Self.target) == nil)
  }

  @Test("Who never came to take a lease waits for no end of it", .timeLimit(.minutes(5)))
  func neverTaken() async throws {
    let place = try TestStore(.sqlite)
    let keeper = LeaseKeeper(
      targets: [Self.target], holder: Self.holder("first"), store: place.location)
    await keeper.release()
    #expect(keeper.loss == nil)
  }

  @Test("Of many that come at one time exactly one has it", arguments: StoreKind.available)
  func race(kind: StoreKind) async throws {
    let place = try TestStore(kind)
    _ = try place.open()
    for round in 0..<5 {
      let target = "\(Self.target)/\(round)"
      let location = place.location
      let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<8 {
          group.addTask {
            let store = try ResultStore.open(location, for: .write)
            return try store.takeLease(
              on: target, for: Self.holder("\(index)"), term: Self.hour) == nil
          }
        }
        return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(taken == 1)
    }
  }

  @Test(
    "An expired lease is taken over, and its old holder can neither renew it nor give it back",
    arguments: StoreKind.available)
  func expired(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    let old = Self.holder("old")
    #expect(try store.takeLease(on: Self.target, for: old, term: .milliseconds(1)) == nil)
    while try store.takeLease(on: Self.target, for: Self.holder("new"), term: Self.hour) != nil {}
    #expect(try !store.renewLease(on: Self.target, holder: "old", term: Self.hour))
    try store.releaseLease(on: Self.target, holder: "old")
    #expect(try store.lease(on: Self.target)?.holder.id == "new")
  }

  @Test("A sign of life puts the expiry off", arguments: StoreKind.available)
  func renewed(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    let own = Self.holder("own")
    #expect(try store.takeLease(on: Self.target, for: own, term: .milliseconds(1)) == nil)
    #expect(try store.renewLease(on: Self.target, holder: "own", term: Self.hour))
    let other = try store.takeLease(on: Self.target, for: Self.holder("x"), term: Self.hour)
    #expect(other?.holder == own)
  }

  @Test(
    "A keeper takes all of its endpoints, keeps others out, and gives them back",
    arguments: StoreKind.available)
  func keeper(kind: StoreKind) async throws {
    let place = try TestStore(kind)
    let store = try place.open()
    func keeper(_ name: String, _ targets: String...) -> LeaseKeeper {
      LeaseKeeper(
        targets: targets, holder: Self.holder(name), store: place.location, rhythm: Self.rhythm)
    }
    let first = keeper("first", "b", "a", "b")
    try await first.take(within: .zero) { _ in }
    #expect(try store.lease(on: "a")?.holder.id == "first")
    #expect(try store.lease(on: "b")?.holder.id == "first")
    let second = keeper("second", "a0", "b")
    let refusal = await #expect(throws: LeaseError.self) {
      try await second.take(within: .zero) { _ in }
    }
    guard case .held(let lease) = refusal else {
      Issue.record("\(String(describing: refusal))")
      return
    }
    #expect(lease.target == "b" && lease.holder == Self.holder("first"))
    // What it had taken before it could not go on is free again.
    #expect(try store.lease(on: "a0") == nil)

    let waited = Locked(0)
    let third = keeper("third", "a", "b")
    async let taking: Void = third.take(within: Self.hour) { lease in
      #expect(lease.holder.id == "first")
      if waited.withLock({ count -> Int in
        count += 1
        return count
      }) == 3 {
        Task { await first.release() }
      }
    }
    try await taking
    #expect(waited.withLock { $0 } >= 3)
    #expect(try store.lease(on: "a")?.holder.id == "third")
    third.releaseBeforeExit()
    #expect(try store.lease(on: "a") == nil)
    #expect(try store.lease(on: "b") == nil)
    await third.release()
  }

  @Test(
    "A keeper whose lease another has taken says so, and leaves it alone",
    arguments: StoreKind.available)
  func lost(kind: StoreKind) async throws {
    let place = try TestStore(kind)
    let keeper = LeaseKeeper(
      targets: [Self.target], holder: Self.holder("paused"), store: place.location,
      rhythm: Self.rhythm)
    try await keeper.take(within: .zero) { _ in }
    #expect(keeper.loss == nil)
    // With patience: the keeper writes all the time.
    try ResultStore.open(place.location, for: .write).driver.execute(
      "UPDATE lease SET holder = 'taker', host = 'h', pid = 7, run_url = NULL")
    let loss = await withCheckedContinuation { continuation in
      keeper.watch(onHeld: { _ in }, onLoss: { continuation.resume(returning: $0) })
    }
    #expect(loss.taker == LeaseHolder(id: "taker", host: "h", pid: 7))
    #expect(keeper.loss == loss)
    await keeper.release()
    #expect(try place.open().lease(on: Self.target)?.holder.id == "taker")
  }

  @Test("A keeper that cannot give a sign of life in time has lost its lease")
  func silent() async throws {
    let place = try TestStore(.sqlite)
    let other = try ResultStore.open(place.location, for: .write)
    let keeper = LeaseKeeper(
      targets: [Self.target], holder: Self.holder("silent"), store: place.location,
      rhythm: LeaseRhythm(term: .milliseconds(300), beat: .milliseconds(5)))
    try await keeper.take(within: .zero) { _ in }
    try other.driver.execute("BEGIN IMMEDIATE")
    let loss = await withCheckedContinuation { continuation in
      keeper.watch(onHeld: { _ in }, onLoss: { continuation.resume(returning: $0) })
    }
    #expect(loss.target == Self.target)
    #expect(keeper.loss == loss)
    try other.driver.execute("ROLLBACK")
    await keeper.release()
  }
}
