import Curl
import Glibc
import Model
import Plan
import StreamMeter
import Workload

/// A request's place in the run.
struct StreamPlace {
  var profile: Int
  var request: PlannedRequest
  var stage: Int
  var seq: Int
  var isWarmup: Bool
  /// The user who sends it, nil in an open loop.
  var user: Int?
  /// When it should be sent.
  var intended: MonotonicNanos
  /// The turn of its conversation, 0 for the first and for single requests.
  var turn = 0
  /// The key of its conversation in the profile's, nil for single requests.
  var conversation: Int?
  /// Who sends it, for logins: the user, or in an open loop the arrival; sessions go round.
  var sender = 0
  /// The number of the token that it went out with.
  var tokenGeneration = 0
  /// True for the second sending after a 401.
  var isRepeated = false
  /// Since when it waits for a token, nil while it does not.
  var waitsSince: MonotonicNanos?
}

/// Room for one open stream: its request, its meter, and what happened so far. Used again and
/// again, and at one address while it is.
struct Slot: ~Copyable {
  // Stays first: with ThreadSanitizer the compiler (6.3.1) takes the first field of a non-copyable
  // value for an address, and breaks where it is none.
  private let wiring: UnsafeMutablePointer<Wiring>
  let index: Int
  /// The handle of an exchange that libcurl does; nil before the first of this slot.
  var easy: UnsafeMutablePointer<EasyHandle>?
  /// The connection of an exchange that the engine does itself, nil without one.
  var connection: Int?
  /// The request of such an exchange.
  private(set) var request: [UInt8] = []
  private var bodyStart: UnsafeMutableRawPointer
  private var bodyCapacity: Int
  /// Bytes of the open request's body.
  private(set) var bodyCount = 0
  /// The header of the open request where it has one of its own; libcurl does not copy it.
  var ownHeaders: CurlList?

  private var meter: StreamMeter
  private var flight: FlightBuffer
  /// The scenario that the transfer's options are set for, -1 before the first.
  var scenario = -1
  var place: StreamPlace
  var timeouts = Timeouts()
  var isTLS = false
  var isOpen = false
  var sentAt = MonotonicNanos(0)
  /// When the earliest entry for this slot in the heap of time limits is due; far away without.
  var entryDue = MonotonicNanos(.max)

  private(set) var header = HeaderReader()
  private var decoder = ContentDecoder()
  /// Why we stopped reading a body that the meter wanted.
  private var refusal: TransportFailure?
  /// When the request went out the first time.
  private(set) var requestSentAt: MonotonicNanos?
  /// Times that the request went out or was about to.
  private(set) var attempts = 0
  /// When the end marker came.
  private(set) var markerAt: MonotonicNanos?
  /// What is added to the time limits: the loop stood still so long.
  private var excused = Nanos.zero
  /// True once the user who waits for the end was told.
  var isUserFreed = false
  /// True if the meter wants no more.
  private(set) var isStopWanted = false
  private var hasFirstToken = false
  /// The stamp of the current call into libcurl, and the bytes of the body that it brought.
  private var turnStamp = MonotonicNanos(0)
  private var turnBytes = 0

  init(
    index: Int, meter: consuming StreamMeter,
    flight: consuming FlightBuffer, wiring: UnsafeMutablePointer<Wiring>
  ) {
    self.index = index
    self.meter = meter
    self.flight = flight
    self.wiring = wiring
    bodyCapacity = 0
    bodyStart = .allocate(byteCount: bodyCapacity, alignment: 16)
    place = StreamPlace(
      profile: 0, request: PlannedRequest(scenario: 0, prompt: 0), stage: 0, seq: 0,
      isWarmup: false, user: nil,
      intended: MonotonicNanos(0))
  }

  deinit {
    bodyStart.deallocate()
  }

  /// Makes ready for a request.
  mutating func begin(
    _ place: StreamPlace, timeouts: Timeouts, dialect: Dialect, isEndMarkerRequired: Bool
  ) {
    meter.reset(dialect: dialect, isEndMarkerRequired: isEndMarkerRequired)
    meter.keepReplies(place.conversation != nil)
    self.place = place
    self.timeouts = timeouts
    isOpen = true
    header.reset()
    decoder.begin(nil)
    refusal = nil
    flight.reset()
    requestSentAt = nil
    attempts = 0
    markerAt = nil
    excused = .zero
    isUserFreed = false
    isStopWanted = false
    hasFirstToken = false
  }

  /// Keeps a request until the next one.
  mutating func keepRequest(_ head: RequestHead, own: [String], body: [UInt8]) {
    request.removeAll(keepingCapacity: true)
    head.write(own, bodyCount: body.count, to: &request)
    request.append(contentsOf: body)
    bodyCount = body.count
  }

