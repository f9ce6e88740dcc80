import Foundation
import LoadEngine
import Model
import Plan
import TestKit
import Testing
import Workload

@Suite("Logins under load")
struct LoginLoadTests {
  @Test("Every user logs in before load, and each request goes with its own user's token")
  func before() async throws {
    let service = try LoginService { request, number in
      request.isLogin ? LoginService.token("token-\(number)") : LoginService.stream()
    }
    let accounts = (0..<2).map { EngineFixture.account("\($0)@x", "p4ss\($0)", tenant: "t\($0)") }
    let headers = [
      HeaderPlan(name: "X-Key", value: SecretText("k")),
      HeaderPlan(name: "x-tenant", value: SecretText("none")),
    ]
    let job = EngineFixture.job(
      service.url, EngineFixture.login(accounts, users: 5),
      [
        EngineFixture.open(10, every: .milliseconds(2)),
        EngineFixture.closed(7, duration: .milliseconds(30), think: .milliseconds(20)),
      ], headers: headers)
    let (report, samples) = try await EngineFixture.run(job)
    #expect(samples.allSatisfy { $0.outcome == .complete } && samples.count >= 17)
    #expect(service.seen.prefix(5).allSatisfy(\.isLogin) && service.logins.count == 5)
    #expect(report.logins.attempts.count == 5 && report.logins.waits.isEmpty)
    #expect(report.logins.attempts.allSatisfy { $0.isGranted && $0.at < .zero })
    // Round robin: twice as many as users in the first profile, so two of each.
    let tokens = Dictionary(grouping: service.chats.prefix(10)) { $0.headers["authorization"] }
    #expect(tokens.count == 5 && tokens.values.allSatisfy { $0.count == 2 })
    for (number, login) in service.logins.enumerated() {
      let tenant = try #require(login.headers["x-tenant"])
      #expect(login.body.contains(#""password":"p4ss\#(tenant.dropFirst())""#))
      #expect(login.headers["x-key"] == nil && login.headers["authorization"] == nil)
      #expect(login.headers["content-type"] == "application/json")
      let own = tokens["Bearer token-\(number)"] ?? []
      #expect(own.allSatisfy { $0.headers["x-tenant"] == tenant && $0.headers["x-key"] == "k" })
    }
  }

