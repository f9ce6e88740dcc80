import Model
import Plan
import Statistics

/// Makes the figures that are reported and not gated, of each cell and of each profile.
///
/// docs/schema.md lists every name. A figure without a finite value is left out.
struct FigureMaker {
  let samples: [StreamSample]
  let groups: SampleGroups
  let header: RunHeader
  let yardstick: Yardstick
  let objectives: [Objective]
  /// Requests a second of each stage by profile, where they are known; else they are told from the
  /// stage's requests.
  var stageRates: [String: [Double]] = [:]

  /// Quantiles that are printed; a reader marks those below `Floors.quantile`.
  static let quantiles: [(name: String, p: Double)] = [
    ("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99),
  ]

  /// All figures, unsorted. O(n log n).
  func figures() -> [ReportFigure] {
    var all: [ReportFigure] = []
    let spans = spans()
    for (key, indices) in groups.cells {
      var sheet = FigureSheet(key: key)
      add(to: &sheet, indices: indices, span: spans[key.profile] ?? Span.none)
      addTurns(to: &sheet, indices: indices)
      all += sheet.figures
    }
    for (position, profile) in groups.profiles.enumerated() {
      var sheet = FigureSheet(key: CellKey(profile: profile.profile, scenario: ""))
      add(to: &sheet, indices: profile.indices, span: spans[profile.profile] ?? Span.none)
      addStages(to: &sheet, position)
      addOutcomes(to: &sheet, indices: groups.scheduled[position].indices)
      all += sheet.figures
    }
    for (key, indices) in scheduledCells() {
      var sheet = FigureSheet(key: key)
      addOutcomes(to: &sheet, indices: indices)
      all += sheet.figures
    }
    return all
  }

  /// From the first counted request of each profile to the last thing heard of any.
  private func spans() -> [String: Span] {
    var spans: [String: Span] = [:]
    for (profile, indices) in groups.profiles {
      guard let first = indices.map({ samples[$0].intended }).min(),
        let last = indices.map({ samples[$0].heardUntil }).max()
      else { continue }
      spans[profile] = Span(start: first.seconds, length: (last - first).seconds)
    }
    return spans
  }

  private func scheduledCells() -> [(key: CellKey, indices: [Int])] {
    var cells: [CellKey: [Int]] = [:]
    for index in groups.scheduled.flatMap(\.indices) {
      let sample = samples[index]
      let key = CellKey(
        profile: header.profiles[sample.profile], scenario: header.scenarios[sample.scenario],
        region: sample.region.map { header.regions[$0] })
      cells[key, default: []].append(index)
    }
    return cells.sorted { $0.key < $1.key }.map { (key: $0.key, indices: $0.value) }
  }

  private func add(to sheet: inout FigureSheet, indices: [Int], span: Span) {
    addLatencies(to: &sheet, indices: indices)
    addGaps(to: &sheet, indices: indices)
    addPhases(to: &sheet, indices: indices)
    addThroughput(to: &sheet, indices: indices, span: span)
    addGoodput(to: &sheet, indices: indices, span: span)
  }

  private func addLatencies(to sheet: inout FigureSheet, indices: [Int]) {
    let unit = yardstick.unit
    let streamed = streamed(indices)
    let ttft = SortedColumn(streamed.map { samples[$0].gateTTFT })
    let done = indices.filter { samples[$0].outcome.isSuccess }
    let standard = SortedColumn(
      done.compactMap {
        samples[$0].standardDuration(
          unit: unit, referenceTokens: yardstick.referenceTokens[samples[$0].scenario])
      })
    sheet.add("ttft", ttft)
    sheet.add("ttft_sent", SortedColumn(streamed.compactMap { samples[$0].gateTTFTSent }))
    sheet.add(
      "ttfa", SortedColumn(streamed.map { samples[$0].firstAnswer?.seconds ?? .infinity }))
    sheet.add("duration", SortedColumn(indices.map { samples[$0].gateDuration }))
    sheet.add("tpot", SortedColumn(streamed.compactMap { samples[$0].tpot(unit: unit) }))
    sheet.add(
      "ttft.completed",
      SortedColumn(self.streamed(done).compactMap { samples[$0].firstToken?.seconds }))
    let durations = done.compactMap { samples[$0].lastToken?.seconds }
    sheet.add("duration.completed", SortedColumn(durations))
    sheet.addSpread("ttft.spread", ttft)
    sheet.addSpread("durstd.spread", standard)
    addCensored(to: &sheet, indices: indices)
    addSlope(to: &sheet, done: done)
  }

  /// Those of scenarios whose replies stream.
  func streamed(_ indices: [Int]) -> [Int] {
    indices.filter { groups.isStreamed[samples[$0].scenario] }
  }

  /// Durations where a failure only says that the stream took longer than it was watched.
  private func addCensored(to sheet: inout FigureSheet, indices: [Int]) {
    var times: [Double] = []
    var isCensored: [Bool] = []
    for index in indices {
      let sample = samples[index]
      if sample.outcome.isSuccess, let last = sample.lastToken {
        times.append(last.seconds)
        isCensored.append(false)
      } else {
        times.append((sample.end ?? sample.lastToken ?? .zero).seconds)
        isCensored.append(true)
      }
    }
    guard !times.isEmpty, isCensored.contains(true) else { return }
    let curve = KaplanMeier(times, isCensored: isCensored)
    for (name, p) in FigureMaker.quantiles {
      sheet.add("duration.censored." + name, curve.quantile(p), n: times.count)
    }
  }

  /// Least squares of duration over tokens: seconds a token, and the scatter about the line.
  private func addSlope(to sheet: inout FigureSheet, done: [Int]) {
    var (n, sumX, sumY, sumXX, sumXY, sumYY) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for index in done {
      guard let tokens = samples[index].outputTokens(unit: yardstick.unit),
        let y = samples[index].lastToken?.seconds
      else { continue }
      let x = Double(tokens)
      n += 1
      sumX += x
      sumY += y
      sumXX += x * x
      sumXY += x * y
      sumYY += y * y
    }
    guard n > 2 else { return }
    let (xx, xy, yy) = (sumXX - sumX * sumX / n, sumXY - sumX * sumY / n, sumYY - sumY * sumY / n)
    guard xx > 0 else { return }
    sheet.add("duration.slope", xy / xx, n: Int(n))
    let residual = max(0, yy - xy * xy / xx)
    sheet.add("duration.scatter", (residual / (n - 2)).squareRoot(), n: Int(n))
  }
}

/// The figures of one cell or profile.
struct FigureSheet {
  let key: CellKey
  private(set) var figures: [ReportFigure] = []

  init(key: CellKey) {
    self.key = key
  }

  /// Adds a figure if it has a finite value.
  mutating func add(_ name: String, _ value: Double?, n: Int) {
    guard let value, value.isFinite else { return }
    figures.append(
      ReportFigure(
        profile: key.profile, scenario: key.scenario, region: key.region, name: name,
        value: value, n: n))
  }

  /// Adds a column's printed quantiles.
  mutating func add(_ name: String, _ column: SortedColumn) {
    for (suffix, p) in FigureMaker.quantiles {
      add(name + "." + suffix, column.quantile(p), n: column.values.count)
    }
  }

  /// Adds p95/p50.
  mutating func addSpread(_ name: String, _ column: SortedColumn) {
    guard let median = column.quantile(0.5), median > 0, let high = column.quantile(0.95) else {
      return
    }
    add(name, high / median, n: column.values.count)
  }
}
