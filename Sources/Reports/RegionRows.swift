import Model

/// What the last judged run measured in one cell of one region.
public struct RegionRow: Sendable, Equatable {
  /// `sustained/short`.
  public var cell: String
  /// The region.
  public var region: String
  /// Requests that count.
  public var n: String
  /// The figures, in the order of `ReportModel.measuredTitles`.
  public var figures: [String]
  /// How much slower its median first token is than that of the fastest region of the cell.
  public var distance: String
}

extension ReportBuilder {
  /// One row a region of each cell, the fastest first; empty for a run of fewer than two regions.
  func regionRows() -> [RegionRow] {
    guard let record = candidates.last, record.header.regions.count > 1 else { return [] }
    let whole = Set(record.header.unstreamedScenarios)
    var cells: [CellKey: [String: [String: ReportFigure]]] = [:]
    let names = Set(Self.measured.map(\.name))
    for figure in record.figures where names.contains(figure.name) && !figure.scenario.isEmpty {
      guard let region = figure.region else { continue }
      let key = CellKey(profile: figure.profile, scenario: figure.scenario)
      cells[key, default: [:]][region, default: [:]][figure.name] = figure
    }
    return cells.sorted { $0.key < $1.key }.flatMap { key, regions in
      let medians = regions.compactMapValues { $0["ttft.p50"]?.value }
      let fastest = medians.values.min()
      let order = regions.keys.sorted {
        (medians[$0] ?? .infinity, $0) < (medians[$1] ?? .infinity, $1)
      }
      return order.map { region in
        let figures = regions[region] ?? [:]
        return RegionRow(
          cell: name(key), region: ForeignText.name(region),
          n: String(figures.values.map(\.n).max() ?? 0),
          figures: Self.measured.map {
            $0.shown(in: figures, isStreamed: !whole.contains(key.scenario))
          },
          distance: distance(medians[region], from: fastest))
      }
    }
  }

  private func distance(_ median: Double?, from fastest: Double?) -> String {
    guard let median, let fastest, fastest > 0, fastest.isFinite else { return Figures.none }
    guard median.isFinite else { return Figures.never }
    return median == fastest
      ? "fastest"
      : "\(Figures.signedDuration(median - fastest)) (\(Figures.change(median / fastest - 1)))"
  }
}
