// StreamMeter: bytes and a stamp in, milestones and an outcome out.
//
// It cuts lines, events and JSON from a body that comes in any pieces, by a dialect that is data,
// and holds the one state machine that decides how a request ended. It has no socket, no clock
// and no timer: the engine brings the bytes, the stamps and the news of the transport.

public import Model

/// Meters one response at a time; one for each reusable slot of the engine.
///
/// Calls for one request: `reset`, then `head`, any number of `read`, and `end` once, which may
/// also come before `head`. Any packing of the same bytes into reads gives the same outcome,
/// counts, and milestones by the stamp of the read that completed each event; only what is defined
/// by reads (gaps, bursts) differs. `read` allocates only where a line or event straddles reads
/// and is longer than any before it.
public struct StreamMeter: ~Copyable {
  /// Bytes of a body or event kept as evidence.
  public static let excerptBytesMax = 200
  /// Bytes of a finish reason kept as evidence.
  public static let finishReasonBytesMax = 64

  /// When things happened in the current response.
  public private(set) var milestones = Milestones()
  /// The response's status, nil if none came.
  public private(set) var httpStatus: Int?
  /// The server's counts.
  public private(set) var usage = TokenUsage()
  /// Events of any kind.
  public private(set) var events = 0
  /// Events that carried a token.
  public private(set) var contentEvents = 0
  /// Reads that carried a token.
  public private(set) var contentReads = 0
  /// Content events that arrived in a read holding two or more of them.
  public private(set) var burstEvents = 0
  /// Bytes of the body, all that came.
  public private(set) var bodyBytes = 0
  /// Waits beyond the stall gap, the wait for the end marker included.
  public private(set) var stallCount = 0
  /// Their sum.
  public private(set) var stallTotal = Nanos.zero
  /// The largest gap, the wait for the end marker included; nil without one.
  public private(set) var gapMax: Nanos?
  /// When the largest gap ended.
  public private(set) var gapMaxAt: MonotonicNanos?

  /// Where in a response we are.
  private enum State {
    /// Before the header. Next: streaming, refused, ended.
    case idle
    /// In the body of a stream. Next: draining, failed, ended.
    case streaming
    /// The marker was seen; the transport's end is awaited. Next: ended.
    case draining
    /// The header decided the outcome; the body is read as evidence. Next: ended.
    case refused
    /// An event decided the outcome; the rest is of no interest. Next: ended.
    case failed
    /// The request is over. Next: idle.
    case ended
  }

  /// From when the next gap counts: the last read with content, or later, see `excuse`.
  var gapFrom: MonotonicNanos?
  private var state = State.idle
  private var cause: Cause?
  private var dialect: Dialect
  private let limits: MeterLimits
  private var isEndMarkerRequired: Bool
  private let stallGap: Nanos
  private var reader: EventReader
  private var memo = WalkMemo()
  private var reply = ReplyText()
  /// The body so far of a reply that is one document.
  private var document = ByteBuffer()
  private var gaps = GapLog()
  private var excerpt = ByteBuffer()
  private var isExcerptOfEvent = false
  private var finishReason = ByteBuffer()
  private var retryAfter: Nanos?
  private var transportCode: Int?
  /// Bytes of the body before the event that decided the outcome.
  private var failureOffset: Int?
  private var drainedBytes = 0
  /// The stamp of the latest read, and the content events in it so far.
  private var readStamp: MonotonicNanos?
  private var eventsOfRead = 0

  /// A meter of streams of one dialect.
  ///
  /// With `isEndMarkerRequired` false a clean end without the marker is `completeNoMarker`; a
  /// dialect that has no marker never requires one. `stallGap` is the wait beyond which a gap is
  /// a stall.
  public init(
    dialect: Dialect, limits: MeterLimits = MeterLimits(), isEndMarkerRequired: Bool = true,
    stallGap: Nanos = .milliseconds(200)
  ) {
    self.dialect = dialect
    self.limits = limits
    self.isEndMarkerRequired = isEndMarkerRequired
    self.stallGap = stallGap
    reader = EventReader(limits: limits)
    reader.reset(dialect.framing)
  }

