import Model
public import Plan
import Statistics

extension Objective {
  /// The judgements that an objective asks for: itself where it names a profile, else one for
  /// ramp-up and sustained each, as far as they run. Where neither runs it stays as it is and
  /// has no figure: absent data is no success.
  func expanded(profiles: [String]) -> [Objective] {
    if profile != nil || isLogin { return [self] }
    let judged = [ProfileKind.rampUp, .sustained].filter { profiles.contains($0.rawValue) }
    return judged.isEmpty ? [self] : judged.map { inProfile($0) }
  }

  /// Requests that the objective's figure needs; shares and counts need one.
  public var floor: Int {
    switch metric {
    case .latency(_, let quantile): Floors.quantile(quantile)
    case .rate: 1
    }
  }
}

extension Objective {
  /// What became of it in runs with these figures: their median is judged, counts summed.
  func judged(_ figures: [ObjectiveFigure]) -> ObjectiveResult {
    let values = figures.compactMap(\.value)
    var result = ObjectiveResult(
      objective: description, verdict: .inconclusive, value: nil, bound: bound,
      n: figures.reduce(0) { $0 + $1.n }, floor: floor)
    guard !values.isEmpty else { return result }
    let value = comparison == .equal ? values.reduce(0, +) : Quantile.type7(values, 0.5)
    result.value = value
    let intervals = figures.compactMap(interval)
    if intervals.count == figures.count {
      let low = Quantile.type7(intervals.map(\.lowerBound), 0.5)
      let high = Quantile.type7(intervals.map(\.upperBound), 0.5)
      result.interval = low...max(low, high)
    }
    guard result.n >= result.floor else { return result }
    let isMet =
      switch comparison {
      case .less: value < bound
      case .lessOrEqual: value <= bound
      case .equal: value == bound
      }
    result.verdict = isMet ? .ok : .fail
    return result
  }
}

extension Objective {
  /// The 95 % interval of a figure. A store keeps none: that of a share is told by k and n.
  private func interval(_ figure: ObjectiveFigure) -> ClosedRange<Double>? {
    guard figure.interval == nil, case .rate = metric, comparison != .equal,
      let value = figure.value, figure.n > 0, (0...1).contains(value)
    else { return figure.interval }
    return Objective.interval(k: Int((value * Double(figure.n)).rounded()), n: figure.n)
  }

  /// The 95 % interval of a share.
  fileprivate static func interval(k: Int, n: Int) -> ClosedRange<Double> {
    RateInterval.exact(k: k, n: n, confidence: 0.95)
  }
}

/// Measures objectives in one run.
struct ObjectiveMeter {
  let samples: [StreamSample]
  let groups: SampleGroups
  let header: RunHeader
  let yardstick: Yardstick

  /// The figure of an objective that names its profile; without a value where nothing was
  /// measured.
  func figure(_ objective: Objective) -> ObjectiveFigure {
    let name = objective.description
    let indices = indices(of: objective)
    switch objective.metric {
    case .latency(let latency, let quantile):
      let column = SortedColumn(indices.compactMap { value(latency, samples[$0]) })
      return ObjectiveFigure(
        objective: name, value: column.quantile(quantile), n: column.values.count,
        interval: column.interval(quantile))
    case .rate(let rate):
      let counts = ProfileCounts(
        samples: samples, indices: indices, stallGap: yardstick.stallGap
      ).rates(profile: "")
      guard let count = counts.first(where: { $0.rate == rate }), count.n > 0 else {
        return ObjectiveFigure(objective: name, value: nil, n: 0)
      }
      if objective.comparison == .equal {
        return ObjectiveFigure(objective: name, value: Double(count.k), n: count.n)
      }
      return ObjectiveFigure(
        objective: name, value: Double(count.k) / Double(count.n), n: count.n,
        interval: Objective.interval(k: count.k, n: count.n))
    }
  }

  private func indices(of objective: Objective) -> [Int] {
    guard let profile = objective.profile?.rawValue else { return [] }
    let all = groups.profiles.first { $0.profile == profile }?.indices ?? []
    guard let name = objective.scenario else { return all }
    return all.filter { header.scenarios[samples[$0].scenario] == name }
  }

  /// One request's latency in seconds; nil where it says nothing (a cadence of too few tokens, the
  /// first token of a reply that does not stream).
  func value(_ latency: ObjectiveLatency, _ sample: StreamSample) -> Double? {
    if latency.needsStream, !groups.isStreamed[sample.scenario] { return nil }
    return switch latency {
    case .ttft: sample.gateTTFT
    case .ttftSent: sample.gateTTFTSent
    case .ttfa: sample.firstAnswer?.seconds ?? .infinity
    case .duration: sample.gateDuration
    case .tpot: sample.tpot(unit: yardstick.unit)
    // Logins are not requests of a scenario: no sample holds one, see LoginFigures.
    case .login: nil
    }
  }
}
