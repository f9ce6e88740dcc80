import LoadEngine
import Model
import Plan
import TestKit
import Testing
import Workload

@Suite("How each end of a transport is told")
struct OutcomeTests {
  private static func chunk(_ text: String) -> String {
    String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n"
  }

  private static let oneToken = EngineFixture.head + chunk(EngineFixture.token())
  private static let whole = oneToken + chunk(EngineFixture.marker) + EngineFixture.lastChunk

  @Test("A whole stream is complete, with its milestones in order")
  func complete() async throws {
    let sample = try await EngineFixture.sample(of: OutcomeTests.whole)
    #expect(sample.outcome == .complete)
    #expect(sample.httpStatus == 200)
    #expect(sample.contentEvents == 1)
    #expect(sample.evidence == nil)
    let stamps = [
      sample.requestSent, sample.headers, sample.firstByte, sample.firstToken, sample.lastToken,
      sample.done, sample.end,
    ].compactMap { $0 }
    #expect(stamps.count == 7)
    #expect(stamps == stamps.sorted())
    #expect(try #require(sample.sent) >= sample.intended)
  }

  @Test(
    "An answer that is no stream is told by its status or type",
    arguments: [
      ("301 Moved\r\nLocation: /elsewhere", Outcome.redirect, 301), ("401 No", .auth, 401),
      ("403 No", .auth, 403), ("404 No", .http4xx, 404), ("429 Slow", .http429, 429),
      ("500 Oh", .http5xx, 500), ("503 Oh", .http5xx, 503),
      ("200 OK\r\nContent-Type: text/html", .notAStream, 200),
    ])
  func status(line: String, outcome: Outcome, status: Int) async throws {
    let sample = try await EngineFixture.sample(
      of: "HTTP/1.1 \(line)\r\nContent-Length: 4\r\n\r\nbody")
    #expect(sample.outcome == outcome)
    #expect(sample.httpStatus == status)
    #expect(sample.evidence?.excerpt == "body")
  }

  @Test("Retry-After in seconds is kept")
  func retryAfter() async throws {
    let sample = try await EngineFixture.sample(
      of: "HTTP/1.1 429 Slow\r\nretry-after:  7 \r\nContent-Length: 0\r\n\r\n")
    #expect(sample.evidence?.retryAfter == .seconds(7))
  }

  @Test("A clean end of the body without the marker is truncated, or complete where allowed")
  func truncated() async throws {
    let reply = OutcomeTests.oneToken + EngineFixture.lastChunk
    #expect(try await EngineFixture.sample(of: reply).outcome == .truncated)
    let allowed = try await EngineFixture.sample(of: reply, isEndMarkerRequired: false)
    #expect(allowed.outcome == .completeNoMarker)
  }

  @Test("A close or a reset inside the body is broken, and so it is after the marker")
  func broken() async throws {
    #expect(try await EngineFixture.sample(of: OutcomeTests.oneToken).outcome == .broken)
    let reset = try await EngineFixture.sample(of: OutcomeTests.oneToken, isReset: true)
    #expect(reset.outcome == .broken)
    #expect(reset.contentEvents == 1)
    let inChunk = try await EngineFixture.sample(of: OutcomeTests.oneToken + "40\r\ndata: {")
    #expect(inChunk.outcome == .broken)
    let afterMarker = try await EngineFixture.sample(
      of: OutcomeTests.oneToken + OutcomeTests.chunk(EngineFixture.marker))
    #expect(afterMarker.outcome == .broken)
    #expect(afterMarker.done != nil)
  }

  @Test("A connection that ends before any answer is broken")
  func noAnswer() async throws {
    #expect(try await EngineFixture.sample(of: "").outcome == .broken)
    #expect(try await EngineFixture.sample(of: "", isReset: true).outcome == .broken)
  }

