import Foundation
import Glibc
import Model
import ResultStore
import TestKit
import Testing

/// One after the other: what one does to a CPU is not what the next one is about.
@Suite("A client that is the bottleneck, and one that is not", .waiting, .serialized)
struct ClientTests {
  /// Work that never ends, on one CPU, until the owner goes.
  static func spinner(on cpu: String) throws -> RunningProcess {
    try RunningProcess(
      "nice", ["-n", "10", "taskset", "-c", cpu, "sh", "-c", "while :; do :; done"])
  }

  @Test("A client whose CPU others take is client-limited: exit 3 with the remedy, and no FAIL")
  func overloaded() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "100ms", "--gap", "2ms", "--tokens", "10")
    defer { _ = try? simulator.stop() }
    // What the client does to the figures misses the objective.
    try product.folder.write(
      TestPlan.sustained(url: simulator.url, lines: "objectives: [ttft.p95 < 102ms]"),
      to: "streamgate.yaml")
    try LookTests.storeBaseline(product, ttft: 0.1)
    let cpu = try LiveTests.usableCPU()
    // There before the run: a busy machine may take its time to start them.
    let spinners = try (0..<8).map { _ in try ClientTests.spinner(on: cpu) }
    let run = try product.start(
      ["run", "--commit", "starved", "--branch", "change", "--out", "out"],
      under: ["nice", "-n", "19", "taskset", "-c", cpu])
    // The line that a log has every ten seconds: half of the load had a sixtieth of a CPU.
    _ = try run.errors(containing: " of the run left, ")
    for spinner in spinners { _ = try spinner.stop(signal: SIGKILL) }
    let end = try run.waitForEnd()
    #expect(end.code == 3, "\(end.output)\(end.errors)")
    #expect(end.output.contains("CANNOT EVALUATE: client-limited: "), "\(end.output)")
    #expect(end.output.contains("; try "))
    #expect(!end.output.contains("FAIL"))
    let result = try JSONReader.parse(try product.bytes("out/result.json"))
    let candidate = result["input"]?["candidates"]?.arrayValue?.first
    #expect(candidate?["self_check"]?["resources"]?["cpu_wait_share"]?.doubleValue ?? 1 > 0.002)
    #expect(try product.text("out/junit.xml").contains("Client error: stamps within "))
    // It was no look, and it joins nothing.
    let store = try ResultStore.open(
      .sqlite(path: product.folder.file(".streamgate/results.db").path), for: .read)
    let place = LookPlace(
      project: "end-to-end", environment: candidate?["environment"]?.stringValue ?? "",
      commit: "starved")
    #expect(try store.looks(place).isEmpty)
  }

  @Test("A service that is ten times slower on a healthy client is a FAIL")
  func slowService() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "3s", "--gap", "2ms", "--tokens", "10")
    defer { _ = try? simulator.stop() }
    try product.folder.write(
      TestPlan.sustained(url: simulator.url, lines: "gate: { maxLooks: 1 }"),
      to: "streamgate.yaml")
    try LookTests.storeBaseline(product, ttft: 0.3)
    let end = try product.run(
      "run", "--commit", "slow", "--branch", "change", "--out", "out")
    #expect(end.code == 1, "\(end.output)\(end.errors)")
    #expect(end.output.contains("FAIL: ttft_p50"), "\(end.output)")
    let result = try JSONReader.parse(try product.bytes("out/result.json"))
    let text = result["client_error"]?["text"]?.stringValue ?? ""
    #expect(text.contains("the smallest effect that this gate could have seen: ttft_p50 +"))
    #expect(result["client_error"]?["metric"] == .string("ttft_p50"))
    #expect(result["client_error"]?["visible_s"]?.doubleValue ?? 0 > 0)
  }

  @Test("A process that is stopped for a while makes no time-out and no stall of it")
  func stopped() throws {
    let child = Locked<pid_t>(0)
    let count = Locked(0)
    // A busy machine may stop the server too.
    let longest = Locked<ContinuousClock.Duration>(.zero)
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      while let request = connection.readRequest(), request.hasPrefix("POST ") {
        let own = count.withLock {
          $0 += 1
          return $0
        }
        connection.pause(milliseconds: 200)
        connection.send(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n")
        var sentAt = ContinuousClock.now
        for token in 0..<40 {
          connection.sendChunk("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n")
          connection.pause(milliseconds: 20)
          let gap = sentAt.duration(to: .now)
          longest.withLock { $0 = max($0, gap) }
          sentAt = .now
          // In the middle of this stream and of those beside it.
          if own == 100, token == 20 {
            let pid = child.withLock(when: { $0 != 0 }) { $0 }
            kill(pid, SIGSTOP)
            connection.pause(milliseconds: 3_500)
            kill(pid, SIGCONT)
            sentAt = .now
          }
        }
        connection.sendChunk("data: [DONE]\n\n")
        connection.send("0\r\n\r\n")
      }
    }
    // The limits are shorter than the client stands still.
    let product = try Product(
      plan: TestPlan.sustained(url: server.url, rate: 20).replacing(
        "firstToken: 5s, stall: 1s, total: 20s", with: "firstToken: 3s, stall: 2s, total: 3s"))
    let run = try product.start(["run", "--commit", "a", "--branch", "main"])
    child.withLockNotifying { $0 = run.identifier }
    let end = try run.waitForEnd()
    #expect(end.code == 3 && end.output.contains("client-limited"), "\(end.output)\(end.errors)")
    let store = try ResultStore.open(
      .sqlite(path: product.folder.file(".streamgate/results.db").path), for: .read)
    let header = try #require(try store.runs(RunFilter()).first?.header)
    let resources = try #require(header.selfCheck?.resources)
    #expect(resources.pauses >= 1 && resources.pausedTotal > .seconds(2))
    let samples = try store.samples(header.runID)
    let others = samples.filter { $0.outcome != .complete && $0.outcome != .droppedLate }
    #expect(others == [])
    let own = Nanos(seconds: longest.withLock { $0 } / .seconds(1))
    // The stream that stopped the client did stand still itself, and another may have been read
    // in the very moment.
    #expect(samples.count { $0.gapMax ?? .zero > own + .seconds(1) } <= 2)
  }
}

