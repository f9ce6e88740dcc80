import Curl
import HeapModule
import Model
import Plan
import StreamMeter
import Workload

/// Does calls of libcurl and turns what it refuses into the engine's error.
func curl<Value: ~Copyable>(
  _ body: () throws(CurlError) -> Value
) throws(EngineError) -> Value {
  do throws(CurlError) {
    return try body()
  } catch {
    throw EngineError(error)
  }
}

// The life of a stream: from its place in the schedule to its sample.
extension EngineLoop {
  /// Sends a request, or drops it.
  func start(_ place: StreamPlace, at now: MonotonicNanos) throws(EngineError) {
    if !place.isWarmup { selfMeter.countScheduled() }
    if now - place.intended > job.lateMax { return drop(place, .droppedLate, at: now) }
    if isAdmitted(place, at: now) { try send(place) }
  }

  /// Sends a request for which nothing is missing but a slot.
  func send(_ place: StreamPlace) throws(EngineError) {
    if !isAllowed(at: monotonicNow()) { return drop(place, .cancelled, at: monotonicNow()) }
    var admission = governor.admit(place)
    if admission == .full, monotonicNow() - place.intended > EngineLoop.pauseMin {
      try readAll()
      admission = governor.admit(place)
    }
    switch admission {
    case .go: break
    case .full: return drop(place, .droppedCap, at: monotonicNow())
    case .limit:
      // Another engine, or one that waited for its token, has sent the last one.
      _ = isAtRequestLimit()
      return drop(place, .cancelled, at: monotonicNow())
    }
    let index: Int
    if let free = freeSlots.popLast() {
      index = free
    } else {
      index = try addSlot(for: place.request.scenario)
    }
    let slot = slots.start + index
    try prepare(slot, place)
    let sentAt = monotonicNow()
    slot.pointee.sentAt = sentAt
    openCount += 1
    if !place.isRepeated { countSent(place, at: sentAt) }
    noteLimit(slot)
    if setups.start[place.request.scenario].isDirect { return try sendDirect(slot, at: sentAt) }
    if let easy = slot.pointee.easy {
      try curl { () throws(CurlError) in try multi.add(easy.pointee) }
    }
    // The transfer's first step, the send on a connection that is there included.
    try runCurlTimer(then: collectCompleted)
  }

  private func countSent(_ place: StreamPlace, at sentAt: MonotonicNanos) {
    state.use.requests += 1
    profile.sent += 1
    if place.user == nil, place.turn == 0 { state.arrivalsSent += 1 }
    let lag = sentAt - place.intended
    if place.isWarmup {
      selfMeter.countWarmupSent(lag: lag)
    } else {
      selfMeter.countSent(lag: lag)
    }
  }

  /// Makes room for one more stream; its index.
  func addSlot(for scenario: Int) throws(EngineError) -> Int {
    let index = slots.count
    let meter = StreamMeter(dialect: setups.start[scenario].dialect, limits: job.meterLimits)
    let slot = slots.append(
      Slot(index: index, meter: meter, flight: FlightBuffer(job.recorder), wiring: wiring))
    if !setups.start[scenario].isDirect { _ = try easyHandle(of: slot) }
    return index
  }

  /// The handle of a slot whose request libcurl sends, made where it has none.
  private func easyHandle(
    of slot: UnsafeMutablePointer<Slot>
  ) throws(EngineError) -> UnsafeMutablePointer<EasyHandle> {
    if let easy = slot.pointee.easy { return easy }
    let easy = easyHandles.append(try newHandle(for: slot))
    slot.pointee.easy = easy
    return easy
  }

  private func newHandle(
    for slot: UnsafeMutablePointer<Slot>
  ) throws(EngineError) -> EasyHandle {
    try curl { () throws(CurlError) -> EasyHandle in
      let easy = try EasyHandle()
      try Slot.connect(slot, to: easy)
      if logins != nil { try easy.keepCookies() }
      return easy
    }
  }

