import CLinux
import Curl
import Glibc
import Model
import Plan

/// One place that requests go to: its authority, and the addresses that answered.
struct Endpoint {
  let authority: URLAuthority
  let addresses: [Address]
}

/// The endpoints of a job, each resolved and tried once before load: no name is looked up and no
/// dead address is used while it is measured.
struct Endpoints {
  /// Once an address has answered, how long the others may still take.
  private static let othersMax = Nanos.milliseconds(250)

  /// Without duplicates, in the order of the targets.
  private(set) var all: [Endpoint] = []
  /// For each target its index in `all`.
  private(set) var indices: [Int] = []

  /// Resolves and connects, and agrees on TLS; throws what failed first.
  init(targets: [TargetPlan]) throws(EngineError) {
    for target in targets {
      let authority = try URLAuthority(url: target.url.value)
      if let known = all.firstIndex(where: { $0.authority == authority }) {
        indices.append(known)
        continue
      }
      let addresses = try Endpoints.reachable(authority, within: target.timeouts.connect)
      if authority.isTLS {
        try Endpoints.tryTLS(authority, address: addresses[0], target: target)
      }
      indices.append(all.count)
      all.append(Endpoint(authority: authority, addresses: addresses))
    }
  }

  /// The addresses that take a connection, all of the family of the first that does: `localhost`
  /// has an IPv6 address where nothing listens, and half of the load must not go there.
  private static func reachable(
    _ authority: URLAuthority, within limit: Nanos
  ) throws(EngineError) -> [Address] {
    let deadline = monotonicNow() + limit
    let addresses = try Address.resolve(authority)
    var firstError: Int32?
    var connecting: [pollfd] = []
    defer { for entry in connecting where entry.fd >= 0 { close(entry.fd) } }
    for address in addresses {
      switch address.startConnecting() {
      case .success(let socket):
        connecting.append(pollfd(fd: socket, events: Int16(POLLOUT), revents: 0))
      case .failure(let error):
        firstError = firstError ?? error.code
        connecting.append(pollfd(fd: -1, events: 0, revents: 0))
      }
    }
    var answered = [Bool](repeating: false, count: addresses.count)
    var until = deadline
    while connecting.contains(where: { $0.fd >= 0 }), monotonicNow() < until {
      let left = until - monotonicNow()
      let milliseconds = Int32(clamping: left.rawValue / 1_000_000 + 1)
      guard poll(&connecting, nfds_t(connecting.count), milliseconds) > 0 else { continue }
      for index in connecting.indices where connecting[index].revents != 0 {
        let code = pendingError(of: connecting[index].fd)
        close(connecting[index].fd)
        connecting[index].fd = -1
        if code == 0 {
          answered[index] = true
          until = min(until, monotonicNow() + othersMax)
        } else {
          firstError = firstError ?? code
        }
      }
    }
    let live = addresses.indices.filter { answered[$0] }.map { addresses[$0] }
    guard let first = live.first else {
      throw .unreachable(
        host: authority.host, port: authority.port, within: limit,
        systemError: firstError.map(Int.init))
    }
    return live.filter { $0.family == first.family }
  }

  private static func pendingError(of socket: Int32) -> Int32 {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    let result = getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &length)
    return result == 0 ? code : errno
  }

  /// How often a question on which the connection ended is asked again.
  private static let alertTriesMax = 5

  /// Agrees on TLS, and asks for OPTIONS: with TLS 1.3 a service refuses a client's certificate, or
  /// the lack of one, only once the client takes the connection for made.
  private static func tryTLS(
    _ authority: URLAuthority, address: Address, target: TargetPlan
  ) throws(EngineError) {
    func attempt(isAsking: Bool) throws(EngineError) -> (code: TransportCode, reason: String) {
      try curl { () throws(CurlError) in
        let easy = try EasyHandle()
        let connectTo = try CurlList([connectTo(authority, address)])
        try easy.setURL(target.url.value)
        try easy.setConnectTo(connectTo)
        try setTLS(target.tls, on: easy)
        let milliseconds = Int(max(target.timeouts.connect.rawValue / 1_000_000, 1))
        try easy.setConnectMillisecondsMax(milliseconds)
        if isAsking {
          try easy.setOptions()
          try easy.setMillisecondsMax(milliseconds)
          try easy.discardReply()
        } else {
          try easy.setConnectOnly()
        }
        let code = easy.perform()
        return (code, easy.errorText.isEmpty ? code.text : easy.errorText)
      }
    }
    let agreed = try attempt(isAsking: false)
    var asked = agreed
    if agreed.code.isOK {
      // The library may find the connection closed while it sends, and then never reads the alert.
      for _ in 0..<alertTriesMax {
        asked = try attempt(isAsking: true)
        if asked.code.kind(systemError: 0, isTLS: true) != .ended || isAlert(asked.reason) { break }
      }
    }
    // What else becomes of the question is no matter of TLS; but a peer that closes before it is
    // asked, each time, has refused the session.
    let isRefused = isAlert(asked.reason) || asked.code == .notSent
    guard agreed.code.isOK, asked.code.isOK || !isRefused else {
      throw .tls(
        host: authority.host, port: authority.port, code: asked.code.rawValue,
        reason: asked.reason)
    }
  }

  /// True if the peer refused the session by an alert (RFC 8446, 6): the library's code for that is
  /// the one of any broken connection.
  static func isAlert(_ reason: String) -> Bool { reason.contains("alert") }

  /// How libcurl wants to be told to go to an address: `host:port:address:port`.
  static func connectTo(_ authority: URLAuthority, _ address: Address) -> String {
    let numeric = address.text.contains(":") ? "[\(address.text)]" : address.text
    return "\(authority.bracketedHost):\(authority.port):\(numeric):\(authority.port)"
  }
}

extension EngineError {
  init(_ error: CurlError) {
    switch error {
    case .noMemory: self = .system("malloc", Int(ENOMEM))
    case .option(let name, let code): self = .transport(name, code.rawValue)
    case .multi(let name, let code): self = .transport(name, code)
    }
  }
}
