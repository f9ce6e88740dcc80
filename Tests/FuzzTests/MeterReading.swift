import Model
import StreamMeter

/// What a meter said of one response.
struct MeterReading {
  var outcome: Outcome?
  var evidence: Evidence?
  var milestones = Milestones()
  var usage = TokenUsage()
  var counts = Counts()
  var gaps = Gaps()
  var reply: [UInt8] = []
  /// Reads of the body.
  var reads = 0
  /// The stamp of the read that completed each event with content.
  var contentAt: [Int64] = []
  /// The outcome when the meter asked to stop; and whether it ever did.
  var outcomeAtStop: Outcome?
  var isStopped = false
  /// True if an outcome was taken back.
  var isTakenBack = false
  /// True if the meter saw an end before its marker.
  var isFinished = false
  private var latestOutcome: Outcome?

  struct Counts: Equatable {
    var events = 0
    var contentEvents = 0
    var contentReads = 0
    var burstEvents = 0
    var bodyBytes = 0
  }

  struct Gaps: Equatable {
    var max: Nanos?
    var maxAt: MonotonicNanos?
    var stallCount = 0
    var stallTotal = Nanos.zero
  }

  /// Notes what the meter said after a read.
  mutating func note(_ action: MeterAction, _ outcome: Outcome?) {
    if latestOutcome != nil && outcome != latestOutcome { isTakenBack = true }
    latestOutcome = outcome
    if action == .finished { isFinished = true }
    if action == .stop && !isStopped {
      isStopped = true
      outcomeAtStop = outcome
    }
  }

  /// Takes what a meter says at the end.
  mutating func take(_ meter: inout StreamMeter) {
    outcome = meter.outcome
    evidence = meter.evidence
    milestones = meter.milestones
    usage = meter.usage
    counts = Counts(
      events: meter.events, contentEvents: meter.contentEvents,
      contentReads: meter.contentReads, burstEvents: meter.burstEvents,
      bodyBytes: meter.bodyBytes)
    gaps = Gaps(
      max: meter.gapMax, maxAt: meter.gapMaxAt, stallCount: meter.stallCount,
      stallTotal: meter.stallTotal)
    reply = Array(meter.replyText)
  }

  /// What must be said of the same bytes in reads that end before these, where each end is one of
  /// this reading's, too.
  func packed(_ ends: [Int], isText: Bool) -> MeterReading {
    let ends = ends.map { Int64($0) }
    var packed = self
    var next = 0
    let at = contentAt.map { byte in
      while next < ends.count && ends[next] < byte { next += 1 }
      return next < ends.count ? ends[next] : byte
    }
    let moved = { (stamp: MonotonicNanos?) in
      stamp.map { stamp in
        MonotonicNanos(ends.first { $0 >= stamp.rawValue } ?? stamp.rawValue)
      }
    }
    packed.milestones.firstByte = moved(milestones.firstByte)
    packed.milestones.firstChoice = moved(milestones.firstChoice)
    packed.milestones.firstToken = moved(milestones.firstToken)
    packed.milestones.firstAnswer = moved(milestones.firstAnswer)
    packed.milestones.lastToken = moved(milestones.lastToken)
    packed.milestones.done = moved(milestones.done)
    packed.count(at, isText: isText)
    return packed
  }

  /// Counts events, reads and gaps from when content came.
  private mutating func count(_ at: [Int64], isText: Bool) {
    counts.contentReads = 0
    counts.burstEvents = 0
    gaps = Gaps()
    var start = 0
    var last: Int64?
    while start < at.count {
      let end = at[start...].firstIndex { $0 != at[start] } ?? at.count
      counts.contentReads += 1
      if end - start > 1 { counts.burstEvents += end - start }
      if let last { wait(from: last, until: at[start]) }
      last = at[start]
      start = end
    }
    if let last, let done = milestones.done?.rawValue { wait(from: last, until: done) }
    if isText {
      // A text's events are its reads.
      counts.contentEvents = counts.contentReads
      counts.events = counts.contentReads
      counts.burstEvents = 0
    }
  }

  private mutating func wait(from last: Int64, until stamp: Int64) {
    let gap = Nanos(stamp - last)
    guard gap > .zero else { return }
    if gap > Nanos(40) {
      gaps.stallCount += 1
      gaps.stallTotal += gap
    }
    if let largest = gaps.max, largest >= gap { return }
    gaps.max = gap
    gaps.maxAt = MonotonicNanos(stamp)
  }