  /// Makes ready for the next request, of the same dialect; keeps the buffers.
  public mutating func reset() {
    milestones = Milestones()
    httpStatus = nil
    usage = TokenUsage()
    events = 0
    contentEvents = 0
    contentReads = 0
    burstEvents = 0
    bodyBytes = 0
    stallCount = 0
    stallTotal = .zero
    gapMax = nil
    gapMaxAt = nil
    gapFrom = nil
    state = .idle
    cause = nil
    reply.reset()
    reader.reset(dialect.framing)
    memo.reset()
    document.reset()
    gaps.reset()
    excerpt.reset()
    isExcerptOfEvent = false
    finishReason.reset()
    retryAfter = nil
    transportCode = nil
    failureOffset = nil
    drainedBytes = 0
    readStamp = nil
    eventsOfRead = 0
  }

  /// Makes ready for the next request, of another dialect or other rules; keeps the buffers.
  public mutating func reset(dialect: Dialect, isEndMarkerRequired: Bool) {
    self.dialect = dialect
    reset()
    self.isEndMarkerRequired = isEndMarkerRequired
  }

  /// Keeps the text of the answers from the next `reset` on, or no longer; off at first. At most
  /// 256 KiB a reply, whole deltas only.
  public mutating func keepReplies(_ isKept: Bool) {
    reply.isKept = isKept
  }

  /// The answer's text so far as the inside of a JSON string, without reasoning and tool calls;
  /// empty where it is not kept. Valid until the next call that is mutating.
  public var replyText: UnsafeRawBufferPointer { reply.bytes }

  /// How the request ended; nil until that is decided, never nil after `end`.
  public var outcome: Outcome? { cause?.outcome }

  /// True once a token came: the first-token timer ends and the stall timer begins.
  public var hasFirstToken: Bool { milestones.firstToken != nil }

  /// From when the stall timer counts: the last read with content, pauses left out; nil before.
  public var lastContentAt: MonotonicNanos? { gapFrom }
}

// The events of a response.
extension StreamMeter {
  /// The response's header is complete: its final status (not 1xx), `Content-Type` and
  /// `Retry-After`, nil where not sent. A status that is no success decides the outcome, and so
  /// does another content type; none at all is left to the body's shape.
  public mutating func head(
    status: Int, contentType: String?, retryAfter: Nanos? = nil, at stamp: MonotonicNanos
  ) {
    precondition(state == .idle, "a header in state \(state)")
    milestones.headers = stamp
    httpStatus = status
    self.retryAfter = retryAfter
    if !(200..<300).contains(status) {
      cause = .status(status)
      state = .refused
    } else if let contentType, !dialect.accepts(contentType) {
      cause = .contentType(contentType)
      state = .refused
    } else {
      state = .streaming
    }
  }

  /// A piece of the body, after transfer and content encoding are undone, and the stamp taken
  /// before anything else was done with it. Pieces with one stamp are one read: a transport may
  /// hand out what one read of its socket brought in several. O(bytes).
  public mutating func read(
    _ bytes: UnsafeRawBufferPointer, at stamp: MonotonicNanos
  ) -> MeterAction {
    precondition(state != .idle && state != .ended, "a read in state \(state)")
    if !bytes.isEmpty {
      if milestones.firstByte == nil { milestones.firstByte = stamp }
      keepExcerpt(bytes)
      let offset = bodyBytes
      bodyBytes += bytes.count
      switch state {
      case .streaming: stream(bytes, offset: offset, at: stamp)
      case .draining, .refused: drainedBytes += bytes.count
      case .idle, .failed, .ended: break
      }
    }
    switch state {
    case .streaming: return .more
    case .draining: return drainedBytes > limits.drainBytesMax ? .stop : .finished
    case .refused: return drainedBytes > limits.drainBytesMax ? .stop : .more
    case .idle, .failed, .ended: return .stop
    }
  }

