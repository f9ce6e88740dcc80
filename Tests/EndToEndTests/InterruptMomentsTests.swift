import Foundation
import Glibc
import Model
import ResultStore
import TestKit
import Testing

/// A service that interrupts the run it serves: at its n-th request of a kind, and again if wanted.
private final class StrikingService: Sendable {
  /// What happens to the request at which it strikes.
  enum Answer: Sendable {
    /// It is never answered.
    case none
    /// It is answered as every other.
    case usual
  }

  private let child = Locked<pid_t>(0)
  private let counts = Locked<[String: Int]>([:])
  private let start: String
  private let number: Int
  private let answer: Answer
  private let strike: @Sendable (pid_t) -> Void
  /// Tokens that a reply's usage claims.
  private let tokens: Int
  /// Milliseconds to the first token.
  private let wait: UInt32

  /// Strikes at the `number`-th request that begins with `start`.
  init(
    at start: String, number: Int = 1, answer: Answer = .usual, tokens: Int = 1, wait: UInt32 = 300,
    _ strike: @escaping @Sendable (pid_t) -> Void = { kill($0, SIGINT) }
  ) {
    self.start = start
    self.number = number
    self.answer = answer
    self.tokens = tokens
    self.wait = wait
    self.strike = strike
  }

  func struck(_ pid: pid_t) {
    child.withLockNotifying { $0 = pid }
  }

  func serve() throws -> RawServer {
    try RawServer { connection, _ in
      defer { connection.close() }
      while let request = connection.readRequest() {
        if request.hasPrefix(self.start), self.count() == self.number {
          self.strike(self.child.withLock(when: { $0 != 0 }) { $0 })
          if self.answer == .none { return connection.waitForClose() }
        }
        self.reply(request, connection)
      }
    }
  }

  private func count() -> Int {
    counts.withLock { counts in
      counts[start, default: 0] += 1
      return counts[start] ?? 0
    }
  }

  private func reply(_ request: String, _ connection: RawConnection) {
    let page = request.hasPrefix("POST /login") ? "{\"token\":\"t\"}" : "{\"commit\":\"a\"}"
    if request.hasPrefix("GET ") || request.hasPrefix("POST /login") {
      return connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(page.utf8.count)\r\n\r\n\(page)")
    }
    guard request.hasPrefix("POST ") else {
      return connection.send("HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")
    }
    connection.pause(milliseconds: wait)
    connection.send(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    connection.sendChunk("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n")
    connection.sendChunk(
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":\(tokens)}}\n\n")
    connection.sendChunk("data: [DONE]\n\n")
    connection.send("0\r\n\r\n")
  }
}

@Suite("An interrupt at any moment", .waiting)
struct InterruptMomentsTests {
  /// Runs a plan against the service to its end.
  private static func run(
    _ service: StrikingService, target: String = "", lines: String = "",
    arguments: [String] = []
  ) throws -> (end: RunningProcess.End, product: Product) {
    let server = try service.serve()
    let product = try Product(
      plan: TestPlan.sustained(url: server.url, rate: 20, target: target, lines: lines))
    let run = try product.start(
      ["run", "--commit", "a", "--branch", "main", "--out", "out"] + arguments)
    service.struck(run.identifier)
    return (try run.waitForEnd(), product)
  }

  /// The runs that are stored, each with its requests.
  private static func stored(_ product: Product) throws -> [RunRecord] {
    let path = product.folder.file(".streamgate/results.db").path
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let store = try ResultStore.open(.sqlite(path: path), for: .read)
    return try store.runs(RunFilter()).map { run throws(StoreError) in
      RunRecord(header: run.header, samples: try store.samples(run.header.runID))
    }
  }

  /// Files are whole or not there, and a run that is stored left no spool.
  private static func checkFiles(_ product: Product) throws {
    #expect(try product.run("store", "check").output.contains("damaged") == false)
    for (name, bytes) in try product.contents() {
      #expect(!name.hasPrefix(".streamgate-write-check") && !name.hasSuffix(".tmp"), "\(name)")
      #expect(!name.hasSuffix("-journal"), "\(name)")
      if name == "result.json" { _ = try JSONReader.parse(bytes) }
      if name.hasSuffix(".jsonl") { Issue.record("a spool is left: \(name)") }
    }
  }

  private static let ready = "ready: { path: /health, within: 60s }"
  private static let identity = "identity: { path: /version, json: commit }"
  private static let login =
    "login: { path: /login, accounts: [{ email: a, password: b }], token: token }"

  @Test(
    "Before load it ends the run at once with 130, and nothing is stored",
    arguments: [
      ("GET /health", ready, ""), ("GET /version", identity, ""),
      ("POST /v1", "", "promptCache: warm"),
    ])
  func beforeLoad(request: String, target: String, lines: String) throws {
    let service = StrikingService(at: request, answer: .none)
    let (end, product) = try Self.run(service, target: target, lines: lines)
    #expect(end.code == 130, "\(end.errors)")
    #expect(end.errors.contains("interrupted before load: nothing was measured"))
    #expect(try Self.stored(product).isEmpty)
    try Self.checkFiles(product)
  }