  private func prepare(
    _ slot: UnsafeMutablePointer<Slot>, _ place: StreamPlace
  ) throws(EngineError) {
    let setup = setups.start + place.request.scenario
    slot.pointee.begin(
      place, timeouts: setup.pointee.timeouts, dialect: setup.pointee.dialect,
      isEndMarkerRequired: setup.pointee.isEndMarkerRequired)
    let isNewScenario = slot.pointee.scenario != place.request.scenario
    slot.pointee.scenario = place.request.scenario
    slot.pointee.isTLS = setup.pointee.isTLS
    if setup.pointee.isDirect {
      return slot.pointee.keepRequest(
        setup.pointee.head, own: ownLines(of: place), body: body(of: place))
    }
    let body = slot.pointee.keepBody(body(of: place))
    let easy = try easyHandle(of: slot)
    try curl { () throws(CurlError) in
      if isNewScenario {
        try easy.pointee.setURL(setup.pointee.url)
        try easy.pointee.setHeaders(setup.pointee.headers)
        try setTLS(setup.pointee.tls, on: easy.pointee)
      }
      try addressLists.start[setup.pointee.endpoint].apply(
        to: easy.pointee, number: share.addressNumber(of: place.seq))
      try easy.pointee.setConnectionUse(setup.pointee.connectionUse)
      try easy.pointee.setPost(body)
      try setOwnHeaders(slot, easy, place)
    }
  }

  /// Gives a request the headers that are its own beside those of its scenario, and the cookies of
  /// its user.
  private func setOwnHeaders(
    _ slot: UnsafeMutablePointer<Slot>, _ easy: UnsafeMutablePointer<EasyHandle>,
    _ place: StreamPlace
  ) throws(CurlError) {
    let setup = setups.start + place.request.scenario
    let session = headerLines(of: place)
    if let logins {
      let session = logins.session(of: place)
      try easy.pointee.setCookieJar(session.pointee.jar)
      slot.pointee.place.tokenGeneration = session.pointee.program.generation
    }
    let own = ownLines(of: place)
    guard session != nil || !own.isEmpty else { return }
    let headers = try CurlList((session ?? setup.pointee.headerLines) + own)
    try easy.pointee.setHeaders(headers)
    slot.pointee.ownHeaders = .some(consume headers)
  }

  /// The header lines of a request that no other has.
  private func ownLines(of place: StreamPlace) -> [String] {
    var own: [String] = []
    if !setups.start[place.request.scenario].hasTraceparent, let context = job.traceContext {
      let value = context.traceparent(profile: place.profile, seq: place.seq)
      own.append("traceparent: " + value)
    }
    if let line = conversationHeader(place) { own.append(line) }
    return own
  }

  /// The line with a conversation's id, where the plan wants it in a header.
  private func conversationHeader(_ place: StreamPlace) -> String? {
    guard let key = place.conversation, let conversation = profile.conversations[key],
      let name = job.conversations[place.request.scenario]?.idHeader, let id = job.conversationID
    else { return nil }
    return "\(name): \(id(place.profile, conversation.number))"
  }

  // MARK: Time limits

  /// Makes sure that the loop looks at the slot when its next limit passes.
  func noteLimit(_ slot: UnsafeMutablePointer<Slot>) {
    let due = slot.pointee.deadline(drainMax: job.drainMax)
    guard due < slot.pointee.entryDue else { return }
    slot.pointee.entryDue = due
    limits.insert(Due(at: due, index: slot.pointee.index))
  }

  /// Ends the streams whose limits have passed.
  func expireLimits(at now: MonotonicNanos) throws(EngineError) {
    if let cancelAt = state.cancelAt, now >= cancelAt { try cancelAll(at: now) }
    while let entry = limits.min, entry.at <= now {
      limits.removeMin()
      let slot = slots.start + entry.index
      // An entry that an earlier one has replaced.
      guard slot.pointee.entryDue == entry.at else { continue }
      slot.pointee.entryDue = MonotonicNanos(.max)
      guard slot.pointee.isOpen else { continue }
      if slot.pointee.deadline(drainMax: job.drainMax) <= now {
        try readLast(slot, before: now)
        guard slot.pointee.isOpen else { continue }
      }
      if slot.pointee.deadline(drainMax: job.drainMax) <= now {
        try finish(
          slot, slot.pointee.ending(at: now), at: max(now, wiring.pointee.latestStamp))
      } else {
        noteLimit(slot)
      }
    }
  }

