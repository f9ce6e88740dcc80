import Gate
public import Model

/// A search for a capacity in words: every text that its outputs show, decided once.
public struct CapacityModel: Sendable, Equatable {
  /// Where it stands: project, commit, branch, exit code.
  public var context: [ReportFact]
  /// The steps in order.
  public var steps: [CapacityRow]
  /// Where the latencies leave their flat part over the rates, or that they do not.
  public var knees: [KneeNote]
  /// The answer in one line.
  public var answer: String
  /// True if a rate or an interval was found.
  public var isAnswered: Bool
  /// What was held to, and how.
  public var rules: [String]
  /// What a reader should know, one sentence each.
  public var notes: [String]
  /// Versions, environment, the client's own figures.
  public var details: [ReportFact]
}

/// One step in words.
public struct CapacityRow: Sendable, Equatable {
  /// The step as people count, from 1.
  public var step: String
  /// The rate.
  public var rate: String
  /// Requests that count.
  public var n: String
  /// The figures, in the order of `CapacityModel.titles`.
  public var figures: [String]
  /// Failures by kind with the first 429; `none` without any.
  public var failures: String
  /// How it ended.
  public var status: RowStatus
  /// The status in one or two words.
  public var result: String
  /// What was missed with its figure; empty for nothing.
  public var why: String
  /// The latencies that leave their flat part here; empty for none.
  public var knee: String
}

extension CapacityModel {
  /// The titles of a step's figures.
  public static let titles = StageTable.figures.dropFirst().map(\.title)

  /// The words for the search that a run holds; nil for a run that holds none.
  public init?(_ record: RunRecord, facts: ReportFacts) {
    guard let search = CapacityRun(record) else { return nil }
    self = CapacityBuilder(record: record, search: search, facts: facts).model()
  }
}

/// Turns a search into words.
private struct CapacityBuilder {
  let record: RunRecord
  let search: CapacityRun
  let facts: ReportFacts

  func model() -> CapacityModel {
    let header = record.header
    var context: [ReportFact] = []
    for (label, text) in [
      ("project", header.project), ("commit", String(header.commit.prefix(12))),
      ("branch", header.branch),
    ] where !text.isEmpty {
      context.append(ReportFact(label, ForeignText.name(text), isCode: true))
    }
    context.append(ReportFact("exit code", String(facts.exitCode)))
    return CapacityModel(
      context: context, steps: rows(), knees: StageTable(record: record).kneeNotes,
      answer: answer(), isAnswered: isAnswered, rules: rules(), notes: facts.notes,
      details: words.details().filter { $0.label != "level spent" })
  }

  /// What runs are told by, without a verdict.
  private var words: ReportBuilder {
    ReportBuilder(
      verdict: Verdict(kind: .inconclusive, look: 1, maxLooks: 1), candidates: [record],
      baseline: [], facts: facts)
  }

  private func rows() -> [CapacityRow] {
    let stages = StageTable(record: record).rows
    return search.steps.enumerated().map { index, step in
      let stage = stages.first { $0.stage == String(index + 1) }
      let (status, result) = result(step)
      return CapacityRow(
        step: String(index + 1), rate: Figures.rate(step.rate), n: stage?.n ?? "0",
        figures: stage.map { Array($0.figures.dropFirst()) }
          ?? CapacityModel.titles.map { _ in Figures.none },
        failures: stage?.failures ?? "none", status: status, result: result, why: why(step),
        knee: stage?.knee ?? "")
    }
  }

  private func result(_ step: CapacityStep) -> (RowStatus, String) {
    let status: RowStatus = step.isMet.map { $0 ? .ok : .failed } ?? .inconclusive
    return (status, step.result)
  }

  /// What a step missed, or what cannot be judged in it.
  private func why(_ step: CapacityStep) -> String {
    if step.isClientLimited { return "client-limited" }
    var parts: [String] = []
    for objective in step.objectives where objective.verdict != .ok && step.isWhole {
      let text = ForeignText.name(objective.objective)
      parts.append(
        objective.verdict == .fail
          ? "\(text): \(value(objective))"
          : "\(text): \(objective.n) of \(objective.floor) requests")
    }
    if step.droppedCap > 0 {
      parts.append(
        Figures.count(step.droppedCap, "request") + " without a slot (limits.inFlight)")
    }
    if let at = step.abortedAt {
      parts.append("abort rule after \(Figures.duration(at.seconds))")
    }
    return parts.joined(separator: ", ")
  }

  private func value(_ result: ObjectiveResult) -> String {
    result.value.map { words.objectiveValue($0, objective: result.objective) } ?? Figures.none
  }

