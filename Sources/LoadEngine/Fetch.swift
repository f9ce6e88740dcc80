import Curl
public import Model
public import Plan

/// What became of one GET.
public enum FetchOutcome: Sendable, Equatable {
  /// The endpoint answered: the status, and at most `LoadEngine.fetchBytesMax` of the body.
  case answered(status: Int, body: [UInt8])
  /// It did not, in the transport's words.
  case failed(reason: String)
}

extension LoadEngine {
  /// Bytes of a reply to a GET that are read.
  public static let fetchBytesMax = 1 << 20

  /// Asks a target for a path by GET, with the target's headers and TLS; redirects are not
  /// followed. Takes at most `within`. A failure is the outcome; throws only what no endpoint can
  /// be blamed for.
  public static func fetch(
    _ path: String, from target: TargetPlan, within: Nanos
  ) async throws(EngineError) -> FetchOutcome {
    try await onOwnThread(named: "fetch") { () throws(EngineError) -> FetchOutcome in
      try Fetch.get(path, from: target, within: within)
    }
  }
}

/// One GET, read whole and decoded.
private enum Fetch {
  static func get(
    _ path: String, from target: TargetPlan, within: Nanos
  ) throws(EngineError) -> FetchOutcome {
    let milliseconds = Int(max(within.rawValue / 1_000_000, 1))
    let connect = Int(max(min(target.timeouts.connect, within).rawValue / 1_000_000, 1))
    let outcome = try curl { () throws(CurlError) -> WholeReplyOutcome in
      let easy = try EasyHandle()
      let headers = try CurlList(ScenarioSetup.lines(target.headers))
      try easy.setURL(target.url.value + path)
      try easy.setHeaders(headers)
      try setTLS(target.tls, on: easy)
      try easy.setConnectMillisecondsMax(connect)
      try easy.setMillisecondsMax(milliseconds)
      return try easy.performWhole(bodyBytesMax: LoadEngine.fetchBytesMax)
    }
    switch outcome {
    case .tooLong: return tooLong
    case .failed(_, let reason): return .failed(reason: reason)
    case .whole(let reply): return decoded(reply)
    }
  }

  private static let tooLong = FetchOutcome.failed(
    reason: "the reply is longer than \(LoadEngine.fetchBytesMax) bytes")

  /// The reply in plain bytes: a plan's own headers may ask for a content coding.
  private static func decoded(_ reply: WholeReply) -> FetchOutcome {
    var header = HeaderReader()
    for line in reply.headerLines { _ = line.withUnsafeBytes { header.line($0) } }
    var decoder = ContentDecoder()
    decoder.begin(header.codings.refusal == nil ? header.codings.coding : nil)
    guard decoder.isOn else { return .answered(status: reply.status, body: reply.body) }
    var body: [UInt8] = []
    return reply.body.withUnsafeBytes { bytes in
      decoder.take(bytes)
      while true {
        switch decoder.next() {
        case .piece(let piece):
          guard body.count + piece.count <= LoadEngine.fetchBytesMax else { return tooLong }
          body += piece
        case .exhausted: return .answered(status: reply.status, body: body)
        case .damaged: return .failed(reason: "the body is not coded as its header says")
        }
      }
    }
  }
}
