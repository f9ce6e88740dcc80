import Glibc
import Model

/// A program that is run to its end, without a shell and without input.
enum Subprocess {
  /// Bytes of its error output that are kept; the rest is read and dropped.
  static let errorOutputBytesMax = 4_096

  /// What a program left behind.
  struct Result {
    var end: End
    var output: [UInt8]
    var errorOutput: [UInt8]
    /// True if it printed more than it may: `output` is the beginning, and it was killed.
    var isCut: Bool
  }

  /// How a program ended.
  enum End: Equatable {
    case exited(Int32)
    case signalled(Int32)
  }

  /// Runs `arguments[0]`, found in the environment's `PATH`, in a process group of its own, with
  /// signals as at the start of a program. Blocks until it ended and closed its output, at most
  /// `timeLimit`; then, or with too much output, its whole group is killed.
  static func run(
    _ arguments: [String], environment: [String: String], timeLimit: Nanos, outputBytesMax: Int
  ) throws(SubprocessError) -> Result {
    let deadline = now() + timeLimit
    guard let program = find(arguments[0], path: environment["PATH"] ?? "/usr/bin:/bin")
    else { throw .notFound }
    let output = try Pipe()
    let errorOutput = try Pipe()
    let pid = try spawn(
      program, arguments, environment, output: output.writing, errorOutput: errorOutput.writing)
    output.closeWriting()
    errorOutput.closeWriting()

    var reader = Reader(output: output.reading, errorOutput: errorOutput.reading)
    let reading = reader.read(until: deadline, outputBytesMax: outputBytesMax)
    if reading != .ended { kill(-pid, SIGKILL) }
    guard let end = wait(for: pid, until: reading == .ended ? deadline : nil) else {
      kill(-pid, SIGKILL)
      _ = wait(for: pid, until: nil)
      throw .timedOut
    }
    if reading == .timedOut { throw .timedOut }
    return Result(
      end: end, output: reader.kept[0], errorOutput: reader.kept[1], isCut: reading == .full)
  }

  /// The program's path: `posix_spawnp` would search our own `PATH`, not the given one.
  private static func find(_ name: String, path: String) -> String? {
    if name.utf8.contains(UInt8(ascii: "/")) { return name }
    return path.split(separator: ":").lazy
      .map { "\($0)/\(name)" }
      .first { access($0, X_OK) == 0 }
  }

  /// Starts a program in a process group of its own; without an input it reads nothing.
  static func spawn(
    _ program: String, _ arguments: [String], _ environment: [String: String],
    input: Int32? = nil, output: Int32, errorOutput: Int32
  ) throws(SubprocessError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errorOutput, 2)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | Int32(POSIX_SPAWN_SETPGROUP)
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var pid: pid_t = 0
    let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let code = withCStrings(arguments) { arguments in
      withCStrings(variables) { variables in
        posix_spawn(&pid, program, &actions, &attributes, arguments, variables)
      }
    }
    guard code == 0 else { throw code == ENOENT ? .notFound : .notStarted(code: code) }
    return pid
  }

  /// How the program ended; nil if it has not by the deadline, where there is one.
  private static func wait(for pid: pid_t, until deadline: MonotonicNanos?) -> End? {
    var status: Int32 = 0
    while true {
      let answer = waitpid(pid, &status, deadline == nil ? 0 : WNOHANG)
      if answer == pid {
        return status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signalled(status & 0x7F)
      }
      // Someone else took its status (SIGCHLD ignored): nothing is known of it.
      if answer < 0 && errno != EINTR { return .signalled(0) }
      if let deadline, now() >= deadline { return nil }
      if answer == 0 { poll(nil, 0, 1) }
    }
  }

  static func now() -> MonotonicNanos {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicNanos(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  private static func withCStrings<R>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R
  ) -> R {
    let pointers = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers + [nil])
  }
}

/// Why a program has no result.
enum SubprocessError: Error {
  case notFound
  case notStarted(code: Int32)
  case timedOut
}

/// The two ends of a pipe, closed with their owner; no other program inherits them. It is a pair
/// of sockets: Swift's Glibc lacks `pipe2`, and only these two close on exec from their birth.
private final class Pipe {
  let reading: Int32
  private(set) var writing: Int32

  init() throws(SubprocessError) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw .notStarted(code: errno) }
    reading = ends[0]
    writing = ends[1]
  }

  func closeWriting() {
    if writing >= 0 { close(writing) }
    writing = -1
  }

  deinit {
    close(reading)
    closeWriting()
  }
}

/// Reads a program's output and error output side by side, so that neither can fill its pipe and
/// stop the program.
private struct Reader {
  enum Reading {
    case ended
    case timedOut
    case full
  }

  private var polled: [pollfd]
  private(set) var kept: [[UInt8]] = [[], []]

  init(output: Int32, errorOutput: Int32) {
    polled = [output, errorOutput].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  }

  mutating func read(until deadline: MonotonicNanos, outputBytesMax: Int) -> Reading {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while polled.contains(where: { $0.fd >= 0 }) {
      let left = deadline - Subprocess.now()
      guard left > .zero else { return .timedOut }
      let milliseconds = Int32(clamping: left.rawValue / 1_000_000 + 1)
      guard poll(&polled, 2, milliseconds) > 0 else { continue }
      for i in polled.indices where polled[i].revents != 0 {
        let count = Glibc.read(polled[i].fd, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 {
          polled[i].fd = -1  // poll passes over it
          continue
        }
        let limit = i == 0 ? outputBytesMax : Subprocess.errorOutputBytesMax
        let room = max(0, limit - kept[i].count)
        kept[i].append(contentsOf: buffer[..<min(count, room)])
        if i == 0 && count > room { return .full }
      }
    }
    return .ended
  }
}
