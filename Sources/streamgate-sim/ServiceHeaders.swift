import Model

/// The header lines by which real services say what a reply cost them and what is left: what a
/// client may keep beside its own figures. Same seed, same lines.
struct ServiceHeaders: Sendable {
  /// Requests and tokens that the service allows, by its own words; it refuses none for them.
  private static let requestsMax = 10_000
  private static let tokensMax = 2_000_000

  /// Which chat request of this process it answers, 1 for the first.
  let ordinal: Int
  /// Tokens of the prompt.
  let promptTokens: Int
  /// Time that the prompt takes.
  let prefill: Nanos
  /// Time to the first token by plan, without waiting for a slot, `prefill` included.
  let firstToken: Nanos

  /// Whole lines.
  var lines: String {
    "Server-Timing: prefill;dur=\(milliseconds(prefill)), "
      + "model;dur=\(milliseconds(firstToken - prefill))\r\n"
      + "OpenAI-Processing-Ms: \(firstToken.rawValue / 1_000_000)\r\n"
      + ServiceHeaders.limits(
        requestsLeft: max(0, ServiceHeaders.requestsMax - ordinal),
        tokensLeft: max(0, ServiceHeaders.tokensMax - promptTokens))
  }

  /// The lines of a service that has nothing left for now.
  static let exhausted = limits(requestsLeft: 0, tokensLeft: 0)

  private static func limits(requestsLeft: Int, tokensLeft: Int) -> String {
    "X-RateLimit-Limit-Requests: \(requestsMax)\r\n"
      + "X-RateLimit-Remaining-Requests: \(requestsLeft)\r\n"
      + "X-RateLimit-Limit-Tokens: \(tokensMax)\r\n"
      + "X-RateLimit-Remaining-Tokens: \(tokensLeft)\r\n"
  }

  /// Milliseconds with one decimal, as `Server-Timing` has them.
  private func milliseconds(_ time: Nanos) -> String {
    let tenths = time.rawValue / 100_000
    return "\(tenths / 10).\(tenths % 10)"
  }
}
