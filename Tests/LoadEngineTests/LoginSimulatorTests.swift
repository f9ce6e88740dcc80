import Foundation
import LoadEngine
import Model
import Plan
import TestKit
import Testing
import Workload

@Suite("Logins at the simulator")
struct LoginSimulatorTests {
  /// Accounts of a simulator that wants a token and the cookie of the token's account.
  private static let accounts = ["a", "b", "c"].map {
    EngineFixture.account("\($0)@example.com", "pass-\($0)")
  }

  private func run(
    _ options: [String], users: Int, _ profiles: [ProfileSchedule],
    _ change: (inout LoginPlan) -> Void = { _ in }
  ) async throws -> (report: EngineReport, samples: [StreamSample], requests: [JSONValue]) {
    let folder = try TemporaryFolder()
    let ledger = folder.file("ledger.jsonl")
    let simulator = try RunningProcess(
      RunningProcess.product("streamgate-sim"),
      [
        "--port", "0", "--ttft", "5ms", "--gap", "1ms", "--tokens", "3", "--require-token",
        "--require-cookie", "--ledger", ledger.path(percentEncoded: false),
      ] + ["a", "b", "c"].flatMap { ["--account", "\($0)@example.com:pass-\($0)"] } + options)
    let url = String(try simulator.nextLine().dropFirst("listening on ".count))
    let login = EngineFixture.login(LoginSimulatorTests.accounts, users: users) {
      $0.path = "/api/auth/login"
      $0.refresh = RefreshPlan(path: "/api/auth/refresh")
      change(&$0)
    }
    let job = EngineFixture.job(url, login, profiles) { job in
      job.inFlightMax = 200
      job.body = { _, _, _ in
        Array(#"{"stream":true,"messages":[{"role":"user","content":"Hello."}]}"#.utf8)
      }
    }
    let (report, samples) = try await EngineFixture.run(job)
    #expect(try simulator.stop().code == 0)
    let lines = try String(contentsOf: ledger, encoding: .utf8).split(separator: "\n")
    let requests = try lines.map { try JSONReader.parse(Array($0.utf8)) }
      .filter { $0["type"]?.stringValue == "request" }
    return (report, samples, requests)
  }

  private func isLogin(_ request: JSONValue) -> Bool { request["login"]?.stringValue != nil }

  @Test(
    "Fifty users log in outside the measured window, as three accounts",
    arguments: [LoginForm.json, .form])
  func fifty(form: LoginForm) async throws {
    let (report, samples, requests) = try await run(
      ["--login-delay", "20ms"], users: 50,
      [EngineFixture.closed(50, duration: .milliseconds(300), think: .milliseconds(50))]
    ) { $0.form = form }
    #expect(samples.count >= 50 && samples.allSatisfy { $0.outcome == .complete })
    let logins = requests.filter(isLogin)
    #expect(logins.count == 50 && logins.allSatisfy { $0["login"]?.stringValue == "granted" })
    let lastLogin = logins.compactMap { $0["ended_ns"]?.intValue }.max() ?? .max
    let chats = requests.filter { $0["chat"]?.intValue != nil }
    #expect(chats.allSatisfy { $0["received_ns"]?.intValue ?? 0 > lastLogin })
    #expect(report.logins.attempts.count == 50)
    #expect(report.logins.attempts.allSatisfy { $0.duration >= .milliseconds(20) && $0.at < .zero })
    let accounts = Dictionary(grouping: logins) { $0["account"]?.stringValue }
    #expect(accounts.values.map(\.count).sorted() == [16, 17, 17])
  }

  @Test("Tokens that expire in mid-run are refreshed ahead of need")
  func expiry() async throws {
    let (report, samples, requests) = try await run(
      ["--token-lifetime", "1s"], users: 6,
      [EngineFixture.open(100, every: .milliseconds(25))])
    #expect(samples.count == 100 && samples.allSatisfy { $0.outcome == .complete })
    let refreshes = report.logins.attempts.filter { $0.step == .refresh && $0.isGranted }
    #expect(refreshes.count >= 6 && refreshes.allSatisfy { $0.at > .zero })
    let refreshed = requests.filter { $0["login"]?.stringValue == "refreshed" }
    #expect(refreshed.count >= refreshes.count)
    #expect(report.logins.attempts.count { $0.step == .login } == 6)
  }
}
