import Model
import Statistics

/// Makes the plots of each profile of one run.
struct ProfilePlotter {
  /// The run; it has samples.
  let run: RunRecord
  /// Runs of main with samples.
  let baseline: [RunRecord]

  /// Bins of a plot at most.
  private static let binsMax = 48
  /// Requests that a bin has on average at least.
  private static let perBin = 8

  private var samples: [StreamSample] { run.samples ?? [] }

  /// Those that have a request, in the order that they ran.
  func profiles() -> [ProfilePlots] {
    let groups = SampleGroups(samples: samples, header: run.header)
    let others = baseline.map { SampleGroups(samples: $0.samples ?? [], header: $0.header) }
    return groups.profiles.enumerated().filter { !$0.element.indices.isEmpty }
      .prefix(RunPlots.profilesMax)
      .map { position, profile in
        let streamed = profile.indices.filter { groups.isStreamed[samples[$0].scenario] }
          .sorted { (samples[$0].intended, $0) < (samples[$1].intended, $1) }
        let theirs = zip(baseline, others).flatMap { run, groups in
          firstTokens(of: profile.profile, in: run, groups)
        }
        var plots = ProfilePlots(
          profile: profile.profile, overTime: [], timeDots: [], baselineMedians: [],
          stageStarts: stageStarts(profile.indices), overLoad: [], loadDots: [],
          lengths: lengths(profile.indices))
        addTime(to: &plots, streamed, theirs)
        addLoad(to: &plots, streamed, position)
        return plots
      }
  }

  // MARK: - Over time

  private func addTime(to plots: inout ProfilePlots, _ indices: [Int], _ theirs: [PlotPoint]) {
    let points = indices.map {
      PlotPoint(x: samples[$0].intended.seconds, y: samples[$0].gateTTFT)
    }
    guard let first = points.first?.x, let last = points.last?.x, last > first else { return }
    let count = max(1, min(ProfilePlotter.binsMax, points.count / ProfilePlotter.perBin))
    let width = (last - first) / Double(count)
    func bin(_ x: Double) -> Int? {
      let bin = Int(((x - first) / width).rounded(.down))
      return bin == count && x <= last ? count - 1 : (0..<count).contains(bin) ? bin : nil
    }
    let lists = ProfilePlotter.lists(points.map(\.x), count, bin)
    plots.overTime = lists.enumerated().map { position, members in
      let start = first + Double(position) * width
      return self.bin(members.map { indices[$0] }, start...(start + width))
    }
    plots.timeDots = dots(points)
    guard !theirs.isEmpty else { return }
    plots.baselineMedians = ProfilePlotter.lists(theirs.map(\.x), count, bin).map { members in
      SortedColumn(members.map { theirs[$0].y }).quantile(0.5) ?? .infinity
    }
  }

  /// Time to first token over the intended time of a profile of another run.
  private func firstTokens(
    of profile: String, in run: RunRecord, _ groups: SampleGroups
  ) -> [PlotPoint] {
    let indices = groups.profiles.first { $0.profile == profile }?.indices ?? []
    return indices.compactMap { index in
      guard let sample = run.samples?[index], groups.isStreamed[sample.scenario] else {
        return nil
      }
      return PlotPoint(x: sample.intended.seconds, y: sample.gateTTFT)
    }
  }

  /// When the first request of each later stage was due.
  private func stageStarts(_ indices: [Int]) -> [Double] {
    var starts: [Int: Double] = [:]
    for index in indices {
      let due = samples[index].intended.seconds
      starts[samples[index].stage] = min(due, starts[samples[index].stage] ?? due)
    }
    return Array(starts.values.sorted().dropFirst().prefix(ProfilePlotter.binsMax))
  }

  // MARK: - Over load

  private func addLoad(to plots: inout ProfilePlots, _ indices: [Int], _ position: Int) {
    let traffic = Traffic(
      samples.filter { $0.profile == position }, unit: run.header.tokenUnit)
    let sent = indices.filter { samples[$0].sent != nil }
    let points = sent.map { index in
      PlotPoint(
        x: Double(traffic.open(at: samples[index].sent?.seconds ?? 0)), y: samples[index].gateTTFT)
    }
    guard let least = points.map(\.x).min(), let most = points.map(\.x).max() else { return }
    let values = Int(most - least) + 1
    let count = min(values, ProfilePlotter.binsMax / 2)
    let width = (values + count - 1) / count
    let lists = ProfilePlotter.lists(points.map(\.x), count) { Int($0 - least) / width }
    plots.overLoad = lists.enumerated().filter { !$0.element.isEmpty }.map { position, members in
      let start = least + Double(position * width)
      return bin(members.map { sent[$0] }, start...min(most, start + Double(width - 1)))
    }
    plots.loadDots = dots(points)
  }

  // MARK: - Over length

  private func lengths(_ indices: [Int]) -> [LengthPlot] {
    var points = [[PlotPoint]](repeating: [], count: run.header.scenarios.count)
    for index in indices where samples[index].outcome.isSuccess {
      guard let tokens = samples[index].outputTokens(unit: run.header.tokenUnit), tokens > 0,
        let duration = samples[index].lastToken
      else { continue }
      points[samples[index].scenario].append(PlotPoint(x: Double(tokens), y: duration.seconds))
    }
    let share = ProfilePlots.dotsMax / max(1, points.count { !$0.isEmpty })
    return zip(run.header.scenarios, points).filter { !$0.1.isEmpty }.map { scenario, points in
      LengthPlot(
        scenario: scenario, n: points.count,
        dots: PlotThinning.dots(points, max: max(20, share)), line: line(points))
    }
  }

  private func line(_ points: [PlotPoint]) -> [PlotPoint] {
    let n = Double(points.count)
    guard points.count > 2, let least = points.map(\.x).min(), let most = points.map(\.x).max(),
      most > least
    else { return [] }
    let (x, y) = (points.reduce(0) { $0 + $1.x } / n, points.reduce(0) { $0 + $1.y } / n)
    let xx = points.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
    let xy = points.reduce(0) { $0 + ($1.x - x) * ($1.y - y) }
    return [least, most].map { PlotPoint(x: $0, y: y + xy / xx * ($0 - x)) }
  }

  // MARK: - Shared

  private func bin(_ indices: [Int], _ range: ClosedRange<Double>) -> PlotBin {
    let column = SortedColumn(indices.map { samples[$0].gateTTFT })
    return PlotBin(
      start: range.lowerBound, end: range.upperBound, n: indices.count,
      failures: indices.count { !samples[$0].outcome.isSuccess },
      low: column.quantile(0.1) ?? .infinity, median: column.quantile(0.5) ?? .infinity,
      high: column.quantile(0.9) ?? .infinity)
  }

  private func dots(_ points: [PlotPoint]) -> [PlotPoint] {
    PlotThinning.dots(points.filter(\.y.isFinite), max: ProfilePlots.dotsMax)
  }

  /// Positions of the values that fall into each bin.
  private static func lists(
    _ values: [Double], _ count: Int, _ bin: (Double) -> Int?
  ) -> [[Int]] {
    var lists = [[Int]](repeating: [], count: count)
    for (position, value) in values.enumerated() {
      if let bin = bin(value), lists.indices.contains(bin) { lists[bin].append(position) }
    }
    return lists
  }
}
