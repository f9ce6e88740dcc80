import Glibc
import HeapModule
import Model
import Plan
import Workload

// One profile after the other: what is due, who sends next, when it is over.
extension EngineLoop {
  /// Sends this engine's part of the schedule; returns when every stream of the run has ended.
  func run() throws(EngineError) -> EnginePart {
    defer {
      flush()
      governor.control.publish(progress(at: monotonicNow()), of: share.index)
    }
    try openConnections()
    try logIn()
    var next = try finishRound()
    let startedAt = governor.startedAt
    logins?.move(by: startedAt - state.startedAt)
    state.startedAt = startedAt
    while case .profile(let start) = next {
      try runProfile(start)
      noteUse()
      flush()
      governor.control.publish(progress(at: monotonicNow()), of: share.index)
      next = try finishRound()
    }
    selfMeter.stop(
      at: monotonicNow(), largestDescriptor: wiring.pointee.largestDescriptor)
    return EnginePart(
      index: share.index, selfMeter: selfMeter, use: state.use, logins: logins?.log ?? LoginLog(),
      flights: flights)
  }

  /// Waits until all engines are through with the round, and keeps sessions alive meanwhile; what
  /// comes next.
  private func finishRound() throws(EngineError) -> NextRound {
    state.roundsDone += 1
    governor.arrive(sent: profile.sent)
    while true {
      try heed(at: monotonicNow())
      if let next = governor.next(after: state.roundsDone) { return next }
      try tendLogins(at: monotonicNow())
      let due = [logins?.nextDue, wiring.pointee.curlDue].compactMap { $0 }.min()
      _ = try poll(until: due ?? MonotonicNanos(.max), then: collectCompleted)
      try runCurlTimer(then: collectCompleted)
    }
  }

  private func runProfile(_ start: ProfileStart) throws(EngineError) {
    if start.index > 0 { state.arrivalsBefore += profile.arrivalCount }
    profile = ProfileState(
      job.schedule.profiles[start.index], index: start.index, startedAt: start.at, share: share)
    (state.seenTo, state.idle) = (monotonicNow(), .zero)
    starts = []
    for (user, program) in profile.users.enumerated()
    where share.owns(sender: user) && !program.steps.isEmpty {
      starts.insert(Due(at: start.at + program.startAt, index: user))
    }
    while true {
      let now = monotonicNow()
      noteAlive(at: now)
      try heed(at: now)
      try expireLimits(at: now)
      try tendLogins(at: now)
      let isAnotherDue = try startReleased() ? true : startOne(at: now)
      if isOver { return }
      if now >= state.publishAt { publish(at: now) }
      try wait(
        until: isAnotherDue ? nil : nextDue, yieldAt: state.end == nil ? nextStart : nil)
    }
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

  /// Learns what other threads want of this one, if one has called: a stop from outside, the run's
  /// end by what another engine saw, or its failure, which is thrown.
  func heed(at now: MonotonicNanos) throws(EngineError) {
    guard poller.takeCall() else { return }
    let orders = governor.orders(at: now)
    if let failure = orders.failure { throw failure }
    (state.end, state.cancelAt) = (orders.end, orders.cancelAt)
  }

  /// Starts what is due, but at most one; true if another is due already.
  private func startOne(at now: MonotonicNanos) throws(EngineError) -> Bool {
    guard state.end == nil, let due = nextStart, due <= now else { return false }
    if isAtRequestLimit() { return false }
    if starts.min?.at != due {
      let key = profile.takeArrival()
      let arrival = profile.arrivals[key]
      let place = place(
        arrival.request, stage: arrival.stage, seq: profile.firstSeq(of: key), user: nil,
        intended: due)
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
    governor.control.publish(progress(at: now), of: share.index)
  }

  /// Hands the finished samples on.
  func flush() {
    guard !batch.isEmpty else { return }
    samples.push(batch)
    batch.removeAll(keepingCapacity: true)
  }
}
