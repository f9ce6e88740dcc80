import Model

extension ReportBuilder {
  /// How the candidates' requests ended, one row a profile, looks summed; from the figures named
  /// `outcome.<kind>`, a profile's own where it has them, else its scenarios' summed.
  func outcomes() -> [OutcomeRow] {
    profiles.compactMap { profile in
      var counts: [String: Int] = [:]
      for record in candidates {
        let figures = record.figures.filter {
          $0.profile == profile && $0.name.hasPrefix(ReportFigure.outcomePrefix)
        }
        let own = figures.filter(\.scenario.isEmpty)
        for figure in own.isEmpty ? figures : own {
          let kind = String(figure.name.dropFirst(ReportFigure.outcomePrefix.count))
          counts[kind, default: 0] += Int(clamping: figure.value)
        }
      }
      let total = counts.values.reduce(0, +)
      guard total > 0 else { return nil }
      let succeeded = counts.reduce(0) { sum, item in
        sum + (Outcome(name: item.key)?.isSuccess == true ? item.value : 0)
      }
      let failures = counts.filter { Outcome(name: $0.key)?.isSuccess != true && $0.value > 0 }
        .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { "\($0.value) \(ForeignText.name($0.key))" + statuses($0.key, profile) }
      return OutcomeRow(
        profile: ForeignText.name(profile), total: String(total), succeeded: String(succeeded),
        failures: failures.isEmpty ? "none" : failures.joined(separator: ", "))
    }
  }

  /// The statuses behind an outcome that stands for several, ` (502: 1, 503: 2)`.
  private func statuses(_ kind: String, _ profile: String) -> String {
    let range: Range<Int>
    switch Outcome(name: kind) {
    case .http4xx: range = 400..<500
    case .http5xx: range = 500..<1000
    default: return ""
    }
    var counts: [Int: Int] = [:]
    for figure in candidates.flatMap(\.figures)
    where figure.profile == profile && figure.scenario.isEmpty {
      guard figure.name.hasPrefix(ReportFigure.statusPrefix),
        let status = Int(figure.name.dropFirst(ReportFigure.statusPrefix.count)),
        range.contains(status), ![401, 403, 429].contains(status)
      else { continue }
      counts[status, default: 0] += Int(clamping: figure.value)
    }
    guard !counts.isEmpty else { return "" }
    let parts = counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    return " (" + parts.joined(separator: ", ") + ")"
  }

  private var profiles: [String] {
    header?.profiles ?? []
  }

  /// For each failed latency cell, the phase that took the time: medians of the candidate's runs
  /// against medians of the baseline's.
  func attribution() -> [String] {
    let failed = verdict.cells.filter { $0.verdict == .fail && $0.latency != nil }
    let keys = failed.compactMap { result -> CellKey? in
      guard let profile = result.id.profile, let scenario = result.id.scenario else { return nil }
      return CellKey(profile: profile, scenario: scenario, region: result.id.region)
    }
    return Array(Set(keys)).sorted().compactMap(phases)
  }

  private func phases(_ key: CellKey) -> String? {
    let changes = ReportFigure.phases.compactMap { phase -> (words: String, change: Double)? in
      guard let candidate = median(phase.name, key, candidates),
        let before = median(phase.name, key, baseline)
      else { return nil }
      return (phase.words, candidate - before)
    }
    guard !changes.isEmpty else { return nil }
    let parts = changes.map { "\($0.words) \(Figures.signedDuration($0.change))" }
    let slower = changes.filter { $0.change > 0 }
    let sum = slower.reduce(0) { $0 + $1.change }
    var text = "\(name(key)): " + parts.joined(separator: ", ")
    if let largest = slower.max(by: { $0.change < $1.change }), largest.change > 0.6 * sum {
      text += "; most of it is \(largest.words)"
    }
    return text + "."
  }

  private func median(_ name: String, _ key: CellKey, _ records: [RunRecord]) -> Double? {
    let values = records.compactMap { record in
      record.figures.first {
        $0.name == name && $0.profile == key.profile && $0.scenario == key.scenario
          && $0.region == key.region
      }?.value
    }
    .sorted()
    guard !values.isEmpty else { return nil }
    let middle = values.count / 2
    return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
  }