  private func cancelAll(at now: MonotonicNanos) throws(EngineError) {
    for index in 0..<slots.count where slots.start[index].isOpen {
      try finish(slots.start + index, .cancelled, at: now)
    }
  }

  /// Looks at the slots where the first token or the end marker came.
  func heedAttention() {
    for index in wiring.pointee.attention {
      let slot = slots.start + index
      guard slot.pointee.isOpen else { continue }
      noteLimit(slot)
      if let markerAt = slot.pointee.markerAt, !slot.pointee.isUserFreed {
        slot.pointee.isUserFreed = true
        governor.noteDraining()
        proceed(slot.pointee.place, slot, at: markerAt)
      }
    }
    wiring.pointee.attention.removeAll(keepingCapacity: true)
  }

  // MARK: Ends

  /// Takes the transfers that libcurl has finished.
  func collectCompleted() throws(EngineError) {
    while let completed = multi.nextCompleted() {
      if let logins, logins.owns(completed.context) {
        try loginCompleted(completed.context, completed.code)
        continue
      }
      let slot = completed.context.assumingMemoryBound(to: Slot.self)
      if let easy = slot.pointee.easy, easy.pointee.takeStale() {
        try sendAnew(easy.pointee)
        continue
      }
      let end = slot.pointee.transportEnd(
        completed.code, systemError: slot.pointee.easy?.pointee.systemError ?? 0)
      try finish(slot, end, at: wiring.pointee.readStamp ?? monotonicNow())
    }
  }

  /// Sends a request on a new connection that did not go out on the idle one that was chosen.
  func sendAnew(_ easy: borrowing EasyHandle) throws(EngineError) {
    do throws(CurlError) {
      try multi.remove(easy)
      try easy.setConnectionUse(.openAndKeep)
      try multi.add(easy)
    } catch {
      throw EngineError(error)
    }
  }

  /// Ends a stream's request: its sample is on its way, its slot is free.
  func finish(
    _ slot: UnsafeMutablePointer<Slot>, _ end: TransportEnd, at stamp: MonotonicNanos
  ) throws(EngineError) {
    let opened = try closeExchange(of: slot)
    let isReused = slot.pointee.isReused(opened: opened)
    selfMeter.countConnections(
      opened: opened, isReused: isReused,
      diedOnReuse: isReused && slot.pointee.hasDiedBeforeAnswer(end))
    if repeatsRefused(slot, at: stamp) { return try free(slot) }
    if case .failed(.localResource(let lack), _) = end, !slot.pointee.place.isWarmup {
      selfMeter.countMissing(lack)
    }
    var sample = sample(of: slot.pointee.place, .cancelled)
    slot.pointee.end(end, at: stamp, into: &sample, profileStart: profile.startedAt)

    let place = slot.pointee.place
    if sample.outcome.isGivenUp { sample.end = sample.end ?? stamp - place.intended }
    countUse(sample, requestBytes: slot.pointee.bodyCount)
    sample.sent = slot.pointee.sentAt - profile.startedAt
    sample.requestSent = slot.pointee.requestSentAt.map { $0 - place.intended }
    sample.connectionReused = isReused
    sample.evidence = evidence(sample, slot)
    flights.take(sample) {
      (
        stream: flight(of: slot, sample, over: stamp),
        secrets: ownSecrets(of: place, slot)
      )
    }
    try free(slot)
    if !slot.pointee.isUserFreed {
      proceed(place, slot, at: slot.pointee.markerAt ?? stamp)
    }
    record(sample, at: stamp)
  }

