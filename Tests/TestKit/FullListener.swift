import Foundation

/// A port of this machine that takes one connection and lets no other in: its queue is full, and
/// who comes later gets no answer at all.
public final class FullListener: Sendable {
  /// The port.
  public let port: Int
  private let listener: Int32

  /// Listens, and accepts nobody.
  public init() throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        // A queue of none holds one.
        bind(listener, generic, length) == 0 && listen(listener, 0) == 0
          ? getsockname(listener, generic, &length) : -1
      }
    }
    guard code == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  deinit {
    Foundation.close(listener)
  }
}
