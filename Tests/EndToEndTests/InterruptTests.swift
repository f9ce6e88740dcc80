import Foundation
import Glibc
import Model
import ResultStore
import TestKit
import Testing

@Suite("Runs that are ended from outside", .waiting)
struct InterruptTests {
  /// A service that does something at its n-th chat request and takes `ttft` microseconds to each
  /// first token.
  static func service(
    at number: Int, ttft: UInt32 = 300_000, _ action: @escaping @Sendable () -> Void
  ) throws -> RawServer {
    let count = Locked(0)
    return try RawServer { connection, _ in
      defer { connection.close() }
      while let request = connection.readRequest() {
        guard request.hasPrefix("POST ") else {
          connection.send("HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")
          continue
        }
        let own = count.withLock { count in
          count += 1
          return count
        }
        if own == number { action() }
        // What a service takes to its first token: an immediate one would be held to be faster
        // than the client can measure.
        usleep(ttft)
        connection.send(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n")
        connection.sendChunk("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n")
        connection.sendChunk("data: [DONE]\n\n")
        connection.send("0\r\n\r\n")
      }
    }
  }

  /// A run in `product` that `action` strikes at its n-th request, by its process id.
  static func strike(
    _ product: Product, at number: Int, arguments: [String] = [],
    _ action: @escaping @Sendable (pid_t) -> Void
  ) throws -> RunningProcess.End {
    let child = Locked<pid_t>(0)
    let server = try service(at: number) {
      action(child.withLock(when: { $0 != 0 }) { $0 })
    }
    try product.folder.write(
      TestPlan.sustained(url: server.url, rate: 20), to: "streamgate.yaml")
    let run = try product.start(
      ["run", "--commit", "a", "--branch", "main"] + arguments)
    child.withLockNotifying { $0 = run.identifier }
    return try run.waitForEnd()
  }

  @Test(
    "A signal ends a run with its code; what was measured is stored and is no baseline",
    arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
  func signals(signal: Int32, code: Int32) throws {
    let product = try Product(plan: nil)
    let end = try InterruptTests.strike(product, at: 60) { kill($0, signal) }
    #expect(end.code == code, "\(end.errors)")
    #expect(end.errors.contains("interrupted"))
    let store = try ResultStore.open(
      .sqlite(path: product.folder.file(".streamgate/results.db").path), for: .read)
    let run = try #require(try store.runs(RunFilter()).first)
    #expect(run.header.isFinished && !run.header.isUsable)
    #expect(try store.samples(run.header.runID).count >= 59)
    #expect(try product.run("baseline", "list").output.contains("0 of at most 10 runs"))
  }

  @Test("A run that is killed stays readable, is marked unfinished and never serves")
  func killed() throws {
    let product = try Product(plan: nil)
    let end = try InterruptTests.strike(product, at: 100) { kill($0, SIGKILL) }
    #expect(end.code == 128 + SIGKILL)
    let list = try product.run("runs", "list")
    #expect(list.code == 0 && list.output.contains("unfinished"))
    #expect(try product.run("store", "check").output.contains("unfinished  0"))
    let store = try ResultStore.open(
      .sqlite(path: product.folder.file(".streamgate/results.db").path), for: .read)
    let run = try #require(try store.runs(RunFilter()).first)
    #expect(try store.samples(run.header.runID).count > 0)
    let spool = ".streamgate/spool/\(run.header.runID).jsonl"
    #expect(product.has(spool))
    #expect(try product.run("runs", "import", spool).code == 0)
    let baseline = try product.run("baseline", "list")
    #expect(baseline.output.contains("not finished"))
    #expect(baseline.output.contains("0 of at most 10 runs"))
  }
}
