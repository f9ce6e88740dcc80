import Model

/// One request's reply on its way: walks the steps, as due times pass. It touches no socket and
/// reads no clock.
///
/// Invariant: `due` is when the bytes that come next may leave; it only grows.
struct Exchange {
  /// What the server does after the bytes of one `fill` have left.
  enum Action {
    /// Fill again at that time.
    case wait(until: MonotonicNanos)
    /// Fill again once `begin` has given it a slot.
    case awaitSlot
    /// The reply is whole; the connection goes on.
    case finish
    /// The reply is whole; end the connection (FIN).
    case close
    /// Tear the connection down (RST).
    case reset
  }

  /// Bytes of one send, nil for as many as there are.
  var sendBytesMax: Int? { reply?.sendBytesMax }

  /// The ledger's line so far.
  var record: LedgerRecord
  /// When the bytes that come next may leave.
  private(set) var due: MonotonicNanos
  /// True from the first token to the last.
  private(set) var isDecoding = false
  /// True once it has a slot.
  private(set) var hasBegun = false

  private let steps: [Step]
  private var position = 0
  private var draws: ReplyDraws
  private let prefill: Nanos
  private let burst: Int
  private let stampsTokens: Bool
  /// True if a token's event goes out as one chunk, as it is.
  private let isPlain: Bool
  /// Empty where there is no reply.
  private let tokenForm: TokenForm
  private let reply: Reply?
  /// What a token's text is made of: the reply's, kept apart because copying a whole reply for
  /// each token is most of a token's cost.
  private let words: ReplyWords
  private let identity: UInt64
  private var body: Body
  private var endlessBytes = 0
  private var tokensSent = 0
  private var tokensSentInStep = 0
  private var isGapAdded = false
  private var isPauseAdded = false

  /// A response that is not a chat completion: `bytes`, after a while.
  init(record: LedgerRecord, bytes: [UInt8], draws: ReplyDraws, after delay: Nanos = .zero) {
    self.init(
      record: record, steps: [.pause(delay), .raw(bytes)], reply: nil, draws: draws,
      prefill: .zero, burst: 1)
  }

  /// A reply whose steps begin now.
  init(
    record: LedgerRecord, steps: [Step], reply: Reply?, draws: ReplyDraws, prefill: Nanos,
    burst: Int
  ) {
    self.record = record
    self.steps = steps
    self.reply = reply
    self.draws = draws
    self.prefill = prefill
    self.burst = reply?.burst ?? burst
    body = reply?.body ?? Body()
    // A stamp is put in place when the bytes leave, which only plain ones allow.
    isPlain = body.isPlain
    stampsTokens = (reply?.options.hasStamps ?? false) && isPlain
    due = record.received
    tokenForm = reply?.tokenForm ?? TokenForm()
    words = reply?.words ?? .plain
    identity = reply?.identity ?? 0
    if let reply, reply.streams {
      self.record.tokenDue.reserveCapacity(reply.tokens)
      self.record.tokenSent.reserveCapacity(reply.tokens)
    }
  }

  /// Work begins: the first token is due after prefill and the drawn time.
  mutating func begin(at start: MonotonicNanos) {
    hasBegun = true
    record.begun = start
    due = max(due, start) + draws.ttft + prefill
    position += 1
  }

  /// Appends what may leave at `now`: up to one burst of tokens and all that goes with them.
  mutating func fill(
    _ out: inout OutgoingBytes, now: MonotonicNanos, timing: Timing, othersDecoding: Int
  ) -> Action {
    while position < steps.count {
      if case .pause(let length) = steps[position], !isPauseAdded {
        due = due + length
        isPauseAdded = true
      }
      switch steps[position] {
      case .awaitFirstToken:
        return .awaitSlot
      case .tokens(let count):
        if let action = fillTokens(count, &out, now, timing, othersDecoding) { return action }
      case .silentTokens(let count):
        for _ in 1..<max(count, 1) {
          due = due + timing.gap(&draws, others: othersDecoding)
        }
      case .strike:
        record.actualFault = record.plannedFault
      default:
        guard due <= now else { return .wait(until: due) }
        if let action = fillBytes(steps[position], &out) { return action }
      }
      position += 1
      tokensSentInStep = 0
      isPauseAdded = false
    }
    isDecoding = false
    return .finish
  }

  /// A step that is due; nil once it is done.
  private mutating func fillBytes(_ step: Step, _ out: inout OutgoingBytes) -> Action? {
    switch step {
    case .raw(let bytes): out.append(bytes)
    case .piece(let bytes): body.append(bytes, to: &out)
    case .end: body.appendEnd(to: &out)
    case .endlessRaw(let bytes):
      out.append(bytes)
      return endless(bytes.count, every: .zero)
    case .endlessPiece(let bytes, let gap):
      body.append(bytes, to: &out)
      return endless(bytes.count, every: gap)
    case .close: return .close
    case .reset: return .reset
    case .awaitFirstToken, .tokens, .silentTokens, .pause, .strike: break
    }
    return nil
  }

  private mutating func endless(_ count: Int, every gap: Nanos) -> Action? {
    endlessBytes += count
    guard endlessBytes < Step.endlessBytesMax else { return nil }
    due = due + gap
    return .wait(until: due)
  }

  /// Nil once the step has no more tokens.
  private mutating func fillTokens(
    _ count: Int, _ out: inout OutgoingBytes, _ now: MonotonicNanos, _ timing: Timing,
    _ othersDecoding: Int
  ) -> Action? {
    var room = burst
    while tokensSentInStep < count {
      if tokensSent > 0, tokensSent % burst == 0, !isGapAdded {
        for _ in 0..<burst { due = due + timing.gap(&draws, others: othersDecoding) }
        isGapAdded = true
      }
      guard due <= now, room > 0 else { return .wait(until: due) }
      appendToken(&out)
      record.tokenDue.append(due)
      isDecoding = true
      isGapAdded = false
      room -= 1
      tokensSent += 1
      tokensSentInStep += 1
    }
    return nil
  }

  private mutating func appendToken(_ out: inout OutgoingBytes) {
    let number = tokenForm.number(tokensSent)
    if isPlain, stampsTokens {
      out.append(stampedToken: tokenForm, number: number)
    } else if isPlain, tokensSent > 0 {
      let text = words.word(tokensSent, of: identity)
      out.append(token: tokenForm, number: number, text: text)
    } else if let text = reply?.word(tokensSent) {
      if isPlain { return out.append(token: tokenForm, number: number, text: text) }
      body.append(tokenForm.event(tokensSent, text: text), to: &out)
    }
  }
}
