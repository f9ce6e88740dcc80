import Glibc
import Model

/// The report as OpenMetrics text, for pipelines that show how a merge request changes metrics
/// (GitLab's `artifacts:reports:metrics`) and for whatever else stores them.
///
/// Gauges only. Labels name what is measured and never the run, so that a reader finds the same
/// series again in the next one; values are rounded, so that noise alone changes few. What has no
/// finite value, or too few requests to be relied on, is left out.
public enum OpenMetricsReport {
  /// The report, UTF-8.
  public static func bytes(_ report: Report) -> [UInt8] {
    var writer = GaugeWriter()
    verdict(report, &writer)
    composites(report.verdict, &writer)
    objectives(report.verdict, &writer)
    cells(report.judged, &writer)
    return writer.bytes
  }

  private static func verdict(_ report: Report, _ writer: inout GaugeWriter) {
    writer.family("streamgate_verdict", "1 for the verdict of the gate.")
    for kind in [VerdictKind.pass, .fail, .inconclusive, .cannotEvaluate] {
      writer.sample(report.verdict.kind == kind ? 1 : 0, [("verdict", kind.rawValue)])
    }
    writer.family("streamgate_exit_code", "What the gate exits with.")
    writer.sample(Double(report.facts.exitCode))
    let tested = report.verdict.composites + report.verdict.cells
    if !tested.isEmpty {
      writer.family("streamgate_regressions", "Composites and cells that block.")
      writer.sample(
        Double(tested.count { $0.verdict == .fail && $0.waiver == nil && !$0.isInherited }))
    }
  }

  private static func composites(_ verdict: Verdict, _ writer: inout GaugeWriter) {
    func latencies(_ name: String, _ help: String, _ value: (LatencyTest) -> Double?) {
      writer.family(name, help)
      for result in verdict.composites {
        guard let test = result.latency, let value = value(test) else { continue }
        writer.sample(value, [("metric", result.id.metric.name)])
      }
    }
    func change(_ d: Double) -> Double { share(exp(d) - 1) }
    latencies("streamgate_composite_seconds", "A latency over all cells.") {
      seconds(exp($0.candidateMean))
    }
    latencies("streamgate_composite_change_ratio", "Its change against the baseline.") {
      change($0.candidateMean - $0.baselineMean)
    }
    latencies("streamgate_composite_change_lower_ratio", "Lower end of the 98 % interval.") {
      change($0.lower)
    }
    latencies("streamgate_composite_change_upper_ratio", "Upper end of the 98 % interval.") {
      change($0.upper)
    }
    latencies("streamgate_smallest_visible_effect_ratio", "The change that would have been seen.") {
      $0.mde.map(share)
    }
    writer.family("streamgate_rate_ratio", "A rate over all profiles.")
    for result in verdict.composites {
      guard let test = result.rate, test.candidateN > 0 else { continue }
      writer.sample(
        share(Double(test.candidateK) / Double(test.candidateN)),
        [("metric", result.id.metric.name)])
    }
  }

  private static func objectives(_ verdict: Verdict, _ writer: inout GaugeWriter) {
    writer.family("streamgate_objective_met", "1 for an objective that is met, 0 for one missed.")
    for result in verdict.objectives where result.verdict != .inconclusive {
      writer.sample(
        result.verdict == .ok ? 1 : 0, [("objective", ForeignText.name(result.objective))])
    }
  }

  private static func cells(_ record: RunRecord?, _ writer: inout GaugeWriter) {
    let figures = (record?.figures ?? []).filter { !$0.scenario.isEmpty }
    writer.family("streamgate_cell_seconds", "A quantile of a latency in a cell.")
    for column in ReportBuilder.measured where column.floor > 0 {
      let parts = column.name.split(separator: ".", maxSplits: 1).map(String.init)
      let p = (Double(parts[1].dropFirst()) ?? 0) / 100
      let labels = [("metric", parts[0]), ("p", MetricsWriter.number(p))]
      for figure in figures where figure.name == column.name && figure.n >= column.floor {
        writer.sample(seconds(figure.value), cell(figure) + labels)
      }
    }
    for (name, figureName, help) in [
      ("streamgate_cell_tokens_per_second", "tokens.rate", "Output tokens a second in a cell."),
      ("streamgate_cell_slo_ratio", "slo.attainment", "Requests within the objectives' bounds."),
    ] {
      writer.family(name, help)
      for figure in figures where figure.name == figureName {
        let isRatio = name.hasSuffix("_ratio")
        writer.sample(isRatio ? share(figure.value) : seconds(figure.value), cell(figure))
      }
    }
    writer.family("streamgate_outcome_requests", "How the requests of a profile ended.")
    for figure in record?.figures ?? []
    where figure.scenario.isEmpty && figure.name.hasPrefix(ReportFigure.outcomePrefix) {
      let outcome = String(figure.name.dropFirst(ReportFigure.outcomePrefix.count))
      writer.sample(
        figure.value,
        [("profile", ForeignText.name(figure.profile)), ("outcome", ForeignText.name(outcome))])
    }
  }

  private static func cell(_ figure: ReportFigure) -> [(String, String)] {
    [("profile", figure.profile), ("scenario", figure.scenario)].map {
      ($0, ForeignText.name($1))
    } + (figure.region.map { [("region", ForeignText.name($0))] } ?? [])
  }

  /// Three significant digits, as in every report.
  private static func seconds(_ value: Double) -> Double {
    Figures.significant(value, digits: 3)
  }

  /// A share or a change, to 0.01 %.
  private static func share(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}

/// Gauges: a family without a value is left out, and a series is written once, since two names
/// from outside can look the same once they are inert.
private struct GaugeWriter {
  private var writer = MetricsWriter()
  private var pending: (name: String, help: String)?
  private var seen: Set<[String]> = []

  var bytes: [UInt8] {
    var closed = writer
    closed.end()
    return Array(closed.text.utf8)
  }

  mutating func family(_ name: String, _ help: String) {
    pending = (name, help)
    seen = []
  }

  mutating func sample(_ value: Double, _ labels: [(String, String)] = []) {
    guard value.isFinite, seen.insert(labels.map(\.1)).inserted else { return }
    if let family = pending {
      writer.family(family.name, .gauge, family.help)
      pending = nil
    }
    writer.sample(value, labels)
  }
}
