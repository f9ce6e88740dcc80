// Workload: what is sent and when, whole and reproducible before load starts.
//
// It makes arrival schedules from profiles and seeds, scenario programs, and request bytes. It
// sends nothing and reads no clock.

public import Model
public import Plan

/// Everything that a run will send, in time order, before the first request.
public struct Schedule: Sendable, Equatable {
  /// One a profile, in the plan's order.
  public var profiles: [ProfileSchedule]

  /// A schedule of these profiles.
  public init(profiles: [ProfileSchedule]) {
    self.profiles = profiles
  }
}

/// One profile's requests.
public struct ProfileSchedule: Sendable, Equatable {
  /// Which.
  public var kind: ProfileKind
  /// From its start to its last arrival.
  public var duration: Nanos
  /// Requests intended before this are warm-up.
  public var warmup: Nanos
  /// Stages, at least 1; an arrival names its own.
  public var stageCount: Int
  /// Who sends what.
  public var load: Load

  /// A profile's requests.
  public init(
    kind: ProfileKind, duration: Nanos, warmup: Nanos, stageCount: Int = 1, load: Load
  ) {
    self.kind = kind
    self.duration = duration
    self.warmup = warmup
    self.stageCount = stageCount
    self.load = load
  }
}

extension ProfileSchedule {
  /// The most streams that could ever be open at once: the users of a closed loop, all requests of
  /// an open one, later turns too. O(arrivals).
  public var streamsMax: Int {
    switch load {
    case .closed(let users): users.count
    case .open(let arrivals): arrivals.reduce(0) { $0 + 1 + $1.laterTurns.count }
    }
  }
}

/// Open or closed loop.
public enum Load: Sendable, Equatable {
  /// Requests at given times, whatever the service does, sorted by time; each may open a
  /// conversation whose later turns follow the replies.
  case open([Arrival])
  /// Users that send, wait for the end, think, and send again until the profile's end.
  case closed([UserProgram])
}

/// One request of an open loop.
public struct Arrival: Sendable, Equatable {
  /// From profile start.
  public var at: Nanos
  /// What is sent.
  public var request: PlannedRequest
  /// The stage, from 0.
  public var stage: Int
  /// The conversation's turns after this one; empty for a single request.
  public var laterTurns: [LaterTurn]

  /// A request at a time.
  public init(
    at: Nanos, request: PlannedRequest, stage: Int = 0, laterTurns: [LaterTurn] = []
  ) {
    self.at = at
    self.request = request
    self.stage = stage
    self.laterTurns = laterTurns
  }
}

/// What one request sends: indices into the plan.
public struct PlannedRequest: Sendable, Equatable {
  /// Index into the plan's scenarios.
  public var scenario: Int
  /// Index into the scenario's prompts.
  public var prompt: Int

  /// A request.
  public init(scenario: Int, prompt: Int) {
    self.scenario = scenario
    self.prompt = prompt
  }
}

/// One user of a closed loop.
public struct UserProgram: Sendable, Equatable {
  /// When the user sends first, from profile start.
  public var startAt: Nanos
  /// What the user sends, in order; the user starts over after the last.
  public var steps: [UserStep]

  /// A user.
  public init(startAt: Nanos, steps: [UserStep]) {
    self.startAt = startAt
    self.steps = steps
  }
}

/// One request of a user and the pause after it.
public struct UserStep: Sendable, Equatable {
  /// What is sent.
  public var request: PlannedRequest
  /// From the end of the reply to the next request.
  public var think: Nanos
  /// The turn of a conversation, 0 for the first: a step above 0 goes on with the conversation of
  /// the step before it.
  public var turn: Int

  /// A request and a pause.
  public init(request: PlannedRequest, think: Nanos, turn: Int = 0) {
    self.request = request
    self.think = think
    self.turn = turn
  }
}
