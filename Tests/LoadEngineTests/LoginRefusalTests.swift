import LoadEngine
import Model
import Plan
import TestKit
import Testing
import Workload

@Suite("Logins that fail before load")
struct LoginRefusalTests {
  private func failure(
    _ answer: @escaping @Sendable (SeenRequest, Int) -> String,
    _ change: (inout LoginPlan) -> Void = { _ in }
  ) async throws -> (failure: LoginFailure?, requests: [SeenRequest]) {
    let service = try LoginService(answer)
    let login = EngineFixture.login([EngineFixture.account("me@example.com", "p4ssw0rd")], change)
    let job = EngineFixture.job(service.url, login, [EngineFixture.open(1)])
    do {
      _ = try await EngineFixture.run(job)
      return (nil, service.seen)
    } catch EngineError.login(_, _, let failure) {
      return (failure, service.seen)
    }
  }

  @Test("A refusal is told at once in the service's words, without what was sent")
  func refused() async throws {
    let (failure, requests) = try await failure { _, _ in
      LoginService.response(401, #"{"error":"no me@example.com with p4ssw0rd\u001b"}"#)
    }
    #expect(
      failure
        == .refused(
          status: 401, words: #"{"error":"no ************** with ********\u001b"}"#))
    #expect(requests.count == 1)
  }

  @Test("A redirect is not followed")
  func redirected() async throws {
    let (failure, requests) = try await failure { _, _ in
      LoginService.response(307, "", header: "Location: /login2\r\n")
    }
    #expect(failure == .refused(status: 307, words: ""))
    #expect(requests.map(\.path) == ["/login"])
  }

  @Test("A reply without the token names what was there")
  func noToken() async throws {
    let (failure, _) = try await failure { _, _ in
      LoginService.token("secret-token")
    } _: {
      $0.token = JSONPath.member("token")
    }
    #expect(failure == .noToken(path: "token", seen: ["access_token"]))
  }

  @Test("A service that is busy is asked again before it is given up")
  func busy() async throws {
    let (failure, requests) = try await failure { request, number in
      guard request.isLogin else { return LoginService.stream() }
      return number == 0 ? LoginService.response(503, "busy") : LoginService.token("t")
    }
    #expect(failure == nil)
    #expect(requests.map(\.path) == ["/login", "/login", "/v1/chat/completions"])
  }

  @Test("A reply that never ends and one that is endless are given up")
  func endless() async throws {
    let (failure, _) = try await failure { _, _ in
      LoginService.response(200, String(repeating: "x", count: 300 << 10))
    }
    #expect(failure == .tooLong(256 << 10))
  }

  @Test("A login's host that takes no connection is told before load")
  func unreachable() async throws {
    let service = try LoginService { _, _ in LoginService.stream() }
    let gone = try RawServer { connection, _ in connection.close() }
    let login = EngineFixture.login { $0.url = SecretText("http://127.0.0.1:1") }
    gone.stop()
    let job = EngineFixture.job(service.url, login, [EngineFixture.open(1)])
    await #expect(throws: EngineError.self) { try await EngineFixture.run(job) }
    await #expect(throws: EngineError.self) { try await LoadEngine.probe(targets: job.targets) }
    #expect(service.seen.isEmpty)
  }
}
