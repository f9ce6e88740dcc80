import Foundation
import TestKit
import Testing

@Suite("Benchmarks do not rot")
struct BenchmarkTests {
  @Test("Every benchmark is a subcommand, and the README says what it measures")
  func listed() throws {
    let list = try Tree.text("Benchmarks/Benchmarks.swift")
    let readme = try Tree.text("Benchmarks/README.md")
    var names: [String] = []
    for path in Tree.files(under: "Benchmarks") where path.hasSuffix("Benchmark.swift") {
      let text = try Tree.text(path)
      guard let name = text.firstMatch(of: /commandName: "([a-z-]+)"/)?.output.1 else { continue }
      names.append(String(name))
      let type = try #require(text.firstMatch(of: /struct (\w+): (Async)?ParsableCommand/))
      #expect(list.contains("\(type.output.1).self"), "\(path) is no subcommand")
      #expect(readme.contains("`\(name)`"), "README.md does not name \(name)")
    }
    #expect(
      Set(names)
        == ["client", "engine", "history", "parser", "schedule", "statistics", "store"])
  }

  @Test("The scripts that run them parse")
  func scripts() throws {
    let commands = [
      ["bash", "-n", "ci/bench"], ["bash", "-n", "ci/with-postgres"],
      ["python3", "-c", "import ast; ast.parse(open('Benchmarks/peers.py').read())"],
    ]
    for command in commands {
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = command
      process.currentDirectoryURL = Golden.checkout
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(command)")
    }
  }
}
