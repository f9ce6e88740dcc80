import Forge
import Foundation
import Model
import TestKit
import Testing

/// A repository in a temporary folder, with fixed names and times, out of reach of the user's and
/// the machine's settings.
struct Repository {
  let folder: TemporaryFolder
  let environment: [String: String]

  init(branch: String = "main") throws {
    folder = try TemporaryFolder()
    environment = Repository.environment(home: folder.path)
    try run("init", "--quiet", "--initial-branch", branch)
  }

  /// A clone of another repository.
  init(cloning other: Repository, _ options: String...) throws {
    folder = try TemporaryFolder()
    environment = Repository.environment(home: folder.path)
    let url = URL(filePath: other.folder.path, directoryHint: .isDirectory).absoluteString
    try run(["clone", "--quiet"] + options + [url, "."])
  }

  var git: Git { Git(folder: folder.path, environment: environment) }

  static func environment(home: String) -> [String: String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return [
      "PATH": path, "HOME": home, "GIT_CONFIG_NOSYSTEM": "1",
      "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com",
      "GIT_COMMITTER_NAME": "C", "GIT_COMMITTER_EMAIL": "c@example.com",
      "GIT_AUTHOR_DATE": "2026-01-31T12:00:00Z", "GIT_COMMITTER_DATE": "2026-01-31T12:00:00Z",
    ]
  }

  /// Makes a commit on what is checked out and returns its name.
  @discardableResult
  func commit(_ text: String) throws -> String {
    try folder.write(text, to: "file.txt")
    try run("add", "file.txt")
    try run("commit", "--quiet", "--message", text)
    return try run("rev-parse", "HEAD")
  }

  /// Merges a branch, always with a merge commit.
  func merge(_ branch: String) throws -> String {
    try run("merge", "--quiet", "--no-ff", "--strategy", "ours", "--message", "merge", branch)
    return try run("rev-parse", "HEAD")
  }

  @discardableResult
  func run(_ arguments: String...) throws -> String {
    try run(arguments)
  }

  @discardableResult
  func run(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["git"] + arguments
    process.environment = environment
    process.currentDirectoryURL = folder.url
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "git \(arguments)")
    return text.trimmingCharacters(in: .newlines)
  }
}
