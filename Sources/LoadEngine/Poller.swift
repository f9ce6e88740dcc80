import CLinux
import Glibc
import Model

/// Reads `CLOCK_MONOTONIC`.
func monotonicNow() -> MonotonicNanos {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return MonotonicNanos(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}

/// Waits for sockets, for a moment in nanoseconds, and for a wake-up from another thread.
///
/// The moment is an absolute timerfd: epoll's own milliseconds cost 0.6 ms of lateness. Timer and
/// wake-up are edge-triggered, so that neither needs a read.
struct Poller: ~Copyable {
  static let eventsMax = 256

  let epoll: Int32
  private let timer: Int32
  private let wake: Int32
  private let events: UnsafeMutablePointer<epoll_event>
  /// When the timer will fire; far away while it is not set.
  private var armed = MonotonicNanos(.max)
  /// True if another thread called since it was last asked, and at first.
  private var isCalled = true
  /// What the timer was set to, if the last wait told that it fired.
  private var firedAt: MonotonicNanos?
  /// True if a signal ended the last wait, before it could tell anything.
  private(set) var isInterrupted = false

  init(wake: Int32) throws(EngineError) {
    let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw .system("epoll_create1", Int(errno)) }
    let timer = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC))
    guard timer >= 0 else {
      let code = Int(errno)
      close(epoll)
      throw .system("timerfd_create", code)
    }
    self.epoll = epoll
    self.timer = timer
    self.wake = wake
    events = .allocate(capacity: Poller.eventsMax)
    for descriptor in [timer, wake] {
      var event = epoll_event()
      event.events = EPOLLIN.rawValue | EPOLLET.rawValue
      event.data.fd = descriptor
      epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
    }
  }

  deinit {
    close(timer)
    close(epoll)
    events.deallocate()
  }

  /// Waits until a socket is ready, `until` has passed (nil: now), or another thread calls; the
  /// number of events, to be read by `event(_:)`.
  mutating func wait(until: MonotonicNanos?) throws(EngineError) -> Int {
    // Where the timer is set to an earlier moment, an empty wake-up is cheaper than to set it anew
    // in each turn.
    if let until, until < armed { try arm(until) }
    firedAt = nil
    let count = epoll_wait(epoll, events, Int32(Poller.eventsMax), until == nil ? 0 : -1)
    isInterrupted = count < 0 && errno == EINTR
    guard count >= 0 else {
      if isInterrupted { return 0 }
      throw .system("epoll_wait", Int(errno))
    }
    for index in 0..<Int(count) { hear(events[index].data.fd) }
    return Int(count)
  }

  /// The moment that the timer was set to, if it had passed when the last wait returned at `woke`,
  /// told or not: a process that was stopped is told nothing, and a thread that lost the CPU on its
  /// way out of the wait only what was ready before.
  func passed(by woke: MonotonicNanos) -> MonotonicNanos? {
    firedAt ?? (armed <= woke ? armed : nil)
  }

  /// Timer and wake-up are told once only: they are heard before any socket is read, however many
  /// of those are left for the next wait.
  private mutating func hear(_ descriptor: Int32) {
    if descriptor == timer {
      firedAt = armed
      armed = MonotonicNanos(.max)
    } else if descriptor == wake {
      isCalled = true
    }
  }

  /// Watches a socket of the engine's own for reading, and for writing too where that is wanted.
  /// What happens on it is told with the index of its connection.
  func watch(_ connection: borrowing Connection, isNew: Bool, isWriting: Bool) {
    var event = epoll_event()
    event.events = EPOLLIN.rawValue | (isWriting ? EPOLLOUT.rawValue : 0)
    event.data.u64 =
      UInt64(UInt32(bitPattern: connection.descriptor)) | UInt64(connection.index + 1) << 32
    epoll_ctl(
      epoll, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, connection.descriptor, &event)
  }

  /// The socket of an event, and what happened; nil for the timer and the wake-up.
  func event(_ index: Int) -> PolledSocket? {
    let event = events[index]
    let descriptor = event.data.fd
    if descriptor == timer || descriptor == wake { return nil }
    return PolledSocket(
      descriptor: descriptor, events: event.events, connection: Int(event.data.u64 >> 32) - 1)
  }

  /// True if another thread called since this was asked before, and the first time.
  mutating func takeCall() -> Bool {
    defer { isCalled = false }
    return isCalled
  }

  private mutating func arm(_ at: MonotonicNanos) throws(EngineError) {
    var spec = itimerspec()
    // A time of zero would disarm the timer.
    let nanos = max(at.rawValue, 1)
    spec.it_value.tv_sec = Int(nanos / 1_000_000_000)
    spec.it_value.tv_nsec = Int(nanos % 1_000_000_000)
    guard timerfd_settime(timer, Int32(TFD_TIMER_ABSTIME), &spec, nil) == 0 else {
      throw .system("timerfd_settime", Int(errno))
    }
    armed = at
  }
}

/// A socket on which something happened.
struct PolledSocket {
  let descriptor: Int32
  let events: UInt32
  /// The index of the engine's own connection, -1 for a socket of libcurl's.
  let connection: Int
}
