/// How a piece of text looks, where colours are wanted.
enum TerminalStyle: String {
  case plain = ""
  case dim = "2"
  case red = "1;31"
  case green = "1;32"
  case yellow = "33"
}

/// A cell of a table.
struct TerminalCell {
  var text: String
  var style: TerminalStyle

  init(_ text: String, _ style: TerminalStyle = .plain) {
    self.text = text
    self.style = style
  }
}

/// Lays out plain text in columns. No control character of a text reaches the output.
struct TerminalWriter {
  private static let gap = "  "
  private static let units: Set<Substring> = ["%", "µs", "ms", "s", "points"]

  private var text = ""
  private let columns: Int
  private let isColoured: Bool

  init(columns: Int, isColoured: Bool) {
    self.columns = columns
    self.isColoured = isColoured
  }

  /// The text so far, UTF-8.
  var bytes: [UInt8] { Array(text.utf8) }

  /// An empty line.
  mutating func blank() { text += "\n" }

  /// Words, wrapped.
  mutating func line(_ words: String, _ style: TerminalStyle = .plain) {
    for part in wrapped(clean(words), width: columns) { text += styled(part, style) + "\n" }
  }

  /// Sentences, each wrapped with its following lines indented, and an empty line after; nothing
  /// for none.
  mutating func sentences(_ sentences: [String], _ style: TerminalStyle = .plain) {
    guard !sentences.isEmpty else { return }
    for sentence in sentences {
      for (index, part) in wrapped(clean(sentence), width: columns - 4).enumerated() {
        text += (index == 0 ? "  " : "    ") + styled(part, style) + "\n"
      }
    }
    blank()
  }

  /// A table with an empty line after; nothing for no rows. A title that starts with `>` aligns
  /// its column to the right; the first column is cut where the table would be too wide, in the
  /// middle, so that what a name ends with is still told.
  mutating func table(_ titles: [String], _ rows: [[TerminalCell]]) {
    guard !rows.isEmpty else { return }
    var grid = rows.map { row in row.map { TerminalCell(clean($0.text), $0.style) } }
    let head = titles.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }
    var widths = head.indices.map { column in
      max(head[column].count, grid.map { $0[column].text.count }.max() ?? 0)
    }
    let excess = widths.reduce(2, +) + (widths.count - 1) * Self.gap.count - columns
    if excess > 0 {
      widths[0] = max(head[0].count, 12, widths[0] - excess)
      for row in grid.indices where grid[row][0].text.count > widths[0] {
        grid[row][0].text = Self.cut(grid[row][0].text, to: widths[0])
      }
    }
    let isRight = titles.map { $0.hasPrefix(">") }
    put(head.map { TerminalCell($0, .dim) }, widths, isRight)
    for row in grid { put(row, widths, isRight) }
    blank()
  }

  /// A text of that width with what follows its last `/`, a metric's name, else with as much of its
  /// end as of its beginning.
  private static func cut(_ text: String, to width: Int) -> String {
    let room = width - 1
    let end = text.lastIndex(of: "/").map { text[$0...] } ?? text.suffix(room / 2)
    let tail = end.count + beginningMin <= room ? end : text.suffix(room / 2)
    return text.prefix(room - tail.count) + "…" + tail
  }

  /// Characters of a text's beginning that are left of it at least.
  private static let beginningMin = 3

  /// The verdict: its name with weight, the headline after it, all of it one line for a log.
  mutating func verdict(_ label: String, _ headline: String, _ style: TerminalStyle) {
    text += styled(clean(label) + ":", style) + " " + clean(headline) + "\n"
  }

  private mutating func put(_ row: [TerminalCell], _ widths: [Int], _ isRight: [Bool]) {
    var line = " "
    for (column, cell) in row.enumerated() {
      let padding = String(repeating: " ", count: max(0, widths[column] - cell.text.count))
      let shown = cell.text.isEmpty ? "" : styled(cell.text, cell.style)
      line += column == 0 ? " " : Self.gap
      line += isRight[column] ? padding + shown : shown + padding
    }
    while line.last == " " { line.removeLast() }
    text += line + "\n"
  }

  private func styled(_ text: String, _ style: TerminalStyle) -> String {
    isColoured && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  private func clean(_ text: String) -> String { LogText.inert(text) }

  /// The words of a text, a number and its unit as one.
  private func glued(_ text: String) -> [Substring] {
    var words: [Substring] = []
    for word in text.split(separator: " ") {
      let stem = word.prefix { $0 != "," && $0 != ";" && $0 != "." && $0 != ")" }
      if let last = words.last, last.last?.isNumber == true, Self.units.contains(stem) {
        words[words.count - 1] = last + " " + word
      } else {
        words.append(word)
      }
    }
    return words
  }

  private func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in glued(text) {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }
}
