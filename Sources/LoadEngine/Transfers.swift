import Curl
import Model
public import Plan
public import StreamMeter

/// What the transfers of one scenario share, built once.
struct ScenarioSetup: ~Copyable {
  let url: String
  let isTLS: Bool
  /// True if its requests go by connections of the engine's own: plain HTTP, of users without
  /// cookies. libcurl does TLS, and keeps cookies.
  let isDirect: Bool
  let head: RequestHead
  let tls: TLSPlan
  let timeouts: Timeouts
  let dialect: Dialect
  let isEndMarkerRequired: Bool
  let connectionUse: ConnectionUse
  /// How long a connection may have been idle to be used again; nil: none is.
  let idleMax: Nanos?
  let endpoint: Int
  let headers: CurlList
  /// The lines of `headers`, to which requests with headers of their own add theirs.
  let headerLines: [String]
  /// True if the plan itself names a trace context.
  let hasTraceparent: Bool

  init(
    _ target: TargetPlan, endpoint: Int, authority: URLAuthority, hasLogin: Bool
  ) throws(EngineError) {
    let dialect = try Dialect.of(target)
    let lines = ScenarioSetup.streamLines(target.headers)
    headers = try curl { () throws(CurlError) in try CurlList(lines) }
    headerLines = lines
    hasTraceparent = target.headers.has("traceparent")
    url = target.url.value + target.path
    isTLS = authority.isTLS
    isDirect = !isTLS && !hasLogin
    head = RequestHead(authority: authority, path: target.path, lines: lines)
    tls = target.tls
    timeouts = target.isStreamed ? target.timeouts : target.timeouts.ofWholeReplies
    self.dialect = dialect
    isEndMarkerRequired = target.isEndMarkerRequired
    idleMax = ScenarioSetup.idleMax(target.connections)
    connectionUse = ScenarioSetup.use(idleMax)
    self.endpoint = endpoint
  }

  /// libcurl's own default for idle connections that may still be used.
  private static let idleDefault = Nanos.seconds(118)

  private static func idleMax(_ mode: ConnectionMode) -> Nanos? {
    switch mode {
    case .reuse: idleDefault
    case .fresh: nil
    case .idle(let limit): limit
    }
  }

  /// The same for libcurl, which knows whole seconds, and at least one.
  private static func use(_ idleMax: Nanos?) -> ConnectionUse {
    guard let idleMax else { return .openAndClose }
    return .reuse(idleSecondsMax: max(Int(idleMax.rawValue / 1_000_000_000), 1))
  }

  /// The header lines of a stream's request: `lines`, and the content codings that are undone where
  /// the plan names none, which are those that clients of these services accept. They are asked for
  /// although they cost the service and us time: a proxy that holds a stream back to compress it
  /// does so only to who asks, and that is what its users get.
  private static func streamLines(_ headers: [HeaderPlan]) -> [String] {
    let isNamed = headers.has("accept-encoding")
    return lines(headers) + (isNamed ? [] : ["Accept-Encoding: gzip, deflate"])
  }

  /// The header lines: the plan's, JSON as the content's type where the plan names none, and no
  /// `Expect`, which costs a round trip or a second of waiting.
  static func lines(_ headers: [HeaderPlan]) -> [String] {
    var lines = headers.map { header in
      header.value.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value.value)"
    }
    if !headers.has("content-type") {
      lines.append("Content-Type: application/json")
    }
    lines.append("Expect:")
    return lines
  }
}

extension Dialect {
  /// The dialect that a target's replies are in; throws for a name that no table has, and for
  /// replies that do not stream where the dialect has none.
  public static func of(_ target: TargetPlan) throws(EngineError) -> Dialect {
    let streamed = target.custom.map { Dialect(custom: $0) } ?? Dialect.named(target.dialect)
    guard let dialect = target.isStreamed ? streamed : streamed?.unstreamed else {
      throw .unknownDialect(target.dialect)
    }
    return dialect
  }
}

/// Gives a transfer the plan's TLS.
func setTLS(_ tls: TLSPlan, on easy: borrowing EasyHandle) throws(CurlError) {
  if let caFile = tls.caFile { try easy.setCAFile(caFile) }
  if let certificate = tls.certificateFile {
    try easy.setClientCertificate(
      certificate, keyPath: tls.keyFile, password: tls.keyPassword?.value)
  }
  if tls.verification == .insecure { try easy.setUnverified() }
}

/// One list for each address of an endpoint, which spreads streams over them.
struct AddressLists: ~Copyable {
  private let lists: Slab<CurlList>

  init(_ endpoint: Endpoint) throws(EngineError) {
    var lists = Slab<CurlList>(capacity: endpoint.addresses.count)
    for address in endpoint.addresses {
      do throws(CurlError) {
        lists.append(try CurlList([Endpoints.connectTo(endpoint.authority, address)]))
      } catch {
        throw EngineError(error)
      }
    }
    self.lists = lists
  }

  /// Sends a transfer to the address that a number falls on.
  func apply(to easy: borrowing EasyHandle, number: Int) throws(CurlError) {
    try easy.setConnectTo(lists.start[number % lists.count])
  }
}
