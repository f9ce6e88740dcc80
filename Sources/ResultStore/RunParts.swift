public import Model

/// A stored run as a query gives it.
public struct StoredRun: Sendable, Equatable {
  /// Its key inside the store.
  let key: Int64
  /// When it was stored, by the database server's clock; of an imported run its start.
  public let storedAt: UnixNanos
  /// The run, with what was asked of it.
  public var record: RunRecord
}

/// Which figures are read with a run.
public enum FigureSelection: Sendable, Equatable {
  /// None: the gate does not need them.
  case none
  /// Those of these names.
  case named([String])
  /// All.
  case all
}

/// What is read of each run beside its header; nil: all.
public struct RunParts: Sendable, Equatable {
  /// Latencies of cells.
  public var latencies: [LatencyMetric]?
  /// Rates of profiles.
  public var rates: [RateMetric]?
  /// Figures that are reported.
  public var figures: FigureSelection
  /// The objectives' figures.
  public var hasObjectives: Bool
  /// The client's figures on itself; without them the header has none.
  public var hasSelfCheck: Bool
  /// Only latencies, rates and figures of this profile.
  public var profile: String?
  /// Only latencies and figures of this scenario; empty for figures of whole profiles.
  public var scenario: String?
  /// Only latencies and figures of this region.
  public var region: String?

  /// Parts; by default all.
  public init(
    latencies: [LatencyMetric]? = nil, rates: [RateMetric]? = nil,
    figures: FigureSelection = .all, hasObjectives: Bool = true, hasSelfCheck: Bool = true,
    profile: String? = nil, scenario: String? = nil, region: String? = nil
  ) {
    self.latencies = latencies
    self.rates = rates
    self.figures = figures
    self.hasObjectives = hasObjectives
    self.hasSelfCheck = hasSelfCheck
    self.profile = profile
    self.scenario = scenario
    self.region = region
  }

  /// The header without the client's figures, and nothing else.
  public static let outline = RunParts(
    latencies: [], rates: [], figures: .none, hasObjectives: false, hasSelfCheck: false)

  /// What the gate judges by, without figures.
  public static let judged = RunParts(figures: .none)
}

extension ResultStore {
  /// Adds parts to runs that were read without them. O(runs).
  public func fill(_ found: inout [StoredRun], _ parts: RunParts) throws(StoreError) {
    if found.isEmpty { return }
    var runs = RunPlaces(found.map(\.key))
    let query = PartsQuery(driver: driver, keys: runs.keys, parts: parts)
    // Not into `found` at once: while a query holds it, a change copies all of it.
    var latencies: [(Int, LatencyValue)] = []
    try query.latencies { row throws(StoreError) in
      let value = LatencyValue(
        key: try row.cell(1), metric: try RunColumns.code(row, 4) { LatencyMetric(rawValue: $0) },
        logValue: try row.double(5), n: Int(try row.integer(6)))
      if let i = runs.place(try row.integer(0)) { latencies.append((i, value)) }
    }
    for (i, value) in latencies { found[i].record.latencies.append(value) }
    var rates: [(Int, RateCount)] = []
    try query.rates { row throws(StoreError) in
      let value = RateCount(
        profile: try row.text(1), rate: try RunColumns.code(row, 2) { RateMetric(rawValue: $0) },
        k: Int(try row.integer(3)), n: Int(try row.integer(4)))
      if let i = runs.place(try row.integer(0)) { rates.append((i, value)) }
    }
    for (i, value) in rates { found[i].record.rates.append(value) }
    var objectives: [(Int, ObjectiveFigure)] = []
    try query.objectives { row throws(StoreError) in
      let value = ObjectiveFigure(
        objective: try row.text(1), value: try row.doubleOrNil(2), n: Int(try row.integer(3)))
      if let i = runs.place(try row.integer(0)) { objectives.append((i, value)) }
    }
    for (i, value) in objectives { found[i].record.objectives.append(value) }
    var figures: [(Int, ReportFigure)] = []
    let names = CellNames(found.map(\.record.header))
    try query.figures(of: names) { row throws(StoreError) in
      let key = try row.cell(1)
      let value = ReportFigure(
        profile: key.profile, scenario: key.scenario, region: key.region,
        name: try row.text(4), value: try row.double(5), n: Int(try row.integer(6)))
      if let i = runs.place(try row.integer(0)) { figures.append((i, value)) }
    }
    for (i, value) in figures { found[i].record.figures.append(value) }
    for i in found.indices { found[i].record.sortCells() }
  }
}
