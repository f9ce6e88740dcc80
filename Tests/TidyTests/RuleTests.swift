import Testing

@Suite("Each house rule finds what breaks it")
struct RuleTests {
  private func swift(_ text: String, path: String = "Sources/Model/X.swift") -> SwiftText {
    SwiftText(path: path, text: text)
  }

  @Test("Words in comments and strings are no code, and code in strings is")
  func lexer() {
    let text = swift(
      ##"""
      let a = "try! x" // try! y
      /* try! /* nested */ z */ let b = #"a " \#(c + "d") "# + """
        "e" \(f("g"))
        """
      """##)
    #expect(
      text.tokens.map(\.text) == [
        "let", "a", "=", "\"", "let", "b", "=", "\"", "c", "+", "\"", "+", "\"", "f", "(", "\"",
        ")",
      ])
    #expect(text.tokens.last?.line == 3)
  }

  @Test("A long file, function and line are found, and the largest allowed are not")
  func sizes() {
    func file(_ lines: Int) -> SwiftText { swift(String(repeating: "\n", count: lines)) }
    #expect(SizeRules.files(file(500)).isEmpty)
    #expect(SizeRules.files(file(501)).count == 1)
    #expect(SizeRules.lines(swift(String(repeating: "x", count: 100))).isEmpty)
    #expect(SizeRules.lines(swift("\n" + String(repeating: "é", count: 101))).map(\.line) == [2])
  }

  @Test(
    "A function of 61 lines is found in every form of declaration",
    arguments: [
      "func f(\n  _ g: () -> Void = { print() }\n) -> Int {", "public init?(a: Int) {", "deinit {",
      "subscript(i: Int) -> Int {", "private static var x: Int {", "func f<T>() -> T\nwhere T: P {",
      "@MainActor(a) public func g() throws(E) {", "let y = 1; func g() {",
    ])
  func functions(head: String) {
    let own = head.split(separator: "\n").count
    func declaration(_ count: Int) -> SwiftText {
      swift(head + String(repeating: "\n", count: count - own) + "\n}\nfunc short() {}")
    }
    let isNested = head.hasPrefix("let")
    #expect(SizeRules.functions(declaration(59)).isEmpty)
    #expect(SizeRules.functions(declaration(60)).count == (isNested ? 0 : 1))
  }

  @Test("A requirement, a call of init and a stored property are no functions")
  func noFunctions() {
    let lines = String(repeating: "\n", count: 70)
    #expect(SizeRules.functions(swift("protocol P {\nfunc f()\nvar a: Int\n\(lines)}")).isEmpty)
    #expect(SizeRules.functions(swift("struct S {\nvar a: Int\nstruct T {\(lines)}\n}")).isEmpty)
    #expect(SizeRules.functions(swift("let a = X.init(1) {\(lines)}")).isEmpty)
  }

  @Test(
    "A public thing without documentation is found",
    arguments: [
      ("public func f() {}", 1), ("public struct S {\n  public var a: Int\n}", 2),
      ("/// E\npublic enum E {\n  case a\n  /// b\n  case b\n}", 1),
      ("/// P\npublic protocol P {\n  func f()\n  /// a\n  var a: Int { get }\n}", 1),
      ("// no doc\npublic typealias A = Int", 1), ("/// d\n@frozen\npublic struct S {}", 0),
      ("/// d\n\npublic let a = 1", 1), ("@inlinable public init() {}", 1),
      ("public import Model\nimport Glibc", 0), ("struct S { var a: Int }", 0),
      ("enum E {\n  case a\n}", 0), ("/// E\npublic enum E {\n  /// a\n  case a\n}", 0),
      (
        "/// E\npublic enum E {\n  var x: Int {\n    switch self {\n    case .a: 1\n    }\n  }\n}",
        0
      ),
      ("public private(set) var a = 1", 1), ("/// s\npublic static func == (a: A, b: A) {}", 0),
    ])
  func documentation(text: String, count: Int) {
    #expect(DocumentationRules.publicDeclarations(swift(text)).count == count)
  }

  @Test("A target without an opening comment is found")
  func opening() {
    func count(_ line: String?) -> Int {
      DocumentationRules.opening(target: "Gate", firstLineOfOpeningFile: line).count
    }
    #expect(count("// Gate: judges runs.") == 0)
    #expect(count(nil) == 1)
    #expect(count("import Model") == 1)
    #expect(count("// Gate") == 1)
    #expect(count("// Gate: ") == 1)
    #expect(count("// Reports: writes pages") == 1)
  }

  @Test(
    "An import that the architecture does not allow is found",
    arguments: [
      ("Gate", "public import Model\nimport Plan\nimport Statistics\nimport Glibc", 0),
      ("Gate", "import Foundation", 1), ("Gate", "@preconcurrency import Reports", 1),
      ("Statistics", "import Model", 1), ("Model", "import struct Foundation.Date", 1),
      ("Forge", "import Foundation\nimport Curl", 0), ("Forge", "import ResultStore", 1),
      ("Reports", "// import Foundation\nlet a = \"import Foundation\"", 0),
      ("App", "import Gate\nimport CCurl", 1), ("Unknown", "", 1),
    ])
  func imports(target: String, text: String, count: Int) {
    #expect(ImportRules.imports(swift(text), target: target).count == count)
  }

