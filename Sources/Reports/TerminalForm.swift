/// How text for a person is laid out: what a terminal or a log is like, and what its commands need.
public struct TerminalForm: Sendable, Equatable {
  /// The columns of a log.
  public static let logColumns = 100
  /// No terminal is taken to be narrower: figures need some room beside each other.
  public static let columnsMin = 60

  /// Columns of a line at most.
  public var columns: Int
  /// True for a terminal, whose lines end at its edge; false for a log, where a sentence that is
  /// looked for is one line.
  public var isTerminal: Bool
  /// True for escape codes.
  public var isColoured: Bool
  /// What the commands in hints are given.
  public var flags: CommandFlags

  /// The form of a log.
  public init(isColoured: Bool = false, flags: CommandFlags = CommandFlags()) {
    columns = TerminalForm.logColumns
    isTerminal = false
    self.isColoured = isColoured
    self.flags = flags
  }

  /// The form of a terminal of that many columns.
  public init(terminal columns: Int, isColoured: Bool, flags: CommandFlags = CommandFlags()) {
    self.columns = max(columns, TerminalForm.columnsMin)
    isTerminal = true
    self.isColoured = isColoured
    self.flags = flags
  }
}
