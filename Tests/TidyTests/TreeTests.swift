import Model
import Testing

@Suite("The tree keeps the house rules")
struct TreeTests {
  private func expectNone(
    _ violations: [Violation], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let text = violations.map(\.description).joined(separator: "\n")
    #expect(violations.isEmpty, "\(text)", sourceLocation: sourceLocation)
  }

  @Test("Files, functions and lines keep within their size")
  func sizes() throws {
    let files = try Tree.swift(under: "Sources", "Tests", "Benchmarks")
    #expect(files.count > 50)
    expectNone(files.flatMap(SizeRules.files))
    expectNone(files.flatMap(SizeRules.functions))
    expectNone(files.flatMap(SizeRules.lines))
  }

  @Test("Every target imports only what the architecture allows it")
  func imports() throws {
    for target in Tree.swiftTargets() {
      let files = try Tree.swift(under: "Sources/\(target)")
      expectNone(files.flatMap { ImportRules.imports($0, target: target) })
    }
  }

  @Test("What is public is documented, and a target says what it is")
  func documentation() throws {
    expectNone(try Tree.swift(under: "Sources").flatMap(DocumentationRules.publicDeclarations))
    for target in Tree.swiftTargets() {
      let opening = ["\(target).swift", "main.swift"].map { "Sources/\(target)/\($0)" }
        .first(where: Tree.exists)
      let line = try opening.flatMap { try Tree.text($0).split(separator: "\n").first }
      expectNone(
        DocumentationRules.opening(
          target: target, firstLineOfOpeningFile: line.map(String.init)))
    }
  }

  @Test("No data crashes the program, and no state is shared by everyone")
  func crashes() throws {
    let files = try Tree.swift(under: "Sources", "Benchmarks")
    expectNone(files.flatMap(ForbiddenRules.crashes))
    expectNone(files.flatMap(ForbiddenRules.sharedState))
  }

  @Test("The core reads no clock, prints nothing, draws no chance and does no I/O")
  func core() throws {
    let core = ImportRules.targets.filter { $0.value.layer == .core }.keys.sorted()
    #expect(core.count == 7)
    for target in core {
      expectNone(
        try Tree.swift(under: "Sources/\(target)").flatMap(ForbiddenRules.worldInCore))
    }
  }

  @Test("No text holds a machine's path or a note to do something later")
  func stray() throws {
    for path in Tree.texts() {
      expectNone(TextRules.stray(path: path, text: try Tree.text(path)))
    }
  }

  @Test("Only known files stand at the top, and scripts can be started")
  func layout() throws {
    expectNone(LayoutRules.topLevel(try Tree.topLevel()))
    let scripts = Tree.names(in: "ci").filter { !$0.contains(".") }.map { "ci/" + $0 }
      .filter { Tree.names(in: $0).isEmpty }
    #expect(scripts.contains("ci/test"))
    for path in scripts + [".ci/run"] {
      let line = try Tree.text(path).split(separator: "\n").first.map(String.init) ?? ""
      expectNone(
        LayoutRules.script(
          path: path, firstLine: line, isExecutable: Tree.isExecutable(path)))
    }
  }

  @Test("Every target has tests and is built with the strict settings")
  func targets() throws {
    let tested = try Tree.names(in: "Tests").filter { folder in
      try Tree.swift(under: "Tests/\(folder)").contains { file in
        file.tokens.indices.contains { file.word($0) == "Test" && file.word($0 - 1) == "@" }
      }
    }
    expectNone(LayoutRules.untested(targets: Tree.swiftTargets(), tests: Set(tested)))
    let manifest = SwiftText(path: "Package.swift", text: try Tree.text("Package.swift"))
    let swiftTargets = Set(Tree.swiftTargets())
    expectNone(
      LayoutRules.manifest(manifest) { name in
        Tree.exists("Sources/\(name)") && !swiftTargets.contains(name)
      })
  }

  @Test("The glossary explains every outcome, metric and verdict")
  func glossary() throws {
    let verdicts: [VerdictKind] = [.pass, .fail, .inconclusive, .cannotEvaluate]
    let words =
      Outcome.allCases.map(\.name) + LatencyMetric.allCases.map(\.rawValue)
      + RateMetric.allCases.map(\.rawValue) + verdicts.map(\.rawValue)
    expectNone(TextRules.glossary(try Tree.text("docs/glossary.md"), lacks: words))
  }

  @Test("Every link of a document leads to a file")
  func links() throws {
    for path in Tree.texts() where path.hasSuffix(".md") {
      let folder = path.split(separator: "/").dropLast().joined(separator: "/")
      for link in TextRules.relativeLinks(try Tree.text(path)) {
        let target = folder.isEmpty ? link.path : "\(folder)/\(link.path)"
        #expect(Tree.exists(target), "\(path):\(link.line) leads to \(link.path)")
      }
    }
  }
}
