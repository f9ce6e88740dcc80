/// What code may not do.
enum ForbiddenRules {
  /// The one file that may vouch for its own thread safety.
  static let uncheckedFile = "Sources/Model/Locked.swift"

  /// In all sources: nothing that turns data into a crash.
  static func crashes(_ swift: SwiftText) -> [Violation] {
    swift.tokens.indices.compactMap { i in
      let token = swift.tokens[i]
      if token.text == "fatalError" && swift.word(i + 1) == "(" {
        return swift.violation(i, "fatalError: an error of data is a value or a throw")
      }
      guard token.text == "!", token.isGlued, i > 0 else { return nil }
      let before = swift.tokens[i - 1]
      switch before.text {
      case "try": return swift.violation(i, "a forced try")
      case "as": return swift.violation(i, "a forced cast")
      case ")", "]", "}", ">", "?", "\"": break
      default: if !before.isWord { return nil }
      }
      let isUnequal = swift.word(i + 1) == "=" && swift.tokens[i + 1].isGlued
      return isUnequal ? nil : swift.violation(i, "a forced unwrap")
    }
  }

  /// In all sources: no state that everyone shares.
  static func sharedState(_ swift: SwiftText) -> [Violation] {
    var found: [Violation] = []
    var depth = 0
    for i in swift.tokens.indices {
      switch swift.word(i) {
      case "{": depth += 1
      case "}": depth -= 1
      case "var" where depth == 0 && swift.startsDeclaration(i) && !isComputed(swift, i):
        found.append(swift.violation(i, "a global variable"))
      case "var" where swift.word(i - 1) == "static" && !isComputed(swift, i):
        found.append(swift.violation(i, "a static variable"))
      case "unchecked" where swift.word(i - 1) == "@" && swift.path != uncheckedFile:
        found.append(swift.violation(i, "@unchecked outside \(uncheckedFile)"))
      case "unsafe"
      where swift.word(i - 2) == "nonisolated" && swift.path != uncheckedFile:
        found.append(swift.violation(i, "nonisolated(unsafe) outside \(uncheckedFile)"))
      default: break
      }
    }
    return found
  }

  /// A property whose line opens a brace and has no `=`.
  private static func isComputed(_ swift: SwiftText, _ index: Int) -> Bool {
    var i = index
    while i < swift.tokens.count, swift.tokens[i].line == swift.tokens[index].line {
      if swift.word(i) == "=" { return false }
      if swift.word(i) == "{" { return true }
      i += 1
    }
    return false
  }

  /// In the core: no clock, no print, no chance, no I/O.
  static func worldInCore(_ swift: SwiftText) -> [Violation] {
    let types: Set<String> = [
      "Date", "ContinuousClock", "SuspendingClock", "DispatchTime", "ProcessInfo", "FileManager",
      "FileHandle", "SystemRandomNumberGenerator",
    ]
    var calls: Set<String> = ["print", "debugPrint", "dump", "readLine"]
    if swift.tokens.contains(where: { $0.text == "Glibc" }) {
      calls.formUnion([
        "clock_gettime", "gettimeofday", "time", "rand", "random", "arc4random", "drand48",
        "getenv", "fopen", "open", "read", "write", "printf", "puts", "system",
      ])
    }
    return swift.tokens.indices.compactMap { i in
      let text = swift.word(i)
      if types.contains(text) && swift.word(i - 1) != "." {
        return swift.violation(i, "\(text) in the core")
      }
      guard swift.word(i + 1) == "(", swift.tokens[i + 1].isGlued else { return nil }
      if swift.word(i - 1) == "." { return isUnseeded(swift, i) }
      if calls.contains(text), !["func", "case"].contains(swift.word(i - 1)) {
        return swift.violation(i, "\(text)() in the core")
      }
      return nil
    }
  }

  /// `.random(…)`, `.shuffled()`, `.randomElement()` without a generator.
  private static func isUnseeded(_ swift: SwiftText, _ index: Int) -> Violation? {
    guard ["random", "shuffled", "shuffle", "randomElement"].contains(swift.word(index)) else {
      return nil
    }
    var depth = 0
    for i in index + 1..<swift.tokens.count {
      if swift.word(i) == "(" { depth += 1 }
      if swift.word(i) == ")" { depth -= 1 }
      if swift.word(i) == "using" || swift.word(i) == "&" { return nil }
      if depth == 0 { break }
    }
    return swift.violation(index, "\(swift.word(index))() without a seeded generator")
  }
}
