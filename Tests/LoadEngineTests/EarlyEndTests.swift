import Foundation
import Model
import Plan
import TestKit
import Testing
import Workload

@testable import LoadEngine

@Suite("What ends a run early: limits of requests, tokens and cost, and a used-up quota")
struct EarlyEndTests {
  /// A server that streams `tokens` to every request and then says its usage, if it has any; it
  /// tells each head of a POST to `onRequest`.
  private static func service(
    tokens: Int, usage: String = "", onRequest: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> RawServer {
    try RawServer { connection, _ in
      defer { connection.close() }
      while let request = connection.readRequest() {
        onRequest(request)
        connection.send(EngineFixture.head)
        for _ in 0..<tokens { connection.sendChunk(EngineFixture.token()) }
        if !usage.isEmpty { connection.sendChunk(usage) }
        connection.sendChunk(EngineFixture.marker)
        connection.send(EngineFixture.lastChunk)
      }
    }
  }

  /// A server that answers every POST with a text.
  private static func answers(_ text: String) throws -> RawServer {
    try RawServer { connection, _ in
      defer { connection.close() }
      while connection.readRequest() != nil { connection.send(text) }
    }
  }

  private static let refusal = "HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n"

  @Test("Exactly as many requests are sent as the limit allows, those before the run included")
  func requests() async throws {
    let server = try EarlyEndTests.service(tokens: 1)
    var job = EngineFixture.job(
      EngineFixture.target(server.url),
      [EngineFixture.closed(2, duration: .seconds(60), think: .zero)])
    job.budget = RunBudget(
      limits: RunLimits(requests: 12), before: RunUse(requests: 3))
    let (report, samples) = try await EngineFixture.run(job)
    #expect(samples.count == 9)
    #expect(samples.allSatisfy { $0.outcome == .complete })
    #expect(report.use.requests == 9)
    #expect(
      report.end == .limit(LimitHit(path: "limits.requests", limit: "12", used: "12")))
  }

  @Test("A stream that is open when the output tokens are used up is cancelled")
  func outputTokens() async throws {
    let server = try RawServer { connection, _ in
      guard connection.readRequest() != nil else { return connection.close() }
      connection.send(EngineFixture.head)
      for _ in 0..<50 { connection.sendChunk(EngineFixture.token()) }
      connection.waitForClose()
      connection.close()
    }
    var job = EngineFixture.job(EngineFixture.target(server.url), [EngineFixture.open(1)])
    job.budget = RunBudget(limits: RunLimits(outputTokens: 40))
    let (report, samples) = try await EngineFixture.run(job)
    #expect(samples.map(\.outcome) == [.cancelled])
    guard case .limit(let hit) = report.end else {
      Issue.record("it ended as \(report.end)")
      return
    }
    #expect(hit.path == "limits.outputTokens" && hit.limit == "40")
  }

  @Test("The service's own counts and the prices say what a run costs")
  func cost() async throws {
    let usage =
      #"data: {"choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":500}}"# + "\n\n"
    let server = try EarlyEndTests.service(tokens: 1, usage: usage)
    var job = EngineFixture.job(
      EngineFixture.target(server.url),
      [EngineFixture.closed(1, duration: .seconds(60), think: .milliseconds(1))])
    // 1,000 x 2 + 500 x 4 millionths of a unit a request.
    job.budget = RunBudget(
      limits: RunLimits(cost: 0.04), prices: Prices(input: 2, output: 4))
    let (report, samples) = try await EngineFixture.run(job)
    guard case .limit(let hit) = report.end else {
      Issue.record("it ended as \(report.end)")
      return
    }
    #expect(hit.path == "limits.cost" && hit.limit == "0.04")
    #expect(samples.count { $0.outcome == .complete } >= 10)
    #expect(report.use.inputTokens >= 10_000)
    #expect(report.use.cost(Prices(input: 2, output: 4)) >= 0.04)
  }

