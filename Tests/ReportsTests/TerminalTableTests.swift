import TestKit
import Testing

@testable import Reports

@Suite("Tables of plain text")
struct TerminalTableTests {
  private func text(_ columns: Int, _ rows: [[String]]) -> [String] {
    let table = TerminalTable(
      ["name", ">first", ">second", "word"], rows.map { $0.map { TerminalCell($0) } }, columns)
    return table.lines.map { $0.map(\.text).joined() }
  }

  private let rows = [
    ["a", "1", "22222222", "ok"], ["a-much-longer-name", "1234567", "2", "missed"],
    ["b", "", "", ""],
  ]

  @Test("A table that fits has a line a row")
  func fits() {
    #expect(
      text(47, rows) == [
        "  name                  first    second  word",
        "  a                         1  22222222  ok",
        "  a-much-longer-name  1234567         2  missed", "  b",
      ])
  }

  @Test("A name that takes the others' room stands alone")
  func nameAlone() {
    #expect(
      text(32, rows) == [
        "  name", "      first    second  word", "  a", "          1  22222222  ok",
        "  a-much-longer-name", "    1234567         2  missed", "  b",
      ])
  }

  @Test("Columns that do not fit go on below, and nothing is lost", arguments: 1...60)
  func narrow(_ columns: Int) {
    let lines = text(columns, rows)
    let words = lines.joined(separator: " ").split(separator: " ").map(String.init).sorted()
    #expect(
      words
        == (["name", "first", "second", "word"] + rows.joined()).filter { !$0.isEmpty }.sorted())
    let longest = "    a-much-longer-name".count
    #expect(lines.allSatisfy { $0.count <= max(columns, longest) }, "\(lines)")
  }
}
