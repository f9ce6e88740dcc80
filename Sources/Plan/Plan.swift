// Plan: what a run is asked to do, resolved and checked, with its digest.
//
// It holds the plan's values, the grammar of units and objectives, the validation that finds
// every problem at once, and the digest. It reads no file and no environment variable: the
// shell gives it a tree of values with line numbers, flags, and a dictionary.

public import Model

/// A resolved plan: every value set, every rule checked.
public struct Plan: Sendable, Equatable {
  /// The project's name.
  public var project: String
  /// The endpoint and how to talk to it.
  public var target: TargetPlan
  /// The scenarios in the order of the file; names are unique.
  public var scenarios: [ScenarioPlan]
  /// What a prompt's cache sees.
  public var promptCache: PromptCache
  /// Arrivals per second of the open-loop profiles: streams, or conversations.
  public var rate: Double
  /// How those arrivals are spread over time.
  public var arrivals: ArrivalPattern
  /// Users of the stress profile; nil only if stress is not among the profiles.
  public var stressUsers: Int?
  /// The profiles to run, in order.
  public var profiles: [ProfileKind]
  /// How long they run.
  public var size: ProfileSize
  /// Requests wanted in each gated cell; nil: the durations of the size.
  public var samples: Int?
  /// The length of every profile where a flag gives one; nil: the size's, as `samples` stretches
  /// it. No plan file has it, and no digest.
  public var profileDuration: Nanos?
  /// Seed of every choice.
  public var seed: UInt64
  /// When a run is given up.
  public var abort: AbortRule
  /// What must hold, in the order of the file.
  public var objectives: [Objective]
  /// What a run may cost.
  public var limits: RunLimits
  /// Prices per million tokens, nil where not given.
  public var prices: Prices?
  /// How runs are judged.
  public var gate: GatePlan
  /// Where runs are kept; nil: SQLite in the project's folder.
  public var store: SecretText?
  /// What is kept of the worst and of failed streams.
  public var recorder: RecorderMode
  /// Where reports go besides `--out`.
  public var reports: ReportPaths

  /// A plan of these parts.
  public init(
    project: String, target: TargetPlan, scenarios: [ScenarioPlan],
    promptCache: PromptCache = .asIs, rate: Double, arrivals: ArrivalPattern = .poisson,
    stressUsers: Int? = nil, profiles: [ProfileKind], size: ProfileSize = .standard,
    samples: Int? = nil, seed: UInt64 = 1, abort: AbortRule = AbortRule(),
    objectives: [Objective] = [], limits: RunLimits = RunLimits(), prices: Prices? = nil,
    gate: GatePlan = GatePlan(), store: SecretText? = nil, recorder: RecorderMode = .timing,
    reports: ReportPaths = ReportPaths()
  ) {
    self.project = project
    self.target = target
    self.scenarios = scenarios
    self.promptCache = promptCache
    self.rate = rate
    self.arrivals = arrivals
    self.stressUsers = stressUsers
    self.profiles = profiles
    self.size = size
    self.samples = samples
    self.seed = seed
    self.abort = abort
    self.objectives = objectives
    self.limits = limits
    self.prices = prices
    self.gate = gate
    self.store = store
    self.recorder = recorder
    self.reports = reports
  }
}

/// A text that may hold `${NAME}`: what the plan says, and what it stands for.
///
/// `description` never shows the value, so that no log or error can.
public struct SecretText: Sendable, Equatable, CustomStringConvertible {
  /// The text as the plan writes it; this enters digests and reports.
  public var template: String
  /// The text with each `${NAME}` replaced; only the transport and the store read it.
  public var value: String
  /// The replaced values themselves, for redaction; never empty strings.
  public var secrets: [String]

  /// A text and its expansion.
  public init(template: String, value: String, secrets: [String]) {
    self.template = template
    self.value = value
    self.secrets = secrets
  }

  /// A text without a secret.
  public init(_ plain: String) {
    self.init(template: plain, value: plain, secrets: [])
  }

  /// The template.
  public var description: String { template }
}

/// The endpoint and how to talk to it.
public struct TargetPlan: Sendable, Equatable {
  /// Scheme, host and port, without a trailing slash: `http://127.0.0.1:8080`.
  public var url: SecretText
  /// The endpoint's path, starting with a slash.
  public var path: String
  /// The dialect by name, as in `RequestForm.all` and StreamMeter's table, or `custom`.
  public var dialect: String
  /// The paths of a custom dialect, nil for the others.
  public var custom: CustomDialect?
  /// False where replies are one document each: only their duration is measured.
  public var isStreamed: Bool
  /// The model's name; empty where the endpoint needs none.
  public var model: String
  /// Request headers in the order of the file.
  public var headers: [HeaderPlan]
  /// Limits of each phase.
  public var timeouts: Timeouts
  /// Members put over the dialect's default request body, `${NAME}` unexpanded.
  public var body: JSONValue
  /// What the `${NAME}` in `body` stand for; only the transport reads it.
  public var bodySecrets: SecretValues
  /// How TLS is agreed on, where the URL asks for it.
  public var tls: TLSPlan
  /// How users log in before load; nil where nobody does. One for all scenarios.
  public var login: LoginPlan?
  /// How connections are used.
  public var connections: ConnectionMode
  /// True where a stream must end with the dialect's marker.
  public var isEndMarkerRequired: Bool
  /// What must answer before load, nil for nothing.
  public var ready: ReadyPlan?
  /// What tells the build that answers, nil for nothing.
  public var identity: IdentityPlan?

