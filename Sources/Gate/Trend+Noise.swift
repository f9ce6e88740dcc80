import Glibc
import Statistics

extension Trend {
  /// The same with the noise and the intervals of runs about their own levels: from the differences
  /// of neighbours between these changes, which are the trend's own. O(points).
  public func measured(between changes: [ChangePoint]) -> Trend {
    guard scale == .logarithmic else { return self }
    var trend = self
    trend.measure(
      levels: changes.compactMap { change in points.firstIndex { $0.run == change.run } })
    return trend
  }

  /// Takes how far runs differ from neighbours of one level, and gives each point of a gated metric
  /// the interval that a run lands in by chance; `levels` are the points that levels but the first
  /// begin with.
  private mutating func measure(levels: [Int]) {
    let ends = [0] + levels + [points.count]
    let logs = points.map { log($0.value) }
    let series = zip(ends, ends.dropFirst()).filter { $0 < $1 }.map { logs[$0..<$1] }
    let nu = series.reduce(0) { $0 + $1.count - 1 }
    guard nu >= RunLevelTest.nuMin else {
      noise = nil
      for index in points.indices { points[index].interval = nil }
      return
    }
    let noise = RunLevelTest.variance(successive: series).squareRoot()
    self.noise = noise
    guard case .gate = id else { return }
    let df = Double(min(nu, RunLevelTest.dfMax))
    let factor = exp(noise * StudentT.quantile((1 + TrendTable.confidence) / 2, df: df))
    for index in points.indices {
      let value = points[index].value
      points[index].interval = value / factor...value * factor
    }
  }
}
