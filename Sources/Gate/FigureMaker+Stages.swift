import Model
import Statistics

extension FigureMaker {
  /// A profile's stages, where it has several, and the knees of its latencies over them.
  ///
  /// A stage lasts from its first request after warm-up to its last, and half the distance to its
  /// neighbours. What happens in that time counts for the load that it carries, whichever stage a
  /// stream began in; latencies and outcomes are those of the stage's own requests.
  /// O(n log n + n x stages).
  func addStages(to sheet: inout FigureSheet, _ position: Int) {
    var stages: [Int: [Int]] = [:]
    for index in groups.scheduled[position].indices {
      stages[samples[index].stage, default: []].append(index)
    }
    let profile = groups.scheduled[position].profile
    let isSearch = profile == CapacityRun.profile
    let scheduled = stageRates[profile] ?? []
    guard stages.count > 1 || (isSearch && !stages.isEmpty) else { return }
    let traffic = Traffic(samples.filter { $0.profile == position }, unit: yardstick.unit)
    var levels: [StageLevel] = []
    for (stage, indices) in stages.sorted(by: { $0.key < $1.key }) {
      let name = "\(ReportFigure.stagePrefix)\(stage)."
      let counted = indices.filter { samples[$0].outcome.isCounted }
      addStageLatencies(to: &sheet, name, counted)
      addStageOutcomes(to: &sheet, name, indices)
      guard let span = traffic.span(of: indices.map { samples[$0].intended.seconds }) else {
        continue
      }
      let n = indices.count
      let sent = indices.count { samples[$0].sent != nil }
      let isKnown = scheduled.indices.contains(stage)
      let rate = isKnown ? scheduled[stage] : Double(n) / span.length
      sheet.add(name + "intended.rate", rate, n: n)
      sheet.add(name + "achieved.rate", Double(sent) / span.length, n: n)
      sheet.add(name + "in_flight.mean", traffic.openMean(span), n: n)
      sheet.add(name + "in_flight.max", Double(traffic.openMax(span)), n: n)
      sheet.add(name + "tokens.rate", traffic.tokens(span) / span.length, n: n)
      levels.append(StageLevel(stage: stage, rate: rate, indices: counted))
    }
    // A profile may take its rates in any order.
    levels.sort { ($0.rate, $0.stage) < ($1.rate, $1.stage) }
    addKnee(to: &sheet, "ttft", levels) { samples in
      streamed(samples).map { self.samples[$0].gateTTFT }
    }
    addKnee(to: &sheet, "duration", levels) { samples in
      samples.map { self.samples[$0].gateDuration }
    }
  }

  private func addStageLatencies(to sheet: inout FigureSheet, _ name: String, _ indices: [Int]) {
    let n = indices.count
    sheet.add(name + "requests", Double(n), n: n)
    guard n > 0 else { return }
    let ttft = SortedColumn(streamed(indices).map { samples[$0].gateTTFT })
    let duration = SortedColumn(indices.map { samples[$0].gateDuration })
    for (suffix, p) in [("p50", 0.5), ("p95", 0.95)] {
      sheet.add(name + "ttft." + suffix, ttft.quantile(p), n: ttft.values.count)
      sheet.add(name + "duration." + suffix, duration.quantile(p), n: n)
    }
    let counts = ProfileCounts(
      samples: samples, indices: indices, stallGap: yardstick.stallGap)
    sheet.add(name + "error", Double(counts.error) / Double(n), n: n)
    sheet.add(name + "truncated", Double(counts.truncated) / Double(n), n: n)
  }

  /// Failures by kind, those of the client too, and when the first refusal came.
  private func addStageOutcomes(to sheet: inout FigureSheet, _ name: String, _ indices: [Int]) {
    let n = indices.count
    for outcome in Outcome.allCases {
      let count = indices.count { samples[$0].outcome == outcome }
      guard count > 0 else { continue }
      sheet.add(name + ReportFigure.outcomePrefix + outcome.name, Double(count), n: n)
    }
    let refusals = indices.filter { samples[$0].outcome == .http429 }.map { index in
      samples[index].intended + (samples[index].headers ?? .zero)
    }
    guard let first = refusals.min(), let start = indices.map({ samples[$0].intended }).min()
    else { return }
    sheet.add(name + "http_429.first", (first - start).seconds, n: refusals.count)
  }

  /// The stage at which a latency's median leaves its flat part, where there is one, and the rate
  /// up to which it is flat. Stages with too few requests for a median are passed over.
  private func addKnee(
    to sheet: inout FigureSheet, _ latency: String, _ stages: [StageLevel],
    times: ([Int]) -> [Double]
  ) {
    let floor = Floors.quantile(0.5)
    let judged = stages.compactMap { stage -> (stage: StageLevel, level: Knee.Level)? in
      let column = SortedColumn(times(stage.indices))
      guard column.values.count >= floor, let median = column.quantile(0.5), median > 0 else {
        return nil
      }
      let low = column.values[Ranks.low(n: column.values.count)]
      return (stage, Knee.Level(load: stage.rate, value: median, low: low))
    }
    guard judged.count >= Knee.levelsMin else { return }
    let knee = Knee.find(judged.map(\.level))
    let name = ReportFigure.kneePrefix + latency
    let flat = judged[(knee ?? judged.count) - 1].stage
    sheet.add(name + ".flat.rate", flat.rate, n: judged.count)
    guard let knee else { return }
    sheet.add(name + ".stage", Double(judged[knee].stage.stage), n: judged.count)
  }
}

/// A stage as a level of load.
private struct StageLevel {
  var stage: Int
  /// Requests a second that it should have sent.
  var rate: Double
  var indices: [Int]
}

private enum Ranks {
  /// The index of the order statistic at the lower end of a median's 99 % interval.
  static func low(n: Int) -> Int {
    let half = 2.576 * Double(n).squareRoot() / 2
    return max(0, Int((Double(n) / 2 - half).rounded(.down)))
  }
}
