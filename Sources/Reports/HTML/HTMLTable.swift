/// One cell of a table.
struct HTMLCell {
  /// How a cell is set apart; the colours are the style sheet's.
  enum Style: String {
    case good, bad, doubtful, quiet
  }

  var text: String
  var style: Style?
  /// True for an identifier, which is shown in a fixed-width face.
  var isCode = false
  /// Draws what stands in the cell in place of a text.
  var drawing: ((inout HTMLWriter) -> Void)?

  /// A text.
  static func plain(_ text: String, _ style: Style? = nil) -> HTMLCell {
    HTMLCell(text: text, style: style)
  }

  /// An identifier.
  static func code(_ text: String, _ style: Style? = nil) -> HTMLCell {
    HTMLCell(text: text, style: style, isCode: true)
  }
}

extension HTMLWriter {
  /// Rows of a table.
  static let rowsMax = 500

  /// A table with a title row, the titles our own; a column whose title starts with `>` holds
  /// numbers and is aligned to the right. On a narrow screen the table scrolls by itself, so that
  /// the page never does; rows beyond `rowsMax` are counted. `label` says what the table
  /// holds. Nothing for no rows.
  mutating func table(_ label: String, _ titles: [String], _ rows: [[HTMLCell]]) {
    guard !rows.isEmpty else { return }
    let isNumber = titles.map { $0.hasPrefix(">") }
    block("div", HTMLWriter.scroller(label)) { writer in
      writer.block("table") { writer in
        writer.block("thead") { writer in
          writer.block("tr") { writer in
            for (index, title) in titles.enumerated() {
              let style = HTMLWriter.style(isNumber[index] ? "n" : nil)
              writer.element(
                "th", [("scope", "col")] + style,
                content: isNumber[index] ? String(title.dropFirst()) : title)
            }
          }
        }
        writer.block("tbody") { writer in
          for row in rows.prefix(HTMLWriter.rowsMax) {
            writer.block("tr") { writer in
              for (index, cell) in row.enumerated() {
                writer.cell(cell, isNumber: isNumber.indices.contains(index) && isNumber[index])
              }
            }
          }
        }
      }
    }
    if rows.count > HTMLWriter.rowsMax {
      paragraph("\(rows.count - HTMLWriter.rowsMax) more: see result.json.", style: "note")
    }
  }

  /// The attributes of a box that scrolls sideways by itself, also from the keyboard.
  static func scroller(_ label: String, from style: String = "scroll") -> [HTMLAttribute] {
    [("class", style), ("tabindex", "0"), ("role", "region"), ("aria-label", label)]
  }

  private mutating func cell(_ cell: HTMLCell, isNumber: Bool) {
    let classes = [isNumber ? "n" : nil, cell.style?.rawValue].compactMap { $0 }
    let attributes = HTMLWriter.style(classes.isEmpty ? nil : classes.joined(separator: " "))
    if let drawing = cell.drawing { return element("td", attributes, drawing) }
    guard cell.isCode else { return element("td", attributes, content: cell.text) }
    element("td", attributes) { $0.element("code", content: cell.text) }
  }
}
