import CLinux
import Glibc
import Model

/// Reads CLOCK_MONOTONIC.
func monotonicNow() -> MonotonicNanos { MonotonicNanos(streamgate_monotonic_nanos()) }

/// Reads the wall clock.
func wallNow() -> UnixNanos {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  return UnixNanos(Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec))
}

/// User and system CPU time of this process so far.
func processCPU() -> Nanos {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  let seconds = Int64(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
  return .seconds(seconds) + .microseconds(Int64(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec))
}

/// One epoll instance.
struct Poller {
  /// Events that one wait returns at most.
  static let eventsMax = 256

  private let descriptor: Int32
  private let buffer: UnsafeMutableBufferPointer<epoll_event>

  /// A new instance; `close` ends it.
  init() throws(SimulatorError) {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw .system("cannot create an epoll instance", errno) }
    buffer = .allocate(capacity: Poller.eventsMax)
    buffer.initialize(repeating: epoll_event())
  }

  /// Closes the instance, which must not be used any more.
  func close() {
    Glibc.close(descriptor)
    buffer.deallocate()
  }

  /// Watches a descriptor; false with errno if the kernel refuses.
  func add(_ watched: Int32, word: UInt64, interest: UInt32) -> Bool {
    var event = epoll_event(events: interest, data: epoll_data_t(u64: word))
    return epoll_ctl(descriptor, EPOLL_CTL_ADD, watched, &event) == 0
  }

  /// Watches a descriptor for something else.
  func modify(_ watched: Int32, word: UInt64, interest: UInt32) {
    var event = epoll_event(events: interest, data: epoll_data_t(u64: word))
    epoll_ctl(descriptor, EPOLL_CTL_MOD, watched, &event)
  }

  /// Waits; a negative time-out waits for an event.
  func wait(timeout: Nanos) throws(SimulatorError)
    -> UnsafeMutableBufferPointer<epoll_event>.SubSequence
  {
    let count = streamgate_epoll_wait(
      descriptor, buffer.baseAddress, Int32(buffer.count), timeout.rawValue)
    guard count >= 0 || errno == EINTR else { throw .system("waiting for events", errno) }
    return buffer[..<max(0, Int(count))]
  }
}

/// What epoll tells and is asked.
enum Interest {
  static let read = EPOLLIN.rawValue | EPOLLRDHUP.rawValue
  static let write = EPOLLOUT.rawValue
  static let gone = EPOLLERR.rawValue | EPOLLHUP.rawValue
}

/// Sockets and signals as descriptors.
enum Descriptors {
  /// Connections that wait to be accepted, at most.
  private static let backlogMax: Int32 = 4_096

  /// A listening TCP socket.
  static func listener(host: String, port: UInt16) throws(SimulatorError) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { throw .badHost(host) }
    let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let descriptor = socket(AF_INET, Int32(type), 0)
    guard descriptor >= 0 else { throw .system("cannot open a socket", errno) }
    setOption(descriptor, SOL_SOCKET, SO_REUSEADDR)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 }
    }
    guard isBound, listen(descriptor, backlogMax) == 0 else {
      throw .system("cannot listen on \(host):\(port)", errno)
    }
    return descriptor
  }

  /// The port that a socket is bound to.
  static func port(of descriptor: Int32) -> UInt16 {
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &size)
      }
    }
    return UInt16(bigEndian: address.sin_port)
  }

  /// Sets a socket's option to 1.
  static func setOption(_ descriptor: Int32, _ level: Int32, _ name: Int32) {
    var one: Int32 = 1
    setsockopt(descriptor, level, name, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Readable once SIGTERM or SIGINT came; these no longer end the process by themselves.
  static func stopSignals() throws(SimulatorError) -> Int32 {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    sigprocmask(SIG_BLOCK, &signals, nil)
    signal(SIGPIPE, SIG_IGN)
    let flags = Int32(SFD_NONBLOCK | SFD_CLOEXEC)
    let descriptor = signalfd(-1, &signals, flags)
    guard descriptor >= 0 else { throw .system("cannot watch signals", errno) }
    return descriptor
  }

  /// Raises the limit of open descriptors as far as allowed, and returns it.
  static func raiseLimit() -> Int {
    var limit = rlimit()
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    getrlimit(kind, &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(kind, &limit)
    getrlimit(kind, &limit)
    return Int(clamping: limit.rlim_cur)
  }
}
