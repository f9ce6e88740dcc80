/// A row of signs that shows how a figure went, for places that take text alone.
public enum Sparkline {
  private static let signs: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  private static let missing: Character = "·"
  /// For a terminal whose characters are not Unicode's.
  private static let plainSigns: [Character] = ["_", ".", "-", "~", "=", "+", "*", "#"]

  /// One sign a value, from the lowest to the highest; nil and what is not finite is a dot.
  ///
  /// `shareMin` is the least span of the scale as a share of the largest magnitude: so that noise
  /// does not look like a change. O(values).
  public static func text(
    _ values: [Double?], shareMin: Double = 0, isUnicode: Bool = true
  ) -> String {
    let signs = isUnicode ? signs : plainSigns
    let known = values.compactMap { $0 }.filter(\.isFinite)
    guard let scale = Scale(known, shareMin: shareMin) else {
      return String(repeating: missing, count: values.count)
    }
    return String(
      values.map { value in
        guard let value, value.isFinite else { return missing }
        let step = Int((scale.place(value) * Double(signs.count)).rounded(.down))
        return signs[min(max(step, 0), signs.count - 1)]
      })
  }

  /// At most `count` values in the place of more: the mean of each part. O(values).
  static func means(_ values: [Double], count: Int) -> [Double] {
    guard values.count > count else { return values }
    return (0..<count).map { part in
      let (start, end) = (part * values.count / count, (part + 1) * values.count / count)
      return values[start..<end].reduce(0, +) / Double(end - start)
    }
  }

  /// A range of values, widened about its middle to its least span.
  struct Scale: Equatable {
    var low: Double
    var high: Double

    /// Nil for no values.
    init?(_ values: [Double], shareMin: Double) {
      guard let low = values.min(), let high = values.max() else { return nil }
      let middle = low + (high - low) / 2
      let half = max((high - low) / 2, shareMin * max(low.magnitude, high.magnitude) / 2)
      self.low = middle - half
      self.high = middle + half
    }

    /// Where a value lies, 0 for the lower end, also of no span at all, and 1 for the upper.
    func place(_ value: Double) -> Double {
      high > low ? (value - low) / (high - low) : 0
    }
  }
}
