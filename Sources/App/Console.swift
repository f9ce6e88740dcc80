import Glibc
import Model
import Reports

/// The process' output: results on stdout, everything else on stderr.
///
/// Where a terminal shows a block of lines in place, whatever else is written goes above it.
enum Console {
  private static let block = Locked(LiveBlock())
  private static let ownFlags = Locked(CommandFlags())
  private static let ownQuiet = Locked(false)

  /// Writes a line to stdout.
  static func print(_ text: String) {
    print(bytes: Array((text + "\n").utf8))
  }

  /// Writes bytes to stdout as they are.
  static func print(bytes: [UInt8]) {
    aboveBlock { write(bytes, to: STDOUT_FILENO) }
  }

  /// Writes a line to stdout whose commands can be pasted.
  static func print(hint text: String) {
    print(flags.put(into: text))
  }

  /// Writes a line to stderr; commands in it can be pasted.
  static func error(_ text: String) {
    let text = flags.put(into: text)
    aboveBlock { write(text + "\n", to: STDERR_FILENO) }
  }

  /// What the commands in hints are given: set once the command line is read.
  static var flags: CommandFlags {
    get { ownFlags.withLock { $0 } }
    set { ownFlags.withLock { $0 = newValue } }
  }

  /// True if only results and errors are to be said: set once the command line is read.
  static var isQuiet: Bool {
    get { ownQuiet.withLock { $0 } }
    set { ownQuiet.withLock { $0 = newValue } }
  }

  /// Shows lines in place at the terminal behind stderr, instead of those before; none to show
  /// nothing and to give the cursor back.
  static func show(_ lines: [String]) {
    block.withLock { block in
      write(block.draw(lines, in: errorSize), to: STDERR_FILENO)
    }
  }

  private static func aboveBlock(_ body: () -> Void) {
    block.withLock { block in
      let lines = block.lines
      guard !lines.isEmpty else { return body() }
      write(block.erase(in: errorSize), to: STDERR_FILENO)
      body()
      write(block.draw(lines, in: errorSize), to: STDERR_FILENO)
    }
  }

  /// Writes to stderr without a line end.
  static func errorPart(_ text: String) {
    write(text, to: STDERR_FILENO)
  }

  /// True if stderr is a terminal that can move its cursor.
  static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 && hasCapableTerminal }

  /// True if stdout is a terminal that can show colour.
  static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 && hasCapableTerminal }

  /// The columns of the terminal behind stdout, nil where it is none or does not say.
  static var outputColumns: Int? {
    var size = winsize()
    guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0,
      size.ws_col > 0
    else { return nil }
    return Int(size.ws_col)
  }

  /// The size of the terminal behind stderr; 80 x 24 where it does not say.
  static var errorSize: LiveView.Size {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
    else { return LiveView.Size(columns: 80, rows: 24) }
    return LiveView.Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }

  private static var hasCapableTerminal: Bool {
    guard let term = getenv("TERM") else { return false }
    return String(cString: term) != "dumb"
  }

  /// The text with every control character but line feed and tab made visible, so that a
  /// server's words cannot drive the terminal.
  static func inert(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A, 0x09: out.append(scalar)
      case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: out.append("\u{FFFD}")
      default: out.append(scalar)
      }
    }
    return String(out)
  }

  /// As `inert`, on one line: for a name or a service's words inside a line of ours, so that no
  /// line begins with them, which pipelines would take for a command.
  static func inertLine(_ text: String) -> String {
    String(inert(text).map { $0.isNewline || $0 == "\t" ? " " : $0 })
  }

  private static func write(_ text: String, to descriptor: Int32) {
    write(Array(text.utf8), to: descriptor)
  }

  /// A reader that went away is no error of ours: the rest is dropped.
  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        guard errno == EINTR || errno == EAGAIN else { return }
        continue
      }
      rest = rest.dropFirst(count)
    }
  }
}

/// A closed pipe shows as a failed write and not as a signal that ends the process.
func ignoreBrokenPipes() {
  signal(SIGPIPE, SIG_IGN)
}