  @Test("HTTP that makes no sense is a fault of the protocol, not of the connection")
  func badHTTP() async throws {
    #expect(try await EngineFixture.sample(of: "SSH-2.0-OpenSSH\r\n\r\n").outcome == .protocol)
    let badChunk = try await EngineFixture.sample(
      of: OutcomeTests.oneToken + "zz\r\nnonsense\r\n")
    #expect(badChunk.outcome == .protocol)
    #expect(badChunk.contentEvents == 1)
  }

  @Test("A header beyond our limit ends as limit, in many lines or in one")
  func longHeader() async throws {
    let line = "X-Padding: " + String(repeating: "x", count: 8_000) + "\r\n"
    let many = "HTTP/1.1 200 OK\r\n" + String(repeating: line, count: 10) + "\r\n"
    #expect(try await EngineFixture.sample(of: many).outcome == .limit)
    let one = "HTTP/1.1 200 OK\r\nX-Padding: " + String(repeating: "x", count: 200_000)
    #expect(try await EngineFixture.sample(of: one + "\r\n\r\n").outcome == .limit)
  }

  @Test("An error event ends the request at once; what else comes is not waited for")
  func errorEvent() async throws {
    let server = try RawServer { connection, _ in
      guard connection.readRequest() != nil else { return }
      connection.send(OutcomeTests.oneToken)
      connection.sendChunk(#"data: {"error":{"message":"no"}}"# + "\n\n")
      connection.waitForClose()
      connection.close()
    }
    let (_, samples) = try await EngineFixture.run(
      EngineFixture.job(EngineFixture.target(server.url), [EngineFixture.open(1)]))
    #expect(samples.map(\.outcome) == [.errorEvent])
  }

  @Test("A connection that stays open after the marker is closed by us, and the stream complete")
  func heldOpen() async throws {
    let server = try RawServer { connection, _ in
      guard connection.readRequest() != nil else { return }
      connection.send(OutcomeTests.oneToken)
      connection.sendChunk(EngineFixture.marker)
      connection.waitForClose()
      connection.close()
    }
    let (_, samples) = try await EngineFixture.run(
      EngineFixture.job(
        EngineFixture.target(server.url), [EngineFixture.open(1)], drainMax: .milliseconds(20)))
    #expect(samples.map(\.outcome) == [.complete])
    #expect(samples[0].end == nil)
  }

  @Test("A first token, a next token or an end that does not come ends as its own time-out")
  func timeouts() async throws {
    let silent = Timeouts(firstToken: .milliseconds(50))
    let stalled = Timeouts(stall: .milliseconds(50))
    let endless = Timeouts(total: .milliseconds(50))
    let cases: [(Timeouts, String, Outcome)] = [
      (silent, "", .timeoutFirstToken), (silent, EngineFixture.head, .timeoutFirstToken),
      (stalled, OutcomeTests.oneToken, .timeoutStall),
      (endless, OutcomeTests.oneToken, .timeoutTotal), (endless, "", .timeoutTotal),
    ]
    for (timeouts, reply, outcome) in cases {
      let server = try RawServer { connection, _ in
        guard connection.readRequest() != nil else { return }
        connection.send(reply)
        connection.waitForClose()
        connection.close()
      }
      let (_, samples) = try await EngineFixture.run(
        EngineFixture.job(
          EngineFixture.target(server.url, timeouts: timeouts), [EngineFixture.open(1)]))
      #expect(samples.map(\.outcome) == [outcome])
    }
  }

  @Test("A service that goes away between the probe and the load refuses the connection")
  func refused() async throws {
    let server = try RawServer { connection, _ in connection.close() }
    let control = try EngineControl()
    let queue = BatchQueue<StreamSample>()
    let port = server.port
    // The body is asked for after the probe and before the connection.
    let job = EngineJob(
      targets: [EngineFixture.target("http://127.0.0.1:\(port)")],
      schedule: Workload.Schedule(profiles: [EngineFixture.open(1)]), warmConnections: 0
    ) { [server] _, _, _ in
      server.stop()
      return []
    }
    let report = try await LoadEngine.run(job: job, samples: queue, control: control)
    #expect(queue.drain()?.map(\.outcome) == [.connect])
    #expect(report.selfCheck.connectionsOpened == 0)
  }
}