  /// The request is over; after this `outcome` is set.
  public mutating func end(_ how: TransportEnd, at stamp: MonotonicNanos) {
    precondition(state != .ended, "a second end")
    switch how {
    case .clean: milestones.end = stamp
    case .broken(let code), .failed(_, let code):
      milestones.end = stamp
      transportCode = code
    case .timedOut, .resent, .cancelled, .abandoned: break
    }
    switch state {
    case .idle: cause = how == .clean ? .noHeader : cutShort(how)
    case .streaming:
      if how == .clean { takeRest() }
      switch state {
      case .draining: cause = endAfterMarker(how)
      case .failed: break
      default: cause = how == .clean ? cleanEnd() : cutShort(how)
      }
    case .draining: cause = endAfterMarker(how)
    case .refused, .failed, .ended: break
    }
    state = .ended
  }

  /// A clean end of the body without the marker.
  private func cleanEnd() -> Cause {
    if dialect.framing == .document { return .noMarker }
    if dialect.framing != .text && bodyBytes > 0 && reader.isForeign { return .shape }
    if isEndMarkerRequired && dialect.hasEndMarker { return .noMarker }
    if reader.isInsideEvent { return .cutEvent }
    return hasFirstToken ? .noMarkerAllowed : .noToken
  }

  /// Any other end before the marker.
  private func cutShort(_ how: TransportEnd) -> Cause {
    switch how {
    case .clean, .broken: .broken
    case .timedOut(let phase): .timedOut(phase)
    case .failed(let failure, _): .transport(failure)
    case .resent: .resent
    case .cancelled, .abandoned: .cancelled
    }
  }

  /// An end after the marker. We closing the connection is no fault of the service.
  private func endAfterMarker(_ how: TransportEnd) -> Cause {
    switch how {
    case .broken, .failed, .resent: .brokenAfterMarker
    case .clean, .timedOut, .cancelled, .abandoned: hasFirstToken ? .complete : .noToken
    }
  }
}

// The body.
extension StreamMeter {
  private mutating func stream(
    _ bytes: UnsafeRawBufferPointer, offset: Int, at stamp: MonotonicNanos
  ) {
    let contentBefore = contentEvents
    let allowed = min(bytes.count, limits.bodyBytesMax - offset)
    let allowedBytes = UnsafeRawBufferPointer(rebasing: bytes[..<allowed])
    switch dialect.framing {
    case .events, .lines: takeEvents(allowedBytes, offset: offset, at: stamp)
    case .text: takeText(allowedBytes, at: stamp)
    case .document: keepDocument(allowedBytes)
    }
    if state == .streaming && allowed < bytes.count {
      fail(.limit(.body(limits.bodyBytesMax)), offset: limits.bodyBytesMax)
    }
    account(contentEvents - contentBefore, at: stamp)
  }

  private mutating func takeEvents(
    _ bytes: UnsafeRawBufferPointer, offset: Int, at stamp: MonotonicNanos
  ) {
    reader.begin(bytes, offset: offset)
    dialect.paths.withView { table in
      while state == .streaming {
        switch reader.next(table) {
        case .event(let data): take(data, table, at: stamp)
        case .exhausted:
          reader.suspend()
          return
        case .lineTooLong:
          fail(.limit(.line(limits.lineBytesMax)), offset: reader.longLineOffset)
        case .eventTooLong:
          fail(.limit(.event(limits.eventBytesMax)), offset: reader.dataOffset)
        case .foreign: fail(.shape, offset: 0)
        }
      }
    }
  }

