/// Where a store is.
public enum StoreLocation: Sendable, Equatable {
  /// A file.
  case sqlite(path: String)
  /// A database, as libpq names it: a URL or `key=value` pairs; what it leaves out comes from
  /// libpq's environment variables and `~/.pgpass`.
  case postgres(connection: String)

  /// Where a project's runs go if the plan does not say.
  public static let defaultPath = ".streamgate/results.db"

  /// Reads a plan's `store`: `postgres://…` (alone: all from libpq's environment), or a path,
  /// also as `sqlite:PATH`.
  public init(_ text: String) {
    if text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") {
      self = .postgres(connection: text)
    } else if text.hasPrefix("sqlite:") {
      self = .sqlite(path: String(text.dropFirst("sqlite:".count)))
    } else {
      self = .sqlite(path: text)
    }
  }

  /// True if the text itself holds a password, which a process list would show.
  public var holdsPassword: Bool {
    guard case .postgres(let connection) = self else { return false }
    return StoreLocation.withoutPassword(connection) != connection
  }
}

extension StoreLocation: CustomStringConvertible {
  /// The path or the URL, without a password.
  public var description: String {
    switch self {
    case .sqlite(let path): path
    case .postgres(let connection): StoreLocation.withoutPassword(connection)
    }
  }

  /// The URL without the password between `:` and `@` and without its query, which may hold one;
  /// of `key=value` pairs nothing is shown.
  private static func withoutPassword(_ connection: String) -> String {
    guard let scheme = connection.firstRange(of: "://") else { return "postgres://…" }
    var rest = connection[scheme.upperBound...]
    if let query = rest.firstIndex(of: "?") {
      let parameters = rest[rest.index(after: query)...]
      if parameters.contains("password") { rest = rest[..<query] }
    }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard let at = authority.lastIndex(of: "@") else {
      return String(connection[..<scheme.upperBound] + rest)
    }
    let user = authority[..<at].prefix { $0 != ":" }
    return String(connection[..<scheme.upperBound] + user + rest[at...])
  }
}
