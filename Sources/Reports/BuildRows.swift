import Glibc
import Model

/// A gated metric over the last builds of main and then the candidate's runs.
public struct BuildRow: Sendable, Equatable {
  /// The metric's name.
  public var metric: String
  /// One value a run of main, oldest first, in `unit`.
  public var main: [Double]
  /// One value a candidate run, in `unit`.
  public var candidate: [Double]
  /// `ms`, `s` or `%`.
  public var unit: String
  /// The same as signs, the candidate's apart.
  public var sparkline: String
  /// Lowest and highest of main, and the candidate's last.
  public var lowest: String
  /// The highest value of main.
  public var highest: String
  /// The candidate's last value.
  public var last: String
}

extension ReportModel {
  /// How a row of builds is to be read.
  public static let buildsNote =
    "One sign a run, oldest first: of main, then of this change. The scale of a latency spans at"
    + " least 10 % of it, so that noise stays flat."

  /// The row that a plot should show: of the first composite that blocks, else of the first
  /// latency; nil without any.
  public var plottedBuilds: BuildRow? {
    let failed = composites.first { $0.status == .failed }?.metric
    return builds.first { $0.metric == failed } ?? builds.first { $0.unit != "%" }
  }
}

extension ReportBuilder {
  /// Runs of main in a row at most.
  private static let mainMax = 30
  /// Runs that a row needs to show anything.
  private static let runsMin = 3
  /// The least span of a latency's scale, as a share of it.
  static let spanMin = 0.1

  /// One row a composite that was tested, in the order of importance.
  func buildRows() -> [BuildRow] {
    guard header?.exploration == nil else { return [] }
    var seen: Set<String> = []
    let main = (history + baseline + latest)
      .filter { seen.insert($0.header.runID).inserted }
      .sorted { ($0.header.startedAt, $0.header.runID) < ($1.header.startedAt, $1.header.runID) }
    return composites.compactMap { result in
      let values = main.compactMap { value(result, of: $0) }.suffix(Self.mainMax)
      let own = candidates.compactMap { value(result, of: $0) }
      guard !own.isEmpty, values.count + own.count >= Self.runsMin else { return nil }
      return row(result, main: Array(values), candidate: own)
    }
  }

  /// A composite's value in one run: seconds or a share; nil where the run lacks a cell or a
  /// profile of it, has no finite value, or counts tokens by another unit.
  private func value(_ result: HypothesisResult, of run: RunRecord) -> Double? {
    if let test = result.latency, case .latency(let metric) = result.id.metric {
      let countsTokens = metric == .tpotP50 || metric == .durstdP50
      guard !test.weights.isEmpty, !countsTokens || run.header.tokenUnit == header?.tokenUnit
      else { return nil }
      let logs = Dictionary(
        run.latencies.filter { $0.metric == metric }
          .map { ($0.key.name + "/" + metric.rawValue, $0.logValue) },
        uniquingKeysWith: { first, _ in first })
      var sum = 0.0
      for weight in test.weights {
        guard let log = logs[weight.name], log.isFinite else { return nil }
        sum += weight.weight * log
      }
      return exp(sum)
    }
    guard case .rate(let rate) = result.id.metric else { return nil }
    let profiles = Set((candidates.last?.rates ?? []).filter { $0.rate == rate }.map(\.profile))
    let counts = run.rates.filter { $0.rate == rate && profiles.contains($0.profile) }
    let n = counts.reduce(0) { $0 + $1.n }
    guard n > 0, counts.count == profiles.count else { return nil }
    return Double(counts.reduce(0) { $0 + $1.k }) / Double(n)
  }

  private func row(_ result: HypothesisResult, main: [Double], candidate: [Double]) -> BuildRow {
    let isRate = result.rate != nil
    let all = main + candidate
    let scale = isRate ? 100.0 : (all.max() ?? 0) < 1 ? 1_000.0 : 1.0
    let signs = Sparkline.text(all, shareMin: isRate ? 0 : Self.spanMin)
    func text(_ value: Double?) -> String {
      value.map { isRate ? Figures.percent($0) : Figures.duration($0) } ?? Figures.none
    }
    return BuildRow(
      metric: result.id.metric.name, main: main.map { $0 * scale },
      candidate: candidate.map { $0 * scale },
      unit: isRate ? "%" : scale == 1 ? "s" : "ms",
      sparkline: signs.prefix(main.count) + " " + signs.suffix(candidate.count),
      lowest: text(main.min()), highest: text(main.max()), last: text(candidate.last))
  }
}
