/// The part of GitHub's runner that finds commands in a log, by the rules of its source
/// (actions/runner, `ActionCommand.cs` and `ActionCommandManager.cs`).
public struct ActionsRunner {
  /// A command that the runner would obey.
  public struct Command: Equatable, Sendable {
    /// Its name, such as `error`.
    public var name: String
    /// Its properties by name, taken back from their escapes.
    public var properties: [String: String]
    /// What follows it, taken back from its escapes.
    public var data: String
  }

  private static let names: Set<String> = [
    "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice",
    "remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning",
  ]

  private var stopToken: String?
  /// The commands that it has obeyed, in their order, without those that stop and resume.
  public private(set) var commands: [Command] = []

  /// True while it obeys nothing.
  public var isStopped: Bool { stopToken != nil }

  /// Reads a log from the start.
  public init(_ log: String) {
    for line in log.split(whereSeparator: \.isNewline) { read(line) }
  }

  private mutating func read(_ line: Substring) {
    guard let command = newForm(line) ?? oldForm(line) else { return }
    if let stopToken {
      if command.name == stopToken { self.stopToken = nil }
    } else if command.name == "stop-commands" {
      stopToken = command.data
    } else {
      commands.append(command)
    }
  }

  private func isKnown(_ name: some StringProtocol) -> Bool {
    ActionsRunner.names.contains(name.lowercased()) || String(name) == stopToken
  }

  /// `::name key=value,…::data`, after white space at most.
  private func newForm(_ line: Substring) -> Command? {
    let text = line.drop { $0.isWhitespace }
    guard text.hasPrefix("::") else { return nil }
    let rest = text.dropFirst(2)
    guard let end = rest.firstRange(of: "::") else { return nil }
    return command(
      rest[..<end.lowerBound], data: rest[end.upperBound...], separator: ",",
      escapes: [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")])
  }

  /// `##[name key=value;…]data`, anywhere in the line.
  private func oldForm(_ line: Substring) -> Command? {
    guard let start = line.firstRange(of: "##["),
      let end = line[start.upperBound...].firstIndex(of: "]")
    else { return nil }
    return command(
      line[start.upperBound..<end], data: line[line.index(after: end)...], separator: ";",
      escapes: [("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%")])
  }

  private func command(
    _ head: Substring, data: Substring, separator: Character, escapes: [(String, String)]
  ) -> Command? {
    func plain(_ text: Substring) -> String {
      escapes.reduce(String(text)) { $0.replacing($1.0, with: $1.1) }
    }
    let parts = head.split(separator: " ", maxSplits: 1)
    guard let name = parts.first, isKnown(name) else { return nil }
    var properties: [String: String] = [:]
    for pair in (parts.count > 1 ? parts[1] : "").split(separator: separator) {
      let sides = pair.split(separator: "=", maxSplits: 1)
      if sides.count == 2 { properties[String(sides[0])] = plain(sides[1]) }
    }
    return Command(name: String(name), properties: properties, data: plain(data))
  }
}
