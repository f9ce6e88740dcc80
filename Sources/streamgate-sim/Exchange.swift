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
  private let tokenPrefix: [UInt8]
  private let reply: Reply?
  private var tokensSent = 0
  private var tokensSentInStep = 0
  private var isGapAdded = false
  private var isPauseAdded = false

  /// A response that is not a chat completion: `bytes` at once.
  init(record: LedgerRecord, bytes: [UInt8], draws: ReplyDraws) {
    self.init(
      record: record, steps: [.raw(bytes)], reply: nil, draws: draws, prefill: .zero, burst: 1,
      stampsTokens: false)
  }

  /// A reply whose steps begin now.
  init(
    record: LedgerRecord, steps: [Step], reply: Reply?, draws: ReplyDraws, prefill: Nanos,
    burst: Int, stampsTokens: Bool
  ) {
    self.record = record
    self.steps = steps
    self.reply = reply
    self.draws = draws
    self.prefill = prefill
    self.burst = burst
    self.stampsTokens = stampsTokens
    due = record.received
    tokenPrefix = reply?.tokenPrefix ?? []
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
      case .raw(let bytes):
        guard due <= now else { return .wait(until: due) }
        out.append(bytes)
      case .event(let data):
        guard due <= now else { return .wait(until: due) }
        out.append(event: data)
      case .pause:
        guard due <= now else { return .wait(until: due) }
      case .strike:
        record.actualFault = record.plannedFault
      case .close:
        guard due <= now else { return .wait(until: due) }
        return .close
      case .reset:
        guard due <= now else { return .wait(until: due) }
        return .reset
      }
      position += 1
      tokensSentInStep = 0
      isPauseAdded = false
    }
    isDecoding = false
    return .finish
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
      if stampsTokens {
        out.append(stampedEvent: tokenPrefix, Reply.tokenSuffix)
      } else {
        out.append(event: tokenPrefix, reply?.word(tokensSent) ?? [], Reply.tokenSuffix)
      }
      record.tokenDue.append(due)
      isDecoding = true
      isGapAdded = false
      room -= 1
      tokensSent += 1
      tokensSentInStep += 1
    }
    return nil
  }
}

/// Bytes of one send, reused: framing without an allocation a token.
struct OutgoingBytes {
  private(set) var bytes: [UInt8] = []
  private var stampOffsets: [Int] = []
  private var digits = [UInt8](repeating: 0x30, count: OutgoingBytes.stampDigits)

  /// Digits of a stamp: enough for any Int64.
  private static let stampDigits = 19

  /// Forgets everything.
  mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    stampOffsets.removeAll(keepingCapacity: true)
  }

  /// Adds bytes as they are.
  mutating func append(_ raw: [UInt8]) {
    bytes.append(contentsOf: raw)
  }

  /// Adds one event with this data as one chunk.
  mutating func append(event data: [UInt8]) {
    append(event: data, [], [])
  }

  /// Adds one event whose data is the three pieces as one chunk.
  mutating func append(event prefix: [UInt8], _ middle: [UInt8], _ suffix: [UInt8]) {
    openChunk(prefix.count + middle.count + suffix.count + 8)
    bytes.append(contentsOf: prefix)
    bytes.append(contentsOf: middle)
    bytes.append(contentsOf: suffix)
    closeChunk()
  }

  /// Adds one event whose text is `@`, the time of sending and a space, as one chunk.
  mutating func append(stampedEvent prefix: [UInt8], _ suffix: [UInt8]) {
    openChunk(prefix.count + OutgoingBytes.stampDigits + 2 + suffix.count + 8)
    bytes.append(contentsOf: prefix)
    bytes.append(UInt8(ascii: "@"))
    stampOffsets.append(bytes.count)
    for _ in 0..<OutgoingBytes.stampDigits { bytes.append(UInt8(ascii: "0")) }
    bytes.append(UInt8(ascii: " "))
    bytes.append(contentsOf: suffix)
    closeChunk()
  }

  /// Puts the time of sending where it belongs.
  mutating func stamp(_ time: MonotonicNanos) {
    guard !stampOffsets.isEmpty else { return }
    var rest = time.rawValue
    for place in stride(from: OutgoingBytes.stampDigits - 1, through: 0, by: -1) {
      digits[place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    for offset in stampOffsets {
      for place in 0..<OutgoingBytes.stampDigits { bytes[offset + place] = digits[place] }
    }
  }

  private mutating func openChunk(_ count: Int) {
    var shift = (Int.bitWidth - count.leadingZeroBitCount + 3) / 4 * 4
    while shift > 0 {
      shift -= 4
      let digit = UInt8(truncatingIfNeeded: count >> shift & 15)
      bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
    bytes.append(0x0D)
    bytes.append(0x0A)
    for byte in StaticBytes.data { bytes.append(byte) }
  }

  private mutating func closeChunk() {
    for byte in StaticBytes.endOfEventAndChunk { bytes.append(byte) }
  }
}

private enum StaticBytes {
  static let data = Array("data: ".utf8)
  static let endOfEventAndChunk = Array("\n\n\r\n".utf8)
}