  private var isAnswered: Bool {
    if search.unconfirmed != nil { return true }
    guard search.stop == nil, case .end(let answer) = search.search.action else { return false }
    if case .nothing = answer { return false }
    return true
  }

  private func answer() -> String {
    if let interval = search.unconfirmed { return unconfirmed(interval) }
    if let stop = search.stop { return stopped(stop) }
    guard case .end(let answer) = search.search.action else { return "unfinished" }
    switch answer {
    case .confirmed(let rate, let missed):
      let count = search.rules.confirmations
      let text =
        "\(Figures.rate(rate)) met all objectives in \(count) of \(count) steps of"
        + " \(Figures.length(search.stepLength))"
      guard let missed else { return text + ", and no higher rate was allowed" }
      return text + " (next tried: \(Figures.rate(missed)) missed \(whyMissed(missed)))"
        + limitNote(missed)
    case .between(let low, let mixed, let high):
      let tries = search.steps.filter { $0.rate == mixed && $0.isMet != nil }
      let share = "\(tries.count { $0.isMet == true }) of \(tries.count) steps"
      let start = "between \(Figures.rate(low)), which met all objectives, and "
      guard let high else {
        return start + "\(Figures.rate(mixed)), the highest allowed, which met them in \(share)"
      }
      return start + "\(Figures.rate(high)), which missed \(whyMissed(high));"
        + " \(Figures.rate(mixed)) met them in \(share)" + limitNote(high)
    case .nothing(let lowest):
      return "none found: not even \(Figures.rate(lowest)), the lowest allowed, met all objectives"
        + " (missed \(whyMissed(lowest)))"
    }
  }

  /// An interval whose lower end the client kept from being held to all its steps.
  private func unconfirmed(_ interval: CapacityInterval) -> String {
    let tries = Figures.count(interval.metCount, "step")
    let cause = search.stop.map { withoutPrefix($0.text) } ?? ""
    return "between \(Figures.rate(interval.low)), which met all objectives in \(tries), and"
      + " \(Figures.rate(interval.high)), which missed \(whyMissed(interval.high)); not confirmed"
      + " (\(interval.metCount) of \(search.rules.confirmations) steps), since the client was the"
      + " limit when \(Figures.rate(interval.low)) was repeated: \(cause)"
  }

  private func stopped(_ stop: CapacityStop) -> String {
    let number = search.steps.count
    let rate = search.steps.last.map { " at \(Figures.rate($0.rate))" } ?? ""
    let what =
      switch stop {
      case .client(let text): "client-limited\(rate): " + withoutPrefix(text)
      case .interrupted:
        "not found: interrupted " + (number == 0 ? "before the first step" : "in step \(number)")
      case .notJudged(let text), .ended(let text): "not found: " + ForeignText.line(text)
      }
    var known: [String] = []
    if let met = search.highestMet { known.append("\(Figures.rate(met)) met all objectives") }
    if let missed = search.lowestMissed {
      known.append("\(Figures.rate(missed)) missed \(whyMissed(missed))")
    }
    return known.isEmpty ? what : what + "; known: " + known.joined(separator: ", ")
  }

  private func withoutPrefix(_ text: String) -> String {
    let prefix = "client-limited: "
    return ForeignText.line(text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text)
  }

  private func whyMissed(_ rate: Double) -> String {
    search.steps.first { $0.rate == rate && $0.isMet == false }.map(why) ?? ""
  }

  /// Where it was the plan's own limit that a rate missed, and no objective.
  private func limitNote(_ rate: Double) -> String {
    let missed = search.steps.filter { $0.rate == rate && $0.isMet == false }
    let isLimit = missed.allSatisfy { step in
      step.droppedCap > 0 && step.abortedAt == nil
        && !step.objectives.contains { $0.verdict == .fail }
    }
    return isLimit && !missed.isEmpty
      ? "; the plan's limits.inFlight is all that was missed: raise it and search again" : ""
  }

  private func rules() -> [String] {
    let rules = search.rules
    return [
      "Steps of \(Figures.length(search.stepLength)), each after"
        + " \(Figures.length(search.warmup)) of warm-up; from \(Figures.rate(rules.start)), at"
        + " least \(Figures.rate(rules.lowest)), at most \(Figures.rate(rules.highest)), within"
        + " \(Figures.percent(rules.within)).",
      (words.clientErrorBounds ?? "Client error: not known: the run has no figures on its client")
        + ".",
      "This is an exploration: it is compared with nothing and joins no baseline.",
    ]
  }
}
