import Model
import Plan

extension FigureMaker {
  /// How requests ended, each outcome that occurred, and each HTTP status of a failure; over all
  /// after warm-up, those that the client did not send too.
  func addOutcomes(to sheet: inout FigureSheet, indices: [Int]) {
    var outcomes: [Outcome: Int] = [:]
    var statuses: [Int: Int] = [:]
    for index in indices {
      let sample = samples[index]
      outcomes[sample.outcome, default: 0] += 1
      if let status = sample.httpStatus, !sample.outcome.isSuccess {
        statuses[status, default: 0] += 1
      }
    }
    let n = indices.count
    sheet.add("requests", Double(n), n: n)
    for outcome in Outcome.allCases {
      guard let count = outcomes[outcome] else { continue }
      sheet.add(ReportFigure.outcomePrefix + outcome.name, Double(count), n: n)
    }
    for (status, count) in statuses.sorted(by: { $0.key < $1.key }) {
      sheet.add("http.\(status)", Double(count), n: n)
    }
  }

  func addGaps(to sheet: inout FigureSheet, indices all: [Int]) {
    let indices = streamed(all)
    guard !indices.isEmpty else { return }
    func column(_ read: (StreamSample) -> Nanos?) -> SortedColumn {
      SortedColumn(indices.compactMap { read(samples[$0])?.seconds })
    }
    let medians = column(\.gapMedian)
    sheet.add("gap.p50", medians.quantile(0.5), n: medians.values.count)
    let mean = medians.values.reduce(0, +) / Double(medians.values.count)
    sheet.add("gap.mean", mean, n: medians.values.count)
    let tails = column(\.gapP99)
    sheet.add("gap.p99", tails.quantile(0.5), n: tails.values.count)
    let largest = column(\.gapMax)
    sheet.add("gap.max.p50", largest.quantile(0.5), n: largest.values.count)
    sheet.add("gap.max.p95", largest.quantile(0.95), n: largest.values.count)
    sheet.add("gap.max", largest.values.last, n: largest.values.count)
    let limit = yardstick.stallGap.seconds
    let stalls = largest.values.count { $0 > limit }
    sheet.add("stall.count", Double(stalls), n: indices.count)
    let content = indices.reduce(0) { $0 + samples[$1].contentEvents }
    let burst = indices.reduce(0) { $0 + samples[$1].burstEvents }
    if content > 0 { sheet.add("burst.share", Double(burst) / Double(content), n: content) }
    let endMarkers = column { sample in
      guard let done = sample.done, let last = sample.lastToken else { return nil }
      return done - last
    }
    sheet.add("tail.p95", endMarkers.quantile(0.95), n: endMarkers.values.count)
  }

  /// The parts of a time to first token, as `ReportFigure.phases` names them.
  func addPhases(to sheet: inout FigureSheet, indices: [Int]) {
    func add(_ phase: Int, _ read: (StreamSample) -> Nanos?) {
      let column = SortedColumn(indices.compactMap { read(samples[$0])?.seconds })
      sheet.add(
        ReportFigure.phases[phase].name, column.quantile(0.5), n: column.values.count)
    }
    add(0, \.scheduleLag)
    add(1) { sample in
      guard let ready = sample.requestSent, let lag = sample.scheduleLag else { return nil }
      return ready - lag
    }
    add(2) { sample in
      guard let headers = sample.headers, let ready = sample.requestSent else { return nil }
      return headers - ready
    }
    add(3) { sample in
      guard groups.isStreamed[sample.scenario], let first = sample.firstToken,
        let headers = sample.headers
      else { return nil }
      return first - headers
    }
  }

  func addThroughput(to sheet: inout FigureSheet, indices: [Int], span: Span) {
    let n = indices.count
    let tokens = indices.compactMap { index -> Double? in
      guard samples[index].outcome.isSuccess else { return nil }
      return samples[index].outputTokens(unit: yardstick.unit).map { Double($0) }
    }
    let all = indices.reduce(0) {
      $0 + (samples[$1].outputTokens(unit: yardstick.unit) ?? 0)
    }
    sheet.add("tokens.p50", SortedColumn(tokens).quantile(0.5), n: tokens.count)
    sheet.add("tokens.total", Double(all), n: n)
    let input = indices.reduce(0) { $0 + (samples[$1].usageInputTokens ?? 0) }
    if input > 0 { sheet.add("tokens.input", Double(input), n: n) }
    addCachedShare(to: &sheet, "cached.share", indices: indices)
    let reused = indices.count { samples[$0].connectionReused }
    let sent = indices.count { samples[$0].outcome != .droppedCap }
    if sent > 0 {
      sheet.add("connection.reused.share", Double(reused) / Double(sent), n: sent)
    }
    guard span.length > 0 else { return }
    let bytes = indices.reduce(0) { $0 + samples[$1].bodyBytes }
    let busy = indices.reduce(0.0) { sum, index in
      let sample = samples[index]
      return sum + max(0, min(sample.openUntil.seconds, span.end) - sample.intended.seconds)
    }
    sheet.add("tokens.rate", Double(all) / span.length, n: n)
    sheet.add("bytes.rate", Double(bytes) / span.length, n: n)
    sheet.add("in_flight.mean", busy / span.length, n: n)
    sheet.add("intended.rate", Double(n) / span.length, n: n)
    sheet.add("achieved.rate", Double(sent) / span.length, n: n)
  }

