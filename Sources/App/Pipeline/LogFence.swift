import Model

/// The fence around foreign text in a log of GitHub Actions: while it is closed, the runner takes
/// no line for a command, however a service's words got there. Our own texts are inert without it;
/// this holds for those of libraries too.
///
/// https://docs.github.com/actions/reference/workflow-commands-for-github-actions
/// (`stop-commands`). Everything goes to stderr, which the runner reads as it reads stdout.
final class LogFence: Sendable {
  /// What opens the fence; nil while it is open.
  private let token = Locked<String?>(nil)

  /// No command is taken until `open`.
  func close() {
    token.withLock { token in
      guard token == nil else { return }
      // Nobody may guess it, so no seed makes it.
      var random = SystemRandomNumberGenerator()
      let new = [random.next(), random.next()].map { String($0, radix: 36) }.joined()
      token = new
      Console.error("::stop-commands::" + new)
    }
  }

  /// Commands are taken again; nothing where they are already.
  func open() {
    token.withLock { token in
      guard let old = token else { return }
      Console.error("::" + old + "::")
      token = nil
    }
  }

  /// Lets our own commands through, lines each with its end.
  func pass(_ commands: String) {
    open()
    Console.errorPart(commands)
    close()
  }
}
