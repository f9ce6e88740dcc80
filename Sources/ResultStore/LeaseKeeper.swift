import Glibc
public import Model

/// Holds the leases on endpoints while load lasts: takes them, keeps them alive, and gives them
/// back, on a thread of its own.
///
/// Use: `take`, load while `loss` is nil and no longer than `heldUntil`, then `release`. What holds
/// a lease and is killed frees it by its expiry.
public final class LeaseKeeper: Sendable {
  /// How long giving back may take where the process ends at once.
  static let farewell = Nanos.seconds(5)

  /// What the store may take for one of this thread's statements: less than a term by far.
  private static let limits = StoreLimits(
    connect: .seconds(5), statement: .seconds(10), lock: .seconds(10))

  private struct State: Sendable {
    /// By target; as long as all of them are in the future, nobody else loads.
    var heldUntil: [String: MonotonicNanos] = [:]
    var loss: LeaseLoss?
    var onLoss: (@Sendable (LeaseLoss) -> Void)?
    var onHeld: (@Sendable (MonotonicNanos) -> Void)?
    var isReleasing = false
    /// True while no thread holds or takes anything.
    var isOver = true
    /// Who waits for the end.
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let targets: [String]
  private let holder: LeaseHolder
  private let location: StoreLocation
  private let rhythm: LeaseRhythm
  private let state = Locked(State())
  /// A byte in it calls the thread.
  private let call: [Int32]

  /// A keeper that holds nothing yet. Targets are taken in one order by everybody, so that no two
  /// wait for each other.
  public init(
    targets: [String], holder: LeaseHolder, store: StoreLocation,
    rhythm: LeaseRhythm = LeaseRhythm()
  ) {
    self.targets = Array(Set(targets)).sorted()
    self.holder = holder
    location = store
    self.rhythm = rhythm
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let code = socketpair(AF_UNIX, type, 0, &ends)
    call = code == 0 ? ends : []
  }

  deinit {
    for end in call { close(end) }
  }

  /// Takes every lease, waiting up to `wait` for those that others hold; `onWait` hears at each try
  /// who that is. Throws what the store says, and `held` when the time is over.
  public func take(
    within wait: Nanos, onWait: @escaping @Sendable (Lease) -> Void
  ) async throws(LeaseError) {
    state.withLock { $0.isOver = false }
    let failure: LeaseError? = await withCheckedContinuation { continuation in
      let code = startThread { [self] in
        do throws(LeaseError) {
          try takeAll(until: now() + wait, onWait)
          continuation.resume(returning: nil)
          keepAlive()
        } catch {
          giveBack()
          continuation.resume(returning: error)
        }
        end()
      }
      if code != 0 {
        end()
        continuation.resume(returning: .noThread(code: code))
      }
    }
    if let failure { throw failure }
  }

  /// Calls `onHeld` with the time until which nobody else loads, whenever that is put off, and
  /// `onLoss` once if it is lost; at once for what is so already.
  public func watch(
    onHeld: @escaping @Sendable (MonotonicNanos) -> Void,
    onLoss: @escaping @Sendable (LeaseLoss) -> Void
  ) {
    let (until, loss) = state.withLock { state in
      state.onHeld = onHeld
      state.onLoss = onLoss
      return (state.heldUntil.values.min(), state.loss)
    }
    if let until { onHeld(until) }
    if let loss { onLoss(loss) }
  }

  /// What became of the lease, nil while it is held. A term that is over is a loss, also where the
  /// store was not asked since then.
  public var loss: LeaseLoss? {
    let (loss, held) = state.withLock { ($0.loss, $0.heldUntil) }
    if let loss { return loss }
    let over = held.min { $0.value < $1.value }
    return over.flatMap { $0.value <= now() ? LeaseLoss(target: $0.key) : nil }
  }

