import Model

/// Why a request ended as it did: one case a rule, each of exactly one outcome.
enum Cause: Equatable {
  /// Marker, tokens, and a clean end.
  case complete
  /// Tokens and a clean end between two events; the plan allows it.
  case noMarkerAllowed
  /// A whole stream without a token.
  case noToken
  /// A clean end without the marker.
  case noMarker
  /// A clean end inside an event that no marker follows, or inside a document.
  case cutEvent
  /// The transport broke.
  case broken
  /// The transport broke after the marker.
  case brokenAfterMarker
  /// The request was about to be sent twice.
  case resent
  /// An event that is an error.
  case errorEvent
  /// An event that is no JSON object; bytes of its data before the place where that shows.
  case notJSON(at: Int)
  /// A status that is no success.
  case status(Int)
  /// A success with another media type.
  case contentType(String)
  /// The right media type, and a body of another form.
  case shape
  /// A cap of ours.
  case limit(LimitKind)
  /// A time limit of ours.
  case timedOut(TimeoutPhase)
  /// The transport gave up.
  case transport(TransportFailure)
  /// The transport ended cleanly and never brought a header.
  case noHeader
  /// The run was stopped.
  case cancelled

  /// Which cap.
  enum LimitKind: Equatable {
    case line(Int)
    case event(Int)
    case events(Int)
    case body(Int)
  }

  /// The outcome by METRICS' taxonomy.
  var outcome: Outcome {
    switch self {
    case .complete: .complete
    case .noMarkerAllowed: .completeNoMarker
    case .noToken: .empty
    case .noMarker, .cutEvent: .truncated
    case .broken, .brokenAfterMarker, .resent, .noHeader: .broken
    case .errorEvent: .errorEvent
    case .notJSON: .malformed
    case .status(let status): Cause.outcome(status: status)
    case .contentType, .shape: .notAStream
    case .limit: .limit
    case .timedOut(let phase): Cause.outcome(phase: phase)
    case .transport(let failure): Cause.outcome(failure: failure)
    case .cancelled: .cancelled
    }
  }

  private static func outcome(status: Int) -> Outcome {
    switch status {
    case 300..<400: .redirect
    case 401, 403: .auth
    case 429: .http429
    case 400..<500: .http4xx
    case 500...: .http5xx
    default: .protocol
    }
  }

  private static func outcome(phase: TimeoutPhase) -> Outcome {
    switch phase {
    case .connect: .connect
    case .firstToken: .timeoutFirstToken
    case .stall: .timeoutStall
    case .total: .timeoutTotal
    }
  }

  private static func outcome(failure: TransportFailure) -> Outcome {
    switch failure {
    case .connect: .connect
    case .localResource: .droppedLate
    case .dns: .dns
    case .tls: .tls
    case .protocol, .badCoding: .protocol
    case .redirect: .redirect
    case .limit, .codingLimit: .limit
    case .cutCoding: .broken
    }
  }
}

extension Cause {
  /// One sentence for a person.
  var detail: String {
    switch self {
    case .complete: "The stream ended with its marker."
    case .noMarkerAllowed: "The body ended cleanly without an end marker, which is allowed."
    case .noToken: "The stream ended as it should, and carried no token."
    case .noMarker: "The body ended cleanly without the end marker."
    case .cutEvent: "The body ended cleanly in the middle of an event."
    case .broken: "The connection ended inside the response."
    case .brokenAfterMarker: "The connection broke after the end marker."
    case .resent: "The reused connection died and the request was about to be sent again."
    case .errorEvent: "The stream carried an error."
    case .notJSON(let offset): "An event is no JSON object, from its byte \(offset) on."
    case .status(let status): "The response's status was \(status)."
    case .contentType(let type): "The response's content type was \(type)."
    case .shape: "The body is not of the dialect's form."
    case .limit(let kind): Cause.detail(limit: kind)
    case .timedOut(let phase): Cause.detail(phase: phase)
    case .transport(let failure): Cause.detail(failure: failure)
    case .noHeader: "The connection ended before a response."
    case .cancelled: "The run was stopped."
    }
  }

  private static func detail(limit: LimitKind) -> String {
    switch limit {
    case .line(let bytes): "A line was longer than \(bytes) bytes."
    case .event(let bytes): "An event was longer than \(bytes) bytes."
    case .events(let count): "The stream had more than \(count) events."
    case .body(let bytes): "The body was longer than \(bytes) bytes."
    }
  }

  private static func detail(phase: TimeoutPhase) -> String {
    switch phase {
    case .connect: "No connection within the connect time limit."
    case .firstToken: "No token within the first-token time limit."
    case .stall: "No further token within the stall time limit."
    case .total: "Not done within the total time limit."
    }
  }

  private static func detail(failure: TransportFailure) -> String {
    switch failure {
    case .connect: "The connection could not be made."
    case .localResource(.descriptor): "The client's machine had no open file left for it."
    case .localResource(.port): "The client's machine had no local port left for it."
    case .localResource(.memory): "The client's machine had no memory left for its connection."
    case .dns: "The name could not be resolved."
    case .tls: "TLS could not be agreed on."
    case .protocol: "The peer broke HTTP."
    case .redirect: "The response was a redirect, which is not followed."
    case .limit: "The response's header was larger than the limit."
    case .badCoding: "The body is not coded as the header says, or in a way not asked for."
    case .cutCoding: "The response ended before its content coding did."
    case .codingLimit: "The body has more codings on top of each other than the limit of one."
    }
  }
}
