/// Flags of a command line that the commands in our hints need too: a run of another store is not
/// found without its name.
public struct CommandFlags: Sendable, Equatable {
  /// `--config`, nil where it was not given.
  public var config: String?
  /// `--store`, nil where it was not given.
  public var store: String?

  /// Flags as they were given.
  public init(config: String? = nil, store: String? = nil) {
    self.config = config
    self.store = store
  }

  /// A text whose commands have these flags, so that they do the same when they are pasted:
  /// `streamgate report 0198` becomes `streamgate report --store runs.db 0198`. A command that
  /// names a flag already is left without a second one. O(bytes).
  public func put(into text: String) -> String {
    guard config != nil || store != nil else { return text }
    var out = ""
    var rest = text[...]
    while let program = rest.firstRange(of: CommandFlags.program) {
      let isWord =
        out.isEmpty && program.lowerBound == rest.startIndex
        || CommandFlags.mayLead(rest[..<program.lowerBound].last ?? out.last)
      out += rest[..<program.upperBound]
      rest = rest[program.upperBound...]
      guard isWord, let name = CommandFlags.command(leading: rest) else { continue }
      out += name
      rest = rest[name.endIndex...]
      let line = rest.prefix { $0 != "\n" }
      let own = line.firstRange(of: CommandFlags.program).map { line[..<$0.lowerBound] } ?? line
      for (flag, value) in flags(for: name) where !own.contains(flag) {
        out += " \(flag) \(CommandFlags.quoted(value))"
      }
    }
    return out + rest
  }

  private static let program = "streamgate "

  /// Commands that share the flags, those of two words by both.
  private static let commands: Set<Substring> = [
    "check", "plan", "run", "capacity", "compare", "report", "trends", "comment", "init",
    "runs list", "runs show", "runs import", "runs export", "runs delete", "runs prune",
    "baseline list", "baseline accept", "baseline revoke", "baseline export", "baseline import",
    "store migrate", "store check",
  ]

  /// What stands before a command and not before the end of another word.
  private static func mayLead(_ character: Character?) -> Bool {
    character.map { $0.isWhitespace || $0 == "(" || $0 == "`" } ?? true
  }

  /// The command's name that a text begins with, nil if it begins with none.
  private static func command(leading text: Substring) -> Substring? {
    func word(_ text: Substring) -> Substring { text.prefix { $0.isLetter } }
    let first = word(text)
    if commands.contains(first) { return first }
    let after = text[first.endIndex...]
    guard after.first == " " else { return nil }
    let second = word(after.dropFirst())
    let both = text[first.startIndex..<second.endIndex]
    return commands.contains(both) ? both : nil
  }

  private func flags(for command: Substring) -> [(flag: String, value: String)] {
    let store = command == "init" ? nil : store
    return [("--config", config), ("--store", store)].compactMap { flag, value in
      value.map { (flag, $0) }
    }
  }

  /// A value as a shell takes it for one word.
  private static func quoted(_ value: String) -> String {
    let isPlain = value.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        || "-_./:@%+=,".unicodeScalars.contains(scalar)
    }
    if isPlain, !value.isEmpty { return value }
    return "'" + value.replacing("'", with: #"'\''"#) + "'"
  }
}
