/// The endpoints of a plan whose addresses hold a secret: where they are must be in no text, so
/// that each goes by what the plan says of it, such as `${TARGET_URL}`.
public struct HiddenEndpoints: Sendable {
  /// None.
  public static let none = HiddenEndpoints([])

  private struct Endpoint {
    /// Without brackets.
    var host: String
    var port: String
    var template: String
  }

  private let endpoints: [Endpoint]

  /// Those of a plan, wherever it names one.
  public init(of plan: Plan) {
    let targets = [plan.target] + plan.scenarios.map(\.target)
    self.init(
      targets.map(\.url) + [plan.gate.baselineTarget, plan.target.login?.url].compactMap { $0 })
  }

  /// Those of these checked URLs that hold a secret.
  public init(_ urls: [SecretText]) {
    endpoints = urls.filter { !$0.secrets.isEmpty && !$0.value.isEmpty }.map { url in
      let origin = EndpointURL.origin(url.value)
      return Endpoint(
        host: EndpointURL.host(url.value).lowercased(),
        port: String(
          origin[origin.index(after: origin.lastIndex(of: ":") ?? origin.startIndex)...]),
        template: url.template)
    }
  }

  /// What stands for a host, and a port where one is told; nil for one that is no secret.
  public func name(host: String, port: Int? = nil) -> String? {
    endpoints.first { endpoint in
      endpoint.host == host.lowercased() && port.map { String($0) == endpoint.port } ?? true
    }?.template
  }

  /// A text of the system's or of libcurl's that may tell where an endpoint is, without that.
  /// O(endpoints x bytes).
  public func masked(_ text: String) -> String {
    let words = endpoints.flatMap { endpoint -> [Word] in
      let hosts = ["[\(endpoint.host)]", endpoint.host]
      let places = hosts.flatMap { ["\($0):\(endpoint.port)", "\($0) port \(endpoint.port)"] }
      return (places + hosts).map { Word($0, instead: endpoint.template) }
        + [Word("port \(endpoint.port)", instead: "its port")]
    }
    guard !words.isEmpty else { return text }
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let word = words.first { $0.stands(in: bytes, at: index) }
      out += word?.instead ?? [bytes[index]]
      index += word?.bytes.count ?? 1
    }
    return String(decoding: out, as: UTF8.self)
  }
}

/// What is replaced where it is no part of a longer word.
private struct Word {
  let bytes: [UInt8]
  let instead: [UInt8]

  init(_ text: String, instead: String) {
    (bytes, self.instead) = (Array(text.utf8), Array(instead.utf8))
  }

  func stands(in text: [UInt8], at start: Int) -> Bool {
    let end = start + bytes.count
    return end <= text.count && zip(text[start..<end], bytes).allSatisfy { Word.lowered($0) == $1 }
      && (start == 0 || !Word.isPart(text[start - 1]))
      && (end == text.count || !Word.isPart(text[end]))
  }

  /// True for what goes on a name: letters, digits, `-` and `_`.
  private static func isPart(_ byte: UInt8) -> Bool {
    let scalar = Unicode.Scalar(lowered(byte))
    return ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "-"
      || scalar == "_"
  }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
