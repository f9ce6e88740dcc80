import Glibc
import Model
import Statistics

/// Change points of a trend: they propose, people accept (STATISTICS section 8).
public enum ChangePoints {
  /// Runs that are searched at once.
  public static let windowRuns = 100
  /// Runs of a segment at least.
  public static let segmentRunsMin = 5
  /// Random orders that a split is held against.
  static let permutations = 999
  /// A split's p at most.
  static let pMax = 0.005

  /// The change points of a trend, the oldest first.
  ///
  /// `runs` are those that the trend's points index; `starts` are runs that begin a segment because
  /// a person said so. The last `windowRuns` values are searched as one series, those before them
  /// in windows that overlap by a quarter. The same trend gives the same points: all chance comes
  /// from the environment, the metric, and a segment's first run and length. O(n) windows, each
  /// O(999 n^2) where something changed and a few n^2 where nothing did.
  public static func find(
    in trend: Trend, runs: [TrendRun], environment: String, starts: Set<String> = []
  ) -> [ChangePoint] {
    ChangeFinder(trend: trend, runs: runs, environment: environment, starts: starts).find()
  }
}

/// Where a segment begins, as an index into the trend's points.
private struct Border {
  var index: Int
  /// nil where a person set it.
  var p: Double?
}

/// One search.
private struct ChangeFinder {
  let trend: Trend
  let runs: [TrendRun]
  let environment: String
  /// What the splits are made by: logarithms, arcus sinus of the root of a share, or the values.
  let levels: [Double]
  /// Indices of points that a person began a segment with.
  let fixed: [Int]

  init(trend: Trend, runs: [TrendRun], environment: String, starts: Set<String>) {
    self.trend = trend
    self.runs = runs
    self.environment = environment
    levels = trend.points.map { trend.searched($0) }
    // A run without a value of this trend starts its segment with the next one that has one.
    let started = starts.isEmpty ? [] : runs.indices.filter { starts.contains(runs[$0].runID) }
    fixed = Set(started.compactMap { run in trend.points.firstIndex { $0.run >= run } }).sorted()
  }

  func find() -> [ChangePoint] {
    var borders: [Border] = []
    var (end, uncovered) = (levels.count, levels.count)
    while end > 0 {
      let start = max(0, end - ChangePoints.windowRuns)
      borders = ChangeFinder.join(search(start..<end).filter { $0.index < uncovered }, borders)
      if start == 0 { break }
      // The window could not have found a split nearer to its start.
      uncovered = start + ChangePoints.segmentRunsMin
      end = start + ChangePoints.windowRuns / 4
    }
    return points(borders)
  }

  /// Borders of a window and those of the later ones, which knew few runs before their own start:
  /// what they found within a segment's length of one of the earlier window is the same change.
  private static func join(_ earlier: [Border], _ later: [Border]) -> [Border] {
    guard let last = earlier.last else { return later }
    return earlier
      + later.drop {
        $0.index == last.index
          || $0.p != nil && $0.index - last.index < ChangePoints.segmentRunsMin
      }
  }

  /// The borders inside a window.
  private func search(_ window: Range<Int>) -> [Border] {
    let inside = fixed.filter { $0 > window.lowerBound && $0 < window.upperBound }
    var borders = inside.map { Border(index: $0) }
    let ends = [window.lowerBound] + inside + [window.upperBound]
    for (lower, upper) in zip(ends, ends.dropFirst()) { split(lower..<upper, into: &borders) }
    borders.sort { $0.index < $1.index }
    dropSmall(&borders, in: window)
    return borders
  }

  /// Splits a segment while a split is significant, whatever its size: a rise and a fall inside a
  /// segment leave its halves' means close.
  private func split(_ segment: Range<Int>, into borders: inout [Border]) {
    var generator = SeededGenerator(seed: 0, label: label(of: segment))
    let found = EDivisive.significantSplit(
      Array(levels[segment]), minimum: ChangePoints.segmentRunsMin,
      permutations: ChangePoints.permutations, pMax: ChangePoints.pMax
    ) { bits in generator.fill(&bits) }
    guard let found else { return }
    let middle = segment.lowerBound + found.split.index
    borders.append(Border(index: middle, p: found.p))
    split(segment.lowerBound..<middle, into: &borders)
    split(middle..<segment.upperBound, into: &borders)
  }

