import ArgumentParser
import Plan
import Reports
import ResultStore

/// A command with the flags that commands share.
protocol SharedFlags {
  var global: GlobalOptions { get }
}

extension CheckCommand: SharedFlags {}
extension PlanCommand: SharedFlags {}
extension RunCommand: SharedFlags {}
extension CapacityCommand: SharedFlags {}
extension CompareCommand: SharedFlags {}
extension ReportCommand: SharedFlags {}
extension TrendsCommand: SharedFlags {}
extension CommentCommand: SharedFlags {}
extension RunsCommand.List: SharedFlags {}
extension RunsCommand.Show: SharedFlags {}
extension RunsCommand.Import: SharedFlags {}
extension RunsCommand.Export: SharedFlags {}
extension RunsCommand.Delete: SharedFlags {}
extension RunsCommand.Prune: SharedFlags {}
extension BaselineCommand.List: SharedFlags {}
extension BaselineCommand.Accept: SharedFlags {}
extension BaselineCommand.Revoke: SharedFlags {}
extension BaselineCommand.Export: SharedFlags {}
extension BaselineCommand.Import: SharedFlags {}
extension StoreCommand.Migrate: SharedFlags {}
extension StoreCommand.Check: SharedFlags {}

/// The flags that every command shares.
struct GlobalOptions: ParsableArguments {
  /// The plan file without a flag.
  static let defaultConfig = "streamgate.yaml"

  @Option(name: [.long, .customShort("c")], help: "The plan file.")
  var config = GlobalOptions.defaultConfig

  @Option(
    help: """
      Where runs are kept: a PostgreSQL URL or a SQLite file. Also STREAMGATE_STORE; a password \
      belongs there, in PGPASSWORD or in ~/.pgpass, never in this flag.
      """)
  var store: String?

  @Option(
    name: .customLong("set"),
    help: "Put a value over the plan's, such as rate=10; may be given more than once.")
  var overrides: [String] = []

  @Flag(name: .shortAndLong, help: "Say more of what is done, on stderr.")
  var verbose = false

  @Flag(name: .shortAndLong, help: "Say only results and errors.")
  var quiet = false

  @Flag(name: .customLong("no-color"), help: "No colour, whatever the terminal.")
  var noColor = false

  func validate() throws {
    if verbose && quiet {
      throw ValidationError("--verbose and --quiet exclude each other: give one of them.")
    }
    for override in overrides where PlanOverride(setting: override) == nil {
      throw ValidationError("--set \(override): a path, = and a value are needed: rate=10.")
    }
    if let store, let scheme = StoreText.unknownScheme(of: store) {
      throw ValidationError(
        "--store: the scheme \(Console.inertLine(scheme)) is not known:"
          + " \(StoreText.remedy(for: scheme)).")
    }
    if let store, StoreLocation(store).holdsPassword {
      throw ValidationError(
        """
        --store holds a password, which the process list would show: give it in PGPASSWORD, \
        ~/.pgpass or STREAMGATE_STORE.
        """)
    }
  }

  /// What the flags put over the plan.
  var planOverrides: [PlanOverride] {
    let store = store.map { PlanOverride(path: "store", text: $0, flag: "--store") }
    return overrides.compactMap { PlanOverride(setting: $0) } + [store].compactMap { $0 }
  }

  /// What the commands in hints need of these flags.
  var flags: CommandFlags {
    CommandFlags(
      config: config == GlobalOptions.defaultConfig ? nil : config, store: store)
  }

  /// How results are laid out on stdout.
  var form: TerminalForm {
    guard let columns = Console.outputColumns else {
      return TerminalForm(isColoured: isColourful, flags: flags)
    }
    return TerminalForm(terminal: columns, isColoured: isColourful, flags: flags)
  }

  /// True if results may be coloured.
  var isColourful: Bool { isColourAllowed && Console.isOutputTerminal }

  private var isColourAllowed: Bool {
    !noColor && Environment.variables["NO_COLOR", default: ""].isEmpty
  }

  /// Where a run's progress goes: in place only at a terminal that no pipeline pretends to have.
  var progressOutput: Progress.Output {
    if quiet { return .nowhere }
    guard Console.isErrorTerminal, !Environment.isCI else { return .log }
    return .terminal(
      LiveView.Style(isColoured: isColourAllowed, isUnicode: Environment.isUnicode))
  }

  /// A line on stderr for who asked for more.
  func note(_ text: @autoclosure () -> String) {
    if verbose { Console.error(Console.inert(text())) }
  }

  /// A line on stderr for everyone who did not ask for silence.
  func say(_ text: String) {
    if !quiet { Console.error(Console.inert(text)) }
  }
}
