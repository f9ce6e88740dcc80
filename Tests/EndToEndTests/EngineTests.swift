import Foundation
import Glibc
import Model
import ResultStore
import TestKit
import Testing

@Suite("Runs of several engines", .waiting)
struct EngineTests {
  private func store(_ product: Product) throws -> ResultStore {
    try ResultStore.open(
      .sqlite(path: product.folder.file(".streamgate/results.db").path), for: .read)
  }

  @Test("Every request of the schedule is stored once, as the ledger has it")
  func stored() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "300ms", "--gap", "5ms", "--tokens", "20", "--seed", "7",
      "--fault", "truncate=5%", "--fault", "http_500=5%")
    try product.folder.write(
      TestPlan.sustained(url: simulator.url, rate: 40), to: "streamgate.yaml")
    let end = try product.run(
      "run", "--engines", "2", "--commit", "a", "--branch", "main", "--out", "out", "--verbose")
    // What is measured must be right also where a busy machine makes the run client-limited (3).
    #expect([0, 1, 3].contains(end.code), "\(end.errors)")
    #expect(end.errors.contains("engines: 2"))
    let requests = try simulator.stop()
    let file = try RunFile.read(product.folder.file("out/run-1.jsonl.gz").path)
    let samples = try #require(file.samples)
    #expect(samples.map(\.seq).sorted() == Array(0..<800))
    #expect(requests.count == 800)
    let seen = samples.map { "\($0.outcome.name) \($0.contentEvents)" }.sorted()
    let sent = try requests.map { request in
      let tokens = try #require(request["token_sent_ns"]?.arrayValue).count
      return "\(try request.string("outcome")) \(tokens)"
    }.sorted()
    #expect(seen == sent)
    let store = try store(product)
    #expect(
      try store.samples(file.header.runID).sorted { $0.seq < $1.seq }
        == samples.sorted { $0.seq < $1.seq })
    let record = try store.record(file.header.runID)
    #expect(record.header.isFinished && record.header.selfCheck?.engines == 2)
    #expect(record.header.selfCheck?.sent == samples.count { !$0.isWarmup })
  }

  @Test("A signal ends all engines; what was measured is stored")
  func interrupted() throws {
    let product = try Product(plan: nil)
    let end = try InterruptTests.strike(product, at: 60, arguments: ["--engines", "3"]) {
      kill($0, SIGINT)
    }
    #expect(end.code == 130, "\(end.errors)")
    let store = try store(product)
    let run = try #require(try store.runs(RunFilter()).first)
    #expect(run.header.isFinished && !run.header.isUsable)
    let samples = try store.samples(run.header.runID)
    #expect(samples.count >= 59 && Set(samples.map(\.seq)).count == samples.count)
    #expect(Set(samples.map { $0.seq % 3 }).count == 3)
  }

  @Test(
    "A number of engines that is none, or beyond the limit, is a usage error",
    arguments: ["0", "65", "-1", "two", "1.5"])
  func wrong(_ text: String) throws {
    let end = try Product(plan: "version: 1\n").run("run", "--engines=\(text)")
    #expect(end.code == 64)
    #expect(end.errors.contains("--engines \(text): 1 to 64, or auto"), "\(end.errors)")
  }
}
