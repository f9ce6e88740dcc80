import Model
import Plan
import Workload

/// What is the run's as a whole, however many engines send its parts: the service's slots, the
/// plan's limits, why and when it ends, and when each profile begins.
///
/// Nothing in the data path comes here. An engine asks at a request's start, at its end marker and
/// at its end, each time for a few dozen nanoseconds behind one lock, and ten times a second for
/// the rest. What an engine must know of the others' doing it learns by the control's wake-up.
final class RunGovernor: Sendable {
  let job: EngineJob
  let control: EngineControl
  /// What all engines together may have open, and keep open each.
  let room: EngineRoom
  let state: Locked<GovernorState>

  init(job: EngineJob, control: EngineControl) {
    precondition((1...EngineJob.enginesMax).contains(job.engines), "\(job.engines) engines")
    self.job = job
    self.control = control
    room = EngineRoom(inFlightMax: job.inFlightMax, engines: job.engines)
    state = Locked(GovernorState(job))
  }

  /// The part of the engine `index`.
  func share(_ index: Int) -> EngineShare {
    EngineShare(index: index, count: job.engines, sessions: job.roster.accounts.count)
  }

  // MARK: Requests

  /// Whether one more request may be sent.
  enum Admission {
    /// It may, and has its slot.
    case go
    /// Every slot is taken by streams that the service has not ended.
    case full
    /// The plan allows no more.
    case limit
  }

  /// Takes a slot for a request, and one of the requests that the plan allows.
  func admit(_ place: StreamPlace) -> Admission {
    state.withLock { state in
      let isCounted = !place.isRepeated
      if isCounted, !job.budget.allowsRequest(after: state.use) { return .limit }
      let inFlight = state.open - state.draining
      if inFlight >= job.inFlightMax || state.open >= room.slotsMax { return .full }
      state.open += 1
      state.inFlightMax = max(state.inFlightMax, inFlight + 1)
      guard isCounted else { return .go }
      state.use.requests += 1
      if place.isWarmup { state.quota.countSent() }
      return .go
    }
  }

  /// The end marker came: what is left of the stream is no load on the service any more.
  func noteDraining() {
    state.withLock { $0.draining += 1 }
  }

  /// A stream is over.
  func leave(isDraining: Bool) {
    state.withLock { state in
      state.open -= 1
      if isDraining { state.draining -= 1 }
    }
  }

  /// Takes a place among the requests that wait for a token; false where the service has left no
  /// slot for them, as with open streams.
  func holdOne() -> Bool {
    state.withLock { state in
      guard state.open - state.draining + state.waiting < job.inFlightMax else { return false }
      state.waiting += 1
      return true
    }
  }

  /// So many requests more, or fewer, wait for a token or have one and were not sent yet.
  func countWaiting(_ change: Int) {
    guard change != 0 else { return }
    state.withLock { $0.waiting += change }
  }

  // MARK: The end

  /// What the engines have to do, a stop from outside included.
  func orders(at now: MonotonicNanos) -> RunOrders {
    let grace = control.stopGrace
    return state.withLock { state in
      if let grace, grace != state.obeyedGrace {
        state.obeyedGrace = grace
        if state.orders.end == nil { state.orders.end = .stopped }
        state.orders.cancelAt = min(state.orders.cancelAt ?? now + grace, now + grace)
      }
      return state.orders
    }
  }

  /// Ends the run unless it has ended; `cancelAt` is when open streams are cancelled, nil for
  /// never.
  func end(_ end: EngineEnd, cancelAt: MonotonicNanos?) -> RunOrders {
    let (orders, isNew) = state.withLock { state in
      guard state.orders.end == nil else { return (state.orders, false) }
      state.orders.end = end
      state.orders.cancelAt = cancelAt
      return (state.orders, true)
    }
    if isNew { wakeOthers() }
    return orders
  }

  /// An engine cannot go on: none does.
  func fail(_ error: EngineError) {
    state.withLock { state in
      if state.orders.failure == nil { state.orders.failure = error }
    }
    wakeOthers()
  }

  /// Why the run failed, nil if it did not.
  var failure: EngineError? { state.withLock { $0.orders.failure } }

  func wakeOthers() {
    if job.engines > 1 { control.wake() }
  }
}

/// What the engines have to do.
struct RunOrders: Sendable {
  /// Why no more requests are started; nil while they are.
  var end: EngineEnd?
  /// When the streams that are still open are cancelled; nil: never.
  var cancelAt: MonotonicNanos?
  /// The error of an engine that could not go on.
  var failure: EngineError?
}

/// What a governor knows; see there.
struct GovernorState: Sendable {
  /// Open streams.
  var open = 0
  /// Of them, those that only wait for the transport's end after the marker.
  var draining = 0
  /// Requests that wait for a token.
  var waiting = 0
  /// Most streams open at once, draining ones left out.
  var inFlightMax = 0
  /// What was used; tokens as of each engine's latest word.
  var use = RunUse()
  /// Each engine's latest word.
  var uses: [RunUse]
  var orders = RunOrders()
  /// The grace of the latest stop that was obeyed, nil before one.
  var obeyedGrace: Nanos?
  var window: AbortWindow
  var quota = QuotaWatch()
  var rounds = Rounds()

  init(_ job: EngineJob) {
    uses = Array(repeating: RunUse(), count: job.engines)
    window = AbortWindow(rule: job.abort, measuredFrom: MonotonicNanos(0))
  }
}

/// What a run's engines may have open.
struct EngineRoom: Sendable {
  /// Open files of an engine beside the sockets of its streams.
  private static let otherFilesMax = 64
  /// Streams that wait for their end after the marker are no load on the service any more, and have
  /// room of their own.
  private static let drainingMin = 64

  /// Streams open at once in all engines, draining ones included; one engine may have them all.
  let slotsMax: Int
  /// Connections that an engine keeps; the idle ones beyond it are closed.
  let connectionsMax: Int
  /// Open files of all engines: a connection for each slot, and what engines keep that have none.
  let filesMax: Int

  init(inFlightMax: Int, engines: Int) {
    slotsMax = inFlightMax + max(EngineRoom.drainingMin, inFlightMax / 4)
    connectionsMax = (slotsMax + engines - 1) / engines
    filesMax = slotsMax + (engines - 1) * connectionsMax + engines * EngineRoom.otherFilesMax
  }
}
