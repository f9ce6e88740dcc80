public import Glibc

/// A program that a test started: its first line can be awaited, and it never outlives its owner.
public final class RunningProcess {
  /// How a program ended, and what it printed.
  public struct End: Sendable {
    /// The exit code, or 128 plus the signal.
    public let code: Int32
    /// What it printed to stdout, without lines that `nextLine` returned.
    public let output: String
    /// What it printed to stderr.
    public let errors: String
  }

  /// Milliseconds that a program may take for a line, or to end, before it is killed.
  public static let patienceMilliseconds: Int32 = 60_000

  /// The process id.
  public let identifier: pid_t

  private let output: Int32
  private let errors: Int32
  private var unread: [UInt8] = []
  private var end: End?

  /// Starts `executable` (looked up in PATH if it has no slash) with these arguments and, unless
  /// nil, exactly this environment, its stdin empty.
  public init(
    _ executable: String, _ arguments: [String], environment: [String: String]? = nil
  ) throws(RunningProcessError) {
    // Socket pair, not pipe: it is close-on-exec from its birth, so that no program that another
    // test starts at the same time inherits an end and keeps this one's output open.
    var ends: [Int32] = [0, 0]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw .system("socketpair", errno) }
    output = ends[0]
    errors = try temporaryFile()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      close(ends[1])
    }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
    let variables = environment.map { $0.map { "\($0.key)=\($0.value)" } }
    var child = pid_t()
    let code = withPointers([executable] + arguments) { argv in
      guard let variables else {
        return posix_spawnp(&child, executable, &actions, nil, argv, environ)
      }
      return withPointers(variables) { posix_spawnp(&child, executable, &actions, nil, argv, $0) }
    }
    identifier = child
    guard code == 0 else {
      end = End(code: 127, output: "", errors: "")
      throw .system("start \(executable)", code)
    }
  }

  deinit {
    if end == nil {
      kill(identifier, SIGKILL)
      waitpid(identifier, nil, 0)
    }
    close(output)
    close(errors)
  }

  /// The path of a product of this package, built beside the tests.
  public static func product(_ name: String) -> String {
    var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = max(0, readlink("/proc/self/exe", &path, path.count))
    let tests = String(decoding: path[..<count], as: UTF8.self)
    return tests.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/" + name
  }

  /// Runs a program to its end.
  public static func run(
    _ executable: String, _ arguments: [String], environment: [String: String]? = nil
  ) throws(RunningProcessError) -> End {
    try RunningProcess(executable, arguments, environment: environment).waitForEnd()
  }

  /// The next line of stdout, without its line end, as soon as it is there.
  public func nextLine() throws(RunningProcessError) -> String {
    while true {
      if let newline = unread.firstIndex(of: 0x0A) {
        let line = String(decoding: unread[..<newline], as: UTF8.self)
        unread.removeSubrange(...newline)
        return line
      }
      guard try readMore() else { throw .ended(try waitForEnd()) }
    }
  }

  /// What it has printed to stderr so far, as soon as `text` is in it; throws if it ends before.
  public func errors(containing text: String) throws(RunningProcessError) -> String {
    for _ in 0..<RunningProcess.patienceMilliseconds / 10 {
      let errors = readErrors()
      if errors.contains(text) { return errors }
      var info = siginfo_t()
      waitid(P_PID, id_t(identifier), &info, WEXITED | WNOHANG | WNOWAIT)
      if end != nil || info.si_signo != 0 { throw .ended(try waitForEnd()) }
      // Its stderr is a file, which nobody can wait for.
      poll(nil, 0, 10)
    }
    throw .silent(readErrors())
  }

  /// Sends a signal and waits for the end.
  public func stop(signal: Int32 = SIGTERM) throws(RunningProcessError) -> End {
    if end == nil { kill(identifier, signal) }
    return try waitForEnd()
  }

  /// Waits for the end; may be asked again.
  public func waitForEnd() throws(RunningProcessError) -> End {
    if let end { return end }
    while try readMore() {}
    var status: Int32 = 0
    waitpid(identifier, &status, 0)
    let signal = status & 0x7F
    let found = End(
      code: signal == 0 ? status >> 8 & 0xFF : 128 + signal,
      output: String(decoding: unread, as: UTF8.self), errors: readErrors())
    end = found
    return found
  }

  /// False at the end of stdout.
  private func readMore() throws(RunningProcessError) -> Bool {
    var readable = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    let ready = poll(&readable, 1, RunningProcess.patienceMilliseconds)
    guard ready != 0 else {
      kill(identifier, SIGKILL)
      waitpid(identifier, nil, 0)
      end = End(code: 128 + SIGKILL, output: "", errors: readErrors())
      throw .silent(readErrors())
    }
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = read(output, &buffer, buffer.count)
    if count < 0, errno == EINTR { return true }
    unread.append(contentsOf: buffer[..<max(0, count)])
    return count > 0
  }

  private func readErrors() -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = pread(errors, &buffer, buffer.count, off_t(bytes.count))
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(contentsOf: buffer[..<count])
    }
  }
}

/// Why a program could not be run as a test wanted.
public enum RunningProcessError: Error {
  /// A system call failed: what was tried, and errno.
  case system(String, Int32)
  /// It ended before it printed a line.
  case ended(RunningProcess.End)
  /// It neither printed nor ended in time and was killed: its stderr.
  case silent(String)
}

/// A file without a name.
private func temporaryFile() throws(RunningProcessError) -> Int32 {
  var template = Array("/tmp/running-process-XXXXXX".utf8CString)
  let file = mkstemp(&template)
  guard file >= 0 else { throw .system("mkstemp", errno) }
  unlink(template)
  _ = fcntl(file, F_SETFD, FD_CLOEXEC)
  return file
}

/// Calls `body` with the strings as a C array that ends in a null pointer.
private func withPointers<Result>(
  _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  let pointers = strings.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  return body(pointers)
}