  /// Gives everything back, and waits for that; at once where `take` was never called.
  public func release() async {
    orderRelease()
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if !state.isOver { state.waiters.append(continuation) }
        return state.isOver
      }
      if isOver { continuation.resume() }
    }
  }

  /// Gives everything back before the process ends, within a few seconds: what the store does not
  /// take in that time expires.
  public func releaseBeforeExit() {
    orderRelease()
    let deadline = now() + LeaseKeeper.farewell
    while !state.withLock({ $0.isOver }), now() < deadline { poll(nil, 0, 5) }
  }

  private func orderRelease() {
    state.withLock { $0.isReleasing = true }
    var byte: UInt8 = 1
    if let end = call.last { _ = send(end, &byte, 1, Int32(MSG_NOSIGNAL)) }
  }

  private func end() {
    let waiters = state.withLock { state in
      state.isOver = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  // MARK: The thread

  private func takeAll(
    until deadline: MonotonicNanos, _ onWait: @Sendable (Lease) -> Void
  ) throws(LeaseError) {
    for target in targets {
      while true {
        if state.withLock({ $0.isReleasing }) { throw .released }
        let begun = now()
        guard let other = try take(target) else {
          state.withLock { $0.heldUntil[target] = begun + rhythm.term }
          break
        }
        let left = deadline - now()
        guard left > .zero else { throw .held(other) }
        onWait(other)
        wait(min(rhythm.pause, left))
        // Those that are taken already must not expire over the wait for the next one.
        beat()
        if let loss { throw .lost(loss) }
      }
    }
  }

  private func take(_ target: String) throws(LeaseError) -> Lease? {
    do {
      let store = try ResultStore.open(location, for: .write, limits: LeaseKeeper.limits)
      return try store.takeLease(on: target, for: holder, term: rhythm.term)
    } catch {
      throw .store(error)
    }
  }

  private func keepAlive() {
    while !state.withLock({ $0.isReleasing }) {
      // A term may be over before its next sign of life where this process got no CPU.
      if let loss {
        lose(loss)
        break
      }
      wait(rhythm.beat)
      if !state.withLock({ $0.isReleasing }) { beat() }
    }
    while !state.withLock({ $0.isReleasing }) { wait(rhythm.beat) }
    giveBack()
  }

  /// One sign of life for each lease that is held. A store that does not answer costs the lease
  /// once its term is over: nobody knows then who else has it.
  private func beat() {
    for target in state.withLock({ $0.heldUntil.keys.sorted() }) {
      let begun = now()
      let until = state.withLock { $0.heldUntil[target] } ?? begun
      do {
        let store = try ResultStore.open(location, for: .write, limits: LeaseKeeper.limits)
        if begun >= until {
          return lose(LeaseLoss(target: target, taker: try store.lease(on: target)?.holder))
        }
        guard try store.renewLease(on: target, holder: holder.id, term: rhythm.term) else {
          return lose(LeaseLoss(target: target, taker: try store.lease(on: target)?.holder))
        }
        hold(target, until: begun + rhythm.term)
      } catch {
        if now() >= until { return lose(LeaseLoss(target: target, failure: error)) }
      }
    }
  }

  private func hold(_ target: String, until: MonotonicNanos) {
    let (earliest, onHeld) = state.withLock { state in
      state.heldUntil[target] = until
      return (state.heldUntil.values.min() ?? until, state.onHeld)
    }
    onHeld?(earliest)
  }

  private func lose(_ loss: LeaseLoss) {
    var loss = loss
    if loss.taker?.id == holder.id { loss.taker = nil }
    let onLoss = state.withLock { [loss] state in
      guard state.loss == nil else { return nil as (@Sendable (LeaseLoss) -> Void)? }
      state.loss = loss
      return state.onLoss
    }
    onLoss?(loss)
  }

  /// What cannot be given back expires.
  private func giveBack() {
    let held = state.withLock { $0.heldUntil.keys.sorted() }
    guard !held.isEmpty,
      let store = try? ResultStore.open(location, for: .write, limits: LeaseKeeper.limits)
    else { return }
    for target in held { try? store.releaseLease(on: target, holder: holder.id) }
  }

  /// Waits for that long, or until the thread is called.
  private func wait(_ time: Nanos) {
    // Without a socket it is a plain wait: poll passes over -1.
    var readable = pollfd(fd: call.first ?? -1, events: Int16(POLLIN), revents: 0)
    poll(&readable, 1, Int32(clamping: time.rawValue / 1_000_000))
  }

  private func now() -> MonotonicNanos {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicNanos(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }
}

/// How often a holder gives a sign of life, and how long it is believed without one.
public struct LeaseRhythm: Sendable, Equatable {
  /// How long a lease lasts without a sign of life. Long against what an overloaded machine may
  /// take to give one, short against a pipeline that waits for a holder that is gone.
  public var term: Nanos
  /// Between two signs of life.
  public var beat: Nanos
  /// Between two tries to take a lease that another has.
  public var pause: Nanos

  /// A rhythm.
  public init(
    term: Nanos = .seconds(60), beat: Nanos = .seconds(10), pause: Nanos = .seconds(1)
  ) {
    self.term = term
    self.beat = beat
    self.pause = pause
  }
}

/// How a lease was lost while it was needed.
public struct LeaseLoss: Sendable, Equatable {
  /// The endpoint.
  public var target: String
  /// Who has it now, nil where nobody has.
  public var taker: LeaseHolder?
  /// Why the store could not be told that the holder lives, nil if it was not asked in time.
  public var failure: StoreError?
}

/// Why a lease was not taken.
public enum LeaseError: Error, Sendable, Equatable {
  /// Another one has it, and had it all the time.
  case held(Lease)
  /// One of several was lost while another was waited for.
  case lost(LeaseLoss)
  /// The store cannot be used.
  case store(StoreError)
  /// It was given back before all of it was taken.
  case released
  /// The system gives no thread; its error number.
  case noThread(code: Int32)
}
