/// A table for so many columns of text: side by side where that fits, else a row in several lines.
///
/// A first column that leaves too little room for the others stands in a line of its own; others
/// that do not fit even then go on below, in the same order, under their own titles. Nothing is
/// cut.
struct TerminalTable {
  private static let gap = "  "
  private static let indent = "  "
  /// What leads the further lines of a row.
  private static let nextIndent = "    "

  private let titles: [TerminalCell]
  private let rows: [[TerminalCell]]
  private let isRight: [Bool]
  private let widths: [Int]
  private let columns: Int

  /// A table of clean cells, each row with as many as there are titles.
  init(_ titles: [String], _ rows: [[TerminalCell]], _ columns: Int) {
    let head = titles.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }
    self.titles = head.map { TerminalCell($0, .dim) }
    self.rows = rows
    self.columns = columns
    isRight = titles.map { $0.hasPrefix(">") }
    widths = head.indices.map { column in
      max(head[column].count, rows.map { $0[column].text.count }.max() ?? 0)
    }
  }

  /// Every line with its pieces, titles first.
  var lines: [[TerminalCell]] {
    let groups = groups
    return ([titles] + rows).flatMap { row in
      groups.enumerated().compactMap { index, group in line(row, group, isFirst: index == 0) }
    }
  }

  /// Which columns stand in which line of a row.
  private var groups: [Range<Int>] {
    let all = widths.indices
    if width(of: all, isFirst: true) <= columns { return [all] }
    let others = 1..<all.upperBound
    let isNameAlone =
      width(of: others, isFirst: false) <= columns || width(of: 0..<2, isFirst: true) > columns
    var groups = [0..<1]
    for column in others {
      let last = groups[groups.count - 1]
      let wider = last.lowerBound..<column + 1
      let mayGrow = last.lowerBound > 0 || !isNameAlone
      if mayGrow, width(of: wider, isFirst: last.lowerBound == 0) <= columns {
        groups[groups.count - 1] = wider
      } else {
        groups.append(column..<column + 1)
      }
    }
    return groups
  }

  private func width(of group: Range<Int>, isFirst: Bool) -> Int {
    (isFirst ? TerminalTable.indent : TerminalTable.nextIndent).count
      + widths[group.clamped(to: widths.indices)].reduce(0, +)
      + (group.count - 1) * TerminalTable.gap.count
  }

  /// One line of a row, nil for a further one with nothing in it.
  private func line(
    _ row: [TerminalCell], _ group: Range<Int>, isFirst: Bool
  ) -> [TerminalCell]? {
    let cells = row[group]
    guard let end = cells.lastIndex(where: { !$0.text.isEmpty }) else { return isFirst ? [] : nil }
    var line = [TerminalCell(isFirst ? TerminalTable.indent : TerminalTable.nextIndent)]
    for column in group.lowerBound...end {
      if column > group.lowerBound { line.append(TerminalCell(TerminalTable.gap)) }
      let cell = row[column]
      let padding = TerminalCell(
        String(repeating: " ", count: max(0, widths[column] - cell.text.count)))
      line += isRight[column] ? [padding, cell] : [cell] + (column < end ? [padding] : [])
    }
    return line
  }
}
