/// A plot: two axes and what is drawn between them. It is laid out in units of about one pixel and
/// scales with its box.
struct SVGPlot {
  /// How much room a plot takes.
  enum Size {
    /// One of several side by side; on a telephone as wide as the screen.
    case normal
    /// As wide as the page; on a telephone it scrolls by itself.
    case wide

    var width: Double { self == .normal ? 380 : 1100 }
    var height: Double { self == .normal ? 240 : 320 }
  }

  /// What a reader without eyes is told, one sentence.
  var label: String
  var x: SVGAxis
  var y: SVGAxis
  /// In the order that they are drawn.
  var marks: [SVGMark]
  var size = Size.normal

  private var left: Double { 48 }
  private var right: Double { 16 }
  private var top: Double { 24 }
  private var bottom: Double { 36 }

  var frame: SVGFrame {
    SVGFrame(
      x: x, y: y, width: size.width - left - right, height: size.height - top - bottom)
  }

  /// Writes the plot; a wide one without its scale. O(marks and their points).
  func write(_ writer: inout HTMLWriter) {
    let frame = frame
    let style = size == .wide ? "plot wide" : "plot"
    let start = size == .wide ? left : 0
    let box = "\(svg(start)) 0 \(svg(size.width - start)) \(svg(size.height))"
    writer.block(
      "svg", [("class", style), ("viewBox", box), ("role", "img"), ("aria-label", label)]
    ) { writer in
      if size == .normal { scale(frame, &writer) }
      grid(frame, &writer)
      // A drawing of its own clips what leaves the axes.
      writer.element(
        "svg",
        [
          ("x", svg(left)), ("y", svg(top)), ("width", svg(frame.width)),
          ("height", svg(frame.height)),
        ]
      ) { writer in
        for mark in marks { mark.write(frame, &writer) }
      }
      writer.element(
        "text",
        [("x", svg(left + frame.width / 2)), ("y", svg(size.height - 5)), ("class", "m")],
        content: x.name)
    }
  }

  /// Writes the scale of a wide plot by itself: it stays at the left edge while the rest scrolls.
  func writeScale(_ writer: inout HTMLWriter) {
    writer.block(
      "svg",
      [
        ("class", "scale"), ("viewBox", "0 0 \(svg(left)) \(svg(size.height))"),
        ("aria-hidden", "true"),
      ]
    ) { scale(frame, &$0) }
  }

  /// The numbers of the axis upwards, and its name above them.
  private func scale(_ frame: SVGFrame, _ writer: inout HTMLWriter) {
    for tick in y.ticks {
      writer.element(
        "text",
        [("x", svg(left - 5)), ("y", svg(top + frame.down(tick.value) + 3.5)), ("class", "e")],
        content: tick.text)
    }
    guard !y.name.isEmpty else { return }
    writer.element("text", [("x", "2"), ("y", "11")], content: y.name)
  }

  private func grid(_ frame: SVGFrame, _ writer: inout HTMLWriter) {
    var path = ""
    for tick in y.ticks {
      path += "M\(svg(left)) \(svg(top + frame.down(tick.value)))h\(svg(frame.width))"
    }
    for tick in x.ticks {
      let place = left + frame.across(tick.value)
      path += "M\(svg(place)) \(svg(top + frame.height))v4"
      writer.element(
        "text", [("x", svg(place)), ("y", svg(top + frame.height + 15)), ("class", "m")],
        content: tick.text)
    }
    path += "M\(svg(left)) \(svg(top + frame.height))h\(svg(frame.width))"
    writer.leaf("path", [("class", "grid"), ("d", path)])
  }
}

/// The area between the axes, in units of the drawing.
struct SVGFrame {
  var x: SVGAxis
  var y: SVGAxis
  var width: Double
  var height: Double

  /// From the left edge.
  func across(_ value: Double) -> Double { x.share(value) * width }

  /// From the upper edge.
  func down(_ value: Double) -> Double { (1 - y.share(value)) * height }
}

/// A number of a drawing, with one decimal at most.
func svg(_ value: Double) -> String {
  var path = SVGPath()
  path.append(value)
  return path.text
}
