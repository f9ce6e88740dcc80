/// A place between the axes, in the axes' own units.
struct SVGPoint: Sendable, Equatable {
  var x: Double
  var y: Double

  init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// The colour of a mark, by what it stands for; the style sheet says which it is.
enum SVGColour: String {
  case candidate, baseline, good, bad, doubtful, quiet
  case s1, s2, s3, s4, s5, s6

  /// Colours of series that stand side by side.
  static let series: [SVGColour] = [.s1, .s2, .s3, .s4, .s5, .s6]
}

/// What is drawn between the axes. What leaves them is cut off. A text is shown while the pointer
/// rests on the mark, and read aloud.
enum SVGMark {
  /// Points joined by straight lines; one that is not finite leaves a hole.
  case line([SVGPoint], SVGColour, isDashed: Bool = false)
  /// Points joined by stairs: each value holds until the next point.
  case steps([SVGPoint], SVGColour, isDashed: Bool = false)
  /// The area between two values at each x; one that is not finite leaves a hole.
  case band([(x: Double, range: ClosedRange<Double>)], SVGColour)
  /// Many small dots, without texts.
  case dots([SVGPoint], SVGColour)
  /// One disc.
  case point(SVGPoint, SVGColour, text: String)
  /// One upright bar from a value to another, such as an interval.
  case bar(x: Double, ClosedRange<Double>, SVGColour, text: String)
  /// A line from bottom to top, with a word at its upper end.
  case vertical(Double, SVGColour, word: String = "", text: String = "")
  /// A faint line from bottom to top, as between stages.
  case divider(Double)
  /// A line from left to right, with a word at its right end.
  case horizontal(Double, SVGColour, word: String = "", text: String = "")
  /// A stretch of x, tinted over the whole height.
  case stretch(ClosedRange<Double>, SVGColour, text: String)
  /// A stretch of x that shows nothing but its text.
  case hover(ClosedRange<Double>, text: String)

  /// Writes the mark. O(points).
  func write(_ frame: SVGFrame, _ writer: inout HTMLWriter) {
    switch self {
    case .line(let points, let colour, let isDashed):
      path(Self.polyline(points, frame), Self.stroke(colour, isDashed), &writer)
    case .steps(let points, let colour, let isDashed):
      path(Self.stairs(points, frame), Self.stroke(colour, isDashed), &writer)
    case .band(let points, let colour):
      path(Self.area(points, frame), "area f-\(colour.rawValue)", &writer)
    case .dots(let points, let colour):
      path(Self.dots(points, frame), "dots c-\(colour.rawValue)", &writer)
    case .point(let point, let colour, let text):
      guard point.x.isFinite, point.y.isFinite else { return }
      let place: [HTMLAttribute] = [
        ("class", "f-\(colour.rawValue)"), ("cx", svg(frame.across(point.x))),
        ("cy", svg(frame.down(point.y))), ("r", "3.2"),
      ]
      shape("circle", place, text, &writer)
    case .bar(let x, let range, let colour, let text):
      let (low, high) = (frame.down(range.lowerBound), frame.down(range.upperBound))
      let line = "M\(svg(frame.across(x))) \(svg(high))V\(svg(low))"
      shape("path", [("class", "line c-\(colour.rawValue)"), ("d", line)], text, &writer)
    case .divider(let x):
      path("M\(svg(frame.across(x))) 0V\(svg(frame.height))", "faint", &writer)
    case .vertical, .horizontal: rule(frame, &writer)
    case .stretch(let range, let colour, let text):
      stretch(range, "area f-\(colour.rawValue)", text, frame, &writer)
    case .hover(let range, let text): stretch(range, "hover", text, frame, &writer)
    }
  }

  // MARK: - Shapes

  private func path(_ path: String, _ style: String, _ writer: inout HTMLWriter) {
    guard !path.isEmpty else { return }
    writer.leaf("path", [("class", style), ("d", path)])
  }

