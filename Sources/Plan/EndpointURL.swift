/// Checks of a URL of the form `http://host:port`.
enum EndpointURL {
  /// The URL without trailing slashes, if it has scheme, host, maybe a port, and nothing else.
  ///
  /// The messages say nothing of the value, which may hold a secret.
  static func check(_ url: SecretText) -> Result<SecretText, ValueError> {
    var url = url
    url.value = trimmedSlashes(url.value)
    url.template = trimmedSlashes(url.template)
    guard let rest = afterScheme(url.value) else {
      return .failure(
        ValueError("the URL has no scheme http or https", remedy: "write http://host:port"))
    }
    if url.value.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value >= 0x7F }) {
      return .failure(
        ValueError("the URL holds a space, a control character or a letter beyond ASCII"))
    }
    if rest.contains("@") {
      return .failure(
        ValueError("the URL holds user or password", remedy: "send them in target.headers"))
    }
    if rest.contains("#") { return .failure(ValueError("the URL holds a fragment (#)")) }
    if rest.contains("/") || rest.contains("?") {
      return .failure(
        ValueError("the URL holds more than scheme, host and port", remedy: "use target.path"))
    }
    let (host, port) = split(rest)
    guard isHost(host) else { return .failure(ValueError("the URL has no valid host")) }
    if let port {
      let isNumber = !port.isEmpty && port.utf8.allSatisfy { (0x30...0x39).contains($0) }
      guard isNumber, let number = Int(port), (1...65_535).contains(number) else {
        return .failure(ValueError("the URL's port is not between 1 and 65535"))
      }
    }
    return .success(url)
  }

  /// The host of a checked URL, without brackets.
  static func host(_ url: String) -> String {
    let (host, _) = split(afterScheme(url) ?? url)
    return host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
  }

  /// Scheme, host and port of a checked URL in the one form that all its spellings have.
  static func origin(_ url: String) -> String {
    let url = url.lowercased()
    let (host, port) = split(afterScheme(url) ?? url)
    let isSecure = url.hasPrefix("https://")
    return (isSecure ? "https://" : "http://") + host + ":" + (port ?? (isSecure ? "443" : "80"))
  }

  private static func afterScheme(_ url: String) -> String? {
    for scheme in ["http://", "https://"] where url.lowercased().hasPrefix(scheme) {
      return String(url.dropFirst(scheme.count))
    }
    return nil
  }

  private static func split(_ authority: String) -> (host: String, port: String?) {
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      let after = authority[authority.index(after: end)...]
      let host = String(authority[...end])
      if after.isEmpty { return (host, nil) }
      return after.hasPrefix(":") ? (host, String(after.dropFirst())) : ("", nil)
    }
    guard let colon = authority.firstIndex(of: ":") else { return (authority, nil) }
    return (
      String(authority[..<colon]), String(authority[authority.index(after: colon)...])
    )
  }

  private static func isHost(_ host: String) -> Bool {
    if host.hasPrefix("[") {
      return host.utf8.count > 4
        && host.dropFirst().dropLast().unicodeScalars.allSatisfy {
          $0 == ":" || $0 == "." || $0.properties.isASCIIHexDigit
        }
    }
    return (1...253).contains(host.utf8.count)
      && host.unicodeScalars.allSatisfy {
        ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
          || $0 == "." || $0 == "-" || $0 == "_"
      }
  }

  private static func trimmedSlashes(_ text: String) -> String {
    var text = text
    while text.hasSuffix("/"), !text.hasSuffix("://") { text.removeLast() }
    return text
  }
}

extension TargetPlan {
  /// True where the endpoint is on this machine by its name: `localhost`, 127.0.0.0/8, `::1`.
  public var isLoopback: Bool {
    let host = EndpointURL.host(url.value).lowercased()
    return host == "localhost" || host.hasSuffix(".localhost") || host == "::1"
      || (host.hasPrefix("127.") && host.split(separator: ".").count == 4)
  }

  /// What tells this endpoint from every other one where runs share a store: scheme, host and port.
  /// One on a loopback address is `machine`'s alone. A URL with a secret goes by its text in the
  /// plan, which means nothing to another project.
  public func endpointName(project: String, machine: String) -> String {
    guard url.secrets.isEmpty else { return "\(url.template) of \(project)" }
    let origin = EndpointURL.origin(url.value)
    return isLoopback ? "\(origin) on \(machine)" : origin
  }
}
