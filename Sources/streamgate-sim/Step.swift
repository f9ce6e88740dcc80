import Model

/// One step of a reply on the wire. Steps run in order; what is due at once leaves in one send.
enum Step: Sendable {
  /// Bytes as they are.
  case raw([UInt8])
  /// A piece of the body, framed and coded as the body is.
  case piece([UInt8])
  /// The clean end of the body.
  case end
  /// Nothing until the request has a slot and its time to first token is over.
  case awaitFirstToken
  /// So many content events, a gap between two.
  case tokens(Int)
  /// The time of so many tokens, without a byte.
  case silentTokens(Int)
  /// Nothing for so long.
  case pause(Nanos)
  /// Bytes again and again until the client goes, or `Step.endlessBytesMax` have left.
  case endlessRaw([UInt8])
  /// A piece of the body again and again until the client goes, a time between two.
  case endlessPiece([UInt8], every: Nanos)
  /// From here on the reply is not as usual: the ledger notes that the fault struck.
  case strike
  /// The connection ends cleanly (FIN).
  case close
  /// The connection is torn down (RST).
  case reset

  /// Bytes after which what never ends does end: no client may be so patient.
  static let endlessBytesMax = 4 << 30

  /// Silence until the client goes.
  static let silence: [Step] = [.pause(Nanos(seconds: Settings.durationSecondsMax)), .close]
}
