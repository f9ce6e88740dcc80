import Model

/// What the last judged run measured in one turn of a cell's conversations.
public struct TurnRow: Sendable, Equatable {
  /// `sustained/support`.
  public var cell: String
  /// The turn as people count, from 1.
  public var turn: String
  /// Requests that count.
  public var n: String
  /// The figures, in the order of `ReportModel.turnTitles`.
  public var figures: [String]
}

extension ReportModel {
  /// The titles of a turn's figures.
  public static let turnTitles = ReportBuilder.turnFigures.map(\.title)
}

extension ReportBuilder {
  static let turnFigures = [
    MeasuredFigure("input tokens p50", "tokens.input") { Figures.fixed($0, decimals: 0) },
    MeasuredFigure("cached", "cached.share") { Figures.percent($0) },
    MeasuredFigure("ttft p50", "ttft.p50", floor: 11),
    MeasuredFigure("p95", "ttft.p95", floor: 130),
    MeasuredFigure("duration p50", "duration.p50", floor: 11),
    MeasuredFigure("error", "error") { Figures.percent($0) },
    MeasuredFigure("truncated", "truncated") { Figures.percent($0) },
  ]

  /// One row a turn of each cell that has conversations.
  func turnRows() -> [TurnRow] {
    guard let record = candidates.last else { return [] }
    let whole = Set(record.header.unstreamedScenarios)
    var byCell: [CellKey: [Int: [String: ReportFigure]]] = [:]
    for figure in record.figures where figure.name.hasPrefix(ReportFigure.turnPrefix) {
      let rest = figure.name.dropFirst(ReportFigure.turnPrefix.count)
      guard let point = rest.firstIndex(of: "."), let turn = Int(rest[..<point]), turn >= 0
      else { continue }
      let key = CellKey(
        profile: figure.profile, scenario: figure.scenario, region: figure.region)
      byCell[key, default: [:]][turn, default: [:]][String(rest[point...].dropFirst())] = figure
    }
    return byCell.sorted { $0.key < $1.key }.flatMap { key, turns in
      turns.sorted { $0.key < $1.key }.map { turn, figures in
        TurnRow(
          cell: name(key), turn: String(turn.addingReportingOverflow(1).partialValue),
          n: String(figures["requests"]?.n ?? 0),
          figures: Self.turnFigures.map {
            $0.shown(in: figures, isStreamed: !whole.contains(key.scenario))
          })
      }
    }
  }
}