  /// Where this reading is not the one that is wanted.
  func difference(from wanted: MeterReading) -> String? {
    func part(_ name: String, _ got: some Equatable, _ wanted: some Equatable) -> String {
      "\(name) \(got), not \(wanted)"
    }
    if outcome != wanted.outcome {
      return part("outcome", String(describing: outcome), String(describing: wanted.outcome))
    }
    if evidence != wanted.evidence {
      return part("evidence", String(describing: evidence), String(describing: wanted.evidence))
    }
    if milestones != wanted.milestones {
      return "milestones \(milestones), not \(wanted.milestones)"
    }
    if usage != wanted.usage { return "usage \(usage), not \(wanted.usage)" }
    if counts != wanted.counts { return part("counts", counts, wanted.counts) }
    if gaps != wanted.gaps { return part("gaps", gaps, wanted.gaps) }
    if reply != wanted.reply {
      let texts = [reply, wanted.reply].map { String(decoding: $0, as: UTF8.self) }
      return part("reply", texts[0], texts[1])
    }
    return nil
  }
}

/// What holds of every reading, whatever the packing.
struct ReadingRules {
  let dialect: Dialect
  let request: MeteredRequest
  let limits: MeterLimits
  let isMarkerRequired: Bool

  /// The rule that a reading breaks.
  func broken(by reading: MeterReading) -> String? {
    guard let outcome = reading.outcome else { return "no outcome" }
    return falseSuccess(outcome, reading) ?? disorder(outcome, reading)
      ?? excess(outcome, reading)
  }

  /// A success that is none.
  private func falseSuccess(_ outcome: Outcome, _ reading: MeterReading) -> String? {
    if request.isRefused { return outcome == .http429 ? nil : "a refusal is \(outcome)" }
    let isDone = reading.milestones.done != nil
    if outcome.isSuccess && reading.milestones.firstToken == nil {
      return "\(outcome) without a token"
    }
    switch request.end {
    case .broken, .failed, .resent:
      if outcome.isSuccess { return "\(outcome) though the transport ended by \(request.end)" }
    case .timedOut, .cancelled, .abandoned:
      if outcome.isSuccess && !isDone { return "\(outcome) of a stream that we cut" }
    case .clean: break
    }
    switch outcome {
    case .complete: return isDone ? nil : "complete without its marker"
    case .completeNoMarker:
      if isDone || (isMarkerRequired && dialect.hasEndMarker) {
        return "\(outcome) where a marker is required, or was there"
      }
    case .empty:
      if reading.milestones.firstToken != nil { return "empty with a token" }
      if isMarkerRequired && dialect.hasEndMarker && !isDone { return "empty without marker" }
    default: break
    }
    return nil
  }

  /// Things in an order in which they cannot happen, and words that are taken back.
  private func disorder(_ outcome: Outcome, _ reading: MeterReading) -> String? {
    if reading.isTakenBack { return "an outcome was taken back" }
    if let early = reading.outcomeAtStop, early != outcome { return "\(early) became \(outcome)" }
    let m = reading.milestones
    if reading.isFinished && m.done == nil { return "finished without a marker" }
    let order = [m.firstByte, m.firstChoice, m.firstToken, m.lastToken].compactMap { $0 }
    if zip(order, order.dropFirst()).contains(where: { $0 > $1 }) { return "disorder: \(m)" }
    if let done = m.done, let last = m.lastToken, last > done { return "a token after the end" }
    if let answer = m.firstAnswer, m.firstToken.map({ $0 > answer }) ?? true {
      return "an answer before the first token"
    }
    let counts = reading.counts
    if (counts.contentEvents > 0) != (m.firstToken != nil)
      || counts.contentReads > counts.contentEvents || counts.contentEvents > counts.events
      || counts.burstEvents > counts.contentEvents
    {
      return "counts that cannot be: \(counts)"
    }
    return nil
  }

  /// More than a limit allows, kept or let pass.
  private func excess(_ outcome: Outcome, _ reading: MeterReading) -> String? {
    let counts = reading.counts
    if counts.bodyBytes != request.body.count { return "\(counts.bodyBytes) bytes of the body" }
    if counts.events > limits.eventsMax + 1 { return "\(counts.events) events" }
    if counts.events > limits.eventsMax && outcome != .limit { return "events beyond the limit" }
    if counts.bodyBytes > limits.bodyBytesMax && outcome == .completeNoMarker {
      return "\(outcome) of \(counts.bodyBytes) bytes"
    }
    if let evidence = reading.evidence {
      // A byte that is no UTF-8 is shown by a character of three bytes.
      if evidence.excerpt.utf8.count > 3 * StreamMeter.excerptBytesMax
        || (evidence.finishReason?.utf8.count ?? 0) > 3 * StreamMeter.finishReasonBytesMax
        || !(0...request.body.count).contains(evidence.offset)
      {
        return "evidence beyond its limits: \(evidence)"
      }
    }
    return nil
  }
}
