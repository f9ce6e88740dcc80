public import Model
public import Plan

/// A search for a capacity as it was run, and how its steps ended.
///
/// It is kept in a run of one profile, `capacity`, whose stages are the steps: so a stored run
/// tells the same again, with or without its requests.
public struct CapacityRun: Sendable, Equatable {
  /// The profile's name.
  public static let profile = "capacity"

  /// What the search might do.
  public var rules: CapacitySearch.Rules
  /// The measured part of a step.
  public var stepLength: Nanos
  /// What leads each step and is left out.
  public var warmup: Nanos
  /// The steps in order.
  public var steps: [CapacityStep] = []
  /// Why the search ended before its answer, nil if it did not.
  public var stop: CapacityStop?

  /// A search before its first step.
  public init(rules: CapacitySearch.Rules, stepLength: Nanos, warmup: Nanos) {
    self.rules = rules
    self.stepLength = stepLength
    self.warmup = warmup
  }

  /// The search after these steps; one that stopped asks for a step that nobody took, and after a
  /// step that told nothing the same one is asked for again.
  public var search: CapacitySearch {
    var search = CapacitySearch(rules)
    for isMet in steps.compactMap(\.isMet) {
      guard case .step = search.action else { break }
      search.take(isMet: isMet)
    }
    return search
  }

  /// Takes a step that was run. One in which the client was the limit, for `clientProblem`, is to
  /// be run once more; the second one in turn ends the search.
  public mutating func add(_ step: CapacityStep, clientProblem: String? = nil) {
    if let clientProblem, steps.last?.isClientLimited == true {
      stop = stop ?? .client(clientProblem)
    }
    steps.append(step)
  }

  /// The interval that a search has which the client kept from its last steps: narrow enough, its
  /// lower end met in every step that told something, fewer than are wanted. Nil for a search that
  /// has its answer, and for one that ended before its ends were close.
  public var unconfirmed: CapacityInterval? {
    if case .client = stop { search.unconfirmed } else { nil }
  }

  /// The highest rate at which every step was met, nil if there is none.
  public var highestMet: Double? {
    let missed = lowestMissed ?? .infinity
    return steps.filter { $0.isMet == true && $0.rate < missed }.map(\.rate).max()
  }

  /// The lowest rate at which a step was missed, nil if none was.
  public var lowestMissed: Double? { steps.filter { $0.isMet == false }.map(\.rate).min() }

  /// The plan's objectives that a step is held to: those without a profile, and those of the
  /// sustained profile, whose load a step is. Logins belong to no step.
  public static func objectives(_ all: [Objective]) -> [Objective] {
    all.filter { !$0.isLogin && ($0.profile == nil || $0.profile == .sustained) }
  }
}

/// Rates between which a capacity lies, without the confirmation that its lower end wants.
public struct CapacityInterval: Sendable, Equatable {
  /// Every step at it was met.
  public var low: Double
  /// The lowest rate that was missed.
  public var high: Double
  /// Steps at `low`.
  public var metCount: Int

  /// An interval; `low < high`.
  public init(low: Double, high: Double, metCount: Int) {
    self.low = low
    self.high = high
    self.metCount = metCount
  }
}

/// One step of a search.
public struct CapacityStep: Sendable, Equatable {
  /// Requests a second.
  public var rate: Double
  /// What became of each objective, in the plan's order.
  public var objectives: [ObjectiveResult]
  /// When the abort rule fired, from the step's start; nil if it did not.
  public var abortedAt: Nanos?
  /// Requests that found no slot.
  public var droppedCap: Int
  /// True if it went its whole length, or the abort rule ended it.
  public var isWhole: Bool
  /// True if the client was the limit: the step tells nothing of the service.
  public var isClientLimited: Bool

  /// A step.
  public init(
    rate: Double, objectives: [ObjectiveResult], abortedAt: Nanos? = nil, droppedCap: Int = 0,
    isWhole: Bool = true, isClientLimited: Bool = false
  ) {
    self.rate = rate
    self.objectives = objectives
    self.abortedAt = abortedAt
    self.droppedCap = droppedCap
    self.isWhole = isWhole
    self.isClientLimited = isClientLimited
  }

