import Forge
import Foundation
import Model
import TestKit
import Testing

@Suite("Git: limits")
struct GitLimitTests {
  /// A folder with a program `git` of the given text, first in the `PATH`.
  ///
  /// A shell writes it: were it open for writing in this process, a program that another test
  /// starts at that moment would hold it open too, and Linux starts no program that is (ETXTBSY).
  private func fake(_ script: String) throws -> (TemporaryFolder, [String: String]) {
    let folder = try TemporaryFolder()
    let writer = try Process.run(
      URL(filePath: "/bin/sh"),
      arguments: [
        "-c", "printf '#!/bin/sh\n%s\n' \"$1\" >\"$2/git\" && chmod 755 \"$2/git\"", "sh", script,
        folder.path,
      ])
    writer.waitUntilExit()
    try #require(writer.terminationStatus == 0)
    return (folder, ["PATH": folder.path + ":/usr/bin:/bin"])
  }

  @Test("A git that hangs is killed at the time limit, and its children with it")
  func timeLimit() throws {
    // The child alone holds the writing end: the pipe breaks off when it is gone.
    let (folder, environment) = try fake("sleep 1000 >\"$HOME/pipe\" & wait")
    let pipe = folder.file("pipe").path(percentEncoded: false)
    #expect(mkfifo(pipe, 0o600) == 0)
    let reader = open(pipe, O_RDONLY | O_NONBLOCK)
    try #require(reader >= 0)
    defer { close(reader) }
    let git = Git(
      folder: folder.path, environment: environment.merging(["HOME": folder.path]) { $1 },
      timeLimit: .milliseconds(300))
    #expect(throws: GitError.timedOut(question: "rev-parse", after: .milliseconds(300))) {
      try git.toplevel()
    }
    var state = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
    #expect(poll(&state, 1, 60_000) == 1)
    #expect(state.revents & Int16(POLLHUP) != 0)
  }

  @Test("A git that closes its output and stays is killed at the time limit")
  func silent() throws {
    let (folder, environment) = try fake("exec >&- 2>&-; exec sleep 1000")
    let git = Git(
      folder: folder.path, environment: environment, timeLimit: .milliseconds(200))
    #expect(throws: GitError.timedOut(question: "rev-parse", after: .milliseconds(200))) {
      try git.toplevel()
    }
  }

  @Test("A git that never stops printing is killed at the output limit")
  func outputLimit() throws {
    let (folder, environment) = try fake("exec yes")
    let git = Git(folder: folder.path, environment: environment, outputBytesMax: 100_000)
    #expect(throws: GitError.tooMuchOutput(question: "rev-parse", bytesMax: 100_000)) {
      _ = try git.ancestry(of: "x", commits: [String(repeating: "a", count: 40)])
    }
  }

  @Test("A tree with more changes than the output limit is dirty all the same")
  func manyChanges() throws {
    let repository = try Repository()
    for i in 0..<200 { try repository.folder.write("a", to: "file-\(i)") }
    try repository.run("add", ".")
    let commit = try repository.commit("one")
    for i in 0..<200 { try repository.folder.write("bb", to: "file-\(i)") }
    let git = Git(
      folder: repository.folder.path, environment: repository.environment, outputBytesMax: 2_000)
    #expect(try git.head() == GitHead(commit: commit, branch: "main", isDirty: true))
  }

  @Test("Much error output does not stop git")
  func errorOutput() throws {
    let (folder, environment) = try fake("head -c 1000000 /dev/zero >&2; echo /root-of-tree")
    let git = Git(folder: folder.path, environment: environment)
    #expect(try git.toplevel() == "/root-of-tree")
  }

  @Test("Without a git in the path, that is said")
  func notInstalled() throws {
    let folder = try TemporaryFolder()
    let git = Git(folder: folder.path, environment: ["PATH": folder.path])
    #expect(throws: GitError.notInstalled) { try git.head() }
  }

  @Test("A git that dies of a signal is no answer")
  func signal() throws {
    let (folder, environment) = try fake("kill -ABRT $$")
    let git = Git(folder: folder.path, environment: environment)
    #expect(throws: GitError.killed(question: "status", signal: SIGABRT)) { try git.head() }
  }

  @Test("Git gets no input, fixed language and no prompt")
  func environment() throws {
    let (folder, environment) = try fake(
      "cat; echo \"$LC_ALL $GIT_PAGER $GIT_OPTIONAL_LOCKS $GIT_TERMINAL_PROMPT $OWN\"")
    let git = Git(
      folder: folder.path,
      environment: environment.merging(["LC_ALL": "de_DE.UTF-8", "OWN": "kept"]) { $1 })
    #expect(try git.toplevel() == "C cat 0 0 kept")
  }

  @Test("No file handle is left open")
  func handles() throws {
    let repository = try Repository()
    try repository.commit("one")
    func open() throws -> Int {
      let unix = try String(contentsOfFile: "/proc/net/unix", encoding: .utf8)
      let local = Set(
        unix.split(separator: "\n").compactMap { $0.split(separator: " ").dropFirst(6).first })
      let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
      return names.compactMap {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)
      }.count { $0.hasPrefix("socket:[") && local.contains($0.dropFirst(8).dropLast()) }
    }
    // Other tests run beside this one and ask git too: it holds that fifty calls do not leave
    // fifty of the local sockets that they talk over. Connections of other tests are not local.
    for _ in 0..<50 { _ = try repository.git.head() }
    #expect(try open() < 50)
  }
}
