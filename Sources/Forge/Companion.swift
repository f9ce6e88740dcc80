import Glibc

/// Another process that is told things by lines and outlives this one: it sees the end of them
/// whatever ended us.
public struct Companion: Sendable {
  private let input: Int32
  private let pid: pid_t

  /// Starts this very program with these arguments, in a process group of its own, so that no
  /// signal meant for us reaches it. Its input is what `send` writes; its output goes nowhere. Nil
  /// if it could not be started.
  public static func start(_ arguments: [String], environment: [String: String]) -> Companion? {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
    let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
    defer {
      close(ends[1])
      if nowhere >= 0 { close(nowhere) }
    }
    do throws(SubprocessError) {
      let pid = try Subprocess.spawn(
        "/proc/self/exe", arguments, environment, input: ends[1], output: nowhere,
        errorOutput: nowhere)
      return Companion(input: ends[0], pid: pid)
    } catch {
      close(ends[0])
      return nil
    }
  }

  /// Tells it a line.
  public func send(_ line: String) {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(input, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// Ends its input and waits until it has ended.
  public func end() {
    close(input)
    while waitpid(pid, nil, 0) < 0 && errno == EINTR {}
  }
}
