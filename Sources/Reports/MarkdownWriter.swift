/// Lays out Markdown within a limit of bytes: what does not fit is cut at a row's border and
/// counted, folds are always closed, and a last line says what is left out after the cut.
struct MarkdownWriter {
  /// Bytes kept free for the note of a cut, the end of a fold and the last line.
  private static let reserve = 512

  private var text = ""
  private let bytesMax: Int
  private var isFull = false
  /// The summaries of folds that there was no room for.
  private var foldsLeftOut: [String] = []

  init(bytesMax: Int) {
    self.bytesMax = bytesMax
  }

  /// The text so far, UTF-8, and a line on what was left out.
  var bytes: [UInt8] { Array((text + leftOut).utf8) }

  private var leftOut: String {
    guard isFull else { return "" }
    let folds = foldsLeftOut.map { String($0.prefix { $0 != ":" }) }
    let names = folds.isEmpty ? "" : ": " + folds.joined(separator: "; ")
    return "*There is no room for more here: see result.json\(names.prefix(300)).*\n\n"
  }

  /// One paragraph.
  mutating func paragraph(_ line: MarkdownText) {
    put(line.source + "\n\n")
  }

  /// A heading of the third level.
  mutating func heading(_ line: MarkdownText) {
    put("### " + line.source + "\n\n")
  }

  /// A list, a line an item; nothing for no items.
  mutating func list(_ items: [MarkdownText]) {
    guard !items.isEmpty else { return }
    for (index, item) in items.enumerated() where !put("- " + item.source + "\n") {
      guard index > 0 else { return }
      noteCut(items.count - index)
      break
    }
    end()
  }

  /// A table with a title row, the titles our own; a column whose title starts with `>` is
  /// aligned to the right. Nothing for no rows.
  mutating func table(_ titles: [String], _ rows: [[MarkdownText]]) {
    guard !rows.isEmpty else { return }
    let head = titles.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }
    let rule = titles.map { $0.hasPrefix(">") ? "--:" : ":--" }
    let lines = rows.map { line($0.map(\.source)) }
    guard put(line(head) + line(rule) + lines[0]) else { return }
    for (index, line) in lines.enumerated().dropFirst() where !put(line) {
      noteCut(rows.count - index)
      break
    }
    end()
  }

  /// A fenced block of our own lines, whole or not at all: a fence that is cut would take in all
  /// that follows.
  mutating func fenced(_ language: StaticString, _ lines: [String]) {
    put("```\(language)\n" + lines.map { $0 + "\n" }.joined() + "```\n\n")
  }

  /// A fold with our own summary and what `body` writes; none where that is nothing, or where there
  /// is no room for any of it.
  mutating func details(_ summary: String, _ body: (inout MarkdownWriter) -> Void) {
    let before = text
    let opening = "<details><summary>" + summary + "</summary>\n\n"
    if put(opening) { body(&self) }
    guard text.utf8.count > before.utf8.count + opening.utf8.count else {
      text = before
      if isFull { foldsLeftOut.append(summary) }
      return
    }
    text += "</details>\n\n"
  }

  private func line(_ cells: [String]) -> String {
    "| " + cells.joined(separator: " | ") + " |\n"
  }

  /// Appends if it fits and nothing was cut before.
  @discardableResult
  private mutating func put(_ part: String) -> Bool {
    guard !isFull, text.utf8.count + part.utf8.count + Self.reserve <= bytesMax else {
      isFull = true
      return false
    }
    text += part
    return true
  }

  private mutating func noteCut(_ rows: Int) {
    text += "\n*\(rows) more: see result.json.*\n"
  }

  private mutating func end() { text += "\n" }
}
