/// Which files and folders there are.
enum LayoutRules {
  static let topLevel: Set<String> = [
    "Package.swift", "README.md", "LICENSE", "CONTRIBUTING.md", ".swift-format", ".gitignore",
    ".ci", "ci", "baselines", "docs", "Benchmarks", "Sources", "Tests",
  ]

  /// Targets whose tests bear another name: they are tested through what uses them.
  static let testedBy = [
    "Curl": "LoadEngineTests", "streamgate": "EndToEndTests", "streamgate-sim": "SimulatorTests",
  ]

  static func topLevel(_ names: [String]) -> [Violation] {
    names.filter { !topLevel.contains($0) }.map {
      Violation(path: $0, line: 0, what: "does not belong at the top of the tree")
    }
  }

  /// `tests` are the test folders that hold at least one test.
  static func untested(targets: [String], tests: Set<String>) -> [Violation] {
    targets.filter { !tests.contains(testedBy[$0] ?? $0 + "Tests") }.map {
      Violation(path: "Sources/\($0)", line: 0, what: "has no test")
    }
  }

  static func script(path: String, firstLine: String, isExecutable: Bool) -> [Violation] {
    var found: [Violation] = []
    if !isExecutable {
      found.append(Violation(path: path, line: 0, what: "a script that cannot be started"))
    }
    if firstLine != "#!/usr/bin/env bash" {
      found.append(Violation(path: path, line: 1, what: "does not start with #!/usr/bin/env bash"))
    }
    return found
  }

  /// The manifest builds every Swift target with the strict settings.
  static func manifest(_ swift: SwiftText, isC: (String) -> Bool) -> [Violation] {
    var found: [Violation] = []
    let settings = [
      "ExistentialAny", "InternalImportsByDefault", "MemberImportVisibility",
      "treatAllWarnings(as: .error)",
    ]
    for setting in settings where !swift.lines.contains(where: { $0.contains(setting) }) {
      found.append(Violation(path: swift.path, line: 0, what: "does not set \(setting)"))
    }
    for i in swift.tokens.indices {
      guard ["target", "executableTarget", "testTarget"].contains(swift.word(i)),
        swift.word(i - 1) == ".", swift.word(i + 1) == "("
      else { continue }
      let end = closingParenthesis(swift, of: i + 1)
      let text = swift.lines[swift.tokens[i].line - 1..<swift.tokens[end].line]
        .joined(separator: "\n")
      let name = text.split(separator: "\"").dropFirst().first.map(String.init) ?? ""
      let hasSettings = (i..<end).contains { swift.word($0) == "swiftSettings" }
      if !hasSettings && !isC(name) {
        found.append(swift.violation(i, "target \(name) is built without the strict settings"))
      }
    }
    return found
  }

  private static func closingParenthesis(_ swift: SwiftText, of open: Int) -> Int {
    var depth = 0
    for i in open..<swift.tokens.count {
      if swift.word(i) == "(" { depth += 1 }
      if swift.word(i) == ")" { depth -= 1 }
      if depth == 0 { return i }
    }
    return swift.tokens.count - 1
  }
}
