/// Where a repository lies, by the address that git clones it from. Names and passwords in it are
/// dropped: pipelines clone with tokens in the address.
struct RemoteAddress: Equatable {
  /// The host, with a port only where it is spoken to by HTTP.
  var host: String
  /// The repository's path there, `owner/name`.
  var path: String

  /// Reads `https://host/owner/name.git`, `ssh://git@host:22/owner/name`, `git@host:owner/name`;
  /// nil for anything else, such as a folder.
  init?(_ url: String) {
    let (host, path, isHTTP): (Substring, Substring, Bool)
    if let scheme = url.firstRange(of: "://") {
      let rest = url[scheme.upperBound...]
      let authority = rest.prefix { $0 != "/" }
      host = authority.split(separator: "@").last ?? ""
      path = rest.dropFirst(authority.count)
      isHTTP = ["http", "https"].contains(url[..<scheme.lowerBound])
    } else if let colon = url.firstIndex(of: ":") {
      let address = url[..<colon]
      guard !address.contains("/") else { return nil }
      host = address.split(separator: "@").last ?? ""
      path = url[url.index(after: colon)...]
      isHTTP = false
    } else {
      return nil
    }
    var name = path.split(separator: "/").joined(separator: "/")
    if name.hasSuffix(".git") { name.removeLast(4) }
    let own = isHTTP ? host : host.prefix { $0 != ":" }
    guard !own.isEmpty, name.contains("/"), RemoteAddress.isPlain(own), RemoteAddress.isPlain(name)
    else { return nil }
    self.host = own.lowercased()
    self.path = name
  }

  /// What is spoken at hosts that everyone knows, and at those that say it by their first label.
  var kind: ForgeKind? {
    switch host {
    case "codeberg.org": return .gitea
    default: break
    }
    switch host.prefix(while: { $0 != "." }) {
    case "github": return .github
    case "gitlab": return .gitlab
    case "gitea", "forgejo": return .gitea
    default: return nil
    }
  }

  /// A forge that is known and that none of our interfaces is spoken at; nil for any other.
  var foreignForge: String? {
    if host == "bitbucket.org" { return "Bitbucket" }
    let isAzure =
      host == "dev.azure.com" || host.hasSuffix(".dev.azure.com")
      || host.hasSuffix(".visualstudio.com")
    return isAzure ? "Azure Repos" : nil
  }

  /// The address of that interface at this host.
  func apiURL(_ kind: ForgeKind) -> String {
    if kind == .github, host == "github.com" { return "https://api.github.com" }
    return "https://" + host + RemoteAddress.apiPath(kind)
  }

  /// Where the interface lies below a forge's address.
  static func apiPath(_ kind: ForgeKind) -> String {
    switch kind {
    case .github: "/api/v3"
    case .gitea: "/api/v1"
    case .gitlab: "/api/v4"
    }
  }

  /// One segment of a path, with every byte but unreserved ones (RFC 3986, 2.3) as `%XX`.
  static func percentEncoded(_ text: String) -> String {
    var out = ""
    for byte in text.utf8 {
      let scalar = Unicode.Scalar(byte)
      if scalar.isASCII,
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
          || "-._~".unicodeScalars.contains(scalar)
      {
        out.unicodeScalars.append(scalar)
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        out += "%" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return out
  }

  /// True without blanks, control characters and marks that would end an address's part.
  private static func isPlain(_ text: some StringProtocol) -> Bool {
    text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"?#\\\"<>".utf8.contains($0) }
  }
}