  private func shape(
    _ name: StaticString, _ attributes: [HTMLAttribute], _ text: String,
    _ writer: inout HTMLWriter
  ) {
    guard !text.isEmpty else { return writer.leaf(name, attributes) }
    writer.element(name, attributes) { $0.element("title", content: text) }
  }

  private func stretch(
    _ range: ClosedRange<Double>, _ style: String, _ text: String, _ frame: SVGFrame,
    _ writer: inout HTMLWriter
  ) {
    let (start, end) = (frame.across(range.lowerBound), frame.across(range.upperBound))
    let box: [HTMLAttribute] = [
      ("class", style), ("x", svg(start)), ("y", "0"), ("width", svg(max(0.5, end - start))),
      ("height", svg(frame.height)),
    ]
    shape("rect", box, text, &writer)
  }

  private func rule(_ frame: SVGFrame, _ writer: inout HTMLWriter) {
    switch self {
    case .vertical(let x, let colour, let word, let text):
      let place = frame.across(x)
      let line = "M\(svg(place)) 0V\(svg(frame.height))"
      shape("path", [("class", Self.stroke(colour, true)), ("d", line)], text, &writer)
      guard !word.isEmpty else { return }
      let isLeft = place > frame.width * 0.7
      writer.element(
        "text",
        [
          ("class", isLeft ? "strong e" : "strong"), ("x", svg(place + (isLeft ? -5 : 5))),
          ("y", "11"),
        ], content: word)
    case .horizontal(let y, let colour, let word, let text):
      let place = frame.down(y)
      let line = "M0 \(svg(place))H\(svg(frame.width))"
      shape("path", [("class", Self.stroke(colour, true)), ("d", line)], text, &writer)
      guard !word.isEmpty else { return }
      writer.element(
        "text",
        [
          ("class", "strong e"), ("x", svg(frame.width - 3)),
          ("y", svg(place < 14 ? place + 12 : place - 4)),
        ], content: word)
    default: break
    }
  }

  // MARK: - Paths

  private static func stroke(_ colour: SVGColour, _ isDashed: Bool) -> String {
    (isDashed ? "thin c-" : "line c-") + colour.rawValue
  }

  private static func polyline(_ points: [SVGPoint], _ frame: SVGFrame) -> String {
    var path = SVGPath()
    var isJoined = false
    for point in points {
      guard point.x.isFinite, point.y.isFinite else {
        isJoined = false
        continue
      }
      path.append(isJoined ? "L" : "M", frame.across(point.x), frame.down(point.y))
      isJoined = true
    }
    return path.text
  }

  private static func stairs(_ points: [SVGPoint], _ frame: SVGFrame) -> String {
    var path = SVGPath()
    for point in points where point.x.isFinite && point.y.isFinite {
      let (x, y) = (frame.across(point.x), frame.down(point.y))
      if path.isEmpty {
        path.append("M", x, y)
      } else {
        path.append("H", x)
        path.append("V", y)
      }
    }
    return path.text
  }

  private static func area(
    _ points: [(x: Double, range: ClosedRange<Double>)], _ frame: SVGFrame
  ) -> String {
    let whole = points.split {
      !$0.x.isFinite || !$0.range.lowerBound.isFinite || !$0.range.upperBound.isFinite
    }
    return whole.map { part in
      let there = part.map { SVGPoint($0.x, $0.range.upperBound) }
      let back = part.reversed().map { SVGPoint($0.x, $0.range.lowerBound) }
      return polyline(there + back, frame) + "Z"
    }.joined()
  }

  /// Lines without length, whose round ends are dots: the shortest way to write many.
  private static func dots(_ points: [SVGPoint], _ frame: SVGFrame) -> String {
    var path = SVGPath()
    for point in points where point.x.isFinite && point.y.isFinite {
      path.append("M", frame.across(point.x), frame.down(point.y))
      path.append("h")
      path.append("0")
    }
    return path.text
  }
}
