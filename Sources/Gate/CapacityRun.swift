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

  /// The search after these steps; one that stopped asks for a step that nobody took.
  public var search: CapacitySearch {
    var search = CapacitySearch(rules)
    for step in steps {
      guard let isMet = step.isMet, case .step = search.action else { break }
      search.take(isMet: isMet)
    }
    return search
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

  /// A step.
  public init(
    rate: Double, objectives: [ObjectiveResult], abortedAt: Nanos? = nil, droppedCap: Int = 0,
    isWhole: Bool = true
  ) {
    self.rate = rate
    self.objectives = objectives
    self.abortedAt = abortedAt
    self.droppedCap = droppedCap
    self.isWhole = isWhole
  }

  /// Whether every objective was met; nil where that cannot be told, because the step was cut short
  /// or an objective has too few requests.
  public var isMet: Bool? {
    guard isWhole else { return nil }
    if abortedAt != nil || droppedCap > 0 || objectives.contains(where: { $0.verdict == .fail }) {
      return false
    }
    return objectives.contains { $0.verdict == .inconclusive } ? nil : true
  }
}

/// Why a search ended before its answer.
public enum CapacityStop: Sendable, Equatable {
  /// The client was the bottleneck, or could not keep what it measured.
  case client(String)
  /// An objective cannot be judged from a step's requests.
  case notJudged(String)
  /// A limit of the plan was reached, or the endpoint was gone.
  case ended(String)
  /// A signal.
  case interrupted

  /// In words.
  public var text: String {
    switch self {
    case .client(let text), .notJudged(let text), .ended(let text): text
    case .interrupted: "interrupted"
    }
  }
}

extension CapacityStep {
  /// Judges a step by the samples of its own run, whose profile is `sustained`.
  public static func judge(
    rate: Double, samples: [StreamSample], header: RunHeader, objectives: [Objective],
    abortedAt: Nanos?, isWhole: Bool
  ) -> (step: CapacityStep, record: RunRecord) {
    let bounds = CapacityRun.objectives(objectives)
    let record = Gate.summarize(
      samples: samples, header: header, objectives: bounds.map { $0.inProfile(.sustained) })
    let results = zip(bounds, record.objectives).map { objective, figure in
      var result = objective.judged([figure])
      result.objective = objective.text
      return result
    }
    let step = CapacityStep(
      rate: rate, objectives: results, abortedAt: abortedAt,
      droppedCap: samples.count { !$0.isWarmup && $0.outcome == .droppedCap }, isWhole: isWhole)
    return (step, record)
  }
}