  /// An endpoint.
  public init(
    url: SecretText, path: String, dialect: String = "openai-chat", model: String = "",
    headers: [HeaderPlan] = [], timeouts: Timeouts = Timeouts(), body: JSONValue = .object([]),
    tls: TLSPlan = TLSPlan(), connections: ConnectionMode = .reuse,
    isEndMarkerRequired: Bool = true,
    bodySecrets: SecretValues = SecretValues(), ready: ReadyPlan? = nil,
    identity: IdentityPlan? = nil, login: LoginPlan? = nil, custom: CustomDialect? = nil,
    isStreamed: Bool = true
  ) {
    self.url = url
    self.path = path
    self.dialect = dialect
    self.custom = custom
    self.isStreamed = isStreamed
    self.model = model
    self.headers = headers
    self.timeouts = timeouts
    self.body = body
    self.tls = tls
    self.connections = connections
    self.isEndMarkerRequired = isEndMarkerRequired
    self.bodySecrets = bodySecrets
    self.ready = ready
    self.identity = identity
    self.login = login
  }
}

/// A request header.
public struct HeaderPlan: Sendable, Equatable {
  /// The field's name.
  public var name: String
  /// The field's value, without line breaks.
  public var value: SecretText

  /// A header.
  public init(name: String, value: SecretText) {
    self.name = name
    self.value = value
  }
}

/// Limits of each phase of a request.
public struct Timeouts: Sendable, Equatable {
  /// To a connection, TLS included.
  public var connect: Nanos
  /// From sending to the first token.
  public var firstToken: Nanos
  /// Between reads once a token came.
  public var stall: Nanos
  /// From sending to the end.
  public var total: Nanos

  /// Limits; the defaults are the documented ones.
  public init(
    connect: Nanos = .seconds(5), firstToken: Nanos = .seconds(30), stall: Nanos = .seconds(10),
    total: Nanos = .seconds(120)
  ) {
    self.connect = connect
    self.firstToken = firstToken
    self.stall = stall
    self.total = total
  }
}

extension Timeouts {
  /// The limits of replies that do not stream: their first token is their last one, so that only
  /// the total counts.
  public var ofWholeReplies: Timeouts {
    Timeouts(connect: connect, firstToken: total, stall: total, total: total)
  }
}

/// How connections are used.
public enum ConnectionMode: Sendable, Equatable {
  /// Kept and used again.
  case reuse
  /// A new one for each request.
  case fresh
  /// Kept, but not used again after so long without a request.
  case idle(Nanos)
}

/// A scenario with the target's settings already put under its own.
public struct ScenarioPlan: Sendable, Equatable {
  /// The name, `[a-z0-9._-]{1,40}`.
  public var name: String
  /// Its share of the mix, over the sum of all weights; positive.
  public var weight: Double
  /// The prompts, at least one.
  public var prompts: [String]
  /// Where they came from, for messages; nil for prompts in the plan itself.
  public var promptFile: String?
  /// The system prompt, nil for none.
  public var system: String?
  /// Most output tokens a reply, nil for the service's default.
  public var maxTokens: Int?
  /// How it goes on after a reply; nil for scenarios of one turn.
  public var conversation: ConversationPlan?
  /// The target with this scenario's overrides.
  public var target: TargetPlan

  /// A scenario.
  public init(
    name: String, weight: Double = 1, prompts: [String], promptFile: String? = nil,
    system: String? = nil, maxTokens: Int? = nil, target: TargetPlan,
    conversation: ConversationPlan? = nil
  ) {
    self.name = name
    self.weight = weight
    self.prompts = prompts
    self.promptFile = promptFile
    self.system = system
    self.maxTokens = maxTokens
    self.target = target
    self.conversation = conversation
  }
}

/// What the service's prompt cache sees.
public enum PromptCache: String, Sendable, CaseIterable {
  /// Prompts as they are.
  case asIs = "as-is"
  /// A nonce of fixed length leads each prompt, so that none is cached.
  case bust
  /// Prompts as they are, each sent once before load, unmeasured.
  case warm
}

/// A built-in load profile.
public enum ProfileKind: String, Sendable, CaseIterable {
  /// Open loop, the rate rising in ten stages.
  case rampUp = "ramp-up"
  /// Open loop at the rate.
  case sustained
  /// Closed loop, a fixed number of users.
  case stress
}

