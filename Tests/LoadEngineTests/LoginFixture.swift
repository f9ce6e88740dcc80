import Foundation
import LoadEngine
import Model
import Plan
import TestKit
import Workload

/// What a service of these tests was asked.
struct SeenRequest: Sendable, Equatable {
  var path: String
  /// By name in lower case.
  var headers: [String: String]
  var body: String

  init(_ text: String) {
    let parts = text.components(separatedBy: "\r\n\r\n")
    let lines = parts[0].components(separatedBy: "\r\n")
    path = lines[0].split(separator: " ").dropFirst().first.map(String.init) ?? ""
    headers = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[colon...].dropFirst()
        .trimmingCharacters(in: .whitespaces)
    }
    body = parts.dropFirst().joined(separator: "\r\n\r\n")
  }

  var isLogin: Bool { path == "/login" || path == "/refresh" }
}

/// A service that keeps what it was asked and answers as a test says.
final class LoginService: Sendable {
  let server: RawServer
  private let requests: Locked<[SeenRequest]>

  /// `answer` gets each POST and how many of the same path came before.
  init(_ answer: @escaping @Sendable (SeenRequest, Int) -> String) throws {
    let requests = Locked<[SeenRequest]>([])
    self.requests = requests
    server = try RawServer { connection, _ in
      defer { connection.close() }
      while let text = connection.readRequest() {
        guard text.hasPrefix("POST ") else {
          connection.send("HTTP/1.1 204 No Content\r\n\r\n")
          continue
        }
        let request = SeenRequest(text)
        let number = requests.withLock { all in
          all.append(request)
          return all.count { $0.path == request.path } - 1
        }
        connection.send(answer(request, number))
      }
    }
  }

  var url: String { server.url }
  var seen: [SeenRequest] { requests.withLock { $0 } }
  var logins: [SeenRequest] { seen.filter(\.isLogin) }
  var chats: [SeenRequest] { seen.filter { !$0.isLogin } }

  /// A response with a body of known length.
  static func response(_ status: Int, _ body: String, header: String = "") -> String {
    "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\n\(header)"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  /// A login's reply.
  static func token(_ token: String, life: Double? = nil, header: String = "") -> String {
    let end = life.map { #","expires_in":\#($0)"# } ?? ""
    return response(200, #"{"access_token":"\#(token)"\#(end)}"#, header: header)
  }

  /// A whole stream.
  static func stream(header: String = "") -> String {
    let body = EngineFixture.token() + EngineFixture.marker
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\(header)"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }
}

extension EngineFixture {
  static func account(_ email: String, _ password: String, tenant: String? = nil) -> AccountPlan {
    AccountPlan(
      members: [
        AccountMember(name: "email", value: SecretText(email)),
        AccountMember(
          name: "password",
          value: SecretText(template: "${P}", value: password, secrets: [password])),
      ],
      headers: tenant.map { [HeaderPlan(name: "X-Tenant", value: SecretText($0))] } ?? [])
  }

  /// The login of `LoginService`.
  static func login(
    _ accounts: [AccountPlan] = [account("a@example.com", "p4ssw0rd")], users: Int? = nil,
    _ change: (inout LoginPlan) -> Void = { _ in }
  ) -> LoginPlan {
    var login = LoginPlan(path: "/login", accounts: accounts)
    login.users = users
    change(&login)
    return login
  }

  /// A job of one scenario whose users log in.
  static func job(
    _ url: String, _ login: LoginPlan, _ profiles: [ProfileSchedule],
    headers: [HeaderPlan] = [], change: (inout EngineJob) -> Void = { _ in }
  ) -> EngineJob {
    var target = target(url)
    target.headers = headers
    target.login = login
    var job = job(target, profiles)
    job.roster = LoginRoster(
      users: login.users ?? login.accounts.count, accounts: login.accounts.count, seed: 1)
    job.redactor = Redactor(secrets: login.secrets + headers.flatMap(\.value.secrets))
    change(&job)
    return job
  }
}
