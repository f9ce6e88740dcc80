import Gate
import Model

/// What the last judged run measured in one stage of a profile.
public struct StageRow: Sendable, Equatable {
  /// The profile.
  public var profile: String
  /// The stage as people count, from 1.
  public var stage: String
  /// Requests that count.
  public var n: String
  /// The figures, in the order of `ReportModel.stageTitles`; those of too few requests are marked
  /// by an asterisk.
  public var figures: [String]
  /// Failures by kind, `12 truncated, 3 http_429 (first after 2.10 s)`; `none` without any.
  public var failures: String
  /// The latencies that leave their flat part here, `ttft, duration`; empty for none.
  public var knee: String
}

/// Where a latency of a profile leaves its flat part, or that it does not.
public struct KneeNote: Sendable, Equatable {
  /// The sentence, without a full stop.
  public var text: String
  /// True if it leaves it.
  public var isFound: Bool
}

extension ReportModel {
  /// The titles of a stage's figures.
  public static let stageTitles = StageTable.figures.map(\.title)

  /// What stages are, and how their knee is found.
  public static let stageNote = StageTable.note("stage")
}

extension ReportBuilder {
  /// The stages of the last judged run.
  var stageTable: StageTable? { candidates.last.map(StageTable.init) }
}

/// The stages of one run in words.
struct StageTable {
  let record: RunRecord

  static let figures = [
    ReportBuilder.MeasuredFigure("rate", "intended.rate") { Figures.rate($0) },
    ReportBuilder.MeasuredFigure("sent", "achieved.rate") { Figures.rate($0) },
    ReportBuilder.MeasuredFigure("in flight", "in_flight.mean") { Figures.fixed($0, decimals: 1) },
    ReportBuilder.MeasuredFigure("most", "in_flight.max") { Figures.fixed($0, decimals: 0) },
    ReportBuilder.MeasuredFigure("tokens/s", "tokens.rate") {
      Figures.fixed($0, decimals: $0 < 100 ? 1 : 0)
    },
    ReportBuilder.MeasuredFigure("ttft p50", "ttft.p50", floor: 11),
    ReportBuilder.MeasuredFigure("p95", "ttft.p95", floor: 130),
    ReportBuilder.MeasuredFigure("duration p50", "duration.p50", floor: 11),
    ReportBuilder.MeasuredFigure("p95", "duration.p95", floor: 130),
    ReportBuilder.MeasuredFigure("error", "error") { Figures.percent($0) },
    ReportBuilder.MeasuredFigure("truncated", "truncated") { Figures.percent($0) },
  ]

  /// What stages are, by the name that they go by, and how their knee is found.
  static func note(_ word: String) -> String {
    "A \(word) lasts from its first request to its last. In flight (mean and most) and tokens/s are"
      + " of that time, the rest of the requests that began in it. A knee: from there on the median"
      + " stays at least 25 % above the line through the \(word)s of less load (twice, for the"
      + " highest alone). * fewer requests than the quantile needs (p50 11, p95 130)."
  }

  /// One row a stage of each profile that has several.
  var rows: [StageRow] {
    let isStreamed = !Set(record.header.scenarios).isSubset(of: record.header.unstreamedScenarios)
    return sheets.flatMap { sheet in
      sheet.stages.map { stage, figures in
        StageRow(
          profile: ForeignText.name(sheet.profile), stage: StageTable.ordinal(stage),
          n: String(figures["requests"]?.n ?? 0),
          figures: Self.figures.map { $0.shown(in: figures, isStreamed: isStreamed) },
          failures: failures(figures),
          knee: knees(sheet.profile).filter { $0.stage == stage }.map(\.latency)
            .joined(separator: ", "))
      }
    }
  }

  /// Where the latencies of each profile with stages leave their flat part, a sentence each.
  var kneeNotes: [KneeNote] {
    sheets.flatMap { sheet -> [KneeNote] in
      let place = sheet.isSearch ? "" : ForeignText.name(sheet.profile) + ": "
      let knees = knees(sheet.profile)
      guard !knees.isEmpty else {
        return [
          KneeNote(
            text: "\(place)too few \(sheet.word)s with at least 11 requests to look for a knee",
            isFound: false)
        ]
      }
      return knees.map { knee in
        guard let stage = knee.stage else {
          return KneeNote(
            text: "\(place)no knee of \(knee.latency) up to \(Figures.rate(knee.flatRate))",
            isFound: false)
        }
        return KneeNote(text: sentence(knee, at: stage, sheet), isFound: true)
      }
    }
  }

