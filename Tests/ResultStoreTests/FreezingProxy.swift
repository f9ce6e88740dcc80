import Foundation
import Glibc
import Model

@testable import ResultStore

/// A way to a PostgreSQL server that can freeze: from then on no byte passes, and no connection
/// ends, as when a server's process is stopped.
final class FreezingProxy: Sendable {
  /// The store by way of the proxy.
  let location: StoreLocation
  private let control: (reader: Int32, writer: Int32)

  init(to location: StoreLocation) throws {
    guard case .postgres(let text) = location, var url = URLComponents(string: text),
      let server = url.port
    else { throw POSIXError(.EINVAL) }
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    // Small, so that a sender soon waits.
    var bytes: Int32 = 4_096
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    var address = FreezingProxy.loopback(port: 0)
    try FreezingProxy.withSocketAddress(&address) { bind(listener, $0, $1) }
    guard listen(listener, 16) == 0 else { throw POSIXError(.EINVAL) }
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    try FreezingProxy.withSocketAddress(&address) { pointer, _ in
      getsockname(listener, pointer, &length)
    }
    url.host = "127.0.0.1"
    url.port = Int(UInt16(bigEndian: address.sin_port))
    self.location = .postgres(connection: url.string ?? text)
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
    control = (ends[0], ends[1])
    let reader = control.reader
    guard
      startThread({ FreezingProxy.pump(listener, control: reader, server: UInt16(server)) }) == 0
    else { throw POSIXError(.EAGAIN) }
  }

  deinit {
    close(control.writer)
  }

  /// Lets no byte through any more.
  func freeze() {
    _ = [UInt8(1)].withUnsafeBytes { write(control.writer, $0.baseAddress, 1) }
  }

  /// Passes bytes until it is told to freeze, then waits until its owner is gone.
  private static func pump(_ listener: Int32, control: Int32, server: UInt16) {
    var partners: [Int32: Int32] = [:]
    var isFrozen = false
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let watched = [control] + (isFrozen ? [] : [listener] + partners.keys)
      var polled = watched.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
      for entry in polled where entry.revents != 0 {
        if entry.fd == control {
          isFrozen = true
          if read(control, &buffer, 1) <= 0 { return end(listener, control, partners) }
        } else if entry.fd == listener {
          let client = accept(listener, nil, nil)
          let upstream = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
          var address = loopback(port: server)
          try? withSocketAddress(&address) { connect(upstream, $0, $1) }
          (partners[client], partners[upstream]) = (upstream, client)
        } else if let partner = partners[entry.fd] {
          let count = read(entry.fd, &buffer, buffer.count)
          if count > 0 {
            send(partner, buffer, count, Int32(MSG_NOSIGNAL))
          } else {
            for end in [entry.fd, partner] {
              close(end)
              partners[end] = nil
            }
          }
        }
      }
    }
  }

  private static func end(_ listener: Int32, _ control: Int32, _ partners: [Int32: Int32]) {
    for descriptor in [listener, control] + partners.keys { close(descriptor) }
  }

  private static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    return address
  }

  private static func withSocketAddress(
    _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Int32
  ) throws {
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EINVAL) }
  }
}
