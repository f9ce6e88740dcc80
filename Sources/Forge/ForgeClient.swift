import Curl
import Glibc
import Model

/// Speaks to a forge's interface, with its token. Every call blocks for as long as `patience`
/// allows, so that it belongs on no thread of the cooperative pool.
///
/// TLS is verified always. Redirects are followed within the same origin only. What has no effect
/// on the forge, or the same however often it is done, is tried again after a fault; what creates,
/// only where no connection was made: else its caller looks first whether it was done.
public struct ForgeClient: Sendable {
  /// Bytes of one answer: a page of a hundred comments of 64 KiB.
  static let replyBytesMax = 16 << 20
  /// Seconds of a pause beyond which it is said to be so many: longer than any errand.
  static let pauseSecondsMax: Int64 = 1_000_000
  /// Redirects that are followed in a row.
  static let redirectsMax = 3

  /// Where it speaks to.
  public let address: ForgeAddress
  let token: ForgeToken
  private(set) var patience: ForgePatience
  private let agent: String
  private let caFile: String?
  private let deadline: MonotonicNanos

  /// A client for one errand, which must be over after `patience.timeMax` from now. `agent` is how
  /// it calls itself, `caFile` a file of certificates to trust instead of the system's.
  public init(
    _ address: ForgeAddress, token: ForgeToken, agent: String = "streamgate",
    caFile: String? = nil, patience: ForgePatience = ForgePatience()
  ) {
    self.address = address
    self.token = token
    self.agent = agent
    self.caFile = caFile
    self.patience = patience
    deadline = Subprocess.now() + patience.timeMax
  }

  /// This client for what an errand can do without: it asks twice at most, and not for long.
  var hasty: ForgeClient {
    var client = self
    client.patience.attemptsMax = min(patience.attemptsMax, 2)
    client.patience.requestTimeMax = Nanos(patience.requestTimeMax.rawValue / 4)
    return client
  }

  /// What is asked.
  struct Request {
    var method = "GET"
    /// From the interface's address on, with its query.
    var path: String
    var body: JSONValue?
    /// True if doing it twice has another effect than doing it once.
    var isCreation = false
  }

  /// An answer with a status of success.
  struct Answer {
    var status: Int
    var value: JSONValue
    /// True if the forge says that there is another page; nil if it says nothing of pages.
    var hasNext: Bool?
  }

  /// Asks, and again after faults that may pass, as long as there is patience.
  func send(_ request: Request) throws(ForgeError) -> Answer {
    guard hasTime(after: .zero) else {
      let seconds = Int(patience.timeMax.seconds)
      throw .unreachable(
        reason: "it took the \(seconds) s that there are for its answers so far")
    }
    var pause = patience.firstPause
    var attempt = 1
    while true {
      let outcome = try once(request)
      let fault: (reason: String, wait: Nanos?)
      switch outcome {
      case .answered(let answer): return answer
      case .faulty(let reason):
        if request.isCreation { throw .unreachable(reason: reason) }
        fault = (reason, nil)
      case .unsent(let reason): fault = (reason, nil)
      case .limited(let wait): fault = ("its limit of requests is reached", wait)
      }
      let wait = max(fault.wait ?? pause, .zero)
      guard hasTime(after: wait) else {
        if let wait = fault.wait { throw .busy(pause: wait) }
        throw .unreachable(reason: fault.reason)
      }
      guard attempt < patience.attemptsMax else { throw .unreachable(reason: fault.reason) }
      sleep(wait)
      pause = pause + pause
      attempt += 1
    }
  }

  /// True if a request that is sent after so long has time for an answer before the errand's end.
  func hasTime(after wait: Nanos) -> Bool {
    Subprocess.now() + wait + answerLeast < deadline
  }

  /// Less time for an answer is none: it would only hide what the fault was.
  private var answerLeast: Nanos { Nanos(patience.requestTimeMax.rawValue / 20) }

  /// The longest wait after which `hasTime` holds.
  var waitMax: Nanos {
    max(deadline - Subprocess.now() - answerLeast - .milliseconds(1), .zero)
  }

  /// Waits.
  func sleep(_ time: Nanos) {
    poll(nil, 0, Int32(clamping: (time.rawValue + 999_999) / 1_000_000))
  }

  /// What one attempt came to; refusals are thrown.
  private enum Outcome {
    case answered(Answer)
    /// It may do better next time; whether it did what was asked is not known.
    case faulty(String)
    /// There was no connection: nothing was asked.
    case unsent(String)
    /// It may do better after so long; nil where the forge does not say.
    case limited(Nanos?)
  }

  private func once(_ request: Request) throws(ForgeError) -> Outcome {
    var url = address.apiURL + request.path
    for _ in 0...ForgeClient.redirectsMax {
      let outcome: WholeReplyOutcome
      do throws(CurlError) {
        outcome = try perform(request, at: url)
      } catch {
        throw .unexpected(what: "libcurl refused the request: \(error)")
      }
      switch outcome {
      case .tooLong: throw .unexpected(what: "an answer of more than \(Self.replyBytesMax) bytes")
      case .failed(let code, let reason):
        if code == .untrusted { throw .untrusted(reason: reason) }
        let kind = code.kind(systemError: 0, isTLS: url.hasPrefix("https"))
        let isUnsent = [.dns, .connect, .tls].contains(kind) && code != .timedOut
        let words = "it does not answer: " + reason
        return isUnsent ? .unsent(words) : .faulty(words)
      case .whole(let reply):
        guard (300..<400).contains(reply.status) else { return try judge(reply) }
        url = try redirection(of: reply, from: url, request)
      }
    }
    throw .unexpected(what: "more than \(Self.redirectsMax) redirects")
  }