  /// Requests that were a success within every latency bound that applies to them.
  func addGoodput(to sheet: inout FigureSheet, indices: [Int], span: Span) {
    let meter = ObjectiveMeter(
      samples: samples, groups: groups, header: header, yardstick: yardstick)
    let bounds = objectives.compactMap { objective -> RequestBound? in
      guard case .latency(let latency, _) = objective.metric,
        objective.profile?.rawValue == sheet.key.profile
      else { return nil }
      return RequestBound(
        latency: latency, scenario: objective.scenario, bound: objective.bound,
        allowsEqual: objective.comparison != .less)
    }
    let good = indices.count { index in
      let sample = samples[index]
      guard sample.outcome.isSuccess else { return false }
      return bounds.allSatisfy { bound in
        let name = bound.scenario
        if name != nil && name != header.scenarios[sample.scenario] { return true }
        guard let value = meter.value(bound.latency, sample) else { return true }
        return value < bound.bound || (bound.allowsEqual && value == bound.bound)
      }
    }
    guard !indices.isEmpty else { return }
    sheet.add("slo.attainment", Double(good) / Double(indices.count), n: indices.count)
    if span.length > 0 { sheet.add("goodput", Double(good) / span.length, n: indices.count) }
  }

  /// A cell's turns, where it has conversations: how the context grows and what that costs.
  func addTurns(to sheet: inout FigureSheet, indices: [Int]) {
    guard indices.contains(where: { samples[$0].turn > 0 }) else { return }
    var turns: [Int: [Int]] = [:]
    for index in indices { turns[samples[index].turn, default: []].append(index) }
    for (turn, members) in turns.sorted(by: { $0.key < $1.key }) {
      let name = "\(ReportFigure.turnPrefix)\(turn)."
      let n = members.count
      sheet.add(name + "requests", Double(n), n: n)
      let input = members.compactMap { samples[$0].usageInputTokens.map { Double($0) } }
      sheet.add(name + "tokens.input", SortedColumn(input).quantile(0.5), n: input.count)
      addCachedShare(to: &sheet, name + "cached.share", indices: members)
      let ttft = SortedColumn(streamed(members).map { samples[$0].gateTTFT })
      let duration = SortedColumn(members.map { samples[$0].gateDuration })
      sheet.add(name + "ttft.p50", ttft.quantile(0.5), n: n)
      sheet.add(name + "ttft.p95", ttft.quantile(0.95), n: n)
      sheet.add(name + "duration.p50", duration.quantile(0.5), n: n)
      let counts = ProfileCounts(
        samples: samples, indices: members, stallGap: yardstick.stallGap)
      sheet.add(name + "error", Double(counts.error) / Double(n), n: n)
      sheet.add(name + "truncated", Double(counts.truncated) / Double(n), n: n)
    }
  }

  /// The share of prompt tokens that came from the service's cache, where it says so.
  private func addCachedShare(to sheet: inout FigureSheet, _ name: String, indices: [Int]) {
    let cached = indices.filter {
      samples[$0].usageCachedTokens != nil && samples[$0].usageInputTokens ?? 0 > 0
    }
    let prompt = cached.reduce(0) { $0 + (samples[$1].usageInputTokens ?? 0) }
    guard prompt > 0 else { return }
    let hit = cached.reduce(0) { $0 + (samples[$1].usageCachedTokens ?? 0) }
    sheet.add(name, Double(hit) / Double(prompt), n: cached.count)
  }
}

/// An objective's bound as a limit of a single request.
private struct RequestBound {
  let latency: ObjectiveLatency
  let scenario: String?
  let bound: Double
  let allowsEqual: Bool
}
