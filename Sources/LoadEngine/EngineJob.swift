public import Model
public import Plan
public import StreamMeter
public import Workload

/// Everything that the engine needs to know of a run.
public struct EngineJob: Sendable {
  /// Makes the bytes of a request's body from the request, the profile's index and the sequence
  /// number. Called on an engine's thread right before sending: it must be quick.
  public typealias BodyProvider =
    @Sendable (_ request: PlannedRequest, _ profile: Int, _ seq: Int) -> [UInt8]

  /// Makes the bytes of a conversation's next request from the request, the profile's index and
  /// what the conversation has been so far.
  public typealias ConversationBodyProvider =
    @Sendable (_ request: PlannedRequest, _ profile: Int, _ conversation: Conversation) -> [UInt8]
  /// Makes a conversation's id from the profile's index and the conversation's number.
  public typealias ConversationIDProvider =
    @Sendable (_ profile: Int, _ number: Int) -> String

  /// Where requests go, one a scenario.
  public var targets: [TargetPlan]
  /// What is sent when.
  public var schedule: Schedule
  /// The request bodies.
  public var body: BodyProvider
  /// How each scenario goes on after a reply, nil for one turn; as many as targets.
  public var conversations: [ConversationPlan?]
  /// The bodies of conversations; nil: `body` makes them too, and nothing is fed back.
  public var conversationBody: ConversationBodyProvider?
  /// The ids of conversations whose plan puts them into a header; nil for none.
  public var conversationID: ConversationIDProvider?
  /// Which account each user logs in with; nobody where the targets have no login.
  public var roster: LoginRoster
  /// Masks the plan's secrets in what is kept of a response.
  public var redactor = Redactor()
  /// What one stream may make the client read and keep.
  public var meterLimits = MeterLimits()
  /// Streams open at once; an arrival beyond it is `droppedCap`.
  public var inFlightMax: Int
  /// When to give the run up.
  public var abort: AbortRule
  /// What the run may use: at the limit nothing more is sent, and at one of tokens or cost the
  /// open streams are cancelled.
  public var budget = RunBudget()
  /// True if a used-up quota ends the run; false where 429 is for the error rate to judge.
  public var isQuotaWatched = false
  /// Gives each request its `traceparent`; nil: none is sent. A target with such a header of its
  /// own keeps that.
  public var traceContext: TraceContext?
  /// Connections opened to each endpoint before load, each by an OPTIONS request, where
  /// connections are reused; capped by `inFlightMax`.
  public var warmConnections: Int
  /// A request later than this is not sent but `droppedLate`: the client fell behind so far that
  /// the request would measure the client.
  public var lateMax: Nanos
  /// After an end marker, how long to wait for the transport's end before the connection is
  /// closed by us.
  public var drainMax: Nanos
  /// What is kept of the worst and of failed streams.
  public var recorder = RecorderMode.off
  /// Engines that send the schedule's parts at the same time, each on a thread of its own; 1 to
  /// `enginesMax`. What is sent when does not depend on it.
  public var engines = 1

  /// A job of these parts.
  public init(
    targets: [TargetPlan], schedule: Schedule, inFlightMax: Int = RunLimits().inFlight,
    abort: AbortRule = AbortRule(), warmConnections: Int? = nil,
    lateMax: Nanos = .seconds(1), drainMax: Nanos = .milliseconds(250),
    body: @escaping BodyProvider
  ) {
    precondition(!targets.isEmpty && inFlightMax > 0)
    self.targets = targets
    conversations = Array(repeating: nil, count: targets.count)
    let accounts = targets[0].login?.accounts.count ?? 0
    roster = LoginRoster(users: accounts, accounts: accounts, seed: 1)
    self.schedule = schedule
    self.inFlightMax = inFlightMax
    self.abort = abort
    self.warmConnections = warmConnections ?? EngineJob.warmConnections(for: schedule)
    self.lateMax = lateMax
    self.drainMax = drainMax
    self.body = body
  }

  /// The job of a plan, with the requests that the template makes.
  public init(plan: Plan, schedule: Schedule, template: RequestTemplate) {
    let targets = plan.scenarios.indices.map { scenario in
      var target = plan.scenarios[scenario].target
      target.headers = template.headers(scenario: scenario)
      return target
    }
    self.init(
      targets: targets, schedule: schedule,
      inFlightMax: EngineJob.inFlightMax(plan.limits, schedule), abort: plan.abort
    ) { request, profile, seq in
      template.body(
        scenario: request.scenario, prompt: request.prompt, profile: profile, seq: seq)
    }
    budget = RunBudget(limits: plan.limits, prices: plan.prices)
    roster = LoginRoster(plan: plan)
    recorder = plan.recorder
    redactor = Redactor(secrets: plan.secrets)
    conversations = plan.scenarios.map(\.conversation)
    conversationBody = { request, profile, conversation in
      template.body(
        scenario: request.scenario, prompt: request.prompt, profile: profile,
        conversation: conversation)
    }
    conversationID = { template.conversationID(profile: $0, number: $1) }
  }

  /// Streams that may be open at once: as many as the limits allow, and no more than the schedule
  /// can have, so that a small load asks for few files. At least 1, for a stream by itself.
  public static func inFlightMax(_ limits: RunLimits, _ schedule: Schedule) -> Int {
    min(limits.inFlight, max(1, schedule.profiles.map(\.streamsMax).max() ?? 1))
  }

  /// Where users log in: every target has the same login.
  var loginTarget: TargetPlan? { targets[0].loginTarget }

  /// Everywhere that connections go.
  var allTargets: [TargetPlan] { targets + [loginTarget].compactMap { $0 } }

  /// Most engines of a run: more threads than any one machine can feed from one list of arrivals.
  public static let enginesMax = 64

  /// Most connections opened before load by default.
  public static let warmConnectionsMax = 256

  /// Connections worth opening for a schedule: its users, or the arrivals of its busiest second,
  /// at most `warmConnectionsMax`. O(arrivals).
  public static func warmConnections(for schedule: Schedule) -> Int {
    let wanted = schedule.profiles.map { profile -> Int in
      switch profile.load {
      case .closed(let users): return users.count
      case .open(let arrivals):
        var first = 0
        var busiest = 0
        for (last, arrival) in arrivals.enumerated() {
          while arrivals[first].at + .seconds(1) < arrival.at { first += 1 }
          busiest = max(busiest, last - first + 1)
        }
        return busiest
      }
    }
    return min(wanted.max() ?? 0, warmConnectionsMax)
  }
}
