import Glibc
import Model

extension ReportBuilder {
  func row(_ result: HypothesisResult) -> HypothesisRow {
    var row = HypothesisRow(
      profile: result.id.profile, cell: cellName(result.id), metric: result.id.metric.name,
      baseline: Figures.none, candidate: Figures.none, change: Figures.none, interval: "",
      pAdjusted: Figures.p(result.pAdjusted), status: status(result), verdict: "", sentence: "")
    if let latency = result.latency {
      fill(&row, latency, isLowerBound: result.isLowerBound)
      if !result.isLowerBound { row.span = span(latency, tolerance: result.effect) }
    } else if let rate = result.rate {
      fill(&row, rate, d: result.d)
    }
    row.verdict = word(row.status, latency: result.latency)
    if !row.cell.isEmpty { row.sentence += " in " + row.cell }
    row.sentence += waived(result) ?? ""
    if result.isInherited {
      row.sentence += ", inherited: \(main) has it already and this change adds nothing to it"
    }
    return row
  }

  private func status(_ result: HypothesisResult) -> RowStatus {
    if result.waiver != nil { return .waived }
    if result.isInherited { return .inherited }
    switch result.verdict {
    case .ok: return .ok
    case .fail: return .failed
    case .inconclusive: return .inconclusive
    }
  }

  private func word(_ status: RowStatus, latency: LatencyTest?) -> String {
    switch status {
    case .ok: (latency?.upper ?? 0) < 0 ? "faster" : "ok"
    case .failed: "FAIL"
    case .inconclusive: "inconclusive"
    case .waived: "waived"
    case .inherited: "inherited"
    }
  }

  private func fill(_ row: inout HypothesisRow, _ test: LatencyTest, isLowerBound: Bool) {
    let bound = isLowerBound ? ">= " : ""
    row.candidateSeconds = exp(test.candidateMean)
    row.baseline = Figures.duration(exp(test.baselineMean))
    row.candidate = bound + Figures.duration(exp(test.candidateMean))
    row.change = bound + change(test.candidateMean - test.baselineMean)
    let (lower, upper) = (change(test.lower), change(test.upper))
    row.interval = lower.dropLast(2) + " … " + upper
    row.sentence = "\(row.metric) \(row.change) (\(intervalInWords(test)))"
  }

  private func span(_ test: LatencyTest, tolerance: Double) -> ChangeSpan {
    func share(_ logDifference: Double) -> Double { exp(logDifference) - 1 }
    return ChangeSpan(
      change: share(test.candidateMean - test.baselineMean), lower: share(test.lower),
      upper: share(test.upper), tolerance: share(tolerance))
  }

  func intervalInWords(_ test: LatencyTest) -> String {
    "98 % interval \(change(test.lower)) … \(change(test.upper))"
  }

  private func fill(_ row: inout HypothesisRow, _ test: RateTest, d: Double) {
    row.baseline = share(test.baselineK, test.baselineN)
    row.candidate = share(test.candidateK, test.candidateN)
    row.change = Figures.points(d, unit: "pts")
    row.sentence =
      "\(row.metric) \(row.baseline) -> \(row.candidate), \(Figures.points(d))"
  }

  private func share(_ k: Int, _ n: Int) -> String {
    guard n > 0 else { return Figures.none }
    return Figures.percent(Double(k) / Double(n)) + " (\(k)/\(n))"
  }

  /// A difference of log values as a change of the value.
  func change(_ logDifference: Double) -> String { Figures.change(exp(logDifference) - 1) }

  func untestedRow(_ cell: UntestedCell) -> UntestedRow {
    UntestedRow(
      profile: cell.id.profile, cell: cellName(cell.id), metric: cell.id.metric.name,
      reason: text(cell.reason))
  }

  private func text(_ reason: UntestedReason) -> String {
    switch reason {
    case .tooFew(let n, let need): "\(n) of the \(need) requests that it needs"
    case .saturated(let runs, let of):
      "saturated: \(runs) of \(of) runs of \(main) have no finite value"
    case .candidateSaturated:
      "too many of the candidate's requests failed; the rates carry it"
    case .tooFewRuns(let have, let need): "\(have) of \(need) runs of \(main) have it"
    case .noBaseline: "no run of \(main) has it"
    case .noValue: "the candidate has no value for it"
    }
  }

  func differenceRow(_ difference: CellDifference) -> DifferenceRow {
    var row = DifferenceRow(
      cell: cellName(difference.id), metric: difference.id.metric.name,
      baseline: value(difference.baseline, difference.id.metric),
      candidate: value(difference.candidate, difference.id.metric), change: Figures.none)
    if let d = difference.d {
      if case .latency = difference.id.metric {
        row.change = change(d)
      } else {
        row.change = Figures.points(d, unit: "pts")
      }
    }
    return row
  }

  private func value(_ value: Double, _ metric: GateMetric) -> String {
    switch metric {
    case .latency: Figures.duration(exp(value))
    case .rate: value.isFinite ? Figures.percent(value) : Figures.none
    }
  }

  func objectiveRow(_ result: ObjectiveResult) -> ObjectiveRow {
    let name = ForeignText.name(result.objective)
    let value = result.value.map { objectiveValue($0, objective: name) }
    var shown = value ?? Figures.none
    if let interval = result.interval {
      shown +=
        " ("
        + objectiveValue(interval.lowerBound, objective: name) + " … "
        + objectiveValue(interval.upperBound, objective: name) + ")"
    }
    var row = ObjectiveRow(
      objective: name, name: unbounded(name), value: shown, n: String(result.n), status: .ok,
      verdict: "met", sentence: "objective \(name) is met: \(shown)")
    switch result.verdict {
    case .ok: break
    case .fail:
      row.status = .failed
      row.verdict = "MISSED"
      row.sentence = "objective \(name) is missed: \(shown)"
    case .inconclusive:
      row.status = .inconclusive
      row.verdict = "not judged"
      row.sentence =
        result.n < result.floor
        ? "objective \(name) is not judged: \(result.n) of \(result.floor) requests needed"
        : "objective \(name) is not judged"
    }
    return row
  }

  /// The figure in the unit of its metric: a latency, a share, or a count for `==`.
  func objectiveValue(_ value: Double, objective: String) -> String {
    let parts = objective.split(separator: " ")
    let metric = parts.dropFirst(parts.first?.hasSuffix(":") == true ? 1 : 0).first ?? ""
    let stem = metric.split(separator: ".").first.map(String.init) ?? ""
    guard RateMetric(rawValue: stem) != nil else { return Figures.duration(value) }
    return parts.contains("==") ? Figures.fixed(value, decimals: 0) : Figures.percent(value)
  }

  private func unbounded(_ objective: String) -> String {
    let words = objective.split(separator: " ")
    let end = words.firstIndex { $0 == "<" || $0 == "<=" || $0 == "==" } ?? words.endIndex
    let name = words[..<end].joined(separator: " ")
    return name.isEmpty ? objective : name
  }
}