  @Test(
    "From the first connection on what was measured is stored, unusable, with 130",
    arguments: [
      ("OPTIONS ", "", 1, StrikingService.Answer.none), ("POST /login", login, 1, .none),
      ("POST /v1", "", 1, .usual), ("POST /v1", login, 1, .none), ("POST /v1", "", 45, .usual),
    ])
  fileprivate func inLoad(
    request: String, target: String, number: Int, answer: StrikingService.Answer
  ) throws {
    let service = StrikingService(at: request, number: number, answer: answer)
    let (end, product) = try Self.run(service, target: target)
    #expect(end.code == 130, "\(end.errors)")
    let runs = try Self.stored(product)
    let run = try #require(runs.first)
    #expect(runs.count == 1 && run.header.isFinished && !run.header.isUsable)
    #expect(run.header.unusableReason == "interrupted")
    let count = run.samples?.count ?? -1
    let requests = count == 1 ? "1 request is" : "\(count) requests are"
    #expect(end.errors.contains("\(requests) stored as run"))
    if request.hasPrefix("POST /v1") { #expect(run.samples?.count ?? 0 >= number) }
    #expect(product.has("out/run-1.jsonl.gz"))
    try Self.checkFiles(product)
  }

  @Test("A second interrupt does not wait for streams that never end")
  func twice() throws {
    let service = StrikingService(at: "POST /v1", number: 30, answer: .none) { pid in
      kill(pid, SIGINT)
      usleep(200_000)
      kill(pid, SIGINT)
    }
    let (end, product) = try Self.run(service)
    #expect(end.code == 130)
    let samples = try #require(try Self.stored(product).first?.samples)
    #expect(samples.contains { $0.outcome == .cancelled })
    try Self.checkFiles(product)
  }

  /// A run that ends by itself at a limit of tokens, soon after its sixth reply.
  private static let short = "limits: { outputTokens: 42k }\nprices: { input: 1, output: 2 }"

  @Test(
    "While a run is stored and reported it takes nothing away",
    arguments: [0, 5, 10, 20, 30, 40, 60, 80, 100, 150, 200, 300])
  func whileStoring(milliseconds: UInt32) throws {
    // The reply is sent by another thread; from it on the run is ending.
    let service = StrikingService(at: "POST /v1", number: 6, tokens: 8_000) { pid in
      let at = milliseconds + 300
      Thread.detachNewThread {
        usleep(at * 1_000)
        kill(pid, SIGINT)
      }
    }
    let (end, product) = try Self.run(service, lines: Self.short)
    // 3 where the run was over before.
    #expect(end.code == 130 || end.code == 3, "\(end.errors)")
    let runs = try Self.stored(product)
    #expect(runs.count == 1 && runs[0].header.isFinished)
    #expect(runs[0].samples?.count ?? 0 >= 6)
    if !runs[0].header.isUsable, runs[0].header.unusableReason != "interrupted" {
      #expect(product.has("out/result.json") && product.has("out/junit.xml"))
    }
    try Self.checkFiles(product)
  }

  @Test("Between the runs of a baseline that is spread over hours it ends the wait")
  func spread() throws {
    let service = StrikingService(at: "POST /v1", number: 0, tokens: 8_000)
    let server = try service.serve()
    let product = try Product(
      plan: TestPlan.sustained(url: server.url, rate: 20, lines: Self.short))
    let run = try product.start(
      ["run", "--commit", "a", "--branch", "main", "--repeat", "2", "--spread", "2h", "--out", "o"])
    // The first run is judged and written; the next one is due in two hours.
    while !product.has("o/run-1.jsonl.gz") { usleep(20_000) }
    usleep(100_000)
    let end = try run.stop(signal: SIGINT)
    #expect(end.code == 130, "\(end.errors)")
    #expect(try Self.stored(product).count == 1)
    try Self.checkFiles(product)
  }

  @Test("Between two looks the verdict so far is published, and both runs are stored")
  func betweenLooks() throws {
    let product = try Product(plan: nil)
    // Slower than main, so that a second look is taken.
    let service = StrikingService(at: "POST /v1", number: 401 + 20, wait: 1_600)
    let server = try service.serve()
    try product.folder.write(
      TestPlan.sustained(url: server.url, rate: 20), to: "streamgate.yaml")
    try LookTests.storeBaseline(product)
    let run = try product.start(
      ["run", "--commit", "slow", "--branch", "change", "--out", "out"])
    service.struck(run.identifier)
    let end = try run.waitForEnd()
    #expect(end.code == 130, "\(end.errors)")
    let runs = try Self.stored(product).filter { $0.header.commit == "slow" }
    #expect(runs.count == 2 && runs.count { $0.header.isUsable } == 1)
    let result = try JSONReader.parse(try product.bytes("out/result.json"))
    #expect(result["exit_code"] == .integer(130))
    #expect(product.has("out/run-1.jsonl.gz") && product.has("out/run-2.jsonl.gz"))
  }
}