/// How long the profiles run.
public enum ProfileSize: String, Sendable, CaseIterable {
  /// 20 s each.
  case quick
  /// Minutes.
  case standard
  /// An hour of sustained load.
  case soak
}

/// A share of errors over a time that ends a run.
public struct AbortRule: Sendable, Equatable {
  /// Share of errors among the streams that ended in the window, 0...1.
  public var errorShare: Double
  /// The window.
  public var over: Nanos

  /// A rule; by default half over ten seconds.
  public init(errorShare: Double = 0.5, over: Nanos = .seconds(10)) {
    self.errorShare = errorShare
    self.over = over
  }
}

/// What a run may cost; nil: no limit.
public struct RunLimits: Sendable, Equatable {
  /// Requests in all.
  public var requests: Int?
  /// Output tokens in all.
  public var outputTokens: Int?
  /// Cost in all, in the unit of the prices.
  public var cost: Double?
  /// Streams open at once.
  public var inFlight: Int

  /// Limits.
  public init(
    requests: Int? = nil, outputTokens: Int? = nil, cost: Double? = nil, inFlight: Int = 2_000
  ) {
    self.requests = requests
    self.outputTokens = outputTokens
    self.cost = cost
    self.inFlight = inFlight
  }
}

/// Prices per million tokens.
public struct Prices: Sendable, Equatable {
  /// Of prompt tokens.
  public var input: Double
  /// Of output tokens.
  public var output: Double

  /// Prices.
  public init(input: Double, output: Double) {
    self.input = input
    self.output = output
  }
}

/// How runs are judged.
public struct GatePlan: Sendable, Equatable {
  /// The branch whose runs are the baseline.
  public var branch: String
  /// The environment's name, `[a-z0-9._-]{1,40}`; the key adds a digest.
  public var environment: String
  /// Runs in the baseline set, at most 10.
  public var baselineRuns: Int
  /// Runs that serve the variance.
  public var historyRuns: Int
  /// Candidate runs judged together at most, 1...5.
  public var maxLooks: Int
  /// What an inconclusive verdict exits with.
  public var inconclusive: InconclusivePolicy
  /// What a plan without history exits with.
  public var onNewEnvironment: NewEnvironmentPolicy
  /// Where main runs, nil for nowhere.
  public var baselineTarget: SecretText?
  /// True if no two runs may load an endpoint at one time.
  public var isExclusive: Bool
  /// The smallest effect that matters, by metric name: shares of the value for latencies,
  /// shares of requests for rates.
  public var effects: [String: Double]

  /// How runs are judged; the defaults are the documented ones.
  public init(
    branch: String = "main", environment: String = "default", baselineRuns: Int = 10,
    historyRuns: Int = 60, maxLooks: Int = 3, inconclusive: InconclusivePolicy = .warn,
    onNewEnvironment: NewEnvironmentPolicy = .warn, baselineTarget: SecretText? = nil,
    isExclusive: Bool = false, effects: [String: Double] = GatePlan.defaultEffects
  ) {
    self.branch = branch
    self.environment = environment
    self.baselineRuns = baselineRuns
    self.historyRuns = historyRuns
    self.maxLooks = maxLooks
    self.inconclusive = inconclusive
    self.onNewEnvironment = onNewEnvironment
    self.baselineTarget = baselineTarget
    self.isExclusive = isExclusive
    self.effects = effects
  }

  /// The effects of STATISTICS section 6.
  public static let defaultEffects: [String: Double] = [
    "ttft_p50": 0.03, "tpot_p50": 0.03, "durstd_p50": 0.03, "duration_p50": 0.03,
    "ttft_p95": 0.05, "error": 0.005, "truncated": 0.005, "stalled": 0.01,
  ]
}

/// What an inconclusive verdict exits with.
public enum InconclusivePolicy: String, Sendable, CaseIterable {
  /// 0, and a warning.
  case warn
  /// 1.
  case block
  /// 2.
  case code
}

/// What a plan without history exits with.
public enum NewEnvironmentPolicy: String, Sendable, CaseIterable {
  /// As learning.
  case warn
  /// 1.
  case block
}

/// Where reports go besides `--out`; nil: nowhere.
public struct ReportPaths: Sendable, Equatable {
  /// JUnit XML.
  public var junit: String?
  /// Markdown.
  public var markdown: String?
  /// `result.json`.
  public var json: String?
  /// The page for a browser.
  public var html: String?
  /// OpenMetrics text.
  public var openMetrics: String?

  /// Paths.
  public init(
    junit: String? = nil, markdown: String? = nil, json: String? = nil, html: String? = nil,
    openMetrics: String? = nil
  ) {
    self.junit = junit
    self.markdown = markdown
    self.json = json
    self.html = html
    self.openMetrics = openMetrics
  }
}
