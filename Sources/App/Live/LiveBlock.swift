/// The lines that a terminal shows at its lower end and that are drawn anew in place: what to
/// write for that.
///
/// The cursor is hidden while lines are shown, and stays behind the last of them.
struct LiveBlock {
  private static let hideCursor = "\u{1B}[?25l"
  private static let showCursor = "\u{1B}[?25h"
  private static let eraseToLineEnd = "\u{1B}[K"
  private static let eraseBelow = "\u{1B}[J"
  /// While lines are drawn, what does not fit is cut: a terminal that was just made narrower
  /// and has not said so yet would fold them, and we would not know.
  private static let cutLines = "\u{1B}[?7l"
  private static let foldLines = "\u{1B}[?7h"

  /// What is shown.
  private(set) var lines: [String] = []

  /// What replaces the lines by others; by none, what erases them and gives the cursor back.
  mutating func draw(_ next: [String], in size: LiveView.Size) -> String {
    guard !next.isEmpty else { return erase(in: size) }
    var text = lines.isEmpty ? Self.hideCursor : toTop(in: size)
    text += Self.cutLines
    text += next.map { $0 + Self.eraseToLineEnd }.joined(separator: "\r\n")
    lines = next
    return text + Self.eraseBelow + Self.foldLines
  }

  /// What erases the lines and gives the cursor back; nothing while none are shown.
  mutating func erase(in size: LiveView.Size) -> String {
    guard !lines.isEmpty else { return "" }
    let text = toTop(in: size)
    lines = []
    return text + Self.eraseBelow + Self.showCursor
  }

  /// To the first line's first column. A terminal that was made narrower since has folded lines
  /// that were not too wide before, and one that was made lower has let go of the upper ones.
  private func toTop(in size: LiveView.Size) -> String {
    let columns = max(1, size.columns)
    let rows = lines.reduce(0) { sum, line in
      sum + max(1, (LiveBlock.width(line) + columns - 1) / columns)
    }
    let up = min(rows, size.rows) - 1
    return up > 0 ? "\r\u{1B}[\(up)A" : "\r"
  }

  /// Columns that a line takes, its colours left out.
  static func width(_ line: String) -> Int {
    var isInside = false
    return line.reduce(0) { width, character in
      if character == "\u{1B}" { isInside = true }
      defer { if character == "m" { isInside = false } }
      return isInside ? width : width + 1
    }
  }
}