  /// Keeps a copy of the body until the next one; where it lies.
  mutating func keepBody(_ body: [UInt8]) -> UnsafeRawBufferPointer {
    if body.count > bodyCapacity {
      bodyStart.deallocate()
      bodyCapacity = max(body.count, bodyCapacity * 2)
      bodyStart = .allocate(byteCount: bodyCapacity, alignment: 16)
    }
    bodyStart.copyMemory(from: body, byteCount: body.count)
    bodyCount = body.count
    return UnsafeRawBufferPointer(start: bodyStart, count: body.count)
  }

  /// The answer's text so far, where replies are kept.
  var replyText: UnsafeRawBufferPointer { meter.replyText }

  // MARK: Time limits

  /// When the next time limit passes: the soonest that applies in the present phase.
  func deadline(drainMax: Nanos) -> MonotonicNanos {
    let start = sentAt + excused
    let total = start + timeouts.total
    if let markerAt { return min(markerAt + drainMax, total) }
    if requestSentAt == nil {
      return min(start + timeouts.connect, start + timeouts.firstToken, total)
    }
    if let lastContentAt = meter.lastContentAt {
      return min(lastContentAt + timeouts.stall, total)
    }
    return min(start + timeouts.firstToken, total)
  }

  /// The loop stood still for `pause`, up to `end`: what came meanwhile waits to be read, so the
  /// limits pass later by as much. A client that stands still over and over again may double them.
  mutating func excuse(_ pause: Nanos, until end: MonotonicNanos) {
    excused = min(excused + pause, max(timeouts.total, pause))
    meter.excuse(pause, until: end)
  }

  /// What it means that the time limit has passed.
  func ending(at now: MonotonicNanos) -> TransportEnd {
    if markerAt != nil { return .abandoned }
    if now >= sentAt + excused + timeouts.total { return .timedOut(.total) }
    if requestSentAt == nil, now >= sentAt + excused + timeouts.connect {
      return .timedOut(.connect)
    }
    return .timedOut(meter.hasFirstToken ? .stall : .firstToken)
  }

  // MARK: What libcurl tells

  /// One line of the header; false to stop the transfer.
  mutating func headerLine(_ line: UnsafeRawBufferPointer) -> Bool {
    if header.line(line) {
      meter.head(
        status: header.status, contentType: header.contentType, retryAfter: header.retryAfter,
        at: wiring.pointee.stamp())
      return beginBody()
    }
    flight.headerLine(line)
    return !header.isTooLarge
  }

  /// Makes ready for a body that is coded as the header says; false if it cannot be read. The body
  /// of a refusal is only evidence, and may be read coded.
  private mutating func beginBody() -> Bool {
    guard let failure = header.codings.refusal else {
      decoder.begin(header.codings.coding)
      return true
    }
    guard (200..<300).contains(header.status) else { return true }
    refusal = failure
    return false
  }

  /// What becomes of a piece of the body.
  enum Taken {
    case all
    /// Nothing yet: the stream had its share of this turn.
    case later
    /// Nothing, and the transfer ends.
    case stop
  }

  /// Bytes of a body, after its coding is undone, from which on the stream has had its share of one
  /// call into libcurl. libcurl goes on in one call as long as a socket has bytes: one stream
  /// without end would hold up all others, their time limits, and its own stamps.
  private static let turnBytesMax = 256 << 10

  /// A piece of the body.
  mutating func body(_ bytes: UnsafeRawBufferPointer) -> Taken {
    let stamp = wiring.pointee.stamp()
    if turnStamp != stamp {
      turnStamp = stamp
      turnBytes = 0
    }
    guard turnBytes < Slot.turnBytesMax else {
      wiring.pointee.paused.append(index)
      return .later
    }
    return take(bytes, at: stamp) ? .all : .stop
  }

  /// True if the body is coded.
  var isCoded: Bool { decoder.isOn }

  /// A piece of the body, as it came; false to stop the transfer.
  mutating func take(_ bytes: UnsafeRawBufferPointer, at stamp: MonotonicNanos) -> Bool {
    if !header.isComplete {
      // A body without a final header, such as after status 101: the status decides.
      header.complete()
      meter.head(status: header.status, contentType: header.contentType, at: stamp)
    }
    guard decoder.isOn else { return plainBody(bytes, at: stamp) }
    decoder.take(bytes)
    while true {
      switch decoder.next() {
      case .piece(let piece):
        guard plainBody(piece, at: stamp) else { return false }
      case .exhausted: return true
      case .damaged:
        refusal = .badCoding
        return false
      }
    }
  }

  /// A piece of the body without its content coding; all pieces of one read share its stamp.
  private mutating func plainBody(
    _ bytes: UnsafeRawBufferPointer, at stamp: MonotonicNanos
  ) -> Bool {
    turnBytes += bytes.count
    let eventsBefore = meter.contentEvents
    let action = meter.read(bytes, at: stamp)
    let events = meter.contentEvents - eventsBefore
    if events > 0 {
      wiring.pointee.countTokens(events)
      if !hasFirstToken {
        hasFirstToken = true
        wiring.pointee.countFirstToken(
          after: stamp - place.intended, profile: place.profile,
          scenario: place.request.scenario)
        wiring.pointee.attention.append(index)
      }
    }
    flight.add(bytes, at: stamp, contentEvents: events)
    switch action {
    case .more: return true
    case .finished:
      if markerAt == nil {
        markerAt = stamp
        wiring.pointee.attention.append(index)
      }
      return true
    case .stop:
      isStopWanted = true
      return false
    }
  }

