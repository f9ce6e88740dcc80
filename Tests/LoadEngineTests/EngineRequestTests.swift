import Foundation
import LoadEngine
import Model
import Plan
import TestKit
import Testing
import Workload

@Suite("What several engines send")
struct EngineRequestTests {
  /// Two scenarios, of which the second is a conversation of three turns.
  private static func plan(_ url: String, login: LoginPlan? = nil) -> Plan {
    var target = EngineFixture.target(url)
    target.login = login
    let rules = ConversationPlan(
      turns: 3, history: nil, think: .milliseconds(1)...(.milliseconds(2)))
    return Plan(
      project: "p", target: target,
      scenarios: [
        ScenarioPlan(name: "single", prompts: ["a", "bb", "ccc"], target: target),
        ScenarioPlan(
          name: "talk", prompts: ["hello", "and then", "and last"], system: "sys", target: target,
          conversation: rules),
      ], rate: 5, profiles: [.sustained, .stress])
  }

  private static func request(_ scenario: Int, _ prompt: Int) -> PlannedRequest {
    PlannedRequest(scenario: scenario, prompt: prompt)
  }

  /// Forty arrivals, every third a conversation, and then seven users who each ask twice alone and
  /// three times in a conversation, and rest until the profile is over.
  private static let schedule: Schedule = {
    let arrivals = (0..<40).map { index in
      let later = (1..<3).map {
        LaterTurn(think: .milliseconds(1), request: request(1, (index + $0) % 3))
      }
      return Arrival(
        at: .milliseconds(2) * Int64(index), request: request(index % 3 == 0 ? 1 : 0, index % 3),
        stage: index / 20, laterTurns: index % 3 == 0 ? later : [])
    }
    let users = (0..<7).map { user in
      let rest = Nanos.seconds(3_600)
      let alone = (0..<2).map { UserStep(request: request(0, ($0 + user) % 3), think: .zero) }
      let talk = (0..<3).map { turn in
        UserStep(
          request: request(1, (turn + user) % 3), think: turn == 2 ? rest : .milliseconds(1),
          turn: turn)
      }
      return UserProgram(startAt: .milliseconds(Int64(user)), steps: alone + talk)
    }
    return Schedule(profiles: [
      ProfileSchedule(
        kind: .sustained, duration: .milliseconds(80), warmup: .milliseconds(20), stageCount: 2,
        load: .open(arrivals)),
      ProfileSchedule(
        kind: .stress, duration: .seconds(600), warmup: .zero, load: .closed(users)),
    ])
  }()
  private static let requestCount = 40 + 14 * 2 + 7 * 5

  private static func job(_ plan: Plan, engines: Int) -> EngineJob {
    let template = RequestTemplate(plan: plan, runNonce: "run")
    var job = EngineJob(plan: plan, schedule: schedule, template: template)
    job.traceContext = TraceContext(runID: "run")
    job.lateMax = .seconds(60)
    if let login = plan.target.login {
      job.roster = LoginRoster(
        users: login.users ?? 0, accounts: login.accounts.count, seed: 1)
    }
    job.engines = engines
    return job
  }

  /// What the schedule says of a sample; the time of a turn that follows a reply is not its.
  private static func place(_ sample: StreamSample) -> String {
    let isPlanned = sample.profile == 0 && sample.turn == 0
    let time = isPlanned ? "\(sample.intended.rawValue)" : "-"
    let stage = isPlanned ? "\(sample.stage) \(sample.isWarmup)" : "-"
    return "\(sample.profile) \(sample.seq) \(sample.scenario) \(sample.turn) \(stage) \(time)"
  }

  /// A server that keeps each request as it came, without what connections add, and answers with
  /// its length.
  private static func keeper(_ seen: Locked<[String]>) throws -> RawServer {
    try RawServer { connection, _ in
      defer { connection.close() }
      while let text = connection.readRequest() {
        guard text.hasPrefix("POST ") else {
          connection.send("HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")
          continue
        }
        seen.withLock { $0.append(text) }
        connection.send(EngineFixture.head)
        connection.sendChunk(EngineFixture.token("reply to \(text.utf8.count) bytes"))
        connection.sendChunk(EngineFixture.marker)
        connection.send(EngineFixture.lastChunk)
      }
    }
  }