  @Test("A token refused in mid-run is replaced, and the request is sent once more, no more")
  func once() async throws {
    let service = try LoginService { request, number in
      if request.isLogin { return LoginService.token("t\(number)") }
      return request.headers["authorization"] == "Bearer t0"
        ? LoginService.response(401, #"{"error":"gone"}"#) : LoginService.stream()
    }
    let job = EngineFixture.job(
      service.url, EngineFixture.login(), [EngineFixture.open(3, every: .milliseconds(20))])
    let (report, samples) = try await EngineFixture.run(job)
    #expect(samples.map(\.outcome) == [.complete, .complete, .complete])
    #expect(service.logins.count == 2)
    let repeated = report.logins.waits.filter(\.isRepeat)
    #expect(!repeated.isEmpty)
    #expect(service.chats.count == samples.count + repeated.count)
    // One request is one request, and its wait for a token is no delay of the client's.
    #expect(report.profiles[0].sent == 3 && report.selfCheck.sent == 3)
    // Waits for tokens, those of the repeated requests included, are in no latency: what waited is
    // due so much later than the schedule's 0, 20 and 40 ms.
    let waited = report.logins.waits.map(\.duration).reduce(.zero, +)
    #expect(samples.map(\.intended).reduce(.zero, +) == waited + .milliseconds(60))
  }

  @Test("A service that refuses every token gets each request twice at most, and no login storm")
  func never() async throws {
    let service = try LoginService { request, number in
      request.isLogin ? LoginService.token("t\(number)") : LoginService.response(401, "no")
    }
    let job = EngineFixture.job(
      service.url, EngineFixture.login(), [EngineFixture.open(10, every: .milliseconds(5))])
    let (report, samples) = try await EngineFixture.run(job)
    #expect(samples.count == 10 && samples.allSatisfy { $0.outcome == .auth })
    #expect(samples.allSatisfy { $0.httpStatus == 401 })
    #expect(service.chats.count == 10 + report.logins.waits.count { $0.isRepeat })
    #expect(service.logins.count <= 1 + report.logins.waits.count { $0.isRepeat })
  }

  @Test("A login that fails under load fails the requests that need it, with its evidence")
  func failsUnderLoad() async throws {
    let service = try LoginService { request, number in
      if !request.isLogin { return LoginService.stream() }
      return number == 0
        ? LoginService.token("t0", life: 0.6)
        : LoginService.response(503, "down for p4ssw0rd")
    }
    var job = EngineFixture.job(
      service.url, EngineFixture.login(), [EngineFixture.open(30, every: .milliseconds(40))])
    job.abort = .never
    let (report, samples) = try await EngineFixture.run(job)
    #expect(report.end == .finished && samples.count == 30)
    let failed = samples.filter { $0.outcome != .complete }
    #expect(!failed.isEmpty && failed.allSatisfy { $0.outcome == .auth && $0.sent == nil })
    for sample in failed {
      #expect(sample.evidence?.detail == "no token: the login ended with status 503")
      #expect(sample.evidence?.excerpt == "down for ********")
    }
    #expect(report.logins.attempts.contains { !$0.isGranted })
    #expect(service.chats.count == 30 - failed.count)
  }

  @Test("A request whose token is refused is auth where no other one is to be had")
  func noOther() async throws {
    let service = try LoginService { request, number in
      if !request.isLogin { return LoginService.response(401, "no") }
      return number == 0 ? LoginService.token("t0") : LoginService.response(403, "locked")
    }
    let job = EngineFixture.job(
      service.url, EngineFixture.login(), [EngineFixture.open(4, every: .milliseconds(5))])
    let (report, samples) = try await EngineFixture.run(job)
    #expect(samples.map(\.outcome) == [.auth, .auth, .auth, .auth])
    // Whichever was answered first asked for the login that failed.
    let first = try #require(samples.first { $0.evidence?.excerpt == "locked" })
    #expect(first.sent != nil && first.httpStatus == 401)
    #expect(report.logins.attempts.map(\.isGranted) == [true, false])
    #expect(report.logins.waits.isEmpty && report.profiles[0].sent == service.chats.count)
  }

  @Test("A stop while requests wait for a token cancels them")
  func stopped() async throws {
    let control = try EngineControl()
    let service = try LoginService { request, number in
      if request.isLogin, number == 0 { return LoginService.token("t0") }
      if request.isLogin {
        control.stop(grace: .seconds(5))
        return ""
      }
      return LoginService.response(401, "")
    }
    let job = EngineFixture.job(service.url, EngineFixture.login(), [EngineFixture.open(2)])
    let (report, samples) = try await EngineFixture.run(job, control: control)
    #expect(report.end == .stopped)
    #expect(samples.contains { $0.outcome == .cancelled })
  }

  @Test("A user's cookies come back with that user's requests, and to no other host")
  func cookies() async throws {
    let service = try LoginService { request, number in
      let user = request.headers["authorization"]?.suffix(1) ?? "?"
      return LoginService.stream(header: "Set-Cookie: seen=\(user); Path=/\r\n")
    }
    let identity = try LoginService { _, number in
      LoginService.token(
        "token-\(number)",
        header: "Set-Cookie: sid=secret-\(number)\r\nSet-Cookie: x=1; Domain=127.0.0.1\r\n")
    }
    let accounts = (0..<3).map { EngineFixture.account("\($0)@x", "p4ss\($0)", tenant: "t\($0)") }
    let login = EngineFixture.login(accounts) {
      $0.url = SecretText("http://localhost:\(identity.server.port)")
    }
    let key = SecretText(template: "${K}", value: "api-key", secrets: ["api-key"])
    let job = EngineFixture.job(
      service.url, login,
      [EngineFixture.closed(3, duration: .seconds(1), think: .milliseconds(100))],
      headers: [HeaderPlan(name: "X-Key", value: key)])
    let (_, samples) = try await EngineFixture.run(job)
    #expect(samples.allSatisfy { $0.outcome == .complete })
    #expect(identity.seen.count == 3 && identity.chats.isEmpty && service.logins.isEmpty)
    for request in identity.seen {
      // What is for the service stays with it.
      #expect(request.headers["x-key"] == nil && request.headers["x-tenant"] == nil)
    }
    let byToken = Dictionary(grouping: service.seen) { $0.headers["authorization"] ?? "" }
    #expect(byToken.count == 3)
    for (token, requests) in byToken {
      #expect(requests.count > 1 && requests[0].headers["cookie"] == nil)
      #expect(requests.dropFirst().allSatisfy { $0.headers["cookie"] == "seen=\(token.suffix(1))" })
      #expect(requests.allSatisfy { !$0.body.contains("p4ss") })
    }
  }

  @Test("Where the login is at the service, its cookies go with the requests")
  func sessionCookie() async throws {
    let service = try LoginService { request, number in
      request.isLogin
        ? LoginService.response(
          204, "", header: "Set-Cookie: sid=s\(number); HttpOnly; Path=/\r\n")
        : LoginService.stream()
    }
    let login = EngineFixture.login { $0.token = nil }
    let job = EngineFixture.job(service.url, login, [EngineFixture.open(2)])
    let (_, samples) = try await EngineFixture.run(job)
    #expect(samples.allSatisfy { $0.outcome == .complete })
    #expect(service.chats.allSatisfy { $0.headers["cookie"] == "sid=s0" })
    #expect(service.chats.allSatisfy { $0.headers["authorization"] == nil })
  }

  @Test("Tokens and cookies that a service echoes are in no evidence")
  func echo() async throws {
    let service = try LoginService { request, number in
      if request.isLogin {
        return LoginService.token(
          "run-time-token", header: "Set-Cookie: sid=cookie-value; Path=/\r\n")
      }
      let cookie = request.headers["cookie"] ?? "", token = request.headers["authorization"] ?? ""
      return LoginService.response(
        500,
        "\(cookie) and \(token) and p4ssw0rd and " + String(repeating: "x", count: 126)
          + "run-time-token")
    }
    let job = EngineFixture.job(service.url, EngineFixture.login(), [EngineFixture.open(1)])
    let evidence = try #require(try await EngineFixture.run(job).samples.first?.evidence)
    #expect(
      evidence.excerpt.hasPrefix("sid=************ and Bearer ************** and ******** and x"))
    #expect(!evidence.excerpt.contains("run-ti"))
  }

  @Test("One request of a scenario logs every user in, and goes out once")
  func single() async throws {
    let service = try LoginService { request, _ in
      request.isLogin ? LoginService.token("t", life: 90) : LoginService.stream()
    }
    let login = EngineFixture.login(users: 3)
    let job = EngineFixture.job(service.url, login, [])
    let stream = try await LoadEngine.sendOne(
      job: job, request: PlannedRequest(scenario: 0, prompt: 0), control: try EngineControl())
    #expect(stream.sample.outcome == .complete)
    #expect(
      service.seen.map(\.path) == ["/login", "/login", "/login", "/v1/chat/completions"])
    #expect(stream.logins.attempts.map(\.lifetime) == [.seconds(90), .seconds(90), .seconds(90)])
  }
}
