// swift-tools-version: 6.2

import PackageDescription

/// Every Swift target is built with these: explicit existentials, internal imports, members only
/// from imported modules, and no warnings.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// The properties that must hold of any bytes are tests over the corpus; where ci/fuzz asks for it
/// by the environment they are what libFuzzer runs instead. Then these are built to show it what an
/// input reaches; the properties are not, for their own comparisons would drown the rest.
let sanitizers = Context.environment["STREAMGATE_FUZZ"].map { "-sanitize=\($0)" }
let fuzzed = ["Model", "StreamMeter", "Plan", "Workload", "LoadEngine", "Curl", "App"]

func library(
  _ name: String, _ dependencies: [Target.Dependency] = [],
  settings: [SwiftSetting] = strict
) -> Target {
  let shown = fuzzed.contains(name) ? sanitizers.map { SwiftSetting.unsafeFlags([$0]) } : nil
  return .target(
    name: name, dependencies: dependencies, swiftSettings: settings + (shown.map { [$0] } ?? []))
}

func system(_ name: String, pkgConfig: String? = nil, apt: [String] = []) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt(apt)])
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestKit"], exclude: exclude, swiftSettings: strict)
}

/// The properties, as tests or for libFuzzer.
func properties() -> Target {
  let dependencies = fuzzed.map { Target.Dependency(stringLiteral: $0) }
  guard let sanitizers else {
    return tests("FuzzTests", dependencies, exclude: ["main.swift", "LibFuzzer.swift"])
  }
  return .executableTarget(
    name: "streamgate-fuzz", dependencies: dependencies, path: "Tests/FuzzTests",
    exclude: ["FuzzTests.swift"], swiftSettings: strict,
    linkerSettings: [.unsafeFlags([sanitizers])])
}

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "streamgate",
  products: [
    .executable(name: "streamgate", targets: ["streamgate"]),
    .executable(name: "streamgate-sim", targets: ["streamgate-sim"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    // Core: no I/O, no clock, no Foundation.
    library("Model"),
    library("StreamMeter", ["Model"]),
    library("Plan", ["Model"]),
    library("Workload", ["Model", "Plan"]),
    library("Statistics"),
    library("Gate", ["Model", "Plan", "Statistics"]),
    library("Reports", ["Model", "Gate"]),

    // Edge: each touches one part of the world.
    library("Curl", ["CCurl", "Model"]),
    library(
      "LoadEngine",
      ["Curl", "CLinux", "CZlib", "StreamMeter", "Workload", "Plan", "Model", heap]),
    library("ResultStore", ["Model", "CPostgres", "CSQLite", "CZlib"]),
    library("Forge", ["Curl", "Model"]),

    // Shell.
    library(
      "App",
      [
        "Model", "StreamMeter", "Plan", "Workload", "Statistics", "Gate", "Reports", "Curl",
        "LoadEngine", "ResultStore", "Forge", "CLinux", argumentParser, yams,
      ]),
    .executableTarget(name: "streamgate", dependencies: ["App"], swiftSettings: strict),
    .executableTarget(
      name: "streamgate-sim", dependencies: ["CLinux", "StreamMeter", "Model", argumentParser],
      swiftSettings: strict),
    .executableTarget(
      name: "streamgate-bench",
      dependencies: [
        "LoadEngine", "StreamMeter", "Workload", "Plan", "Statistics", "Gate", "ResultStore",
        "Model", "CLinux", "CPostgres", argumentParser,
      ],
      path: "Benchmarks", exclude: ["README.md", "peers.py"], swiftSettings: strict),

    // C.
    .target(name: "CCurl", dependencies: ["CLibCurl"]),
    system("CLibCurl", pkgConfig: "libcurl", apt: ["libcurl4-openssl-dev"]),
    system("CPostgres", pkgConfig: "libpq", apt: ["libpq-dev"]),
    system("CSQLite", pkgConfig: "sqlite3", apt: ["libsqlite3-dev"]),
    system("CZlib", pkgConfig: "zlib", apt: ["zlib1g-dev"]),
    .target(name: "CLinux"),

    // Tests.
    .target(
      name: "TestKit", dependencies: ["Model"], path: "Tests/TestKit", swiftSettings: strict),
    tests("ModelTests", ["Model"]),
    tests("StreamMeterTests", ["StreamMeter", "Model"]),
    tests("PlanTests", ["Plan", "Model"]),
    tests("WorkloadTests", ["Workload", "Plan", "Model"]),
    tests("StatisticsTests", ["Statistics", "Model"]),
    tests("GateTests", ["Gate", "Statistics", "Plan", "Model"]),
    tests("ReportsTests", ["Reports", "Gate", "Model"]),
    tests(
      "LoadEngineTests",
      ["LoadEngine", "Curl", "CZlib", "StreamMeter", "Workload", "Plan", "Model", "streamgate-sim"]),
    tests("ResultStoreTests", ["ResultStore", "Model"]),
    tests("ForgeTests", ["Forge", "Model"]),
    tests(
      "AppTests",
      [
        "App", "Forge", "LoadEngine", "Reports", "ResultStore", "Plan", "Workload", "Model",
        argumentParser,
      ]),
    tests("SimulatorTests", ["Model", "CZlib", "streamgate-sim"]),
    tests("TidyTests", ["Model"]),
    tests("EndToEndTests", ["Model", "ResultStore", "streamgate", "streamgate-sim", yams]),
    properties(),
  ]
)
