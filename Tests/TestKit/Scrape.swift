import Foundation

/// A client that a test writes every byte of.
public enum Scrape {
  /// The whole reply to a GET.
  public static func get(_ url: String) throws -> String {
    guard let parts = URL(string: url), let port = parts.port else {
      throw POSIXError(.EINVAL)
    }
    return try send("GET \(parts.path) HTTP/1.1\r\nHost: x\r\n\r\n", to: port)
  }

  /// What a server on a loopback port answers to bytes until it closes.
  public static func send(_ request: String, to port: Int) throws -> String {
    let socket = try connect(to: port)
    defer { close(socket) }
    write(request, to: socket)
    var reply: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(socket, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      reply += buffer[..<count]
    }
    return String(decoding: reply, as: UTF8.self)
  }

  /// Sends a text.
  public static func write(_ text: String, to socket: Int32) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes {
      Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
  }

  /// A connection to a loopback port, to be closed by the caller.
  public static func connect(to port: Int) throws -> Int32 {
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        Glibc.connect(client, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else {
      let error = errno
      close(client)
      throw POSIXError(.init(rawValue: error) ?? .EIO)
    }
    return client
  }
}
