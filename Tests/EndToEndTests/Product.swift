import Foundation
import Model
import TestKit
import Testing

/// The built `streamgate` in a folder of its own, as a user has it.
final class Product {
  let folder: TemporaryFolder
  /// Variables over the system's own; CI is off unless a test sets it.
  var environment: [String: String] = [:]

  /// A folder with a plan, unless it is nil.
  init(plan: String?) throws {
    folder = try TemporaryFolder()
    if let plan { try folder.write(plan, to: "streamgate.yaml") }
  }

  /// Runs a command line to its end.
  func run(_ arguments: String...) throws -> RunningProcess.End { try run(arguments) }

  /// Runs a command line to its end.
  func run(_ arguments: [String]) throws -> RunningProcess.End {
    try start(arguments).waitForEnd()
  }

  /// Starts a command line, by another program that execs it where one is given.
  func start(_ arguments: [String], under starter: [String] = []) throws -> RunningProcess {
    let program = RunningProcess.product("streamgate")
    var variables = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
    variables["HOME"] = folder.path
    variables.merge(environment) { $1 }
    return try RunningProcess(
      "env", ["-C", folder.path] + starter + [program] + arguments, environment: variables)
  }

  /// A file's text.
  func text(_ name: String) throws -> String {
    try String(contentsOf: folder.file(name), encoding: .utf8)
  }

  /// A file's bytes.
  func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.file(name))) }

  /// Every file's bytes, in all folders.
  func contents() throws -> [String: [UInt8]] {
    let root = URL(filePath: folder.path)
    guard let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    else { return [:] }
    var contents: [String: [UInt8]] = [:]
    for case let file as URL in files where !file.hasDirectoryPath {
      contents[file.lastPathComponent] = Array(try Data(contentsOf: file))
    }
    return contents
  }

  func has(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.file(name).path(percentEncoded: false))
  }
}

/// Plans that tests vary.
enum TestPlan {
  /// One scenario under twenty seconds of sustained load; `lines` are added at the top level, and
  /// `target` is a line of the target.
  static func sustained(
    url: String, rate: Double = 10, stall: String = "1s", total: String = "20s",
    target: String = "", lines: String = ""
  ) -> String {
    """
    version: 1
    project: end-to-end
    target:
      url: \(url)
      timeouts: { connect: 2s, firstToken: 5s, stall: \(stall), total: \(total) }
      \(target)
    scenarios:
      short: { prompts: ["Define vector embeddings.", "What is a hash?"], maxTokens: 100 }
    rate: \(rate)
    profiles: [sustained]
    size: quick
    \(lines)
    """
  }
}

/// A running `streamgate-sim`.
final class Simulator {
  let process: RunningProcess
  let url: String
  private let ledger: URL

  convenience init(in folder: TemporaryFolder, _ options: String...) throws {
    try self.init(in: folder, options: options)
  }

  init(in folder: TemporaryFolder, options: [String]) throws {
    ledger = folder.file("ledger.jsonl")
    process = try RunningProcess(
      RunningProcess.product("streamgate-sim"),
      ["--port", "0", "--ledger", ledger.path(percentEncoded: false)] + options)
    url = String(try process.nextLine().dropFirst("listening on ".count))
  }

  /// Stops it and gives the chat requests of its ledger.
  func stop() throws -> [JSONValue] {
    _ = try process.stop()
    return try lines(ledger).filter { $0["type"]?.stringValue == "request" && !isPage($0) }
  }

  private func isPage(_ request: JSONValue) -> Bool { request["chat"] == .null }
}

/// The lines of a JSON Lines file.
func lines(_ file: URL) throws -> [JSONValue] {
  try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
    try JSONReader.parse(Array($0.utf8))
  }
}
