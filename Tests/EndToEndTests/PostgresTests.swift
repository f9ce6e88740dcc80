import Foundation
import Glibc
import Model
import ResultStore
import TestKit
import Testing

/// A database of its own on the server of `STREAMGATE_TEST_POSTGRES`, gone with its owner.
final class TestDatabase: Sendable {
  static let server = ProcessInfo.processInfo.environment["STREAMGATE_TEST_POSTGRES"]

  let url: String
  private let name: String
  private let server: String

  init() throws {
    server = try #require(TestDatabase.server)
    name = "streamgate_run_" + UUID().uuidString.replacing("-", with: "").lowercased()
    var parts = try #require(URLComponents(string: server))
    parts.path = "/" + name
    url = try #require(parts.string)
    try command("CREATE DATABASE \(name)")
  }

  deinit {
    try? command("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
  }

  /// Cuts every connection and takes no new one, or takes them again.
  func allowConnections(_ isAllowed: Bool) throws {
    try command("ALTER DATABASE \(name) WITH ALLOW_CONNECTIONS \(isAllowed)")
    if !isAllowed {
      try command(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'")
    }
  }

  /// Makes every later session read-only.
  func makeReadOnly() throws {
    try command("ALTER DATABASE \(name) SET default_transaction_read_only = on")
  }

  private func command(_ sql: String) throws {
    let end = try RunningProcess.run("psql", [server, "-qXc", sql])
    guard end.code == 0 else { throw GoldenError(what: end.errors) }
  }
}

@Suite("The whole line on PostgreSQL", .waiting, .enabled(if: TestDatabase.server != nil))
struct PostgresTests {
  @Test("A run is stored, listed and checked, and its password is shown nowhere")
  func run() throws {
    let database = try TestDatabase()
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "300ms", "--gap", "2ms", "--tokens", "10")
    try product.folder.write(TestPlan.sustained(url: simulator.url), to: "streamgate.yaml")
    product.environment["STREAMGATE_STORE"] = database.url
    let end = try product.run(
      "run", "--commit", "a", "--branch", "main", "--out", "out", "--verbose")
    #expect(end.code == 0, "\(end.errors)")
    let list = try product.run("runs", "list")
    #expect(list.output.contains("usable"))
    let check = try product.run("store", "check")
    #expect(check.code == 0 && check.output.contains("requests    200"))
    #expect(try product.run("store", "migrate").output.contains("nothing to do"))
    let password = try #require(URLComponents(string: database.url)?.password)
    for text in [
      end.output, end.errors, list.output, check.output, try product.text("out/result.json"),
      try product.text("out/summary.md"), try product.text("out/junit.xml"),
    ] {
      #expect(!text.contains(password))
    }
  }

  @Test("A read-only store is said before any request is sent")
  func readOnly() throws {
    let database = try TestDatabase()
    let product = try Product(plan: nil)
    let simulator = try Simulator(in: product.folder)
    try product.folder.write(TestPlan.sustained(url: simulator.url), to: "streamgate.yaml")
    product.environment["STREAMGATE_STORE"] = database.url
    #expect(try product.run("store", "migrate").code == 0)
    try database.makeReadOnly()
    let end = try product.run("run", "--commit", "a", "--branch", "main")
    #expect(end.code == 74, "\(end.errors)")
    #expect(end.errors.contains("cannot be written"))
    #expect(try simulator.stop().isEmpty)
  }

  @Test("A store that is lost in mid-run costs exit code 74 and no request")
  func lost() throws {
    let database = try TestDatabase()
    let product = try Product(plan: nil)
    product.environment["STREAMGATE_STORE"] = database.url
    let end = try InterruptTests.strike(product, at: 100, arguments: ["--out", "out"]) { _ in
      try? database.allowConnections(false)
    }
    #expect(!end.errors.contains("WARNING"))
    #expect(end.code == 74, "\(end.errors)")
    #expect(end.errors.contains("streamgate runs import"))
    #expect(end.output.contains("INCONCLUSIVE"))
    let spools = try FileManager.default.contentsOfDirectory(
      atPath: product.folder.file(".streamgate/spool").path)
    let spool = try #require(spools.first)
    try database.allowConnections(true)
    #expect(try product.run("runs", "import", ".streamgate/spool/" + spool).code == 0)
    let store = try ResultStore.open(StoreLocation(database.url), for: .read)
    let run = try #require(try store.runs(RunFilter()).first)
    #expect(run.header.isFinished && run.header.isUsable)
    #expect(run.header.verdict == .inconclusive)
    #expect(
      try store.environment(project: "end-to-end", key: run.header.environment)?.frozenBy
        == run.header.runID)
    #expect(try store.samples(run.header.runID).count == 400)
    #expect(
      try RunFile.read(product.folder.file("out/run-1.jsonl.gz").path).samples
        == store.samples(run.header.runID))
  }
}