  @Test("A warm-up that is refused ends the run where the quota is watched, and only there")
  func warmup() async throws {
    let server = try EarlyEndTests.answers(EarlyEndTests.refusal + "\r\n")
    let profile = EngineFixture.open(
      400, every: .milliseconds(5), warmup: .seconds(1))
    var job = EngineFixture.job(
      EngineFixture.target(server.url), [profile],
      abort: .never)
    job.isQuotaWatched = true
    let (report, samples) = try await EngineFixture.run(job)
    guard case .quota(.warmup(let refused, let sent)) = report.end else {
      Issue.record("it ended as \(report.end)")
      return
    }
    #expect(refused * 5 > sent && sent <= 200)
    #expect(samples.count < 400)
    job.isQuotaWatched = false
    let (unwatched, all) = try await EngineFixture.run(job)
    #expect(unwatched.end == .finished)
    #expect(all.count == 400)
  }

  @Test("A Retry-After beyond the run ends it where the quota is watched")
  func retryAfter() async throws {
    let server = try EarlyEndTests.answers(EarlyEndTests.refusal + "Retry-After: 3600\r\n\r\n")
    var job = EngineFixture.job(
      EngineFixture.target(server.url), [EngineFixture.open(100, every: .milliseconds(20))])
    job.isQuotaWatched = true
    let (report, samples) = try await EngineFixture.run(job)
    guard case .quota(.retryAfter(let time, let left)) = report.end else {
      Issue.record("it ended as \(report.end)")
      return
    }
    #expect(time == .seconds(3_600) && left > .zero && left <= .seconds(2))
    #expect(samples.count < 100)
  }

  @Test("The rules of a used-up quota")
  func quota() {
    func judge(sent: Int, refused: Int) -> QuotaHit? {
      var watch = QuotaWatch()
      for _ in 0..<sent { watch.countSent() }
      for _ in 0..<refused { watch.countRefused() }
      let hit = watch.judgeWarmup()
      #expect(watch.judgeWarmup() == nil, "a warm-up is judged once")
      return hit
    }
    #expect(judge(sent: 10, refused: 2) == nil)
    #expect(judge(sent: 10, refused: 3) == .warmup(refused: 3, sent: 10))
    #expect(judge(sent: 4, refused: 4) == nil)
    func judge(retryAfter: Int64, left: Int64) -> QuotaHit? {
      QuotaWatch.judge(
        retryAfter: .seconds(retryAfter), left: .seconds(left), length: .seconds(60))
    }
    #expect(judge(retryAfter: 41, left: 40) == .retryAfter(.seconds(41), left: .seconds(40)))
    #expect(judge(retryAfter: 40, left: 40) == nil)
    #expect(judge(retryAfter: 600, left: 29) == nil, "the run is nearly over")
  }

  @Test("Each request has a trace context of its own, unless the plan names one")
  func traceparent() async throws {
    let seen = Locked<[String]>([])
    let server = try EarlyEndTests.service(tokens: 1) { request in
      let lines = request.components(separatedBy: "\r\n").filter {
        $0.lowercased().hasPrefix("traceparent:")
      }
      seen.withLock { $0 += lines }
    }
    var target = EngineFixture.target(server.url)
    let context = TraceContext(runID: "r")
    for (isOwn, expected) in [
      (false, (0..<3).map { "traceparent: " + context.traceparent(profile: 0, seq: $0) }),
      (true, Array(repeating: "Traceparent: mine", count: 3)),
    ] {
      seen.withLock { $0 = [] }
      if isOwn { target.headers = [HeaderPlan(name: "Traceparent", value: SecretText("mine"))] }
      var job = EngineFixture.job(target, [EngineFixture.open(3, every: .milliseconds(20))])
      job.traceContext = context
      _ = try await EngineFixture.run(job)
      #expect(seen.withLock { $0.sorted() } == expected.sorted())
    }
  }
}
