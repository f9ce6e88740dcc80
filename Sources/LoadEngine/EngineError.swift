public import Model
public import Workload

/// Why load could not begin, or had to be given up.
public enum EngineError: Error, Equatable, Sendable {
  /// Not a URL of the form `http(s)://host[:port][/path]`.
  case badURL(String)
  /// A dialect that no table has.
  case unknownDialect(String)
  /// The name has no address; with the resolver's code (EAI_…).
  case unresolved(host: String, code: Int)
  /// No address took a connection within the limit; `systemError` is the first address' errno, nil
  /// where the limit passed.
  case unreachable(host: String, port: Int, within: Nanos, systemError: Int?)
  /// A connection, but no agreement on TLS; with the transport library's code and its words.
  case tls(host: String, port: Int, code: Int, reason: String)
  /// A user could not log in at `url`, which holds no secret; `account` is an index into those of
  /// the plan.
  case login(url: String, account: Int, failure: LoginFailure)
  /// The system allows fewer open files than the load needs: raise it with `ulimit -Hn`.
  case openFiles(allowed: Int, needed: Int, engines: Int)
  /// A system call failed, with its name and errno.
  case system(String, Int)
  /// The transport library refused a call, with its name and code.
  case transport(String, Int)
  /// Stopped before the request was sent.
  case stopped
}

extension EngineError: CustomStringConvertible {
  /// The facts in one line.
  public var description: String {
    switch self {
    case .badURL(let url): "not an http or https URL: \(url)"
    case .unknownDialect(let name): "unknown dialect \(name)"
    case .unresolved(let host, let code): "no address for \(host) (resolver code \(code))"
    case .unreachable(let host, let port, let within, let systemError):
      "no connection to \(host):\(port) within \(within.seconds) s"
        + (systemError.map { " (errno \($0))" } ?? "")
    case .tls(let host, let port, let code, let reason):
      "no TLS with \(host):\(port) (transport code \(code)): \(reason)"
    case .login(let url, let account, let failure):
      "no login at \(url) with account \(account + 1): \(failure)"
    case .openFiles(let allowed, let needed, let engines):
      "\(needed) open files needed, \(allowed) allowed: try "
        + EngineError.openFilesRemedy(allowed: allowed, needed: needed, engines: engines)
    case .system(let call, let code): "\(call) failed (errno \(code))"
    case .transport(let call, let code): "\(call) failed (transport code \(code))"
    case .stopped: "stopped before the request was sent"
    }
  }
}
