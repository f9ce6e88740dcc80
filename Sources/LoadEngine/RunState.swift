import Model
import Plan
import Workload

/// What the loop knows of the run as a whole, and of its own part in it.
struct RunState {
  /// Why no more requests are started; nil while they are.
  var end: EngineEnd?
  /// When the streams that are still open are cancelled; nil: never.
  var cancelAt: MonotonicNanos?
  /// Rounds that this engine is through with.
  var roundsDone = 0
  /// What this engine has used; output tokens are those of ended streams.
  var use = RunUse()
  /// Events with a token of ended streams.
  var endedEvents = 0
  var sent: Int { use.requests }
  /// Requests that ended, by the outcome's raw value.
  var ended: [Int]
  /// The same by scenario, with their times.
  var scenarios: [ScenarioCounts]
  /// The engine's arrivals of the open loops of the profiles before the one that runs.
  var arrivalsBefore = 0
  /// Arrivals that were handed to the transport.
  var arrivalsSent = 0
  var publishAt: MonotonicNanos
  /// Up to when the latest poll told what was ready.
  var polledAt: MonotonicNanos
  /// Since when sockets may have been ready that the latest poll left unread; nil if it read all.
  var unreadSince: MonotonicNanos?
  /// Up to when it is accounted for what the loop could see.
  var seenTo: MonotonicNanos
  /// How long it has waited for data since then.
  var idle = Nanos.zero
  /// When the loop was about to read the last time.
  var aliveAt: MonotonicNanos
  /// The start of the first profile.
  var startedAt: MonotonicNanos

  init(scenarios: Int, at now: MonotonicNanos) {
    ended = [Int](repeating: 0, count: Outcome.allCases.count)
    self.scenarios = Array(repeating: ScenarioCounts(), count: scenarios)
    publishAt = now
    polledAt = now
    seenTo = now
    aliveAt = now
    startedAt = now
  }
}

/// What the loop knows of the profile that runs.
struct ProfileState {
  let index: Int
  let kind: ProfileKind
  let startedAt: MonotonicNanos
  let duration: Nanos
  let warmup: Nanos
  /// Open loop: what is sent when; empty in a closed one.
  private(set) var arrivals: [Arrival] = []
  private let share: EngineShare
  /// Open loop: the engine's next arrival.
  private(set) var next = 0
  /// Open loop: the number of each arrival's first request; empty where that is the arrival's own.
  private var firstSeqs: [Int] = []
  /// The conversations that are under way: by arrival in an open loop, by user in a closed one.
  var conversations: [Int: Conversation] = [:]
  let stageCount: Int
  /// Open loop: the engine's arrivals a second of each stage.
  let stageRates: [Double]
  /// Closed loop: who sends what; empty in an open one.
  private(set) var users: [UserProgram] = []
  /// Closed loop: the number of each user's next step.
  var steps: [Int] = []
  /// Requests that this engine handed to the transport.
  var sent = 0

  /// A profile from `startedAt` on; nil for one without a request.
  init(_ schedule: ProfileSchedule?, index: Int, startedAt: MonotonicNanos, share: EngineShare) {
    self.index = index
    self.startedAt = startedAt
    kind = schedule?.kind ?? .sustained
    duration = schedule?.duration ?? .zero
    warmup = schedule?.warmup ?? .zero
    stageCount = schedule?.stageCount ?? 1
    self.share = share
    let rates = schedule?.stageRates { place, _ in share.owns(sender: place) ? 1 : 0 }
    stageRates = rates ?? [Double](repeating: 0, count: stageCount)
    switch schedule?.load {
    case .open(let arrivals):
      self.arrivals = arrivals
      skipOthers()
      guard arrivals.contains(where: { !$0.laterTurns.isEmpty }) else { break }
      var seq = 0
      for arrival in arrivals {
        firstSeqs.append(seq)
        seq += 1 + arrival.laterTurns.count
      }
    case .closed(let users):
      self.users = users
      steps = [Int](repeating: 0, count: users.count)
    case nil: break
    }
  }

  /// The next arrival is on its way: its key.
  mutating func takeArrival() -> Int {
    defer {
      next += 1
      skipOthers()
    }
    return next
  }

  private mutating func skipOthers() {
    while next < arrivals.count, !share.owns(sender: next) { next += 1 }
  }

  /// The number of an arrival's first request; its later turns have those that follow.
  func firstSeq(of arrival: Int) -> Int { firstSeqs.isEmpty ? arrival : firstSeqs[arrival] }

  /// Open loop: the engine's arrivals.
  var arrivalCount: Int { share.senders(below: arrivals.count) }

  /// Closed loop: the engine's users.
  var userCount: Int { share.senders(below: users.count) }

  /// Open loop: the engine's arrivals whose time has come at a moment. O(log arrivals).
  func arrivalsDue(at moment: MonotonicNanos) -> Int {
    let elapsed = moment - startedAt
    var (low, high) = (0, arrivals.count)
    while low < high {
      let middle = (low + high) / 2
      if arrivals[middle].at <= elapsed { low = middle + 1 } else { high = middle }
    }
    return share.senders(below: low)
  }

  /// The stage that is under way at a moment; the last one after the end.
  func stage(at moment: MonotonicNanos) -> Int {
    guard stageCount > 1, duration > .zero else { return 0 }
    let share = (moment - startedAt).seconds / duration.seconds
    return min(stageCount - 1, max(0, Int(share * Double(stageCount))))
  }

  /// The moment from which the profile is measured.
  var measuredFrom: MonotonicNanos { startedAt + warmup }
}
