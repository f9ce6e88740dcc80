import Foundation
import TestKit

/// The checkout's files, found anew for each question.
enum Tree {
  static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: Golden.checkout.appending(path: path)), as: UTF8.self)
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: absolute(path))
  }

  static func isExecutable(_ path: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: absolute(path))
  }

  /// Names in a folder, sorted; empty if there is no such folder.
  static func names(in folder: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: absolute(folder))
    return (names ?? []).sorted()
  }

  /// Paths of all files under a folder, sorted, without what a build or an editor left there.
  static func files(under folder: String) -> [String] {
    names(in: folder).filter { $0 != ".build" && !$0.hasSuffix(".got") }.flatMap { name in
      let path = "\(folder)/\(name)"
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: absolute(path), isDirectory: &isFolder)
      return isFolder.boolValue ? files(under: path) : [path]
    }
  }

  /// Swift files of whole folders, parsed.
  static func swift(under folders: String...) throws -> [SwiftText] {
    try folders.flatMap { files(under: $0) }.filter { $0.hasSuffix(".swift") }.map {
      SwiftText(path: $0, text: try text($0))
    }
  }

  /// Every text that people wrote, data left out.
  static func texts() -> [String] {
    let roots = ["Sources", "Tests", "Benchmarks", "docs", "ci", ".ci", "baselines"]
    let top = ["Package.swift", "README.md", "CONTRIBUTING.md", ".swift-format", ".gitignore"]
    return top.filter(exists)
      + roots.flatMap { files(under: $0) }.filter {
        !$0.hasPrefix("Tests/Golden/") && !$0.hasPrefix("Tests/Corpus/")
      }
  }

  /// Targets with Swift in them.
  static func swiftTargets() -> [String] {
    names(in: "Sources").filter { target in
      files(under: "Sources/\(target)").contains { $0.hasSuffix(".swift") }
    }
  }

  /// What git keeps at the top; what lies there without it is nobody's rule.
  static func topLevel() throws -> [String] {
    let git = Process()
    git.executableURL = URL(filePath: "/usr/bin/env")
    git.arguments = ["git", "-C", absolute(""), "ls-files", "-z"]
    git.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GIT_") }
    let output = Pipe()
    git.standardOutput = output
    git.standardError = FileHandle.nullDevice
    try git.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    git.waitUntilExit()
    let tops = data.split(separator: 0).map {
      String(decoding: $0.prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self)
    }
    return Set(tops).sorted()
  }

  private static func absolute(_ path: String) -> String {
    Golden.checkout.appending(path: path).path(percentEncoded: false)
  }
}
