import LoadEngine
import Model
import Plan
import TestKit
import Testing
import Workload

@Suite("Connections that are used again")
struct ResendTests {
  @Test("A request whose reused connection dies is broken, and is not sent again")
  func resend() async throws {
    let requests = Locked<[String]>([])
    let control = try EngineControl()
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      while let request = connection.readRequest() {
        let number = requests.withLock { requests in
          requests.append(request)
          return requests.count
        }
        // The second request is read and then dropped with its connection: the moment at which
        // libcurl sends it again.
        if number == 2 {
          control.stop(grace: .seconds(60))
          return
        }
        connection.send(EngineFixture.head)
        connection.sendChunk(EngineFixture.token())
        connection.sendChunk(EngineFixture.marker)
        connection.send(EngineFixture.lastChunk)
      }
    }
    let (report, samples) = try await EngineFixture.run(
      EngineFixture.job(
        EngineFixture.target(server.url),
        [EngineFixture.closed(1, duration: .seconds(3_600), think: .milliseconds(1))]),
      control: control)
    #expect(samples.map(\.outcome) == [.complete, .broken])
    #expect(samples.map(\.connectionReused) == [false, true])
    let seen = requests.withLock { $0.map { $0.suffix(21) } }
    #expect(seen == [#"{"profile":0,"seq":0}"#, #"{"profile":0,"seq":1}"#])
    #expect(report.selfCheck.connectionsReused == 1)
    #expect(report.selfCheck.connectionsDiedOnReuse == 1)
  }

  @Test(
    "What a peer sends on an idle connection is no answer to the next request",
    arguments: [false, true])
  func strayAnswer(isByLibcurl: Bool) async throws {
    // How many answers nobody asked for there are.
    let strays = Locked(0)
    let control = try EngineControl()
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      while let request = connection.readRequest() {
        guard request.hasPrefix("POST ") else {
          connection.send("HTTP/1.1 204 No Content\r\n\r\n")
          continue
        }
        guard !request.contains(" /login ") else {
          connection.send(LoginService.token("t"))
          continue
        }
        connection.send(LoginService.stream())
        // Not in one read with the answer.
        connection.pause(milliseconds: 20)
        let body = EngineFixture.token() + EngineFixture.token() + EngineFixture.marker
        connection.send(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        let count = strays.withLockNotifying { strays in
          strays += 1
          return strays
        }
        if count == 4 { control.stop(grace: .seconds(60)) }
      }
    }
    var target = EngineFixture.target(server.url)
    if isByLibcurl { target.login = EngineFixture.login() }
    var job = EngineFixture.job(
      target, [EngineFixture.closed(1, duration: .seconds(3_600), think: .milliseconds(1))])
    if isByLibcurl {
      job.roster = LoginRoster(users: 1, accounts: 1, seed: 1)
    }
    // Each request goes out once the one before it has had its stray answer.
    job.body = { _, _, seq in
      strays.withLock(when: { $0 >= seq }) { _ in }
      return Array("{}".utf8)
    }
    let (report, samples) = try await EngineFixture.run(job, control: control)
    #expect(samples.count >= 4 && samples.allSatisfy { $0.outcome == .complete })
    #expect(samples.allSatisfy { $0.contentEvents == 1 })
    // The login's connection had no stray answer.
    #expect(samples.dropFirst().allSatisfy { $0.connectionReused != true })
    #expect(report.selfCheck.connectionsReused == (isByLibcurl ? 1 : 0))
  }
}
