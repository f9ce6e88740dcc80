import Model

/// Sorts a report's findings into suites and cases with unique names.
struct JUnitSuites {
  /// A longer case time is cut: schemas and readers want seconds, not ages.
  private static let secondsMax = 86_400.0

  let model: ReportModel

  func suites() -> [JUnitSuite] {
    var suites = [gate(), objectives(), run()]
    suites += profiles()
    return suites.map(unique)
  }

  private func gate() -> JUnitSuite {
    var suite = JUnitSuite(
      name: "gate",
      output: ([model.verdictLine, model.clientError] + model.accepted).joined(separator: "\n"))
    suite.cases.append(verdict())
    suite.cases += model.composites.map {
      testCase($0, className: "streamgate.gate", name: $0.metric)
    }
    suite.cases += model.untested.filter { $0.profile == nil }
      .map { untested($0, className: "streamgate.gate", name: $0.metric) }
    suite.cases += unjudgedMetrics().map { metric in
      JUnitCase(
        className: "streamgate.gate", name: metric,
        result: model.kind == .cannotEvaluate ? .error : .skipped, type: "untested",
        message: "\(metric) was not judged: " + model.qualifiedLabel)
    }
    return suite
  }

  /// Metrics that cells have and no composite was made of: their cases stay, so that names are
  /// the same while a gate learns.
  private func unjudgedMetrics() -> [String] {
    let judged =
      model.composites.map(\.metric)
      + model.untested.filter { $0.profile == nil }.map(\.metric)
    let seen =
      model.cells.map(\.metric) + model.untested.map(\.metric)
      + model.differences.map(\.metric)
    return Set(seen).subtracting(judged).sorted()
  }

  /// The case that mirrors the exit code, so that a reader of the file alone comes to the same.
  private func verdict() -> JUnitCase {
    var item = JUnitCase(className: "streamgate.gate", name: "verdict", result: .passed)
    item.message = model.verdictLine
    switch model.kind {
    case .pass: break
    case .fail:
      item.result = .failure
      item.type = "fail"
    case .inconclusive:
      item.result = model.exitCode == 1 ? .failure : .skipped
      item.type = "inconclusive"
    case .cannotEvaluate:
      item.result = .error
      item.type = "cannot_evaluate"
    }
    return item
  }

  private func objectives() -> JUnitSuite {
    var suite = JUnitSuite(name: "objectives")
    suite.cases = model.objectives.map { row in
      var item = JUnitCase(
        className: "streamgate.objectives", name: row.name, result: .passed, type: "objective",
        message: row.sentence)
      if row.status == .failed { item.result = .failure }
      if row.status == .inconclusive { item.result = .skipped }
      return item
    }
    return suite
  }

  private func run() -> JUnitSuite {
    let checks: [(name: String, subject: ReportReason.Subject, result: JUnitCase.Result)] = [
      ("no abort rule fired", .abort, .failure),
      ("the client kept up", .client, .error),
      ("the run is usable", .run, .error),
      ("every cell has requests", .cells, .error),
      ("a latency can be tested", .nothingTestable, .error),
      ("there is a history to judge against", .history, .skipped),
    ]
    // Of a run that never began none of this is known.
    let unmeasured: JUnitCase.Result? =
      model.isUnmeasured ? (model.kind == .cannotEvaluate ? .error : .skipped) : nil
    var suite = JUnitSuite(name: "run")
    suite.cases = checks.map { check in
      var item = JUnitCase(className: "streamgate.run", name: check.name, result: .passed)
      let reasons = model.reasons.filter { unmeasured != nil || $0.subject == check.subject }
      guard !reasons.isEmpty else { return item }
      item.message = reasons.map(\.text).joined(separator: "; ")
      item.result = unmeasured ?? check.result
      item.type = "run"
      return item
    }
    return suite
  }

  private func profiles() -> [JUnitSuite] {
    var names: [String] = []
    for profile in model.cells.map(\.profile) + model.untested.map(\.profile) {
      if let profile, !names.contains(profile) { names.append(profile) }
    }
    return names.sorted().map { profile in
      let shown = ForeignText.name(profile)
      let className = "streamgate." + shown
      var suite = JUnitSuite(name: shown)
      suite.cases = model.cells.filter { $0.profile == profile }
        .map { testCase($0, className: className, name: inside($0.cell, shown) + $0.metric) }
      suite.cases += model.untested.filter { $0.profile == profile }
        .map { untested($0, className: className, name: inside($0.cell, shown) + $0.metric) }
      return suite
    }
  }

  /// `short/` of the cell `sustained/short`; nothing for a whole profile.
  private func inside(_ cell: String, _ profile: String) -> String {
    let scenario = cell.dropFirst(profile.count).drop { $0 == "/" }
    return scenario.isEmpty ? "" : scenario + "/"
  }

  private func testCase(_ row: HypothesisRow, className: String, name: String) -> JUnitCase {
    var item = JUnitCase(
      className: className, name: name, result: .passed, message: row.sentence,
      milliseconds: milliseconds(row.candidateSeconds))
    switch row.status {
    case .ok: break
    case .failed:
      // A cell may exceed its level where the verdict could not be made.
      item.result = model.kind == .fail ? .failure : .skipped
      item.type = "regression"
    case .inconclusive:
      item.result = .skipped
      item.type = "inconclusive"
    case .waived:
      item.result = .skipped
      item.type = "waived"
    case .inherited:
      item.result = .skipped
      item.type = "inherited"
    }
    return item
  }

  private func untested(_ row: UntestedRow, className: String, name: String) -> JUnitCase {
    JUnitCase(
      className: className, name: name,
      result: model.kind == .cannotEvaluate ? .error : .skipped, type: "untested",
      message: "\(row.metric) was not tested: \(row.reason)")
  }

  private func milliseconds(_ seconds: Double?) -> Int {
    guard let seconds, seconds.isFinite, seconds > 0 else { return 0 }
    return Int((min(seconds, Self.secondsMax) * 1000).rounded())
  }

  /// Readers drop a second case of the same name: number it, in the order of the report.
  private func unique(_ suite: JUnitSuite) -> JUnitSuite {
    var suite = suite
    var seen: Set<String> = []
    for index in suite.cases.indices {
      let name = suite.cases[index].name
      var count = 1
      while !seen.insert(suite.cases[index].name).inserted {
        count += 1
        suite.cases[index].name = "\(name) (\(count))"
      }
    }
    return suite
  }
}