  private func perform(_ request: Request, at url: String) throws(CurlError) -> WholeReplyOutcome {
    let easy = try EasyHandle()
    var lines = [token.header(address.kind), "User-Agent: " + agent]
    lines.append(
      address.kind == .github
        ? "Accept: application/vnd.github+json" : "Accept: application/json")
    if request.body != nil { lines += ["Content-Type: application/json", "Expect:"] }
    let headers = try CurlList(lines)
    try easy.setURL(url)
    try easy.setHeaders(headers)
    try easy.allowProxy()
    if let caFile { try easy.setCAFile(caFile) }
    if let body = request.body { try easy.setPost(copying: JSONWriter.bytes(body)) }
    try easy.setMethod(request.method)
    let left = max(deadline - Subprocess.now(), .milliseconds(1))
    let time = Int(min(patience.requestTimeMax, left).rawValue / 1_000_000)
    try easy.setConnectMillisecondsMax(max(1, time))
    try easy.setMillisecondsMax(max(1, time))
    return try easy.performWhole(bodyBytesMax: ForgeClient.replyBytesMax)
  }

  private func judge(_ reply: WholeReply) throws(ForgeError) -> Outcome {
    switch reply.status {
    case 200..<300:
      guard !reply.body.isEmpty else {
        return .answered(Answer(status: reply.status, value: .null, hasNext: nil))
      }
      guard let value = try? JSONReader.parse(reply.body) else {
        return .faulty("its answer is no JSON")
      }
      let next = reply.value(of: "link").map { $0.contains("rel=\"next\"") }
      return .answered(Answer(status: reply.status, value: value, hasNext: next))
    case 429: return .limited(pause(reply))
    case 403 where isLimit(reply): return .limited(pause(reply))
    case 408, 500...: return .faulty("it answers with status \(reply.status)")
    default: throw .refused(status: reply.status, said: words(reply.body))
    }
  }

  /// GitHub refuses with 403 for too many requests too.
  private func isLimit(_ reply: WholeReply) -> Bool {
    reply.value(of: "retry-after") != nil || reply.value(of: "x-ratelimit-remaining") == "0"
  }

  /// How long the forge wants to be left alone: seconds, a moment by its own clock, or the moment
  /// of its next hour.
  private func pause(_ reply: WholeReply) -> Nanos? {
    let now = HTTPDate.now()
    func wait(_ seconds: Int64) -> Nanos {
      .seconds(min(max(seconds, 0), ForgeClient.pauseSecondsMax))
    }
    if let text = reply.value(of: "retry-after") {
      if let seconds = Int64(text), seconds >= 0 { return wait(seconds) }
      if let moment = HTTPDate.seconds(text, now: now) {
        let sent = reply.value(of: "date").flatMap { HTTPDate.seconds($0, now: now) }
        return wait(moment - (sent ?? now))
      }
    }
    let reset = reply.value(of: "x-ratelimit-reset") ?? reply.value(of: "ratelimit-reset")
    guard let moment = reset.flatMap({ Int64($0) }) else { return nil }
    return wait(moment > now ? moment - now + 1 : 1)
  }

  /// Where a redirect leads, if it leads to the same origin.
  private func redirection(
    of reply: WholeReply, from url: String, _ request: Request
  ) throws(ForgeError) -> String {
    guard let location = reply.value(of: "location"), !location.isEmpty else {
      throw .unexpected(what: "status \(reply.status) without a Location")
    }
    // Any but these two may make a GET of it (RFC 9110, 15.4).
    guard request.method == "GET" || [307, 308].contains(reply.status) else {
      throw .refused(status: reply.status, said: "a redirect of a \(request.method)")
    }
    let origin = ForgeClient.origin(of: url)
    if location.hasPrefix("/"), !location.hasPrefix("//") { return origin + location }
    guard ForgeClient.origin(of: location) == origin else {
      throw .redirected(to: ForgeClient.origin(of: location))
    }
    return location
  }

  /// Scheme, host and port, as they are written.
  static func origin(of url: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return String(url.prefix(200)) }
    let authority = url[scheme.upperBound...].prefix { !"/?#\\".contains($0) }
    return (url[..<scheme.upperBound] + authority).lowercased()
  }

  /// The forge's own sentence on a refusal, bounded, without the token.
  private func words(_ body: [UInt8]) -> String {
    let value = try? JSONReader.parse(body)
    let found = value?["message"] ?? value?["error"]
    let text: String
    switch found {
    case .string(let message): text = message
    case .some(let other): text = String(decoding: JSONWriter.bytes(other), as: UTF8.self)
    case nil: text = ""
    }
    return Redactor(secrets: [token.text]).masked(String(text.prefix(300)))
  }
}
