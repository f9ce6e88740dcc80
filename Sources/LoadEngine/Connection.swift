import CLinux
import Glibc
import Model

/// A connection of plain HTTP/1.1 that the engine holds itself, and where it is in its exchange.
struct Connection: ~Copyable {
  enum Phase {
    /// Closed. Next: connecting.
    case closed
    /// Waits for the peer to accept. Next: sending, closed.
    case connecting
    /// The request is not wholly in the socket. Next: receiving, closed.
    case sending
    /// Waits for the response, or reads it. Next: idle, closed.
    case receiving
    /// Waits for a request. Next: sending, closed.
    case idle
  }

  let index: Int
  /// What reads the response; of the exchange before, while idle.
  var reader = ResponseReader()
  private(set) var phase = Phase.closed
  private(set) var descriptor: Int32 = -1
  /// The route that it goes by: an endpoint's address.
  private(set) var route = 0
  /// The slot whose request it carries, nil while it is idle or being opened before load.
  private(set) var slot: Int?
  /// True until it has carried a request, or was opened before load.
  private(set) var isFresh = true
  /// Since when it is idle.
  private(set) var idleSince = MonotonicNanos(0)
  /// Its place among the idle ones of its route.
  var idlePlace = 0
  /// What of the request is not in the socket yet.
  private(set) var unsent: ArraySlice<UInt8> = []
  /// Why the request could not be sent to its end, 0 for none: the response may be there all the
  /// same.
  private(set) var sendError: Int32 = 0

  init(index: Int) {
    self.index = index
  }

  deinit {
    if descriptor >= 0 { Glibc.close(descriptor) }
  }

  var isOpen: Bool { descriptor >= 0 }

  /// A socket begins to connect.
  mutating func open(_ descriptor: Int32, route: Int, for slot: Int?) {
    var on: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    self.descriptor = descriptor
    self.route = route
    self.slot = slot
    phase = .connecting
    isFresh = true
    reader.begin()
    forgetRequest()
  }

  /// An idle connection gets a request.
  mutating func take(for slot: Int) {
    self.slot = slot
    isFresh = false
    phase = .sending
  }

  /// Waits for a request.
  mutating func rest(at now: MonotonicNanos) {
    slot = nil
    isFresh = false
    idleSince = now
    phase = .idle
    forgetRequest()
  }

  mutating func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
    slot = nil
    phase = .closed
    forgetRequest()
  }

  private mutating func forgetRequest() {
    unsent = []
    sendError = 0
  }

  /// What became of connecting: an errno, 0 for a connection.
  func connectError() -> Int32 {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    let result = getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
    return result == 0 ? code : errno
  }

  /// Sends a request, as much of it as the socket takes. One that fails is not over: a service may
  /// have answered without reading to the end.
  mutating func send(_ request: borrowing [UInt8]) {
    reader.begin()
    let sent = request.withUnsafeBytes { sendSome($0) }
    if sendError == 0, sent < request.count { unsent = request[sent...] }
    phase = unsent.isEmpty ? .receiving : .sending
  }

  /// Goes on with a request that the socket did not take at once.
  mutating func sendMore() {
    let sent = unsent.withUnsafeBytes { sendSome($0) }
    unsent = sendError == 0 ? unsent.dropFirst(sent) : []
    if unsent.isEmpty { phase = .receiving }
  }

  /// Bytes that the socket took.
  private mutating func sendSome(_ bytes: UnsafeRawBufferPointer) -> Int {
    var sent = 0
    while sent < bytes.count, let start = bytes.baseAddress {
      let count = Glibc.send(descriptor, start + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      if count < 0 {
        if errno == EINTR { continue }
        if errno != EAGAIN { sendError = errno }
        return sent
      }
      sent += count
    }
    return sent
  }

  /// True if the peer has neither closed it nor sent anything.
  func isAlive() -> Bool {
    var byte: UInt8 = 0
    let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
    return count < 0 && errno == EAGAIN
  }
}

/// The engine's own connections, and which of them are idle, by route: an endpoint's address.
struct ConnectionPool: ~Copyable {
  /// Connections kept at once; idle ones make room for new ones.
  private let keptMax: Int
  private var connections: Slab<Connection>
  /// Indices of closed ones.
  private var free: [Int] = []
  /// Indices of idle ones of each route, the one that was used last behind the others.
  private var idle: [[Int]]
  private(set) var openCount = 0

  /// Room for `capacity` connections at once, of which `keptMax` may stay open when idle.
  init(capacity: Int, keptMax: Int, routes: Int) {
    self.keptMax = keptMax
    connections = Slab<Connection>(capacity: capacity)
    idle = Array(repeating: [], count: routes)
  }

  /// The connection of an index.
  func at(_ index: Int) -> UnsafeMutablePointer<Connection> { connections.start + index }

  /// How many have ever been open at once.
  var count: Int { connections.count }

  /// A closed one, to be opened. Where as many are open as may be, an idle one is closed for it.
  mutating func add() -> UnsafeMutablePointer<Connection> {
    if openCount >= keptMax { closeOneIdle() }
    openCount += 1
    if let index = free.popLast() { return at(index) }
    return connections.append(Connection(index: connections.count))
  }

  /// An idle connection of a route that is still there and no older than it may be; nil for none.
  mutating func take(
    route: Int, for slot: Int, idleMax: Nanos, at now: MonotonicNanos
  ) -> UnsafeMutablePointer<Connection>? {
    while let index = idle[route].last {
      let connection = at(index)
      if now - connection.pointee.idleSince <= idleMax, connection.pointee.isAlive() {
        idle[route].removeLast()
        connection.pointee.take(for: slot)
        return connection
      }
      close(connection)
    }
    return nil
  }

  /// Keeps a connection for the next request of its route, or closes it where too many are open.
  mutating func keep(_ connection: UnsafeMutablePointer<Connection>, at now: MonotonicNanos) {
    guard openCount <= keptMax else { return close(connection) }
    connection.pointee.rest(at: now)
    let route = connection.pointee.route
    connection.pointee.idlePlace = idle[route].count
    idle[route].append(connection.pointee.index)
  }

  /// Closes a connection, idle or not.
  mutating func close(_ connection: UnsafeMutablePointer<Connection>) {
    guard connection.pointee.isOpen else { return }
    if connection.pointee.phase == .idle {
      let place = connection.pointee.idlePlace
      let last = idle[connection.pointee.route].removeLast()
      if last != connection.pointee.index {
        idle[connection.pointee.route][place] = last
        at(last).pointee.idlePlace = place
      }
    }
    connection.pointee.close()
    openCount -= 1
    free.append(connection.pointee.index)
  }

  private mutating func closeOneIdle() {
    for route in idle.indices {
      if let index = idle[route].first { return close(at(index)) }
    }
  }
}
