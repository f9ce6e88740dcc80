/// How the transport of one request came to its end, as the engine saw it.
public enum TransportEnd: Sendable, Equatable {
  /// The response ended as HTTP says it should: by length, last chunk, or close where allowed.
  case clean
  /// The connection ended inside the response, or before it; the transport library's code.
  case broken(code: Int)
  /// One of the request's time limits passed.
  case timedOut(TimeoutPhase)
  /// The transport gave up; the transport library's code.
  case failed(TransportFailure, code: Int)
  /// The transport was about to send the request a second time, and was stopped.
  case resent
  /// The run was stopped.
  case cancelled
  /// We dropped the connection because the meter asked for it (`stop`), or because the drain after
  /// the end marker (`finished`) took too long.
  case abandoned
}

/// The phase of a request that took too long.
public enum TimeoutPhase: Sendable, Equatable {
  /// To a connection, TLS included.
  case connect
  /// From sending to the first token.
  case firstToken
  /// Between reads with content.
  case stall
  /// From sending to the end.
  case total
}

/// What the transport could not do.
public enum TransportFailure: Sendable, Equatable {
  /// Connect.
  case connect
  /// Connect, for what this machine lacks: no failure of the service.
  case localResource(LocalResource)
  /// Resolve the name.
  case dns
  /// Agree on TLS.
  case tls
  /// Make sense of the peer's HTTP.
  case `protocol`
  /// Go on without following a redirect.
  case redirect
  /// Stay within our own limit on the header.
  case limit
  /// Undo the body's coding: its bytes are not so coded, or the coding is none that was asked for.
  case badCoding
  /// Find the end of the body's coding before the end of the response.
  case cutCoding
  /// Stay within our own limit on codings on top of each other.
  case codingLimit
}

/// What a connection needs of this machine.
public enum LocalResource: Sendable, Equatable {
  /// An open file.
  case descriptor
  /// A local port.
  case port
  /// Memory of the kernel.
  case memory
}

/// What the engine should do after a read.
public enum MeterAction: Sendable, Equatable {
  /// Read on.
  case more
  /// The end marker was seen: read on with a short cap, for the transport's end.
  case finished
  /// Nothing that could still come matters: drop the connection and call `end(.abandoned)`.
  case stop
}
