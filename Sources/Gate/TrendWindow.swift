import Model

/// Which of the runs that were searched for changes are shown.
public struct TrendWindow: Sendable {
  /// Places in the searched runs, ascending; at least one.
  private let shown: [Int]
  /// The place among the shown runs of each run that was searched; nil for one that is not shown.
  private let places: [Int?]

  /// The runs at these places, ascending and at least one, of so many that were searched.
  public init(showing shown: [Int], of count: Int) {
    precondition(!shown.isEmpty, "no run is shown")
    self.shown = shown
    var places = [Int?](repeating: nil, count: count)
    for (place, run) in shown.enumerated() { places[run] = place }
    self.places = places
  }

  /// The runs that are shown.
  public func runs(_ table: TrendTable) -> [TrendRun] { shown.map { table.runs[$0] } }

  /// The trend over the shown runs; nil if none of them has a value. O(points).
  public func trend(_ trend: Trend) -> Trend? {
    var cut = trend
    cut.points = trend.points.compactMap { point in
      places[point.run].map { place in
        var point = point
        point.run = place
        return point
      }
    }
    return cut.points.isEmpty ? nil : cut
  }

  /// The changes of a whole trend that lie between two points of its shown part `cut`, and the
  /// regressions that are open and do not: their `run` is how far they are from the first one
  /// shown, 0 or less where they are before it. O(runs) a change.
  public func changes(
    _ changes: [ChangePoint], in cut: Trend
  ) -> (shown: [ChangePoint], outside: [ChangePoint]) {
    var found: (shown: [ChangePoint], outside: [ChangePoint]) = ([], [])
    for var change in changes {
      let place = shown.firstIndex { $0 >= change.run }
      let point = place.flatMap { place in cut.points.firstIndex { $0.run >= place } }
      if let point, point > 0 {
        change.run = cut.points[point].run
        found.shown.append(change)
      } else if change.state == .proposed {
        change.run -= shown[0]
        found.outside.append(change)
      }
    }
    return found
  }
}