  /// Versions, environment and the client's own figures, of the last judged run.
  func details() -> [ReportFact] {
    var facts: [ReportFact] = []
    func add(_ label: String, _ text: String, isCode: Bool = false) {
      if !text.isEmpty { facts.append(ReportFact(label, ForeignText.name(text), isCode: isCode)) }
    }
    add("streamgate", self.facts.version)
    guard let header else { return facts }
    add("environment", header.environment, isCode: true)
    add("plan digest", String(header.planDigest.prefix(16)), isCode: true)
    add("commit", header.commit, isCode: true)
    add("tested commit", header.testedCommit ?? "", isCode: true)
    add("run", header.runID, isCode: true)
    add("started", header.startedAt.iso8601)
    add("host", self.facts.hostName, isCode: true)
    if let figure = candidates.last?.figures.first(where: { $0.name == ReportFigure.coldStart }) {
      add("cold start", "first token of the first request after \(Figures.duration(figure.value))")
    }
    if let df = verdict.df { add("degrees of freedom", String(df)) }
    add("level spent", Figures.percent(verdict.alphaSpent))
    if let check = header.selfCheck { facts += selfCheckFacts(check) }
    return facts + streamFacts(header.runID)
  }

  private func selfCheckFacts(_ check: SelfCheck) -> [ReportFact] {
    let switches = Figures.count(
      check.involuntarySwitches, "involuntary switch", plural: "involuntary switches")
    return [
      ReportFact(
        "loop lag",
        "p50 \(text(check.loopLagP50)), p99 \(text(check.loopLagP99)), max"
          + " \(text(check.loopLagMax))"),
      ReportFact(
        "schedule lag",
        "p50 \(text(check.scheduleLagP50)), p99 \(text(check.scheduleLagP99)), max"
          + " \(text(check.scheduleLagMax))"),
      ReportFact(
        "requests",
        "\(check.sent) of \(check.scheduled) sent, \(check.droppedLate) dropped by the client,"
          + " \(check.droppedCap) without a slot"
          + (check.droppedCap > 0 ? " (limits.inFlight)," : ",")
          + " at most \(check.inFlightMax) at once"),
      ReportFact(
        "connections",
        "\(check.connectionsOpened) opened, \(check.connectionsReused) requests on a used one,"
          + " \(check.connectionsDiedOnReuse) died on reuse"),
      ReportFact(
        "client",
        (check.engines > 1 ? "\(check.engines) engines, the busiest " : "")
          + "\(Figures.percent(check.cpuShare)) of a core, \(switches)"),
    ] + (check.resources.map(resourceFacts) ?? [])
  }

  private func resourceFacts(_ resources: ClientResources) -> [ReportFact] {
    func share(_ value: Double?, _ words: String) -> [String] {
      value.map { ["\(Figures.percent($0)) \(words)"] } ?? []
    }
    let cpu =
      ["\(Figures.percent(resources.cpuShareMax)) of a core in the busiest second"]
      + share(resources.cpuWaitShare, "of the time ready without a CPU")
      + share(resources.machineShare, "of the machine in use")
      + share(resources.stealShare, "taken by the hypervisor")
    let ports = resources.portsAllowed.map { " for \($0) local ports" } ?? ""
    let missing = resources.descriptorsMissing + resources.portsMissing
    var sockets =
      "at most \(resources.descriptorsMax) of \(resources.descriptorsAllowed) open files, at most"
      + " \(resources.connectionsMinuteMax) connections opened in a minute" + ports
    if missing > 0 { sockets += ", \(missing) requests without one" }
    if let count = resources.retransmits {
      sockets += ", " + Figures.count(count, "TCP segment") + " sent again by the machine"
    }
    let pauses = Figures.count(resources.pauses, "time")
    return [
      ReportFact("client's CPU", cpu.joined(separator: ", ")),
      ReportFact(
        "client's pauses",
        resources.pauses == 0 ? "none" : "\(pauses), \(text(resources.pausedTotal)) in all"),
      ReportFact("client's limits", sockets),
    ]
  }

  private func text(_ length: Nanos) -> String { Figures.duration(length.seconds) }
}
