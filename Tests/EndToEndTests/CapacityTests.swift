import Foundation
import Glibc
import Model
import TestKit
import Testing

@Suite("A capacity is looked for through the binary", .waiting)
struct CapacityTests {
  /// Objectives of a service that takes a second to the first token where nobody waits.
  private static let objectives = "objectives: [ttft.p50 < 1.3s, error < 20%]"

  /// A service of a second to the first token and many more after it: the client wakes up so often
  /// that a pause of a busy machine is few of its stamps.
  private static let service = ["--ttft", "1s", "--tokens", "100", "--gap", "5ms"]

  /// Tries of a search: a machine that is too busy for a client is not what is tested.
  private static let triesMax = 4

  /// Runs `search` until the client was not the limit, at most `triesMax` times.
  private func untilMeasured(
    _ search: () throws -> RunningProcess.End
  ) throws -> RunningProcess.End {
    for _ in 1..<CapacityTests.triesMax {
      let end = try search()
      if !end.output.contains("capacity: client-limited") { return end }
    }
    return try search()
  }

  private func plan(url: String, rate: Double = 4, lines: String = objectives) -> String {
    TestPlan.sustained(url: url, rate: rate, lines: lines)
  }

  @Test("The known capacity of a service with nine slots lies in what is found, and is told again")
  func found() throws {
    let product = try Product(plan: nil)
    // A request holds its slot for a second and a half: six a second.
    let simulator = try Simulator(
      in: product.folder, options: ["--slots", "9"] + CapacityTests.service)
    try product.folder.write(plan(url: simulator.url), to: "streamgate.yaml")
    let end = try untilMeasured {
      try product.run(
        "capacity", "--step", "4s", "--within", "50%", "--commit", "a", "--branch", "main",
        "--out", "out")
    }
    #expect(end.code == 0, "\(end.errors)")
    let json = try JSONReader.parse(product.bytes("out/capacity.json"))
    #expect(json["format"]?.stringValue == "streamgate-capacity/1")
    let answer = try #require(json["answer"])
    #expect(["confirmed", "interval"].contains(answer["kind"]?.stringValue))
    let low = try #require(answer["low"]?.doubleValue)
    let high = try #require(answer["high"]?.doubleValue)
    #expect(low >= 3 && low < 8 && high > 5 && high <= 16, "\(low)...\(high)")
    let steps = try #require(json["steps"]?.arrayValue)
    #expect(steps.count >= 4)
    #expect(steps[0]["rate"]?.doubleValue == 4 && steps[0]["met"]?.boolValue == true)
    #expect(end.output.contains("\ncapacity: "))
    // The store tells the same again; the run is an exploration and joins no baseline.
    let id = try #require(json["run"]?["run_id"]?.stringValue)
    let again = try product.run("report", id, "--format", "json")
    let stored = try JSONReader.parse(Array(again.output.utf8))
    #expect(stored["answer"] == answer && stored["steps"] == json["steps"])
    #expect(try product.run("report", id, "--format", "junit").code == 64)
    let list = try product.run("baseline", "list")
    #expect(list.output.contains("not the fixed profile: capacity, steps of 4 s"))
    let requests = try simulator.stop()
    let run = try #require(json["run"]?["figures"]?.arrayValue)
    let told = run.filter { $0["name"]?.stringValue?.hasSuffix(".requests") ?? false }
    #expect(told.count >= steps.count && requests.count > 50)
  }

  @Test("Where not even the lowest rate holds the code is 1")
  func nothing() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "2s", "--tokens", "100", "--gap", "5ms")
    try product.folder.write(plan(url: simulator.url), to: "streamgate.yaml")
    let end = try untilMeasured {
      try product.run("capacity", "--step", "4s", "--commit", "a", "--branch", "b")
    }
    #expect(end.code == 1, "\(end.errors)")
    #expect(end.output.contains("capacity: none found: not even"))
    #expect(end.output.contains("ttft.p50 < 1.3s: 2."))
  }

  @Test("An interrupt keeps what was measured and exits with 130")
  func interrupted() throws {
    let product = try Product(plan: nil)
    let end = try untilMeasured {
      let child = Locked<pid_t>(0)
      // The first step sends 20 requests: the second one is under way.
      let server = try InterruptTests.service(at: 30, ttft: 1_000_000) {
        kill(child.withLock(when: { $0 != 0 }) { $0 }, SIGINT)
      }
      try product.folder.write(plan(url: server.url), to: "streamgate.yaml")
      let run = try product.start([
        "capacity", "--step", "4s", "--commit", "a", "--branch", "b", "--out", "out",
      ])
      child.withLockNotifying { $0 = run.identifier }
      return try run.waitForEnd()
    }
    #expect(end.code == 130, "\(end.errors)")
    let json = try JSONReader.parse(product.bytes("out/capacity.json"))
    #expect(json["answer"]?["kind"]?.stringValue == "stopped")
    #expect(json["answer"]?["low"]?.doubleValue == 4)
    #expect(json["steps"]?.arrayValue?.first?["met"]?.boolValue == true)
    #expect(try product.run("runs", "list").output.contains("exploration"))
  }

  @Test("A limit of the plan holds over all steps together")
  func limits() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(in: product.folder, options: CapacityTests.service)
    try product.folder.write(
      plan(url: simulator.url, lines: Self.objectives + "\nlimits: { requests: 30 }"),
      to: "streamgate.yaml")
    let end = try untilMeasured {
      try product.run("capacity", "--step", "4s", "--commit", "a", "--branch", "b")
    }
    #expect(end.code == 3, "\(end.errors)")
    #expect(end.output.contains("capacity: not found: limits.requests (30) was reached: 30 used"))
    withExtendedLifetime(simulator) {}
  }

  @Test(
    "What a search cannot do is said before load, with what to try",
    arguments: [
      (["capacity"], "", Int32(65), "add objectives: [ttft.p95 < 1.5s, error < 1%]"),
      (["capacity", "--from", "1"], "objectives: [ttft.p95 < 1s]", 64, "--step 134s"),
      (["capacity", "--step", "0s"], objectives, 64, "--step 0s: a time from 1s to 1h"),
      (["capacity", "--within", "1%"], objectives, 64, "--within 1%: a share from 5% to 50%"),
      (["capacity", "--from", "9", "--max", "8"], objectives, 64, "--max 8.0 is below"),
      (["run", "--set", "profiles=capacity"], "", 65, "run streamgate capacity"),
    ])
  func refused(arguments: [String], lines: String, code: Int32, words: String) throws {
    let product = try Product(plan: plan(url: "http://127.0.0.1:9", lines: lines))
    let end = try product.run(arguments)
    #expect(end.code == code && end.errors.contains(words), "\(end.errors)")
  }
}
