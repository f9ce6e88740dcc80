import Foundation

/// A loopback server of which a test writes every byte: one thread a connection, each given to
/// `serve` with its number from 0.
public final class RawServer: Sendable {
  /// The port that it listens on.
  public let port: Int
  private let listener: Int32

  /// Listens on a free port and serves until `stop`, or else until the tests end: an owner that
  /// goes out of use is released before the load that it serves.
  public init(
    _ serve: @escaping @Sendable (_ connection: RawConnection, _ number: Int) -> Void
  ) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(listener, generic, length) == 0 && listen(listener, 512) == 0
          ? getsockname(listener, generic, &length) : -1
      }
    }
    guard code == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    self.listener = listener
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread {
      var number = 0
      while true {
        let descriptor = accept(listener, nil, nil)
        // A child that another test starts would keep the connection open beyond its end here.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        guard descriptor >= 0 else { break }
        // What is sent is there at once, and does not wait for the client to acknowledge earlier.
        var isOn: Int32 = 1
        setsockopt(
          descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
        let connection = RawConnection(descriptor: descriptor)
        let own = number
        number += 1
        Thread.detachNewThread { serve(connection, own) }
      }
      close(listener)
    }
  }

  /// Takes no more connections: the next one is refused.
  public func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
  }

  /// Where it is.
  public var url: String { "http://127.0.0.1:\(port)" }
}

/// One connection of a `RawServer`.
public struct RawConnection: Sendable {
  let descriptor: Int32

  /// The next request, head and body as they came; nil once the peer has closed.
  public func readRequest() -> String? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let text = String(decoding: bytes, as: UTF8.self)
      if let end = text.range(of: "\r\n\r\n") {
        let head = text[..<end.lowerBound].lowercased()
        let length = head.components(separatedBy: "content-length: ").dropFirst().first
          .flatMap { Int($0.prefix { $0.isNumber }) }
        if text[end.upperBound...].utf8.count >= length ?? 0 { return text }
      }
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      bytes.append(contentsOf: buffer[..<count])
    }
  }

  /// Sends a text, all of it.
  public func send(_ text: String) {
    send(bytes: Array(text.utf8))
  }

  /// Sends bytes, all of them.
  public func send(bytes: [UInt8]) {
    var bytes = bytes[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Sends a text as one chunk of a chunked body.
  public func sendChunk(_ text: String) {
    send(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n")
  }

  /// Waits until the peer closes.
  public func waitForClose() {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while recv(descriptor, &buffer, buffer.count, 0) > 0 {}
  }

  /// Waits until the peer has acknowledged what was sent, for a reset would discard the rest, or
  /// until it is gone: what it had not acknowledged counts as unsent for ever.
  public func settle() {
    var unsent: Int32 = 1
    var gone = pollfd(fd: descriptor, events: 0, revents: 0)
    while ioctl(descriptor, UInt(TIOCOUTQ), &unsent) == 0, unsent > 0, poll(&gone, 1, 1) == 0 {}
  }

  /// Takes its time, as a slow service does.
  public func pause(milliseconds: UInt32) {
    usleep(milliseconds * 1_000)
  }

  /// Closes as one should.
  public func close() {
    Foundation.close(descriptor)
  }

  /// Closes with a reset.
  public func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    Foundation.close(descriptor)
  }
}