@Suite("More streams than the system has files for", .waiting)
struct OpenFilesTests {
  /// A run of 300 streams at once under a limit of the shell's.
  private static func run(
    _ limit: String, _ product: Product, _ more: String...
  ) throws -> RunningProcess.End {
    try product.start(
      ["run", "--commit", "a", "--set", "limits.inFlight=300"] + more,
      under: ["sh", "-c", "ulimit \(limit); exec \"$@\"", "sh"]
    ).waitForEnd()
  }

  @Test("Too low a hard limit is said before anything is sent or stored, with a number that fits")
  func hardLimit() throws {
    let folder = try TemporaryFolder()
    let simulator = try Simulator(in: folder)
    let product = try Product(plan: TestPlan.sustained(url: simulator.url, rate: 20))
    let end = try OpenFilesTests.run("-n 200", product, "--out", "out")
    #expect(end.code == 69, "\(end.errors)")
    #expect(end.errors.contains("the load needs 439 open files, the system allows 200"))
    #expect(end.errors.contains("ulimit -Hn 439"))
    #expect(end.errors.contains("limits.inFlight: 72"))
    #expect(!product.has(".streamgate") && !product.has("out"))
    #expect(try simulator.stop().isEmpty)
  }

  @Test("Too low a soft limit is raised by itself, and one stream needs no more than any hard one")
  func softLimit() throws {
    let folder = try TemporaryFolder()
    let simulator = try Simulator(in: folder, "--ttft", "20ms")
    let product = try Product(plan: TestPlan.sustained(url: simulator.url))
    let end = try OpenFilesTests.run("-Sn 64", product, "--rate", "20", "--duration", "5s")
    #expect([0, 3].contains(end.code), "\(end.errors)")
    let check = try product.start(
      ["check"], under: ["sh", "-c", "ulimit -n 200; exec \"$@\"", "sh"]
    ).waitForEnd()
    #expect(check.code == 0, "\(check.errors)")
    #expect(try simulator.stop().count == 101)
  }
}