  private func sentence(_ knee: StageKnee, at stage: Int, _ sheet: StageSheet) -> String {
    let figures = sheet.stages.first { $0.stage == stage }?.figures ?? [:]
    let median = figures[knee.latency + ".p50"].map { Figures.duration($0.value) }
    var place: [String] = []
    if let rate = figures["intended.rate"] { place.append(Figures.rate(rate.value)) }
    if let open = figures["in_flight.mean"] {
      place.append(Figures.fixed(open.value, decimals: 0) + " in flight")
    }
    let last = StageTable.ordinal(sheet.stages.last?.stage ?? stage)
    return "knee" + (sheet.isSearch ? "" : " of \(ForeignText.name(sheet.profile))")
      + ": \(knee.latency) p50 is flat up to \(Figures.rate(knee.flatRate)) and leaves it at"
      + " \(sheet.word) \(StageTable.ordinal(stage)) of \(last)"
      + (place.isEmpty ? "" : " (" + place.joined(separator: ", ") + ")")
      + ": " + (median ?? "most requests fail")
  }

  /// The stages of one profile by their numbers.
  struct StageSheet {
    var profile: String
    var stages: [(stage: Int, figures: [String: ReportFigure])]

    var isSearch: Bool { profile == CapacityRun.profile }
    /// What a stage of it is called.
    var word: String { isSearch ? "step" : "stage" }
  }

  /// A knee as the figures tell it.
  struct StageKnee {
    var latency: String
    var flatRate: Double
    var stage: Int?
  }

  var sheets: [StageSheet] {
    var profiles: [String: [Int: [String: ReportFigure]]] = [:]
    for figure in record.figures
    where figure.scenario.isEmpty && figure.name.hasPrefix(ReportFigure.stagePrefix) {
      let rest = figure.name.dropFirst(ReportFigure.stagePrefix.count)
      guard let point = rest.firstIndex(of: "."), let stage = Int(rest[..<point]), stage >= 0
      else { continue }
      let name = String(rest[point...].dropFirst())
      profiles[figure.profile, default: [:]][stage, default: [:]][name] = figure
    }
    return profiles.sorted { $0.key < $1.key }.map { profile, stages in
      StageSheet(
        profile: profile,
        stages: stages.sorted { $0.key < $1.key }.map { (stage: $0.key, figures: $0.value) })
    }
  }

  func knees(_ profile: String) -> [StageKnee] {
    let figures = record.figures.filter {
      $0.profile == profile && $0.scenario.isEmpty && $0.name.hasPrefix(ReportFigure.kneePrefix)
    }
    return ["ttft", "duration"].compactMap { latency in
      let name = ReportFigure.kneePrefix + latency
      guard let flat = figures.first(where: { $0.name == name + ".flat.rate" }) else { return nil }
      let stage = figures.first { $0.name == name + ".stage" }?.value
      return StageKnee(
        latency: latency, flatRate: flat.value, stage: stage.flatMap { Int(exactly: $0) })
    }
  }

  private func failures(_ figures: [String: ReportFigure]) -> String {
    let kinds = figures.compactMap { name, figure -> (kind: String, count: Double)? in
      guard name.hasPrefix(ReportFigure.outcomePrefix) else { return nil }
      let kind = String(name.dropFirst(ReportFigure.outcomePrefix.count))
      return Outcome(name: kind)?.isSuccess == true ? nil : (kind, figure.value)
    }
    guard !kinds.isEmpty else { return "none" }
    return kinds.sorted { ($1.count, $0.kind) < ($0.count, $1.kind) }.map { kind, count in
      let first = kind == Outcome.http429.name ? figures["http_429.first"] : nil
      return Figures.fixed(count, decimals: 0) + " " + ForeignText.name(kind)
        + (first.map { " (first after \(Figures.duration($0.value)))" } ?? "")
    }.joined(separator: ", ")
  }

  /// The stage as people count, from 1.
  static func ordinal(_ stage: Int) -> String {
    String(stage.addingReportingOverflow(1).partialValue)
  }
}
