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
  private static let units: Set<Substring> = ["%", "µs", "ms", "s", "points"]

  private var text = ""
  private let columns: Int
  private let isColoured: Bool
  private let isTerminal: Bool

  init(_ form: TerminalForm) {
    columns = form.columns
    isColoured = form.isColoured
    isTerminal = form.isTerminal
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
  /// its column to the right. A row that is too wide goes on in further lines, and nothing is cut.
  mutating func table(_ titles: [String], _ rows: [[TerminalCell]]) {
    guard !rows.isEmpty else { return }
    let table = TerminalTable(
      titles, rows.map { row in row.map { TerminalCell(clean($0.text), $0.style) } }, columns)
    for line in table.lines { text += line.map { styled($0.text, $0.style) }.joined() + "\n" }
    blank()
  }

  /// The verdict: its name with weight, the headline after it, all of it one line in a log.
  mutating func verdict(_ label: String, _ headline: String, _ style: TerminalStyle) {
    let name = clean(label) + ":"
    let line = name + " " + clean(headline)
    let parts = isTerminal ? wrapped(line, width: columns) : [line]
    for (index, part) in parts.enumerated() {
      // A name of several words may be all of the first line, and more.
      let isNamed = index == 0 && part.hasPrefix(name)
      text += (isNamed ? styled(name, style) + part.dropFirst(name.count) : part) + "\n"
    }
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
