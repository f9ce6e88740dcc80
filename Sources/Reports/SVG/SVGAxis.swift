import Glibc

/// One axis of a plot.
struct SVGAxis {
  /// How values are spread along it.
  enum Scale: Equatable {
    case linear
    /// For values above 0.
    case logarithmic
  }

  /// What the values are.
  enum Unit: Equatable {
    /// Seconds; written in the unit that fits.
    case seconds
    /// Shares; written as percent.
    case share
    /// Anything else, with the name that stands for it; empty where it has none.
    case number(String)
  }

  /// A place on the axis and what is written there.
  struct Tick: Equatable {
    var value: Double
    var text: String
  }

  /// What is shown, without its unit.
  var title: String
  var unit: Unit
  var scale: Scale
  /// The values at the ends.
  var range: ClosedRange<Double>
  var ticks: [Tick]

  /// The name with the unit, as it stands at the axis.
  var name: String {
    let suffix = SVGTicks.suffix(unit, scale, range)
    return [title, suffix].filter { !$0.isEmpty }.joined(separator: ", ")
  }

  /// An axis over a range, with ticks at round values. A range without length gets some; on a
  /// logarithmic one the lower end must be above 0.
  init(
    _ title: String, _ unit: Unit, _ range: ClosedRange<Double>, scale: Scale = .linear,
    ticksAbout count: Int = 5
  ) {
    precondition(
      range.lowerBound.isFinite && range.upperBound.isFinite, "an axis over \(range)")
    precondition(scale == .linear || range.lowerBound > 0, "a logarithmic axis over \(range)")
    self.title = title
    self.unit = unit
    self.scale = scale
    var range = range
    if range.upperBound <= range.lowerBound {
      let low = range.lowerBound
      let room = low.magnitude * 0.1
      if low == 0 {
        // What is never there is not below nothing.
        range = 0...(unit == .share ? 0.01 : 1)
      } else {
        range = (scale == .logarithmic ? low / 1.1 : low - room)...(low + room)
      }
    }
    self.range = range
    ticks = SVGTicks.make(unit, scale, range, about: count)
  }

  /// An axis from 0, or from below the least value, to above the greatest: what a latency or a
  /// count needs. Values that are not finite are passed over; without any it ends at 1.
  static func over(
    _ title: String, _ unit: Unit, _ values: some Sequence<Double>, fromZero: Bool = true
  ) -> SVGAxis {
    let finite = values.filter(\.isFinite)
    guard let least = finite.min(), let most = finite.max() else {
      return SVGAxis(title, unit, 0...1)
    }
    let room = (most - (fromZero ? min(0, least) : least)) * 0.05
    let low = fromZero && least >= 0 ? 0 : least - room
    return SVGAxis(title, unit, low...(most + room))
  }

  /// The same for values above 0 that may span magnitudes: logarithmic where the greatest is
  /// `spread` times the least or more.
  static func spanning(
    _ title: String, _ unit: Unit, _ values: some Sequence<Double>, spread: Double = 8
  ) -> SVGAxis {
    let finite = values.filter { $0.isFinite && $0 > 0 }
    guard let least = finite.min(), let most = finite.max(), most >= least * spread else {
      return over(title, unit, finite, fromZero: false)
    }
    return SVGAxis(title, unit, (least / 1.08)...(most * 1.08), scale: .logarithmic)
  }

  /// How far along the axis a value lies: 0 at its beginning, 1 at its end.
  func share(_ value: Double) -> Double {
    switch scale {
    case .linear: (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    case .logarithmic:
      value <= 0
        ? -1 : log(value / range.lowerBound) / log(range.upperBound / range.lowerBound)
    }
  }
}

/// Round values along an axis.
enum SVGTicks {
  static func make(
    _ unit: SVGAxis.Unit, _ scale: SVGAxis.Scale, _ range: ClosedRange<Double>, about count: Int
  ) -> [SVGAxis.Tick] {
    switch scale {
    case .linear:
      let factor = factor(unit, range)
      let step = step(range, about: count, factor: factor)
      let decimals = max(0, min(9, -Int(floor(log10(step * factor) + 1e-9))))
      return multiples(of: step, in: range).map {
        SVGAxis.Tick(value: $0, text: text($0 * factor, decimals: decimals))
      }
    case .logarithmic:
      return decades(range, about: count).map { SVGAxis.Tick(value: $0, text: text($0, unit)) }
    }
  }