  /// Text is content, one event a read.
  private mutating func takeText(_ bytes: UnsafeRawBufferPointer, at stamp: MonotonicNanos) {
    if reply.isKept { reply.append(plain: bytes) }
    guard readStamp != stamp else { return }
    events += 1
    guard events <= limits.eventsMax else {
      return fail(.limit(.events(limits.eventsMax)), offset: bodyBytes)
    }
    contentEvents += 1
    if milestones.firstChoice == nil { milestones.firstChoice = stamp }
    if milestones.firstAnswer == nil { milestones.firstAnswer = stamp }
  }

  private mutating func keepDocument(_ bytes: UnsafeRawBufferPointer) {
    guard document.count + bytes.count <= limits.eventBytesMax else {
      return fail(.limit(.event(limits.eventBytesMax)), offset: 0)
    }
    document.append(bytes)
  }

  /// Takes what only the body's clean end completes: a document, or a last line without its end.
  private mutating func takeRest() {
    guard let stamp = readStamp else { return }
    let contentBefore = contentEvents
    if dialect.framing == .document {
      // The bytes stay where they are: nothing below touches the document.
      takeDocument(document.bytes, at: stamp)
    } else if !reader.isForeign, let line = reader.lastLine() {
      dialect.paths.withView { table in
        if isWhole(line, table) { take(line, table, at: stamp) }
      }
    }
    account(contentEvents - contentBefore, at: stamp)
  }

