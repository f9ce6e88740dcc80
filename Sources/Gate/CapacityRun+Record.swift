public import Model
import Plan

// A search in the figures and objectives of its run: what a store and a baseline line can hold.
extension CapacityRun {
  /// Puts the search into its run's record, whose figures of samples are there already.
  public func put(into record: inout RunRecord) {
    func add(_ name: String, _ value: Double, n: Int = 0) {
      record.figures.append(
        ReportFigure(profile: CapacityRun.profile, scenario: "", name: name, value: value, n: n))
    }
    add(Name.start, rules.start)
    add(Name.lowest, rules.lowest)
    add(Name.highest, rules.highest)
    add(Name.within, rules.within)
    add(Name.confirmations, Double(rules.confirmations))
    add(Name.length, stepLength.seconds)
    add(Name.warmup, warmup.seconds)
    if let stop { add(Name.stop, stop.code) }
    record.objectives = []
    for (index, step) in steps.enumerated() {
      let prefix = "\(ReportFigure.stagePrefix)\(index)."
      add(prefix + Name.rate, step.rate)
      if let isMet = step.isMet { add(prefix + Name.met, isMet ? 1 : 0) }
      if step.isWhole { add(prefix + Name.whole, 1) }
      if step.isClientLimited { add(prefix + Name.clientLimited, 1) }
      if let at = step.abortedAt { add(prefix + Name.aborted, at.seconds) }
      add(prefix + Name.droppedCap, Double(step.droppedCap))
      record.objectives += step.objectives.map { result in
        ObjectiveFigure(
          objective: result.objective, value: result.value, n: result.n,
          interval: result.interval)
      }
    }
    record.sortCells()
  }

  /// The search that a run holds, nil if it holds none.
  public init?(_ record: RunRecord) {
    guard record.header.profiles == [CapacityRun.profile] else { return nil }
    var figures: [String: Double] = [:]
    for figure in record.figures where figure.scenario.isEmpty {
      figures[figure.name] = figure.value
    }
    guard let start = figures[Name.start], let lowest = figures[Name.lowest],
      let highest = figures[Name.highest], let within = figures[Name.within],
      let confirmations = figures[Name.confirmations].flatMap({ Int(exactly: $0) }),
      let length = figures[Name.length], let warmup = figures[Name.warmup],
      0 < lowest, lowest <= start, start <= highest, highest.isFinite, confirmations > 0,
      CapacitySearch.Rules.withinRange.contains(within)
    else { return nil }
    self.init(
      rules: CapacitySearch.Rules(
        start: start, lowest: lowest, highest: highest, within: within,
        confirmations: confirmations),
      stepLength: Nanos(seconds: length), warmup: Nanos(seconds: warmup))
    stop = figures[Name.stop].map { CapacityStop(code: $0, text: record.header.unusableReason) }
    var rates: [Double] = []
    while let rate = figures["\(ReportFigure.stagePrefix)\(rates.count).\(Name.rate)"] {
      rates.append(rate)
    }
    guard !rates.isEmpty else { return }
    let each = record.objectives.count / rates.count
    steps = rates.enumerated().map { index, rate in
      let prefix = "\(ReportFigure.stagePrefix)\(index)."
      let own = record.objectives[(index * each)..<((index + 1) * each)]
      return CapacityStep(
        rate: rate, objectives: own.compactMap(CapacityRun.judged),
        abortedAt: figures[prefix + Name.aborted].map { Nanos(seconds: $0) },
        droppedCap: Int(clamping: figures[prefix + Name.droppedCap] ?? 0),
        isWhole: figures[prefix + Name.whole] == 1,
        isClientLimited: figures[prefix + Name.clientLimited] == 1)
    }
  }

  private static func judged(_ figure: ObjectiveFigure) -> ObjectiveResult? {
    guard let objective = Objective(text: figure.objective) else { return nil }
    var result = objective.judged([figure])
    result.objective = figure.objective
    return result
  }

  private enum Name {
    static let start = "capacity.from"
    static let lowest = "capacity.min"
    static let highest = "capacity.max"
    static let within = "capacity.within"
    static let confirmations = "capacity.confirmations"
    static let length = "capacity.step"
    static let warmup = "capacity.warmup"
    static let stop = "capacity.stop"
    static let rate = "rate"
    static let met = "met"
    static let whole = "whole"
    static let clientLimited = "client_limited"
    static let aborted = "aborted"
    static let droppedCap = "dropped_cap"
  }
}

extension CapacityStop {
  /// The kind as a number, stored: it must not change.
  fileprivate var code: Double {
    switch self {
    case .client: 1
    case .notJudged: 2
    case .ended: 3
    case .interrupted: 4
    }
  }

  fileprivate init(code: Double, text: String?) {
    let text = text ?? "ended early"
    switch code {
    case 1: self = .client(text)
    case 2: self = .notJudged(text)
    case 4: self = .interrupted
    default: self = .ended(text)
    }
  }
}
