import CLinux
import Foundation
import Model

/// Answers GET /metrics on loopback, on a thread of its own.
///
/// Every connection carries one request and has a deadline, and all are served at once, so that
/// none that is slow or means ill holds up another or the run.
final class MetricsServer: Sendable {
  /// Connections at once; more wait to be taken.
  static let clientsMax = 16
  /// The port that it listens on.
  let port: Int
  private let listener: Int32
  private let wake: Int32

  /// Listens on a port of 127.0.0.1, 0 for a free one, and serves what `body` gives at each
  /// request until `stop`. A connection lasts at most `patience`.
  init(
    port: Int, patience: Nanos = .seconds(5), body: @escaping @Sendable () -> [UInt8]
  ) throws(MetricsServerError) {
    listener = try MetricsServer.listen(on: port)
    self.port = MetricsServer.port(of: listener)
    let wake = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard wake >= 0 else {
      let code = errno
      close(listener)
      throw MetricsServerError(port: port, code: code)
    }
    self.wake = wake
    let loop = MetricsLoop(listener: listener, wake: wake, patience: patience, body: body)
    let thread = Thread { loop.run() }
    thread.name = "metrics"
    thread.start()
  }

  /// Closes the port and every connection.
  func stop() {
    eventfd_write(wake, 1)
  }

  private static func listen(on port: Int) throws(MetricsServerError) -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let listener = socket(AF_INET, type, 0)
    guard listener >= 0 else { throw MetricsServerError(port: port, code: errno) }
    // So that the next run may listen where this one's connections have just ended.
    var isReused: Int32 = 1
    setsockopt(
      listener, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(listener, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0, Glibc.listen(listener, Int32(clientsMax)) == 0 else {
      let code = errno
      close(listener)
      throw MetricsServerError(port: port, code: code)
    }
    return listener
  }

  private static func port(of listener: Int32) -> Int {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        _ = getsockname(listener, generic, &length)
      }
    }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}

/// A port that cannot be listened on.
struct MetricsServerError: Error, Equatable {
  var port: Int
  /// errno.
  var code: Int32
}

/// The loop of the server's thread.
private struct MetricsLoop: Sendable {
  /// One connection.
  private struct Client {
    let socket: Int32
    let deadline: MonotonicNanos
    var request = MetricsRequest()
    /// What is still to be sent; nil before the request is whole.
    var reply: ArraySlice<UInt8>?
    /// True once the reply is out: what the peer still sends is thrown away, for to close before
    /// that would take the reply back.
    var isDraining = false
  }

  let listener: Int32
  let wake: Int32
  let patience: Nanos
  let body: @Sendable () -> [UInt8]

  /// Serves until the wake-up.
  func run() {
    var clients: [Client] = []
    defer {
      for client in clients { close(client.socket) }
      close(listener)
      close(wake)
    }
    while true {
      let isFull = clients.count >= MetricsServer.clientsMax
      var watched = [
        pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        pollfd(fd: isFull ? -1 : listener, events: Int16(POLLIN), revents: 0),
      ]
      for client in clients {
        let isWriting = client.reply != nil && !client.isDraining
        watched.append(
          pollfd(fd: client.socket, events: Int16(isWriting ? POLLOUT : POLLIN), revents: 0))
      }
      let count = poll(&watched, nfds_t(watched.count), timeout(clients))
      guard watched[0].revents == 0, count >= 0 || errno == EINTR else { return }
      let now = Clock.monotonic()
      for index in clients.indices.reversed() {
        let isReady = count > 0 && watched[index + 2].revents != 0
        if isReady ? !serve(&clients[index]) : clients[index].deadline <= now {
          close(clients[index].socket)
          clients.remove(at: index)
        }
      }
      guard count > 0, watched[1].revents != 0 else { continue }
      let socket = streamgate_accept(listener)
      if socket >= 0 {
        clients.append(Client(socket: socket, deadline: now + patience))
      }
    }
  }

  /// Milliseconds to the next deadline, -1 without one.
  private func timeout(_ clients: [Client]) -> Int32 {
    guard let next = clients.map(\.deadline).min() else { return -1 }
    let left = max(next - Clock.monotonic(), .zero)
    return Int32(left.rawValue / 1_000_000 + 1)
  }

  /// Does what a connection is ready for; false once it is over.
  private func serve(_ client: inout Client) -> Bool {
    if client.isDraining || client.reply == nil {
      var buffer = [UInt8](repeating: 0, count: 4_096)
      let count = recv(client.socket, &buffer, buffer.count, 0)
      guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
      guard !client.isDraining else { return client.deadline > Clock.monotonic() }
      client.reply = client.request.add(buffer[..<count], body: body).map { $0[...] }
    }
    return write(&client)
  }

  private func write(_ client: inout Client) -> Bool {
    guard let reply = client.reply else { return true }
    let count = reply.withUnsafeBytes {
      send(client.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    guard count >= 0 else { return errno == EAGAIN || errno == EINTR }
    client.reply = reply.dropFirst(count)
    if count == reply.count {
      client.isDraining = true
      shutdown(client.socket, Int32(SHUT_WR))
    }
    return true
  }
}