  private func label(of segment: Range<Int>) -> String {
    let first = runs[trend.points[segment.lowerBound].run].runID
    return "\(environment)|\(trend.id.name)|\(first)|\(segment.count)"
  }

  /// Takes away the smallest change until each is as large as the effect that counts.
  private func dropSmall(_ borders: inout [Border], in window: Range<Int>) {
    while true {
      let means = means(between: borders.map(\.index), in: window)
      let sizes = borders.indices.map { index in
        borders[index].p == nil
          ? Double.infinity : trend.difference(means[index], means[index + 1]).magnitude
      }
      guard let smallest = sizes.indices.min(by: { sizes[$0] < sizes[$1] }),
        sizes[smallest] < trend.effect
      else { return }
      borders.remove(at: smallest)
    }
  }

  /// The mean of each segment, in the trend's unit; one more than there are borders.
  private func means(between borders: [Int], in window: Range<Int>) -> [Double] {
    let ends = [window.lowerBound] + borders + [window.upperBound]
    return zip(ends, ends.dropFirst()).map { trend.level(trend.points[$0..<$1]) }
  }

  /// Borders with their levels, kinds and states; those of people where this trend did not change
  /// are left out.
  private func points(_ borders: [Border]) -> [ChangePoint] {
    let means = means(between: borders.map(\.index), in: 0..<levels.count)
    var points: [ChangePoint] = []
    // The best level since the last accepted change: what a regression is held against.
    var reference = means[0]
    // Indices into `points` of regressions that nothing has made good yet.
    var pending: [Int] = []
    for (position, border) in borders.enumerated() {
      let (before, after) = (means[position], means[position + 1])
      let isFixed = border.p == nil
      if isFixed || trend.worsening(from: reference, to: after) < trend.effect {
        for index in pending { points[index].state = isFixed ? .accepted : .undone }
        pending = []
      }
      reference = isFixed || trend.worsening(from: reference, to: after) < 0 ? after : reference
      guard trend.difference(before, after).magnitude >= trend.effect else { continue }
      let kind = kind(from: before, to: after)
      let isProposed = kind == .regression && !isFixed
      if isProposed { pending.append(points.count) }
      points.append(
        point(border, before, after, kind: kind, state: isProposed ? .proposed : .accepted))
    }
    return points
  }

  private func kind(from before: Double, to after: Double) -> ChangePoint.Kind {
    guard trend.direction != .neutral else { return .other }
    return trend.worsening(from: before, to: after) > 0 ? .regression : .improvement
  }

  private func point(
    _ border: Border, _ before: Double, _ after: Double, kind: ChangePoint.Kind,
    state: ChangePoint.State
  ) -> ChangePoint {
    let run = runs[trend.points[border.index].run]
    // A person may have begun a segment with the first run that there is.
    let last = runs[trend.points[max(0, border.index - 1)].run]
    return ChangePoint(
      id: trend.id, run: trend.points[border.index].run, runID: run.runID, commit: run.commit,
      startedAt: run.startedAt,
      runBefore: last.runID, commitBefore: last.commit, before: before, after: after,
      scale: trend.scale, p: border.p, kind: kind, state: state,
      runsSince: trend.points.count - border.index)
  }
}

extension Trend {
  /// The value on the scale whose spread does not depend on its size.
  func searched(_ point: TrendPoint) -> Double {
    switch scale {
    case .logarithmic: log(point.value)
    case .share:
      // Anscombe 1948.
      asin(
        ((Double(point.k ?? 0) + 0.375) / (Double(point.n) + 0.75)).squareRoot())
    case .linear: point.value
    }
  }

  /// How far two means are apart, in the unit of `effect`.
  func difference(_ before: Double, _ after: Double) -> Double {
    switch scale {
    case .logarithmic: log(after / before)
    case .share: after - before
    case .linear:
      if before == after { 0 } else { (after - before) / max(before.magnitude, after.magnitude) }
    }
  }

  /// How much worse, in the unit of `effect`; negative for better, 0 where neither is.
  func worsening(from before: Double, to after: Double) -> Double {
    switch direction {
    case .worseUp: difference(before, after)
    case .worseDown: -difference(before, after)
    case .neutral: 0
    }
  }
}
