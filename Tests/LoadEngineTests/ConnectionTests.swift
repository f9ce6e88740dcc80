import Model
import Plan
import TestKit
import Testing
import Workload

@testable import LoadEngine

@Suite("The engine's own connections")
struct ConnectionTests {
  private static let reply =
    EngineFixture.head + OneChunk.text(EngineFixture.token() + EngineFixture.marker)
    + EngineFixture.lastChunk

  private enum OneChunk {
    static func text(_ body: String) -> String {
      String(body.utf8.count, radix: 16) + "\r\n" + body + "\r\n"
    }
  }

  /// Runs requests one after the other against a service that gives each a reply by its number.
  /// A reply of nil closes the connection once the request is there.
  private static func run(
    _ count: Int, warmConnections: Int = 0, think: Nanos = .milliseconds(20),
    connections: ConnectionMode = .reuse,
    closesAfterReply: @escaping @Sendable (Int) -> Bool = { _ in false },
    reply: @escaping @Sendable (Int) -> String
  ) async throws -> (report: EngineReport, samples: [StreamSample], requests: [String]) {
    let requests = Locked<[String]>([])
    let control = try EngineControl()
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      while let request = connection.readRequest() {
        guard request.hasPrefix("POST ") else {
          connection.send("HTTP/1.1 204 No Content\r\n\r\n")
          continue
        }
        let number = requests.withLock { requests in
          requests.append(request)
          return requests.count - 1
        }
        if number == count - 1 { control.stop(grace: .seconds(60)) }
        connection.send(reply(number))
        if closesAfterReply(number) { return }
      }
    }
    let target = EngineFixture.target(server.url, connections: connections)
    let job = EngineFixture.job(
      target, [EngineFixture.closed(1, duration: .seconds(3_600), think: think)],
      warmConnections: warmConnections)
    let (report, samples) = try await EngineFixture.run(job, control: control)
    return (report, samples, requests.withLock { $0 })
  }

  @Test("A connection is used again, and a new one opened only for the first request")
  func reuse() async throws {
    let (report, samples, _) = try await ConnectionTests.run(3) { _ in ConnectionTests.reply }
    #expect(samples.map(\.outcome) == [.complete, .complete, .complete])
    #expect(samples.map(\.connectionReused) == [false, true, true])
    #expect(report.selfCheck.connectionsOpened == 1)
    #expect(report.selfCheck.connectionsReused == 2)
  }

  @Test("A connection that was opened before load carries the first request")
  func warm() async throws {
    let (report, samples, _) = try await ConnectionTests.run(2, warmConnections: 1) { _ in
      ConnectionTests.reply
    }
    #expect(samples.map(\.connectionReused) == [true, true])
    #expect(report.selfCheck.connectionsOpened == 1)
  }

  @Test("An idle connection that the service has closed is left alone, and no request lost on it")
  func closedIdle() async throws {
    let (report, samples, requests) = try await ConnectionTests.run(
      3, closesAfterReply: { _ in true }
    ) { _ in ConnectionTests.reply }
    #expect(samples.map(\.outcome) == [.complete, .complete, .complete])
    #expect(samples.allSatisfy { !$0.connectionReused })
    #expect(requests.count == 3)
    #expect(report.selfCheck.connectionsOpened == 3)
    #expect(report.selfCheck.connectionsDiedOnReuse == 0)
  }

  @Test(
    "A connection is closed where the peer says so, and where more came than a response",
    arguments: [
      reply.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n", maxReplacements: 1),
      reply + "HTTP/1.1 200 OK\r\n",
    ])
  func notReused(reply: String) async throws {
    let (_, samples, _) = try await ConnectionTests.run(2) { _ in reply }
    #expect(samples.map(\.outcome) == [.complete, .complete])
    #expect(samples.map(\.connectionReused) == [false, false])
  }

  @Test("Where the plan wants a new connection for each request there is one")
  func fresh() async throws {
    let (report, samples, _) = try await ConnectionTests.run(3, connections: .fresh) { _ in
      ConnectionTests.reply
    }
    #expect(samples.allSatisfy { !$0.connectionReused })
    #expect(report.selfCheck.connectionsOpened == 3)
  }

  @Test("A connection that was idle for longer than the plan lets it is not used again")
  func idleTooLong() async throws {
    let (_, samples, _) = try await ConnectionTests.run(
      2, think: .milliseconds(500), connections: .idle(.milliseconds(5))
    ) { _ in ConnectionTests.reply }
    #expect(samples.map(\.connectionReused) == [false, false])
  }

  @Test("A service whose answer before load has no end does not hold up the load")
  func endlessOpening() async throws {
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      while let request = connection.readRequest() {
        let isLoad = request.hasPrefix("POST ")
        connection.send(isLoad ? ConnectionTests.reply : "HTTP/1.1 200 OK\r\n\r\nwelcome")
      }
    }
    // Were the opening waited for, it would take an hour.
    let timeouts = Timeouts(connect: .seconds(3_600))
    let (report, samples) = try await EngineFixture.run(
      EngineFixture.job(
        EngineFixture.target(server.url, timeouts: timeouts), [EngineFixture.open(1)],
        warmConnections: 1))
    #expect(samples.map(\.outcome) == [.complete])
    #expect(samples.map(\.connectionReused) == [false])
    #expect(report.selfCheck.connectionsOpened == 2)
  }

  @Test("A request goes out as any client sends it, with the host's port and the body's length")
  func request() async throws {
    let (_, _, requests) = try await ConnectionTests.run(1) { _ in ConnectionTests.reply }
    let parts = requests[0].split(separator: "\r\n\r\n", maxSplits: 1)
    let lines = parts[0].split(separator: "\r\n").map(String.init)
    #expect(lines[0] == "POST /v1/chat/completions HTTP/1.1")
    #expect(lines[1].hasPrefix("Host: 127.0.0.1:"))
    #expect(lines.contains("Accept: */*"))
    #expect(lines.contains("Content-Type: application/json"))
    #expect(lines.contains("Accept-Encoding: gzip, deflate"))
    #expect(lines.last == "Content-Length: \(parts[1].utf8.count)")
    #expect(!lines.contains { $0.lowercased().hasPrefix("expect") })
    #expect(Set(lines.map { $0.prefix { $0 != ":" } }).count == lines.count)
  }

  @Test("A plan's own Host and Accept stand in for ours, and a header without a value goes out so")
  func ownHeaders() async throws {
    let seen = Locked<[String]>([])
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      guard let request = connection.readRequest() else { return }
      seen.withLock { $0.append(request) }
      connection.send(ConnectionTests.reply)
    }
    var target = EngineFixture.target(server.url)
    target.headers = [
      HeaderPlan(name: "host", value: SecretText("models.example")),
      HeaderPlan(name: "ACCEPT", value: SecretText("text/event-stream")),
      HeaderPlan(name: "X-Empty", value: SecretText("")),
      HeaderPlan(name: "X-Key", value: SecretText("abc:")),
    ]
    let (_, samples) = try await EngineFixture.run(
      EngineFixture.job(target, [EngineFixture.open(1)]))
    #expect(samples.map(\.outcome) == [.complete])
    let lines = seen.withLock { $0[0].split(separator: "\r\n").map { $0.lowercased() } }
    #expect(lines.filter { $0.hasPrefix("host:") } == ["host: models.example"])
    #expect(lines.filter { $0.hasPrefix("accept:") } == ["accept: text/event-stream"])
    #expect(lines.contains("x-empty:"))
    #expect(lines.contains("x-key: abc:"))
  }

  @Test("A host without a value goes out once, as it is")
  func emptyHost() throws {
    let head = RequestHead(
      authority: try URLAuthority(url: "http://a.example"), path: "/", lines: ["Host;", "accept;"])
    #expect(
      String(decoding: head.opening, as: UTF8.self)
        == "OPTIONS / HTTP/1.1\r\nHost:\r\naccept:\r\n\r\n")
  }

  /// The sample of one request with that body.
  private static func send(_ body: String, to server: RawServer) async throws -> [StreamSample] {
    let job = EngineJob(
      targets: [EngineFixture.target(server.url)],
      schedule: Schedule(profiles: [EngineFixture.open(1)]), warmConnections: 0,
      lateMax: .seconds(60)
    ) { _, _, _ in Array(body.utf8) }
    return try await EngineFixture.run(job).samples
  }

  @Test("A request larger than the socket takes at once arrives whole")
  func largeRequest() async throws {
    let body = (0..<400_000).map { "\($0)," }.joined()
    let seen = Locked<[String]>([])
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      connection.pause(milliseconds: 100)
      guard let request = connection.readRequest() else { return }
      seen.withLock { $0.append(request) }
      connection.send(ConnectionTests.reply)
    }
    let samples = try await ConnectionTests.send(body, to: server)
    #expect(samples.map(\.outcome) == [.complete])
    #expect(seen.withLock { $0[0].hasSuffix("\r\n\r\n" + body) })
  }

  @Test("An answer to a request that the service does not read to its end is that answer")
  func earlyAnswer() async throws {
    let body = String(repeating: "x", count: 8 << 20)
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      connection.send(
        "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody")
      connection.waitForClose()
    }
    let samples = try await ConnectionTests.send(body, to: server)
    #expect(samples.map(\.outcome) == [.http4xx])
    #expect(samples[0].httpStatus == 413)
  }
}