  private static func text(_ value: Double, decimals: Int) -> String {
    value.magnitude >= 1e6 ? plain(value) : Figures.fixed(value, decimals: decimals)
  }

  /// What stands behind the axis' name: the unit of its numbers, where they have one.
  static func suffix(
    _ unit: SVGAxis.Unit, _ scale: SVGAxis.Scale, _ range: ClosedRange<Double>
  ) -> String {
    switch unit {
    case .share: return "%"
    case .number(let name): return name
    case .seconds:
      guard scale == .linear else { return "" }
      let factor = factor(unit, range)
      return factor == 1 ? "s" : factor == 1e3 ? "ms" : "µs"
    }
  }

  /// What values are multiplied by before they are written.
  private static func factor(_ unit: SVGAxis.Unit, _ range: ClosedRange<Double>) -> Double {
    let size = max(range.lowerBound.magnitude, range.upperBound.magnitude)
    switch unit {
    case .share: return 100
    case .number: return 1
    case .seconds: return size >= 2 ? 1 : size >= 2e-3 ? 1e3 : 1e6
    }
  }

  /// The least of 1, 2 and 5 times a power of ten that gives no more than about `count` steps.
  private static func step(
    _ range: ClosedRange<Double>, about count: Int, factor: Double
  ) -> Double {
    let least = (range.upperBound - range.lowerBound) * factor / Double(max(1, count))
    let power = pow(10, floor(log10(least)))
    let step = [1.0, 2, 5, 10].first { $0 * power >= least * 0.999 } ?? 10
    return step * power / factor
  }

  private static func multiples(of step: Double, in range: ClosedRange<Double>) -> [Double] {
    let first = (range.lowerBound / step - 1e-9).rounded(.up)
    let last = (range.upperBound / step + 1e-9).rounded(.down)
    guard last >= first, last - first < 1_000 else { return [] }
    return (0...Int(last - first)).map { (first + Double($0)) * step }
  }

  /// Round values in each decade, the fewer the more decades there are; where there is hardly one,
  /// even steps.
  private static func decades(_ range: ClosedRange<Double>, about count: Int) -> [Double] {
    let span = log10(range.upperBound / range.lowerBound)
    let steps = span <= 1.3 ? [1.0, 2, 5] : span <= 2.6 ? [1, 3] : [1]
    let stride = steps.count > 1 ? 1 : max(1, Int((span / Double(count)).rounded()))
    let first = Int(floor(log10(range.lowerBound)))
    let last = Int(floor(log10(range.upperBound)))
    let found = (first...last).filter { $0 % stride == 0 }
      .flatMap { decade in steps.map { $0 * pow(10, Double(decade)) } }
      .filter(range.contains)
    if found.count >= 3 || span > 1.3 { return found }
    return multiples(of: step(range, about: count, factor: 1), in: range)
  }

  private static func text(_ value: Double, _ unit: SVGAxis.Unit) -> String {
    switch unit {
    case .share: return plain(value * 100)
    case .number: return plain(value)
    case .seconds:
      if value >= 0.9999 { return plain(value) + " s" }
      return value >= 0.9999e-3 ? plain(value * 1e3) + " ms" : plain(value * 1e6) + " µs"
    }
  }

  /// Without decimals that say nothing; millions as such.
  private static func plain(_ value: Double) -> String {
    if value.magnitude >= 1e6 { return plain(value / 1e6) + "M" }
    if value != 0, value.magnitude < 0.000_999 { return String(value) }
    let text = Figures.fixed(value, decimals: 3)
    guard text.contains(".") else { return text }
    let short = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
    return String(short.reversed())
  }
}