  @Test("Byte for byte the same requests go out, open and closed loop, whatever their number")
  func bytes() async throws {
    let seen = Locked<[String]>([])
    let server = try EngineRequestTests.keeper(seen)
    var requests: [[String]] = []
    var places: [[String]] = []
    for engines in 1...3 {
      let job = EngineRequestTests.job(EngineRequestTests.plan(server.url), engines: engines)
      let (report, samples) = try await EngineFixture.run(job)
      #expect(samples.allSatisfy { $0.outcome == .complete })
      #expect(report.selfCheck.engines == engines)
      #expect(report.selfCheck.sent == samples.count { !$0.isWarmup })
      #expect(report.use.requests == EngineRequestTests.requestCount)
      #expect(report.profiles.map(\.sent) == [40 + 14 * 2, 35])
      places.append(samples.map(EngineRequestTests.place).sorted())
      requests.append(
        seen.withLock { seen in
          defer { seen = [] }
          return seen.sorted()
        })
    }
    #expect(Set(requests[0]).count == EngineRequestTests.requestCount)
    #expect(requests[0] == requests[1] && requests[0] == requests[2])
    #expect(Set(places[0]).count == EngineRequestTests.requestCount)
    #expect(places[0] == places[1] && places[0] == places[2])
    // Each conversation brings back real replies.
    #expect(requests[0].count { $0.contains("reply to") } == (14 + 7) * 2)
  }

  @Test("The simulator's ledger holds the same traces, bodies, turns and accounts")
  func ledger() async throws {
    var ledgers: [[String]] = []
    for engines in 1...3 {
      let folder = try TemporaryFolder()
      let ledger = folder.file("ledger.jsonl")
      let simulator = try RunningProcess(
        RunningProcess.product("streamgate-sim"),
        [
          "--port", "0", "--ttft", "5ms", "--gap", "1ms", "--tokens", "3", "--require-token",
          "--require-cookie", "--ledger", ledger.path(percentEncoded: false),
        ] + ["a", "b", "c"].flatMap { ["--account", "\($0)@example.com:pass-\($0)"] })
      let url = String(try simulator.nextLine().dropFirst("listening on ".count))
      let accounts = ["a", "b", "c"].map {
        EngineFixture.account("\($0)@example.com", "pass-\($0)")
      }
      let login = EngineFixture.login(accounts, users: 5) { $0.path = "/api/auth/login" }
      let job = EngineRequestTests.job(
        EngineRequestTests.plan(url, login: login), engines: engines)
      let (report, samples) = try await EngineFixture.run(job)
      #expect(samples.count == EngineRequestTests.requestCount)
      #expect(samples.allSatisfy { $0.outcome == .complete })
      #expect(report.logins.attempts.count == 5)
      #expect(report.logins.attempts.allSatisfy { $0.isGranted && $0.at < .zero })
      #expect(try simulator.stop().code == 0)
      let lines = try String(contentsOf: ledger, encoding: .utf8).split(separator: "\n")
      let chats = try lines.map { try JSONReader.parse(Array($0.utf8)) }
        .filter { $0["chat"]?.intValue != nil }
      ledgers.append(
        try chats.map { chat in
          let trace = try #require(chat["traceparent"]?.stringValue)
          let account = try #require(chat["account"]?.stringValue)
          // What the simulator replies, and so what a later turn brings back, differs by order.
          let isFirst = chat["continues"]?.intValue == nil
          let bytes = try #require(chat["body_bytes"]?.intValue)
          let turn = try #require(chat["turn"]?.intValue)
          return "\(trace) \(account) \(isFirst ? bytes : 0) \(turn)"
        }.sorted())
    }
    #expect(Set(ledgers[0]).count == EngineRequestTests.requestCount)
    #expect(ledgers[0] == ledgers[1] && ledgers[0] == ledgers[2])
  }
}