  /// Whether every objective was met; nil where that cannot be told, because the step was cut
  /// short, the client was the limit, or an objective has too few requests.
  public var isMet: Bool? {
    guard isWhole, !isClientLimited else { return nil }
    if abortedAt != nil || droppedCap > 0 || objectives.contains(where: { $0.verdict == .fail }) {
      return false
    }
    return objectives.contains { $0.verdict == .inconclusive } ? nil : true
  }

  /// What came of it, in a word or two.
  public var result: String {
    switch isMet {
    case true?: "met"
    case false?: "missed"
    case nil: "not judged"
    }
  }
}

/// Why a search ended before its answer.
public enum CapacityStop: Sendable, Equatable {
  /// The client was the bottleneck in a step and again when it was repeated.
  case client(String)
  /// An objective cannot be judged from a step's requests.
  case notJudged(String)
  /// A limit of the plan was reached, the endpoint was gone, or requests could not be kept.
  case ended(String)
  /// A signal.
  case interrupted

  /// The end of a search whose client could not keep what it measured of a step: so many requests.
  public static func unkept(requests: Int) -> CapacityStop {
    .ended("\(requests) requests could not be kept")
  }

  /// In words.
  public var text: String {
    switch self {
    case .client(let text), .notJudged(let text), .ended(let text): text
    case .interrupted: "interrupted"
    }
  }
}

/// A step as its own run tells of it.
public struct JudgedStep: Sendable {
  /// The step.
  public var step: CapacityStep
  /// The summary of its samples.
  public var record: RunRecord
  /// The smallest median latency of this step and those before it, nil if none has one.
  public var smallestMedian: Nanos?
  /// Why the client, and not the service, was the limit, and what to try; nil if it was not.
  public var clientProblem: String?
}

extension CapacityStep {
  /// Judges a step by the samples of its own run, whose profile is `sustained`. The client's error
  /// is held to the smallest median latency of any step: `smallestMedian` is that of those before.
  ///
  /// A step that misses nothing but what the client's own lag may account for tells nothing of the
  /// service, as one whose client was beyond METRICS' limits.
  public static func judge(
    rate: Double, samples: [StreamSample], header: RunHeader, objectives: [Objective],
    abortedAt: Nanos? = nil, isWhole: Bool = true, smallestMedian: Nanos? = nil
  ) -> JudgedStep {
    let bounds = CapacityRun.objectives(objectives)
    let record = Gate.summarize(
      samples: samples, header: header, objectives: bounds.map { $0.inProfile(.sustained) })
    let results = zip(bounds, record.objectives).map { objective, figure in
      var result = objective.judged([figure])
      result.objective = objective.text
      return result
    }
    var step = CapacityStep(
      rate: rate, objectives: results, abortedAt: abortedAt,
      droppedCap: samples.count { !$0.isWarmup && $0.outcome == .droppedCap }, isWhole: isWhole)
    let own = ClientCheck.smallestMedian(of: [record])
    let smallest = [smallestMedian, own].compactMap { $0 }.min()
    let problem =
      ClientCheck.problem(of: header, smallestMedian: smallest)
      ?? step.missesByClient(bounds, record)
    step.isClientLimited = problem != nil
    return JudgedStep(
      step: step, record: record, smallestMedian: smallest, clientProblem: problem)
  }

  /// Says so if the client's lag may account for all that the step misses; else nil.
  private func missesByClient(_ objectives: [Objective], _ record: RunRecord) -> String? {
    guard isMet == false, abortedAt == nil, droppedCap == 0 else { return nil }
    let share = ClientShare(candidates: [record], main: [])
    let missed = zip(objectives, self.objectives).filter { $0.1.verdict == .fail }
    guard missed.allSatisfy({ share.explains($0.0, $0.1) }) else { return nil }
    return ClientCheck.reasonPrefix + share.text(missed.map(\.1.objective))
  }
}
