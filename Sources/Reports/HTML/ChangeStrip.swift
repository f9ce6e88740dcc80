/// A change and its interval as a small drawing for a table's cell: the line in the middle is no
/// change, the shaded part the tolerance.
struct ChangeStrip {
  private static let width = 120.0
  private static let height = 16.0
  /// Changes beyond which a drawing does not reach: a column is no place for a factor of ten.
  private static let reachMax = 1.0

  let span: ChangeSpan
  /// The change at either end of the drawing, above 0.
  let scale: Double
  let style: HTMLCell.Style

  /// A scale that holds all of them.
  static func scale(_ spans: [ChangeSpan]) -> Double {
    let ends = spans.flatMap { [$0.lower.magnitude, $0.upper.magnitude, $0.tolerance * 1.5] }
    return min(reachMax, (ends.filter(\.isFinite).max() ?? 0.1) * 1.1 + 1e-6)
  }

  var cell: HTMLCell { HTMLCell(text: "", drawing: draw) }

  private func draw(_ writer: inout HTMLWriter) {
    let middle = Self.height / 2
    let (low, high) = (place(span.lower), place(span.upper))
    writer.element(
      "svg",
      [
        ("class", "strip"), ("viewBox", "0 0 \(svg(Self.width)) \(svg(Self.height))"),
        ("aria-hidden", "true"),
      ]
    ) { writer in
      let tolerance = place(span.tolerance) - Self.width / 2
      writer.leaf(
        "rect",
        [
          ("class", "area f-quiet"), ("x", svg(Self.width / 2 - tolerance)), ("y", "0"),
          ("width", svg(2 * tolerance)), ("height", svg(Self.height)),
        ])
      writer.leaf("path", [("class", "grid"), ("d", "M\(svg(Self.width / 2)) 0v16")])
      writer.leaf(
        "path",
        [("class", "line c-\(colour)"), ("d", "M\(svg(low)) \(svg(middle))H\(svg(high))")])
      writer.leaf(
        "circle",
        [
          ("class", "f-\(colour)"), ("cx", svg(place(span.change))), ("cy", svg(middle)),
          ("r", "3"),
        ])
    }
  }

  private var colour: String { style.rawValue }

  private func place(_ change: Double) -> Double {
    let share = max(-1, min(1, change.isFinite ? change / scale : change < 0 ? -1 : 1))
    return Self.width / 2 * (1 + share)
  }
}