  /// The request is about to go out; false to forbid it. libcurl sends a POST again by itself when
  /// a reused connection dies, and tells nobody: code 0, status 200, the server saw it twice.
  mutating func attempt() -> Bool {
    attempts += 1
    if attempts == 1 { requestSentAt = monotonicNow() }
    return attempts == 1
  }

  // MARK: How it ended

  /// What the code for the end means, given what else is known.
  func transportEnd(_ code: TransportCode, systemError: Int = 0) -> TransportEnd {
    if isStopWanted { return .abandoned }
    if let refusal { return .failed(refusal, code: TransportCode.badContentEncoding.rawValue) }
    if code.isOK { return endOfResponse }
    if attempts > 1 { return .resent }
    if header.isTooLarge { return .failed(.limit, code: code.rawValue) }
    let kind = code.kind(systemError: systemError, isTLS: isTLS)
    if kind == .connect, let lack = LocalResource.missing(systemError: systemError) {
      return .failed(.localResource(lack), code: code.rawValue)
    }
    switch kind {
    case .ok: return .clean
    case .dns: return .failed(.dns, code: code.rawValue)
    case .connect: return .failed(.connect, code: code.rawValue)
    case .tls: return .failed(.tls, code: code.rawValue)
    case .badHTTP: return .failed(.protocol, code: code.rawValue)
    case .tooLarge: return .failed(.limit, code: code.rawValue)
    case .ended where header.status == 0 && isTLS && isAlert:
      return .failed(.tls, code: code.rawValue)
    case .ended, .stoppedByUs: return .broken(code: code.rawValue)
    }
  }

  /// True if libcurl says that the peer refused the session.
  private var isAlert: Bool { easy.map { Endpoints.isAlert($0.pointee.errorText) } ?? false }

  /// What it means that libcurl found nothing wrong: it also finds that where the connection ends
  /// inside the header, or in a coding that it does not undo.
  private var endOfResponse: TransportEnd {
    if header.isComplete {
      guard !decoder.isWhole else { return .clean }
      return .failed(.cutCoding, code: TransportCode.badContentEncoding.rawValue)
    }
    // Nobody asked to switch protocols.
    if header.status == HeaderReader.switchingProtocols {
      return .failed(.protocol, code: TransportCode.weirdReply.rawValue)
    }
    return .broken(code: TransportCode.gotNothing.rawValue)
  }

  /// The request is over: what was metered goes into its sample.
  mutating func end(
    _ end: TransportEnd, at stamp: MonotonicNanos, into sample: inout StreamSample,
    profileStart: MonotonicNanos
  ) {
    meter.end(end, at: stamp)
    meter.fill(&sample, profileStart: profileStart)
  }

  /// What the flight recorder keeps of the stream that was over at a moment.
  func recorded(_ sample: StreamSample, over: MonotonicNanos) -> RecordedStream {
    flight.stream(sample, intended: place.intended, over: over)
  }

  /// The service's id of the request, nil if it sent none.
  var requestID: String? { flight.requestID }

  /// True if the request went out on a connection that had carried one before.
  func isReused(opened: Int) -> Bool {
    attempts > 1 || (requestSentAt != nil && opened == 0)
  }

  /// True if the connection ended before the first line of an answer.
  func hasDiedBeforeAnswer(_ end: TransportEnd) -> Bool {
    guard header.status == 0 else { return false }
    switch end {
    case .resent, .broken: return true
    default: return false
    }
  }

  /// Connects a handle's callbacks with the slot at `pointer`.
  static func connect(
    _ pointer: UnsafeMutablePointer<Slot>, to easy: borrowing EasyHandle
  ) throws(CurlError) {
    try easy.setReadBytesMax(EngineLoop.curlReadMax)
    try easy.setFunctions(
      header: { bytes, size, count, context in
        guard let bytes, let context else { return 0 }
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        let slot = context.assumingMemoryBound(to: Slot.self)
        return slot.pointee.headerLine(line) ? line.count : 0
      },
      body: { bytes, size, count, context in
        guard let bytes, let context else { return 0 }
        let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
        let slot = context.assumingMemoryBound(to: Slot.self)
        return switch slot.pointee.body(piece) {
        case .all: piece.count
        case .later: EasyHandle.pause
        case .stop: 0
        }
      },
      attempt: { context in
        guard let context else { return 1 }
        return context.assumingMemoryBound(to: Slot.self).pointee.attempt() ? 0 : 1
      },
      context: UnsafeMutableRawPointer(pointer))
  }
}