  /// Takes the transfer or the connection from a slot; how many connections were opened for it.
  private func closeExchange(of slot: UnsafeMutablePointer<Slot>) throws(EngineError) -> Int {
    if setups.start[slot.pointee.scenario].isDirect {
      guard let connection = slot.pointee.connection else { return 0 }
      return release(connection, of: slot) ? 1 : 0
    }
    guard let easy = slot.pointee.easy else { return 0 }
    let opened = easy.pointee.connectionsOpened
    try curl { () throws(CurlError) in try multi.remove(easy.pointee) }
    return opened
  }

  private func free(_ slot: UnsafeMutablePointer<Slot>) throws(EngineError) {
    // libcurl never forgets an error of the system, and the next transfer's end could not be told
    // from it. Connections are not the handle's.
    if let easy = slot.pointee.easy, easy.pointee.systemError != 0 {
      easy.pointee = try newHandle(for: slot)
      slot.pointee.scenario = -1
    }
    slot.pointee.isOpen = false
    openCount -= 1
    governor.leave(isDraining: slot.pointee.isUserFreed)
    freeSlots.append(slot.pointee.index)
  }

  /// What is kept of a failure: with the service's own id of the request, without secrets.
  private func evidence(
    _ sample: StreamSample, _ slot: UnsafeMutablePointer<Slot>
  ) -> Evidence? {
    guard var evidence = sample.evidence else { return nil }
    if let id = slot.pointee.requestID { evidence.detail += " x-request-id: \(id)" }
    var redactor = job.redactor
    for secret in ownSecrets(of: slot.pointee.place, slot) { redactor.add(secret) }
    return evidence.redacted(by: redactor)
  }

  private func flight(
    of slot: UnsafeMutablePointer<Slot>, _ sample: StreamSample, over: MonotonicNanos
  ) -> RecordedStream {
    var stream = slot.pointee.recorded(sample, over: over)
    if !setups.start[sample.scenario].hasTraceparent {
      stream.traceID = job.traceContext?.traceID(profile: sample.profile, seq: sample.seq)
    }
    return stream
  }

  /// Records a request that is not sent, or not sent again.
  func drop(
    _ place: StreamPlace, _ outcome: Outcome, at now: MonotonicNanos, evidence: Evidence? = nil
  ) {
    let isOurs = outcome == .droppedLate || outcome == .droppedCap
    if !place.isWarmup, isOurs { selfMeter.countDropped(outcome) }
    var sample = sample(of: place, outcome)
    sample.evidence = evidence
    // What its first sending, which a 401 ended, leaves behind.
    if place.isRepeated, let sentAt = place.waitsSince {
      sample.sent = sentAt - profile.startedAt
      sample.httpStatus = 401
    }
    record(sample, at: now)
    proceed(place, nil, at: now)
  }

  private func sample(of place: StreamPlace, _ outcome: Outcome) -> StreamSample {
    StreamSample(
      profile: place.profile, scenario: place.request.scenario, stage: place.stage,
      turn: place.turn,
      isWarmup: place.isWarmup, seq: place.seq, intended: place.intended - profile.startedAt,
      outcome: outcome)
  }

  private func record(_ sample: StreamSample, at now: MonotonicNanos) {
    state.ended[Int(sample.outcome.rawValue)] += 1
    state.scenarios[sample.scenario].add(sample)
    batch.append(sample)
    if batch.count >= EngineLoop.batchMax { flush() }
    if sample.outcome == .http429 { noteRefusal(sample, at: now) }
    guard !sample.isWarmup, sample.outcome.isCounted else { return }
    let isError = sample.outcome.rate(hadFirstToken: sample.firstToken != nil) != nil
    let firing = governor.countEnded(
      isError: isError, isBeyondClient: sample.outcome.isBeyondClient, at: now,
      isTail: now - profile.startedAt > profile.duration)
    if let firing, state.end == nil {
      let abort = Abort(
        profile: profile.kind.rawValue, rule: job.abort.text, at: now - profile.startedAt,
        isBeyondClient: firing.isBeyondClient)
      endRun(.aborted(abort), cancelAt: now)
    }
  }
}
