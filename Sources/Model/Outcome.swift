/// How one request ended; every request has exactly one.
///
/// The raw values are stored and must not change: add at the end.
public enum Outcome: Int16, Sendable, CaseIterable {
  /// The stream ended with its dialect's end marker.
  case complete = 0
  /// A clean end without a marker, where the plan allows it.
  case completeNoMarker
  /// A clean end of the body without the marker.
  case truncated
  /// The transport ended inside the body, also after the marker; or the request was re-sent.
  case broken
  /// An error object inside a 200 stream.
  case errorEvent
  /// The stream's bytes are not what the dialect allows.
  case malformed
  /// Complete, without a token.
  case empty
  /// Status 200 with another content type or shape.
  case notAStream
  /// No first token within its limit.
  case timeoutFirstToken
  /// A gap beyond the stall limit.
  case timeoutStall
  /// Not done within the total limit.
  case timeoutTotal
  /// Status 429.
  case http429
  /// Another status in 400...499.
  case http4xx
  /// Status 500 and above.
  case http5xx
  /// A login or refresh failed, or status 401 or 403.
  case auth
  /// The connection could not be made, or not within its limit.
  case connect
  /// The name could not be resolved.
  case dns
  /// The TLS handshake failed.
  case tls
  /// A redirect, which is not followed.
  case redirect
  /// The peer broke HTTP.
  case `protocol`
  /// Our own limit on event, stream or header size.
  case limit
  /// The in-flight cap: the service left no slot.
  case droppedCap
  /// The client could not keep the schedule.
  case droppedLate
  /// The run was stopped.
  case cancelled

  /// The outcome's name in run files, stores and reports.
  public var name: String {
    switch self {
    case .complete: "complete"
    case .completeNoMarker: "complete_no_marker"
    case .truncated: "truncated"
    case .broken: "broken"
    case .errorEvent: "error_event"
    case .malformed: "malformed"
    case .empty: "empty"
    case .notAStream: "not_a_stream"
    case .timeoutFirstToken: "timeout_first_token"
    case .timeoutStall: "timeout_stall"
    case .timeoutTotal: "timeout_total"
    case .http429: "http_429"
    case .http4xx: "http_4xx"
    case .http5xx: "http_5xx"
    case .auth: "auth"
    case .connect: "connect"
    case .dns: "dns"
    case .tls: "tls"
    case .redirect: "redirect"
    case .protocol: "protocol"
    case .limit: "limit"
    case .droppedCap: "dropped_cap"
    case .droppedLate: "dropped_late"
    case .cancelled: "cancelled"
    }
  }

  /// The outcome of that name, nil if there is none.
  public init?(name: some StringProtocol) {
    guard let match = Outcome.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }

  /// True for `complete` and for a missing marker that the plan allows.
  public var isSuccess: Bool { self == .complete || self == .completeNoMarker }

  /// False for requests that say nothing of the service: left out of every n.
  public var isCounted: Bool { self != .droppedLate && self != .cancelled }

  /// True for a failure that no client causes by being slow: the service said so itself. Others may
  /// come of a client that did not read in time, so that a limit passed or the service gave up.
  public var isBeyondClient: Bool {
    switch self {
    case .errorEvent, .malformed, .empty, .notAStream, .http429, .http4xx, .http5xx, .auth,
      .redirect, .protocol, .limit:
      true
    default: false
    }
  }

  /// True for a stream that the client gave up: its end is when the client did so, and nothing was
  /// heard of the service then.
  public var isGivenUp: Bool {
    switch self {
    case .timeoutFirstToken, .timeoutStall, .timeoutTotal, .limit, .cancelled: true
    default: false
    }
  }

  /// The rate that a request of this outcome counts in, nil for a success and for an outcome
  /// that is not counted. A stream that broke off after its first token is *truncated*, every
  /// other failure an *error*; none is both.
  public func rate(hadFirstToken: Bool) -> RateMetric? {
    if isSuccess || !isCounted { return nil }
    switch self {
    case .truncated, .broken, .errorEvent, .malformed, .timeoutStall, .timeoutTotal:
      return hadFirstToken ? .truncated : .error
    default:
      return .error
    }
  }
}
