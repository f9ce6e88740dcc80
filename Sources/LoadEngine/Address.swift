import CLinux
import Glibc
import Model

/// Where a URL leads: the parts that a connection needs.
struct URLAuthority: Hashable {
  var isTLS: Bool
  var host: String
  var port: Int

  /// Takes scheme, host and port from `http(s)://host[:port][/path]`; IPv6 in brackets, no user.
  init(url: String) throws(EngineError) {
    let rest: Substring
    if url.lowercased().hasPrefix("http://") {
      (isTLS, rest) = (false, url.dropFirst("http://".count))
    } else if url.lowercased().hasPrefix("https://") {
      (isTLS, rest) = (true, url.dropFirst("https://".count))
    } else {
      throw .badURL(url)
    }
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let afterHost: Substring
    if authority.first == "[" {
      guard let close = authority.firstIndex(of: "]") else { throw .badURL(url) }
      host = String(authority[authority.index(after: authority.startIndex)..<close])
      afterHost = authority[authority.index(after: close)...]
    } else {
      host = String(authority.prefix { $0 != ":" })
      afterHost = authority.dropFirst(host.count)
    }
    guard !host.isEmpty, !host.contains("@") else { throw .badURL(url) }
    if afterHost.isEmpty {
      port = isTLS ? 443 : 80
    } else {
      guard afterHost.first == ":", let number = Int(afterHost.dropFirst()),
        (1...65_535).contains(number)
      else { throw .badURL(url) }
      port = number
    }
  }

  /// The host as a URL writes it.
  var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }
}

/// One address of a host, ready to connect to.
struct Address {
  /// Numeric: `127.0.0.1`, `::1`.
  let text: String
  /// AF_INET or AF_INET6.
  let family: Int32
  fileprivate let bytes: [UInt8]

  /// The addresses of a name, in the resolver's order (RFC 6724), without duplicates.
  static func resolve(_ authority: URLAuthority) throws(EngineError) -> [Address] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV
    var first: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(authority.host, String(authority.port), &hints, &first)
    guard code == 0 else { throw .unresolved(host: authority.host, code: Int(code)) }
    defer { freeaddrinfo(first) }
    var addresses: [Address] = []
    var next = first
    while let info = next?.pointee {
      next = info.ai_next
      guard let address = Address(info), !addresses.contains(where: { $0.text == address.text })
      else { continue }
      addresses.append(address)
    }
    guard !addresses.isEmpty else { throw .unresolved(host: authority.host, code: Int(EAI_NONAME)) }
    return addresses
  }

  private init?(_ info: addrinfo) {
    guard let socketAddress = info.ai_addr else { return nil }
    let length = Int(info.ai_addrlen)
    family = info.ai_family
    bytes = Array(UnsafeRawBufferPointer(start: socketAddress, count: length))
    var name = [CChar](repeating: 0, count: 64)
    let code = getnameinfo(
      socketAddress, info.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
    guard code == 0 else { return nil }
    text = String(
      decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Starts a connection that does not block; the socket, or the errno.
  func startConnecting() -> Result<Int32, SystemError> {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(family, kind, 0)
    guard descriptor >= 0 else { return .failure(SystemError(code: errno)) }
    let code = bytes.withUnsafeBytes { raw in
      raw.withMemoryRebound(to: sockaddr.self) {
        connect(descriptor, $0.baseAddress, socklen_t(bytes.count))
      }
    }
    if code == 0 || errno == EINPROGRESS { return .success(descriptor) }
    let failure = SystemError(code: errno)
    close(descriptor)
    return .failure(failure)
  }
}

/// An errno.
struct SystemError: Error, Equatable {
  let code: Int32
}
