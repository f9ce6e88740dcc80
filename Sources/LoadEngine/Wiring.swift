import CLinux
import Curl
import Glibc
import Model

/// What libcurl's callbacks and the loop share; at one address for the loop's life, touched by its
/// thread only.
struct Wiring {
  private let epoll: Int32
  /// What epoll watches each socket for, by descriptor.
  private var watched: [UInt32]
  /// When libcurl wants to be called without a socket, nil for not at all.
  var curlDue: MonotonicNanos?
  /// The stamp of the current call into libcurl, nil until its first byte: all that one read of a
  /// socket brings has one stamp.
  private(set) var readStamp: MonotonicNanos?
  /// The latest stamp of any read.
  private(set) var latestStamp = MonotonicNanos(0)
  /// Slots whose time limits changed.
  var attention: [Int] = []
  /// Slots that took their share of a turn and wait for the next.
  var paused: [Int] = []

  /// The largest descriptor of a socket so far.
  private(set) var largestDescriptor = 0
  private(set) var tokens = 0
  private(set) var firstTokens = 0
  /// `ttft` of each cell: the profile's index times the scenarios, plus the scenario's.
  private(set) var ttft: [LogHistogram]
  private let scenarios: Int

  init(epoll: Int32, descriptorsMax: Int, slotsMax: Int, profiles: Int, scenarios: Int) {
    self.epoll = epoll
    self.scenarios = scenarios
    ttft = Array(repeating: LogHistogram(), count: profiles * scenarios)
    watched = [UInt32](repeating: 0, count: descriptorsMax)
    attention.reserveCapacity(slotsMax * 2)
    paused.reserveCapacity(slotsMax)
  }

  // MARK: Stamps

  /// Call before each read of a socket, and before each call into libcurl that may read.
  mutating func beginRead() {
    readStamp = nil
  }

  /// The stamp of what is being read.
  mutating func stamp() -> MonotonicNanos {
    if let readStamp { return readStamp }
    let now = monotonicNow()
    readStamp = now
    latestStamp = now
    return now
  }

  // MARK: What callbacks tell

  mutating func countTokens(_ count: Int) {
    tokens += count
  }

  mutating func countFirstToken(after time: Nanos, profile: Int, scenario: Int) {
    ttft[profile * scenarios + scenario].add(time)
    firstTokens += 1
  }

  // MARK: What libcurl asks for

  /// A socket is in use.
  mutating func note(_ descriptor: Int32) {
    largestDescriptor = max(largestDescriptor, Int(descriptor))
  }

  mutating func watch(_ socket: Int32, _ interest: SocketInterest) {
    let index = Int(socket)
    note(socket)
    if index >= watched.count {
      watched.append(contentsOf: repeatElement(0, count: index + 1 - watched.count))
    }
    var event = epoll_event()
    event.data.fd = socket
    if interest.contains(.read) { event.events |= EPOLLIN.rawValue }
    if interest.contains(.write) { event.events |= EPOLLOUT.rawValue }
    let before = watched[index]
    watched[index] = event.events
    if interest.isEmpty {
      epoll_ctl(epoll, EPOLL_CTL_DEL, socket, &event)
    } else if before == 0 {
      // A descriptor that libcurl closed without a word left epoll by itself.
      if epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) != 0, errno == EEXIST {
        epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event)
      }
    } else if before != event.events {
      if epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event) != 0, errno == ENOENT {
        epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event)
      }
    }
  }

  mutating func setTimer(milliseconds: Int) {
    curlDue = milliseconds < 0 ? nil : monotonicNow() + .milliseconds(Int64(milliseconds))
  }

  /// The functions that libcurl calls with a pointer to the wiring.
  static func hooks(_ wiring: UnsafeMutablePointer<Wiring>) -> MultiHooks {
    MultiHooks(
      context: UnsafeMutableRawPointer(wiring),
      socket: { context, socket, interest in
        guard let context else { return }
        context.assumingMemoryBound(to: Wiring.self).pointee
          .watch(socket, MultiHandle.interest(interest))
      },
      timer: { context, milliseconds in
        guard let context else { return }
        context.assumingMemoryBound(to: Wiring.self).pointee.setTimer(milliseconds: milliseconds)
      })
  }
}
