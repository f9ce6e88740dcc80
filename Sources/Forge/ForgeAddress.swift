/// A forge's interface and what is asked of it.
public struct ForgeAddress: Sendable, Equatable {
  /// Its shape.
  public var kind: ForgeKind
  /// Its address, without a slash at its end.
  public var apiURL: String
  /// The repository, `owner/name`; on GitLab the project's path.
  public var repository: String

  /// An address; nil unless the URL is of http or https and the repository has an owner, both
  /// without blanks, marks and steps upward that would lead elsewhere.
  public init?(kind: ForgeKind, apiURL: String, repository: String) {
    let parts = repository.split(separator: "/", omittingEmptySubsequences: false)
    let isDeep = kind == .gitlab ? parts.count >= 2 : parts.count == 2
    let isNamed = parts.allSatisfy { part in
      !part.isEmpty && part != "." && part != ".." && part.utf8.allSatisfy(ForgeAddress.isName)
    }
    guard isDeep, isNamed, ["https://", "http://"].contains(where: apiURL.hasPrefix),
      apiURL.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
      !apiURL.contains("?"), !apiURL.contains("#"), !apiURL.contains("@")
    else { return nil }
    self.kind = kind
    self.apiURL = PipelineVariables.trimmed(apiURL)
    self.repository = repository
  }

  /// An address that is none of ours, without what may be a password in it: for an error.
  public static func withoutSecrets(_ address: String) -> String {
    let scheme = address.firstRange(of: "://").map { address[..<$0.upperBound] } ?? ""
    let rest = address.dropFirst(scheme.count)
    // A password may hold what would end an authority: the last mark counts.
    let place = rest.lastIndex(of: "@").map { "***" + rest[$0...] } ?? String(rest)
    let end = place.firstIndex { $0 == "?" || $0 == "#" }
    return scheme + (end.map { place[...$0] + "***" } ?? place)
  }

  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  /// The path of the repository in the interface.
  var repositoryPath: String {
    kind == .gitlab
      ? "/projects/" + RemoteAddress.percentEncoded(repository) : "/repos/" + repository
  }
}

/// A forge's token. It has no description but stars, so that it cannot be printed by accident.
public struct ForgeToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The variable that it came from.
  public let variable: String
  let text: String

  /// The token for a forge: `STREAMGATE_FORGE_TOKEN`, else the forge's own variable. Line ends
  /// after it, as a secret has that was read from a file, are none of it; one that holds what no
  /// header can is refused.
  public init(for kind: ForgeKind, in variables: [String: String]) throws(ForgeTokenError) {
    let names = ["STREAMGATE_FORGE_TOKEN"] + ForgeToken.variables(of: kind)
    let isEnd: (Unicode.Scalar) -> Bool = { $0 == "\n" || $0 == "\r" }
    let found = names.lazy.map { name in
      var text = variables[name, default: ""].unicodeScalars
      while text.last.map(isEnd) ?? false { text.removeLast() }
      return (name: name, text: String(text))
    }
    guard let (name, text) = found.first(where: { !$0.text.isEmpty }) else { throw .missing }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw .malformed(variable: name)
    }
    variable = name
    self.text = text
  }

  /// The variables that a token for such a forge is looked for in, after
  /// `STREAMGATE_FORGE_TOKEN`.
  public static func variables(of kind: ForgeKind) -> [String] {
    switch kind {
    case .github: ["GITHUB_TOKEN", "GH_TOKEN"]
    case .gitea: ["GITEA_TOKEN", "FORGEJO_TOKEN", "GITHUB_TOKEN"]
    case .gitlab: ["GITLAB_TOKEN"]
    }
  }

  /// The header that carries it.
  func header(_ kind: ForgeKind) -> String {
    switch kind {
    case .github: "Authorization: Bearer " + text
    case .gitea: "Authorization: token " + text
    case .gitlab: "PRIVATE-TOKEN: " + text
    }
  }

  /// Stars.
  public var description: String { "***" }
  /// Stars.
  public var debugDescription: String { "***" }
  /// No children.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why there is no token.
public enum ForgeTokenError: Error, Sendable, Equatable {
  /// No variable is set to one.
  case missing
  /// That variable holds what no header can.
  case malformed(variable: String)
}