  @Test(
    "What makes a crash of data is found",
    arguments: [
      ("try! f()", 1), ("a as! B", 1), ("a!", 1), ("f()!.b", 1), ("a[0]!", 1), ("var a: Int!", 1),
      ("fatalError(\"x\")", 1), ("a?.b!", 1), ("a != b", 0), ("a!=b", 0), ("!a", 0),
      ("if !f() && !(a) {}", 0), ("// a!\nlet s = \"b!\"", 0), ("try f()", 0), ("a as? B", 0),
      ("let s = \"\\(a!)\"", 1), ("preconditionFailure()", 0),
    ])
  func crashes(text: String, count: Int) {
    #expect(ForbiddenRules.crashes(swift(text)).count == count)
  }

  @Test(
    "State that everyone shares is found",
    arguments: [
      ("var a = 1", 1), ("private var a: Int = 1", 1), ("let a = 1", 0), ("var a: Int { 1 }", 0),
      ("struct S {\n  var a = 1\n}", 0), ("struct S {\n  static var a = 1\n}", 1),
      ("struct S {\n  static var a: Int { 1 }\n}", 0), ("func f() {\n  var a = 1\n}", 0),
      ("final class C: @unchecked Sendable {}", 1), ("nonisolated(unsafe) var a = 1", 2),
      ("struct S {\n  nonisolated(unsafe) static let a = 1\n}", 1),
    ])
  func sharedState(text: String, count: Int) {
    #expect(ForbiddenRules.sharedState(swift(text)).count == count)
  }

  @Test("The lock's own file may vouch for itself")
  func lock() {
    let file = swift("class L: @unchecked Sendable {}", path: ForbiddenRules.uncheckedFile)
    #expect(ForbiddenRules.sharedState(file).isEmpty)
  }

  @Test(
    "A look at the world from the core is found",
    arguments: [
      ("print(a)", 1), ("let d = Date()", 1),
      ("import Glibc\nclock_gettime(CLOCK_MONOTONIC, &t)", 1),
      ("ContinuousClock().now", 1), ("Int.random(in: 0..<2)", 1), ("a.shuffled()", 1),
      ("Int.random(in: 0..<2, using: &g)", 0), ("g.shuffle(&a)", 0), ("a.shuffle()", 1),
      ("a.randomElement()", 1), ("import Glibc\ngetenv(\"A\")", 1),
      ("import Glibc\nfopen(a, b)", 1), ("import Glibc\nlog(2)", 0),
      ("// print(a)", 0), ("let write = f\nwrite(1)", 0), ("import Glibc\nwrite(1, p, 2)", 1),
      ("case open(a)", 0),
      ("out.print(a)", 0), ("FileManager.default.x", 1),
    ])
  func worldInCore(text: String, count: Int) {
    #expect(ForbiddenRules.worldInCore(swift(text)).count == count)
  }

  @Test("A machine's path and a note to do something later are found")
  func stray() {
    let bad = "a\n# TO" + "DO: b\nsee /wo" + "rk/x and /ro" + "ot/y\nFIX" + "ME\n"
    #expect(TextRules.stray(path: "a.md", text: bad).map(\.line) == [2, 3, 3, 4])
    #expect(TextRules.stray(path: "a.md", text: "TO" + "DOS, network/x\n").isEmpty)
  }

  @Test("A link to a file is found, one to the web is not")
  func links() {
    let text = "a [b](c.md) [d](https://e) [f](g/h.md#i)\n[j](#k) [l](mailto:m)\n![n](o.svg)"
    #expect(TextRules.relativeLinks(text).map(\.path) == ["c.md", "g/h.md", "o.svg"])
    #expect(TextRules.relativeLinks(text).map(\.line) == [1, 1, 3])
  }

  @Test("A word that the glossary lacks is found")
  func glossary() {
    #expect(TextRules.glossary("`ttft`: time", lacks: ["ttft"]).isEmpty)
    #expect(TextRules.glossary("ttft: time", lacks: ["ttft"]).count == 1)
  }

  @Test("An unknown file at the top, an untested target and a dead script are found")
  func layout() {
    #expect(
      LayoutRules.topLevel(["README.md", "Sources", "notes.txt"]).map(\.path) == [
        "notes.txt"
      ])
    #expect(
      LayoutRules.untested(
        targets: ["Gate", "Plan", "Curl"], tests: ["GateTests", "LoadEngineTests"]
      ).map(\.path) == ["Sources/Plan"])
    let line = "#!/usr/bin/env bash"
    #expect(LayoutRules.script(path: "a", firstLine: line, isExecutable: true).isEmpty)
    #expect(LayoutRules.script(path: "a", firstLine: line, isExecutable: false).count == 1)
    #expect(LayoutRules.script(path: "a", firstLine: "#!/bin/sh", isExecutable: true).count == 1)
  }

  @Test("A target without the strict settings is found, one in C needs none")
  func manifest() {
    let strict = """
      let strict = [f("ExistentialAny"), f("InternalImportsByDefault"), f("MemberImportVisibility"),
        .treatAllWarnings(as: .error)]
      """
    func count(_ text: String) -> Int {
      LayoutRules.manifest(swift(text)) { $0 == "CLinux" }.count
    }
    #expect(count(strict + "\n.target(name: \"A\", swiftSettings: strict)") == 0)
    #expect(count(strict + "\n.target(name: \"A\")\n.testTarget(name: \"B\")") == 2)
    #expect(count(strict + "\n.target(name: \"CLinux\")") == 0)
    #expect(count(".executableTarget(name: \"A\", swiftSettings: x)") == 4)
  }
}
