public import Model

/// Which trends are wanted: metrics by name, and cells.
public struct TrendRequest: Sendable, Equatable {
  /// Names as a person writes them: `ttft_p50`, `sustained/short/ttft_p50`, `sustained/error`,
  /// `sustained/short/ttft.p99`, `ttft.p99`; none for every gated metric.
  public var metrics: [String]
  /// Only this profile.
  public var profile: String?
  /// Only this scenario.
  public var scenario: String?
  /// Only this region.
  public var region: String?

  /// A request; without anything, the composites.
  public init(
    metrics: [String] = [], profile: String? = nil, scenario: String? = nil,
    region: String? = nil
  ) {
    self.metrics = metrics
    self.profile = profile
    self.scenario = scenario
    self.region = region
  }

  /// What a name stands for.
  struct Term {
    /// Profile, scenario and region, as many as the name has.
    var place: [String]
    var metric: String

    init(_ name: String) {
      let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      place = parts.dropLast()
      metric = parts.last ?? ""
    }
  }

  /// True if cells are asked for and not their composite.
  var isNarrowed: Bool { profile != nil || scenario != nil || region != nil }

  /// Whether a cell, or a profile (an empty scenario), is among those asked for.
  func admits(_ key: CellKey) -> Bool {
    (profile.map { $0 == key.profile } ?? true)
      && (scenario.map { $0 == key.scenario } ?? true)
      && (region.map { $0 == key.region } ?? true)
  }

  /// The gate's metrics that are needed; nil for all.
  public var gateMetrics: [GateMetric]? {
    metrics.isEmpty ? nil : metrics.compactMap { GateMetric(name: Term($0).metric) }
  }

  /// The figures that are needed, by name.
  public var figures: [String] {
    metrics.map { Term($0).metric }.filter { GateMetric(name: $0) == nil }
  }

  /// The one profile, scenario and region that all that is asked for lies in; nil where several
  /// may.
  public var place: (profile: String?, scenario: String?, region: String?) {
    let terms = metrics.map(Term.init)
    func common(_ depth: Int, _ filter: String?) -> String? {
      if let filter { return filter }
      guard let first = terms.first, first.place.count > depth,
        terms.allSatisfy({ $0.place.count > depth && $0.place[depth] == first.place[depth] })
      else { return nil }
      return first.place[depth]
    }
    return (common(0, profile), common(1, scenario), common(2, region))
  }
}

extension TrendTable {
  /// The trends that a request asks for, in its order, each once; a name that no run has a value of
  /// gives none.
  public func trends(_ request: TrendRequest) -> [Trend] {
    if request.metrics.isEmpty {
      return request.isNarrowed ? cells().filter { request.admits($0.id.key) } : composites()
    }
    var found: [Trend] = []
    for name in request.metrics {
      let term = TrendRequest.Term(name)
      let more =
        GateMetric(name: term.metric).map { gate($0, term, request) }
        ?? figures(term.metric).filter { request.admits($0.id.key) && $0.id.isAt(term.place) }
      found += more.filter { trend in !found.contains { $0.id == trend.id } }
    }
    return found
  }

  private func gate(
    _ metric: GateMetric, _ term: TrendRequest.Term, _ request: TrendRequest
  ) -> [Trend] {
    if term.place.isEmpty, !request.isNarrowed { return composite(metric).map { [$0] } ?? [] }
    return cells().filter {
      $0.id.metric == metric.name && request.admits($0.id.key) && $0.id.isAt(term.place)
    }
  }
}

extension TrendID {
  /// The cell; of a rate or a profile's figure the profile alone, of a composite nothing.
  var key: CellKey {
    switch self {
    case .gate(let id):
      CellKey(profile: id.profile ?? "", scenario: id.scenario ?? "", region: id.region)
    case .figure(let key, _): key
    }
  }

  /// True if a name with this place means it: a gated metric of a profile alone means all cells of
  /// it, a figure of a profile alone the profile's own.
  func isAt(_ place: [String]) -> Bool {
    let own = [key.profile, key.scenario, key.region ?? ""]
    guard place.count <= own.count, Array(own.prefix(place.count)) == place else { return false }
    if case .figure = self, place.count == 1 { return key.scenario.isEmpty }
    return true
  }
}

extension TrendTable {
  /// Those of the trends that a name means.
  public static func matches(_ name: String, in trends: [Trend]) -> [Trend] {
    let term = TrendRequest.Term(name)
    return trends.filter { $0.id.metric == term.metric && $0.id.isAt(term.place) }
  }

  /// The names of all trends that the runs have: composites, cells and rates, then figures.
  public var names: [String] {
    let figures = columns.figures.map { TrendID.figure($0.key, name: $0.name).name }
    return composites().map(\.id.name) + cells().map(\.id.name) + figures
  }
}
