public import Model

/// What a plan's text, variables and flags come to.
public struct PlanResolution: Sendable, Equatable {
  /// The plan.
  public var plan: Plan
  /// Every value and where it came from, in the order of the documentation.
  public var values: [PlanValue]
  /// What is odd but not wrong.
  public var warnings: [PlanProblem]
  /// Secrets that are not there, in the order of the plan; empty where each of them is required.
  public var missing: [MissingSecret] = []

  /// The problem with the place of its value, for problems that were found later on, such as
  /// those of a run's estimate.
  public func placed(_ problem: PlanProblem) -> PlanProblem {
    var problem = problem
    problem.origin = origin(of: problem.path)
    return problem
  }

  /// Where the value of `path` came from; the nearest value above it, else `builtIn`.
  public func origin(of path: String) -> PlanOrigin {
    var path = path
    while true {
      if let value = values.first(where: { $0.path == path }) { return value.origin }
      guard let point = path.lastIndex(of: ".") else { return .builtIn }
      path = String(path[..<point])
    }
  }
}

/// Makes a plan of a tree of text, or finds every problem at once.
///
/// Precedence: built in < file < `STREAMGATE_*` variables < overrides. It reads no file itself.
public struct PlanResolver {
  /// Gives the bytes of a prompt file by its path as the plan writes it.
  public typealias PromptReader = (String) -> Result<[UInt8], PromptFileError>

  var reader: PlanReader
  let promptFile: PromptReader
  var warnings: [PlanProblem]
  /// The seed of synthetic prompts: the plan's, known before scenarios are read.
  var seed: UInt64 = 1

  /// The plan of a tree.
  ///
  /// `environment` serves both `${NAME}` and `STREAMGATE_*`; later `overrides` win. A plan with
  /// missing `secrets`, where they may be missing, can be shown and not run. Throws all problems in
  /// the order of the file, those without a line last.
  public static func resolve(
    _ tree: PlanTree, overrides: [PlanOverride] = [], environment: [String: String] = [:],
    secrets: SecretRule = .required,
    promptFile: PromptReader = { _ in .failure(.unreadable("no prompt files here")) }
  ) throws(PlanProblems) -> PlanResolution {
    guard tree.isMapping || tree.isNull else {
      throw PlanProblems([
        PlanProblem(
          .value, path: "", origin: tree.origin, what: "the plan is no mapping (key: value)",
          remedy: "streamgate init writes one")
      ])
    }
    let merged = tree.overridden(by: overrides, environment: environment)
    // The closure is called only before this function returns.
    let result = withoutActuallyEscaping(promptFile) { read in
      var resolver = PlanResolver(
        reader: PlanReader(environment: environment, secrets: secrets), promptFile: read,
        warnings: misspelledVariables(environment))
      let plan = resolver.plan(merged)
      return (plan: plan, resolver.reader, resolver.warnings)
    }
    let (plan, reader, warnings) = result
    guard let plan, reader.problems.isEmpty else {
      throw PlanProblems(reader.problems)
    }
    return PlanResolution(
      plan: plan, values: reader.values, warnings: warnings, missing: reader.missing)
  }

  /// The plan, nil where something required is missing; problems are in `reader`.
  private mutating func plan(_ tree: PlanTree) -> Plan? {
    let root = PlanReader.Field(
      path: "", node: tree.isNull ? nil : tree, sectionOrigin: .file(line: 1, column: 1))
    let top = reader.section(root, .top)
    readVersion(top["version"])
    let project = readProject(top["project"])
    let target = readTarget(top["target"])
    seed = peekSeed(top["seed"])
    let scenarios = readScenarios(top["scenarios"], target: target)
    let promptCache = reader.value(top["promptCache"], .choice(), default: PromptCache.asIs)
    if promptCache == .bust { warnOfBustedPrefixes(top["scenarios"]) }
    let rate = reader.required(
      top["rate"], .positive(max: PlanLimits.rateMax),
      remedy: "set the streams per second, such as rate: 5")
    let arrivals = reader.value(top["arrivals"], ArrivalPattern.kind, default: .poisson)
    let profiles = readProfiles(top["profiles"])
    let stressUsers = readStressUsers(top["stressUsers"], profiles: profiles)
    let size = reader.value(top["size"], .choice(), default: ProfileSize.standard)
    let samples = reader.optional(top["samples"], .count(1...PlanLimits.samplesMax))
    seed = reader.value(top["seed"], .seed, default: 1)
    let abort = readAbort(top["abort"])
    let objectives = readObjectives(
      top["objectives"], profiles: profiles, scenarios: scenarios,
      hasLogin: top["target"].node?["login"] != nil)
    let prices = readPrices(top["prices"])
    let limits = readLimits(top["limits"], hasPrices: top["prices"].node != nil)
    let gate = readGate(top["gate"])
    let store = readStore(top["store"])
    let recorder = reader.value(top["recorder"], .choice(), default: RecorderMode.timing)
    let reports = readReports(top["reports"])
    guard let project, let target, let rate, !scenarios.isEmpty else { return nil }
    return Plan(
      project: project, target: target, scenarios: scenarios, promptCache: promptCache,
      rate: rate, arrivals: arrivals, stressUsers: stressUsers, profiles: profiles, size: size,
      samples: samples, seed: seed, abort: abort, objectives: objectives, limits: limits,
      prices: prices, gate: gate, store: store, recorder: recorder, reports: reports)
  }
}

/// Named limits of a plan's values.
public enum PlanLimits {
  /// Streams per second.
  public static let rateMax = 100_000.0
  /// Users of the stress profile.
  public static let stressUsersMax = 10_000
  /// The longest profile.
  public static let durationMax = Nanos.seconds(24 * 3_600)
  /// Requests wanted in a cell.
  public static let samplesMax = 1_000_000
  /// Scenarios of a plan.
  public static let scenariosMax = 100
  /// Accounts of a login.
  public static let accountsMax = 10_000
  /// Streams open at once.
  public static let inFlightMax = 100_000
  /// The longest time-out.
  public static let timeoutMax: Int64 = 24 * 3_600
  /// Turns of a conversation.
  public static let turnsMax = 100
  /// The longest pause between two turns, in seconds.
  public static let thinkMax: Int64 = 3_600
  /// Tokens of a synthetic prompt or prefix.
  public static let syntheticTokensMax = 100_000
  /// Bytes of a scenario's prompts together, their prefixes included.
  public static let promptsBytesMax = 64 << 20
  /// Bytes of a system prompt.
  public static let systemBytesMax = 1 << 20
}