  private mutating func takeDocument(_ data: UnsafeRawBufferPointer, at stamp: MonotonicNanos) {
    guard let first = data.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return }
    guard first == UInt8(ascii: "{") else { return fail(.shape, offset: 0) }
    dialect.paths.withView { table in
      guard isWhole(data, table) else { return fail(.cutEvent, offset: data.count) }
      take(data, table, at: stamp)
    }
    if state == .streaming { complete(at: stamp) }
  }

  /// False if the text ends before the JSON in it does.
  private func isWhole(_ data: UnsafeRawBufferPointer, _ table: PathTable.View) -> Bool {
    guard let base = data.baseAddress else { return false }
    var walker = JSONWalker(base, count: data.count, table, root: PathTable.unknown)
    return walker.walk() || walker.offset < data.count
  }

  private mutating func take(
    _ data: UnsafeRawBufferPointer, _ table: PathTable.View, at stamp: MonotonicNanos
  ) {
    events += 1
    guard events <= limits.eventsMax else {
      return fail(.limit(.events(limits.eventsMax)), offset: reader.eventOffset)
    }
    if dialect.isEndMarker(data) { return complete(at: stamp) }
    take(data, table, as: reader.kind, at: stamp)
  }

  /// Takes an event that the table knows as `kind` by its name.
  private mutating func take(
    _ data: UnsafeRawBufferPointer, _ table: PathTable.View, as kind: EventKind,
    at stamp: MonotonicNanos
  ) {
    switch kind.meaning {
    case .ignored: return
    case .error: return fail(.errorEvent, event: data)
    case .unknown, .end, .marker: break
    }
    guard let base = data.baseAddress else {
      return kind.meaning == .marker ? complete(at: stamp) : fail(.notJSON(at: 0), event: data)
    }
    var walker = JSONWalker(base, count: data.count, table, root: kind.root)
    guard walker.walk(&memo) else {
      return kind.meaning == .marker
        ? complete(at: stamp) : fail(.notJSON(at: walker.offset), event: data)
    }
    if kind == .unnamed, let name = walker.facts.name {
      let named = table.kind(name)
      if named != .unnamed { return take(data, table, as: named, at: stamp) }
    }
    take(walker.facts, data, at: stamp)
    let isEnd = kind.meaning == .end || kind.meaning == .marker || walker.facts.isEnd
    if state == .streaming && isEnd { complete(at: stamp) }
  }

  /// The end marker is here.
  private mutating func complete(at stamp: MonotonicNanos) {
    milestones.done = stamp
    state = .draining
  }

  private mutating func take(
    _ facts: borrowing EventFacts, _ data: UnsafeRawBufferPointer, at stamp: MonotonicNanos
  ) {
    if facts.isError { return fail(.errorEvent, event: data) }
    if milestones.firstChoice == nil, facts.hasChoice || facts.hasToken {
      milestones.firstChoice = stamp
    }
    if facts.hasToken { contentEvents += 1 }
    if reply.isKept, !facts.isHidden, let text = facts.content { reply.append(text) }
    if facts.hasAnswer && milestones.firstAnswer == nil { milestones.firstAnswer = stamp }
    if let reason = facts.finishReason {
      finishReason.removeAll()
      finishReason.append(
        UnsafeRawBufferPointer(rebasing: reason.prefix(StreamMeter.finishReasonBytesMax)))
    }
    if facts.hasUsage { usage.update(facts.usage) }
  }

  private mutating func fail(_ cause: Cause, offset: Int) {
    self.cause = cause
    failureOffset = offset
    state = .failed
  }

  private mutating func fail(_ cause: Cause, event data: UnsafeRawBufferPointer) {
    fail(cause, offset: reader.eventOffset)
    excerpt.removeAll()
    isExcerptOfEvent = true
    excerpt.append(UnsafeRawBufferPointer(rebasing: data.prefix(StreamMeter.excerptBytesMax)))
  }

  /// Accounts for the content events of one piece of a read, then for a marker in it.
  private mutating func account(_ eventsOfPiece: Int, at stamp: MonotonicNanos) {
    if readStamp != stamp {
      readStamp = stamp
      eventsOfRead = 0
    }
    if eventsOfPiece > 0 {
      let eventsBefore = eventsOfRead
      eventsOfRead += eventsOfPiece
      if eventsOfRead > 1 { burstEvents += eventsOfPiece + (eventsBefore == 1 ? 1 : 0) }
      guard eventsBefore == 0 else { return }
      contentReads += 1
      if let last = gapFrom {
        gaps.add((stamp - last).rawValue)
        wait(stamp - last, until: stamp)
      }
      if milestones.firstToken == nil { milestones.firstToken = stamp }
      milestones.lastToken = stamp
      gapFrom = stamp
    } else if state == .draining, let last = gapFrom, last != stamp {
      wait(stamp - last, until: stamp)
    }
  }

  private mutating func wait(_ gap: Nanos, until stamp: MonotonicNanos) {
    if gap > stallGap {
      stallCount += 1
      stallTotal += gap
    }
    if let largest = gapMax, largest >= gap { return }
    gapMax = gap
    gapMaxAt = stamp
  }

  private mutating func keepExcerpt(_ bytes: UnsafeRawBufferPointer) {
    let room = StreamMeter.excerptBytesMax - excerpt.count
    guard room > 0 && !isExcerptOfEvent else { return }
    excerpt.append(UnsafeRawBufferPointer(rebasing: bytes.prefix(room)))
  }
}

// What is handed on.
extension StreamMeter {
  /// The quantile of the gaps between reads with content by rule 7 of Hyndman and Fan, rounded to
  /// nanoseconds; nil with fewer than two such reads. O(gaps log gaps) the first time; only after
  /// `end`.
  public mutating func gapQuantile(_ p: Double) -> Nanos? {
    precondition(state == .ended, "a quantile in state \(state)")
    return gaps.quantile(p).map { Nanos(Int64($0.rounded())) }
  }

  /// What a failure left behind; nil for a success, and while nothing is decided. O(excerpt).
  public var evidence: Evidence? {
    guard let cause, !cause.outcome.isSuccess else { return nil }
    return Evidence(
      transportCode: transportCode, offset: failureOffset ?? bodyBytes,
      excerpt: String(decoding: excerpt.bytes, as: UTF8.self),
      finishReason: finishReason.isEmpty
        ? nil : String(decoding: finishReason.bytes, as: UTF8.self),
      retryAfter: retryAfter, detail: cause.detail)
  }
}
