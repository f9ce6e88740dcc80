import Model

/// What the last judged run measured in one cell.
public struct MeasuredRow: Sendable, Equatable {
  /// `sustained/short`.
  public var cell: String
  /// Requests that count.
  public var n: String
  /// The figures, in the order of `ReportModel.measuredTitles`; those of too few requests are
  /// marked by an asterisk.
  public var figures: [String]
}

extension ReportModel {
  /// The titles of a measured row's figures.
  public static let measuredTitles = ReportBuilder.measured.map(\.title)

  /// What the asterisk of a measured row means.
  public static let measuredNote =
    "From the intended start of each request, failures counted as infinitely slow (never); ttft"
    + " sent from its sending. * fewer requests than the quantile needs (p50 11, p95 130, p99 662)."
}

extension ReportModel {
  /// How logins are measured.
  public static let loginNote =
    "A login counts from its sending to the end of its reply, a failed one as infinitely slow. No"
    + " profile measures it. * fewer logins than the quantile needs (p50 11, p95 130)."
}

extension ReportBuilder {
  /// One column of the measured rows.
  struct MeasuredFigure {
    var title: String
    var name: String
    /// Requests that the figure needs to be relied on (METRICS, floors for printing).
    var floor: Int
    var text: @Sendable (Double) -> String

    /// The text of this figure among those of one cell, stage or turn, with an asterisk where it
    /// leans on too few requests. Figures that are not finite are not kept: where requests were
    /// counted, a latency that is missing is one that has no end.
    func shown(in figures: [String: ReportFigure], isStreamed: Bool) -> String {
      if let figure = figures[name] { return text(figure.value) + mark(figure.n) }
      let n = figures.values.map(\.n).max() ?? 0
      return n > 0 && isEndless(figures, isStreamed) ? Figures.never + mark(n) : Figures.none
    }

    private func mark(_ n: Int) -> String { n < floor ? "*" : "" }

    /// True if this figure, which is missing, is a latency that every counted request has.
    private func isEndless(_ figures: [String: ReportFigure], _ isStreamed: Bool) -> Bool {
      let parts = name.split(separator: ".")
      switch parts.first {
      case "duration": return true
      case "ttft": return isStreamed
      case "ttft_sent": return isStreamed && figures["ttft.\(parts.last ?? "")"] == nil
      default: return false
      }
    }

    init(
      _ title: String, _ name: String, floor: Int = 0,
      _ text: @escaping @Sendable (Double) -> String = { Figures.duration($0) }
    ) {
      self.title = title
      self.name = name
      self.floor = floor
      self.text = text
    }
  }

  static let measured = [
    MeasuredFigure("ttft p50", "ttft.p50", floor: 11),
    MeasuredFigure("p95", "ttft.p95", floor: 130),
    MeasuredFigure("p99", "ttft.p99", floor: 662),
    MeasuredFigure("ttft sent p50", "ttft_sent.p50", floor: 11),
    MeasuredFigure("tpot p50", "tpot.p50", floor: 11),
    MeasuredFigure("duration p50", "duration.p50", floor: 11),
    MeasuredFigure("p95", "duration.p95", floor: 130),
    MeasuredFigure("tokens/s", "tokens.rate") { Figures.fixed($0, decimals: $0 < 100 ? 1 : 0) },
    MeasuredFigure("in SLO", "slo.attainment") { Figures.percent($0) },
  ]

  /// One row a cell that has any of the figures, in the order of the record.
  func measuredRows() -> [MeasuredRow] {
    guard let record = candidates.last else { return [] }
    var byCell: [CellKey: [String: ReportFigure]] = [:]
    let names = Set(Self.measured.map(\.name))
    let whole = Set(record.header.unstreamedScenarios)
    for figure in record.figures where !figure.scenario.isEmpty && names.contains(figure.name) {
      let key = CellKey(
        profile: figure.profile, scenario: figure.scenario, region: figure.region)
      byCell[key, default: [:]][figure.name] = figure
    }
    return byCell.sorted { $0.key < $1.key }.map { key, figures in
      MeasuredRow(
        cell: name(key) + (whole.contains(key.scenario) ? " (not streamed)" : ""),
        n: String(figures.values.map(\.n).max() ?? 0),
        figures: Self.measured.map {
          $0.shown(in: figures, isStreamed: !whole.contains(key.scenario))
        })
    }
  }
}
