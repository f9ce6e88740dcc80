/// What a colour of a plot stands for.
struct PlotKey {
  /// How the mark looks.
  enum Look {
    case line, dashed, area, dots
  }

  var colour: SVGColour
  var look: Look
  var text: String

  init(_ colour: SVGColour, _ look: Look, _ text: String) {
    self.colour = colour
    self.look = look
    self.text = text
  }
}

extension HTMLWriter {
  /// A plot under its caption, with what its colours stand for and a note below.
  mutating func plot(
    _ caption: String, _ plot: SVGPlot, keys: [PlotKey] = [], note: String = ""
  ) {
    block("figure") { writer in
      writer.block("figcaption", content: caption)
      writer.legend(keys)
      if plot.size == .wide {
        // The newest is at the right, and is what a narrow screen shows first.
        writer.block("div", HTMLWriter.scroller(caption, from: "scroll end")) { writer in
          writer.block("div", [("class", "plane")]) { writer in
            plot.writeScale(&writer)
            plot.write(&writer)
          }
        }
      } else {
        plot.write(&writer)
      }
      writer.paragraph(note, style: "note")
    }
  }

  private mutating func legend(_ keys: [PlotKey]) {
    guard !keys.isEmpty else { return }
    block("ul", [("class", "legend")]) { writer in
      for key in keys {
        writer.block("li") { writer in
          writer.element("svg", [("viewBox", "0 0 22 10"), ("aria-hidden", "true")]) { writer in
            key.sample(&writer)
          }
          writer.content(key.text)
        }
      }
    }
  }
}

extension PlotKey {
  fileprivate func sample(_ writer: inout HTMLWriter) {
    switch look {
    case .line: writer.leaf("path", [("class", "line c-\(colour.rawValue)"), ("d", "M0 6H22")])
    case .dashed: writer.leaf("path", [("class", "thin c-\(colour.rawValue)"), ("d", "M0 6H22")])
    case .dots:
      writer.leaf("path", [("class", "dots c-\(colour.rawValue)"), ("d", "M4 6h0M11 4h0M18 7h0")])
    case .area:
      writer.leaf(
        "rect",
        [
          ("class", "area f-\(colour.rawValue)"), ("width", "22"), ("height", "10"),
        ])
    }
  }
}
