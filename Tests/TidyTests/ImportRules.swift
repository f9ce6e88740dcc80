/// Which target may import what: the table of the architecture.
enum ImportRules {
  enum Layer {
    case core
    case edge
    case shell
  }

  struct Target {
    var layer: Layer
    var imports: Set<String>
  }

  static let targets: [String: Target] = [
    "Model": Target(layer: .core, imports: []),
    "StreamMeter": Target(layer: .core, imports: ["Model"]),
    "Plan": Target(layer: .core, imports: ["Model"]),
    "Workload": Target(layer: .core, imports: ["Model", "Plan"]),
    "Statistics": Target(layer: .core, imports: []),
    "Gate": Target(layer: .core, imports: ["Model", "Plan", "Statistics"]),
    "Reports": Target(layer: .core, imports: ["Model", "Gate"]),
    "Curl": Target(layer: .edge, imports: ["CCurl", "CLibCurl", "Model"]),
    "LoadEngine": Target(
      layer: .edge,
      imports: [
        "Curl", "CLinux", "CZlib", "StreamMeter", "Workload", "Plan", "Model", "HeapModule",
      ]),
    "ResultStore": Target(layer: .edge, imports: ["Model", "CPostgres", "CSQLite", "CZlib"]),
    "Forge": Target(layer: .edge, imports: ["Curl", "Model"]),
    "App": Target(
      layer: .shell,
      imports: [
        "Model", "StreamMeter", "Plan", "Workload", "Statistics", "Gate", "Reports", "Curl",
        "LoadEngine", "ResultStore", "Forge", "CLinux", "ArgumentParser", "CYaml",
      ]),
    "streamgate": Target(layer: .shell, imports: ["App"]),
    "streamgate-sim": Target(
      layer: .edge, imports: ["CLinux", "StreamMeter", "Model", "ArgumentParser"]),
  ]

  /// Modules of the system that a layer may use: the core has mathematics, and the lock.
  static func system(_ layer: Layer) -> Set<String> {
    switch layer {
    case .core: ["Glibc"]
    case .edge, .shell: ["Glibc", "Foundation", "Dispatch", "Synchronization"]
    }
  }

  static func imports(_ swift: SwiftText, target name: String) -> [Violation] {
    guard let target = targets[name] else {
      return [Violation(path: swift.path, line: 0, what: "target \(name) is not in the table")]
    }
    let allowed = target.imports.union(system(target.layer))
    return modules(swift).filter { !allowed.contains($0.name) }.map {
      swift.violation($0.index, "\(name) may not import \($0.name)")
    }
  }

  private static func modules(_ swift: SwiftText) -> [(index: Int, name: String)] {
    let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
    return swift.tokens.indices.compactMap { index in
      guard swift.word(index) == "import", swift.startsDeclaration(index) else { return nil }
      let next = kinds.contains(swift.word(index + 1)) ? index + 2 : index + 1
      return (index, swift.word(next))
    }
  }
}
