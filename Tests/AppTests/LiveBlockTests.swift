import Testing

@testable import App

@Suite("Lines that are drawn in place")
struct LiveBlockTests {
  private static let size = LiveView.Size(columns: 40, rows: 10)

  @Test("A block is drawn, drawn over, and taken away, and the cursor comes back")
  func life() {
    var screen = Screen(columns: 40, rows: 10)
    screen.write("before\r\n")
    var block = LiveBlock()
    screen.write(block.draw(["one", "two", "three"], in: LiveBlockTests.size))
    #expect(screen.lines == ["before", "one", "two", "three"])
    #expect(!screen.isCursorShown)
    screen.write(block.draw(["1", "2"], in: LiveBlockTests.size))
    #expect(screen.lines == ["before", "1", "2"])
    screen.write(block.erase(in: LiveBlockTests.size))
    #expect(screen.lines == ["before"] && screen.isCursorShown)
    screen.write("after")
    #expect(screen.lines == ["before", "after"])
    #expect(block.erase(in: LiveBlockTests.size) == "")
  }

  @Test("At the lower end of the screen it scrolls once and then stays in place")
  func scrolls() {
    var screen = Screen(columns: 40, rows: 4)
    let size = LiveView.Size(columns: 40, rows: 4)
    for line in ["a", "b", "c"] { screen.write(line + "\r\n") }
    var block = LiveBlock()
    for count in 0..<20 { screen.write(block.draw(["x \(count)", "y", "z"], in: size)) }
    #expect(screen.lines == ["c", "x 19", "y", "z"])
    #expect(screen.scrolled == ["a", "b"])
  }

  @Test("Lines that a narrower terminal has folded are all taken away")
  func folded() {
    var block = LiveBlock()
    _ = block.draw([String(repeating: "a", count: 30), "b"], in: LiveBlockTests.size)
    let narrow = LiveView.Size(columns: 12, rows: 10)
    // 30 columns are three rows of 12, and one more for the second line.
    #expect(block.draw(["c"], in: narrow).hasPrefix("\r\u{1B}[3A"))
    _ = block.draw([String(repeating: "a", count: 30), "b"], in: LiveBlockTests.size)
    #expect(block.erase(in: .init(columns: 12, rows: 2)).hasPrefix("\r\u{1B}[1A"))
  }

  @Test("On a terminal that is narrower than it has said, lines are cut and stay in their places")
  func stale() {
    var screen = Screen(columns: 30, rows: 10)
    screen.write("before\r\n")
    var block = LiveBlock()
    for count in 0..<5 {
      let lines = ["\(count)" + String(repeating: "a", count: 38), "\(count)b"]
      screen.write(block.draw(lines, in: LiveBlockTests.size))
      #expect(
        screen.lines.count == 3 && screen.lines[0] == "before" && screen.lines[2] == "\(count)b")
    }
    screen.write("\r\n" + String(repeating: "c", count: 31))
    #expect(screen.lines.last == "c", "other lines are folded as ever")
  }

  @Test("Colours take no room")
  func width() {
    #expect(LiveBlock.width("a \u{1B}[1;31m●\u{1B}[0m b") == 5)
  }
}

/// As much of a terminal as these tests need.
private struct Screen {
  let columns: Int
  let rows: Int
  private var cells: [[Character]] = [[]]
  private var row = 0
  private var column = 0
  private(set) var scrolled: [String] = []
  private(set) var isCursorShown = true
  private var isFolding = true

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }

  /// What is on it, without the empty rows at its end.
  var lines: [String] {
    var lines = cells.map { String($0) }
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  mutating func write(_ text: String) {
    // Scalar by scalar: a line end is two of them and one character.
    var rest = Array(text.unicodeScalars.map(Character.init))[...]
    while let character = rest.popFirst() {
      switch character {
      case "\r": column = 0
      case "\n": feed()
      case "\u{1B}": escape(&rest)
      default: put(character)
      }
    }
  }

  private mutating func feed() {
    row += 1
    if row == cells.count { cells.append([]) }
    if row == rows {
      scrolled.append(String(cells.removeFirst()))
      row -= 1
    }
  }

  private mutating func put(_ character: Character) {
    if column == columns {
      if isFolding {
        feed()
        column = 0
      } else {
        column -= 1
      }
    }
    while cells[row].count <= column { cells[row].append(" ") }
    cells[row][column] = character
    column += 1
  }

  private mutating func escape(_ rest: inout ArraySlice<Character>) {
    rest = rest.dropFirst()
    let parameter = String(rest.prefix { !$0.isLetter })
    rest = rest.dropFirst(parameter.count)
    let name = rest.popFirst()
    switch name {
    case "A": row = max(0, row - (Int(parameter) ?? 1))
    case "K": cells[row] = Array(cells[row].prefix(column))
    case "J":
      cells[row] = Array(cells[row].prefix(column))
      cells = Array(cells.prefix(row + 1))
    case "l", "h":
      let isOn = name == "h"
      if parameter.hasSuffix("?7") { isFolding = isOn } else { isCursorShown = isOn }
    default: break
    }
  }
}
