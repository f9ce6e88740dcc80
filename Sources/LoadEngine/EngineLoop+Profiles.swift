import Glibc
import HeapModule
import Model
import Plan
import Workload

// One profile after the other: what is due, who sends next, when it is over.
extension EngineLoop {
  /// From the decision to start a profile to its time zero, so that an arrival at zero is no late
  /// one.
  private static let profileLead = Nanos.milliseconds(10)

  /// Sends the whole schedule; returns when every stream has ended.
  func run() throws(EngineError) -> EngineReport {
    defer {
      flush()
      control.publish(progress(at: monotonicNow()))
    }
    try openConnections()
    try logIn()
    let (startedAt, wallStart) = EngineLoop.startTimes()
    logins?.move(by: startedAt - state.startedAt)
    state.startedAt = startedAt
    for index in job.schedule.profiles.indices where state.end == nil {
      try runProfile(index, at: index == 0 ? startedAt : monotonicNow() + EngineLoop.profileLead)
    }
    flush()
    return EngineReport(
      startedAt: wallStart, profiles: state.profileEnds,
      selfCheck: selfMeter.figures(
        at: monotonicNow(), largestDescriptor: wiring.pointee.largestDescriptor),
      end: state.end ?? .finished,
      use: state.use, samplesRefused: samples.refused, logins: logins?.log ?? LoginLog(),
      streams: flights.streams(redactedBy: job.redactor))
  }

  /// The first profile's time zero on both clocks.
  private static func startTimes() -> (monotonic: MonotonicNanos, wall: UnixNanos) {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let wall = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    return (monotonicNow() + profileLead, UnixNanos(wall + profileLead.rawValue))
  }

  private func runProfile(_ index: Int, at start: MonotonicNanos) throws(EngineError) {
    if index > 0 { state.arrivalsBefore += profile.arrivals.count }
    profile = ProfileState(
      job.schedule.profiles[index], index: index, startedAt: start, rule: job.abort)
    state.quota.begin()
    starts = []
    for (user, program) in profile.users.enumerated() where !program.steps.isEmpty {
      starts.insert(Due(at: start + program.startAt, index: user))
    }
    while true {
      let now = monotonicNow()
      obeyControl(at: now)
      try expireLimits(at: now)
      try tendLogins(at: now)
      let isAnotherDue = try startReleased() ? true : startOne(at: now)
      if isOver { break }
      if now >= state.publishAt { publish(at: now) }
      try wait(until: isAnotherDue ? nil : nextDue)
    }
    let now = monotonicNow()
    state.profileEnds.append(
      ProfileEnd(
        kind: profile.kind, startedAt: start - state.startedAt, duration: now - start,
        sent: profile.sent))
  }

  private var isOver: Bool {
    openCount == 0 && logins?.waitingCount ?? 0 == 0 && (state.end != nil || nextStart == nil)
  }

  /// When the next request should be sent, nil after the last.
  var nextStart: MonotonicNanos? {
    guard profile.next < profile.arrivals.count else { return starts.min?.at }
    let arrival = profile.startedAt + profile.arrivals[profile.next].at
    return starts.min.map { min($0.at, arrival) } ?? arrival
  }

  /// The next moment at which the loop has something to do by itself.
  private var nextDue: MonotonicNanos {
    var due = state.publishAt
    if state.end == nil, let nextStart { due = min(due, nextStart) }
    if let limit = limits.min { due = min(due, limit.at) }
    if let curlDue = wiring.pointee.curlDue { due = min(due, curlDue) }
    if let cancelAt = state.cancelAt { due = min(due, cancelAt) }
    if let login = logins?.nextDue { due = min(due, login) }
    return due
  }

  private func obeyControl(at now: MonotonicNanos) {
    guard let grace = control.stopGrace, grace != state.obeyedGrace else { return }
    state.obeyedGrace = grace
    if state.end == nil { state.end = .stopped }
    state.cancelAt = min(state.cancelAt ?? now + grace, now + grace)
  }

  /// Starts what is due, but at most one; true if another is due already.
  private func startOne(at now: MonotonicNanos) throws(EngineError) -> Bool {
    guard state.end == nil, let due = nextStart, due <= now else { return false }
    guard job.budget.allowsRequest(after: state.use) else {
      endAtRequestLimit()
      return false
    }
    if starts.min?.at != due {
      let arrival = profile.arrivals[profile.next]
      let place = place(
        arrival.request, stage: arrival.stage, seq: profile.firstSeq(of: profile.next), user: nil,
        intended: due)
      let key = profile.next
      profile.next += 1
      try start(converse(place, turn: 0, key: key), at: now)
    } else if let entry = starts.popMin() {
      if profile.users.isEmpty {
        try startTurn(entry, at: now)
      } else {
        try startStep(of: entry.index, due: due, at: now)
      }
    }
    return nextStart.map { $0 <= now } ?? false
  }

  /// Starts the next step of a closed loop's user.
  private func startStep(
    of user: Int, due: MonotonicNanos, at now: MonotonicNanos
  ) throws(EngineError) {
    let number = profile.steps[user]
    let steps = profile.users[user].steps
    let step = steps[number % steps.count]
    let place = place(
      step.request, stage: 0, seq: number * profile.users.count + user, user: user, intended: due)
    try start(converse(place, turn: step.turn, key: user), at: now)
  }

  func place(
    _ request: PlannedRequest, stage: Int, seq: Int, user: Int?, intended: MonotonicNanos
  ) -> StreamPlace {
    StreamPlace(
      profile: profile.index, request: request, stage: stage,
      seq: seq, isWarmup: intended < profile.measuredFrom, user: user, intended: intended)
  }

  /// A user's reply is over: the next request is due after the pause, unless the profile is over
  /// by then.
  func freeUser(_ user: Int?, at moment: MonotonicNanos) {
    guard let user else { return }
    let steps = profile.users[user].steps
    let think = steps[profile.steps[user] % steps.count].think
    profile.steps[user] += 1
    let next = moment + think
    if next - profile.startedAt < profile.duration { starts.insert(Due(at: next, index: user)) }
  }

  // MARK: What others see

  private func publish(at now: MonotonicNanos) {
    state.publishAt = now + EngineLoop.publishEvery
    selfMeter.resources.look(at: now)
    heedBudget(at: now)
    heedQuota(at: now)
    flush()
    control.publish(progress(at: now))
  }

  /// Hands the finished samples on.
  func flush() {
    guard !batch.isEmpty else { return }
    samples.push(batch)
    batch.removeAll(keepingCapacity: true)
  }
}
