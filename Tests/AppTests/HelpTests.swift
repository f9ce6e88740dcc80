import ArgumentParser
import Testing

@testable import App

@Suite("Help texts")
struct HelpTests {
  private static let columns = 80

  private static func all(_ type: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
    [type] + type.configuration.subcommands.flatMap(all)
  }

  @Test("No line of a discussion is longer than a terminal, so that none is wrapped twice")
  func discussions() {
    let commands = HelpTests.all(StreamgateCommand.self)
    #expect(commands.count > 20)
    for command in commands {
      let text = command.configuration.discussion
      for line in text.split(separator: "\n") where line.count >= HelpTests.columns {
        Issue.record("\(command._commandName): \(line.count) columns: \(line)")
      }
    }
  }

  @Test("The help of an option is one paragraph, which is wrapped where it is shown")
  func options() {
    for command in HelpTests.all(StreamgateCommand.self) {
      // On a page without an end nothing is wrapped: what breaks there, the source broke.
      let page = StreamgateCommand.helpMessage(for: command, includeHidden: true, columns: 10_000)
      let lines = page.split(separator: "\n").drop { $0 != "OPTIONS:" }
      // What has a long name is followed by its help on a line of its own, and by no other.
      for (line, next) in zip(lines, lines.dropFirst())
      where [line, next].allSatisfy({ $0.hasPrefix("        ") }) {
        Issue.record("\(command._commandName): \(next)")
      }
    }
  }
}
