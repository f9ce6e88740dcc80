import LoadEngine
import Model
import Plan
import TestKit
import Testing
import Workload

@Suite("Sending a schedule")
struct LoadTests {
  /// A server that answers every request with one token, after it has called `onRequest`.
  static func service(
    onRequest: @escaping @Sendable () -> Void = {}
  ) throws -> RawServer {
    try RawServer { connection, _ in
      defer { connection.close() }
      while let request = connection.readRequest() {
        guard request.hasPrefix("POST ") else {
          connection.send("HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")
          continue
        }
        onRequest()
        connection.send(EngineFixture.head)
        connection.sendChunk(EngineFixture.token())
        connection.sendChunk(EngineFixture.marker)
        connection.send(EngineFixture.lastChunk)
      }
    }
  }

  /// A server that reads requests and never answers.
  private static func silence() throws -> RawServer {
    try RawServer { connection, _ in
      connection.waitForClose()
      connection.close()
    }
  }

  @Test("Each arrival is sent once, with its stage, and warm-up is told by the intended time")
  func openLoop() async throws {
    let server = try LoadTests.service()
    let profile = EngineFixture.open(40, every: .milliseconds(2), warmup: .milliseconds(20))
    let (report, samples) = try await EngineFixture.run(
      EngineFixture.job(EngineFixture.target(server.url), [profile]))
    let bySeq = samples.sorted { $0.seq < $1.seq }
    #expect(bySeq.map(\.seq) == Array(0..<40))
    #expect(bySeq.allSatisfy { $0.outcome == .complete })
    #expect(bySeq.map(\.intended) == (0..<40).map { .milliseconds(2) * $0 })
    #expect(bySeq.map(\.stage) == (0..<40).map { $0 % 2 })
    #expect(bySeq.map(\.isWarmup) == (0..<40).map { $0 < 10 })
    #expect(report.end == .finished)
    #expect(report.selfCheck.scheduled == 30)
    #expect(report.selfCheck.sent == 30)
    #expect(report.profiles.map(\.sent) == [40])
    #expect(report.samplesRefused == 0)
  }

  @Test("Profiles run one after the other, each drained before the next")
  func profiles() async throws {
    let server = try LoadTests.service()
    let (report, samples) = try await EngineFixture.run(
      EngineFixture.job(
        EngineFixture.target(server.url),
        [
          EngineFixture.open(5, every: .milliseconds(1), kind: .rampUp),
          EngineFixture.closed(2, duration: .milliseconds(30), think: .milliseconds(20)),
        ]))
    #expect(report.profiles.map(\.kind) == [.rampUp, .stress])
    #expect(samples.prefix(5).allSatisfy { $0.profile == 0 })
    #expect(samples.dropFirst(5).allSatisfy { $0.profile == 1 })
    let first = report.profiles[0]
    #expect(first.startedAt == .zero)
    #expect(report.profiles[1].startedAt > first.startedAt + first.duration)
  }

  @Test("Users wait for the end and think; their requests are numbered by step and user")
  func closedLoop() async throws {
    let control = try EngineControl()
    let requests = Locked(0)
    let server = try LoadTests.service {
      let count = requests.withLock { requests in
        requests += 1
        return requests
      }
      if count == 12 { control.stop(grace: .seconds(60)) }
    }
    let think = Nanos.milliseconds(5)
    let (report, samples) = try await EngineFixture.run(
      EngineFixture.job(
        EngineFixture.target(server.url),
        [EngineFixture.closed(3, duration: .seconds(3_600), think: think)]),
      control: control)
    #expect(samples.count >= 12)
    #expect(Set(samples.map(\.seq)).count == samples.count)
    for user in 0..<3 {
      let own = samples.filter { $0.seq % 3 == user }.sorted { $0.seq < $1.seq }
      #expect(own.map(\.seq) == own.indices.map { $0 * 3 + user })
      for (before, after) in zip(own, own.dropFirst()) {
        #expect(after.intended == before.intended + (try #require(before.done)) + think)
      }
    }
    #expect(report.selfCheck.inFlightMax <= 3)
  }

  @Test("A user whose pause ends after the profile sends no more")
  func closedLoopEnd() async throws {
    let server = try LoadTests.service()
    let (report, samples) = try await EngineFixture.run(
      EngineFixture.job(
        EngineFixture.target(server.url),
        [EngineFixture.closed(3, duration: .milliseconds(1), think: .milliseconds(1))]))
    #expect(samples.map(\.seq).sorted() == [0, 1, 2])
    #expect(report.end == .finished)
  }

  @Test("Arrivals beyond the in-flight cap are dropped as such and never sent")
  func cap() async throws {
    let server = try LoadTests.silence()
    let timeouts = Timeouts(firstToken: .milliseconds(100))
    let (report, samples) = try await EngineFixture.run(
      EngineFixture.job(
        EngineFixture.target(server.url, timeouts: timeouts), [EngineFixture.open(5)],
        inFlightMax: 2))
    #expect(samples.filter { $0.outcome == .droppedCap }.map(\.seq) == [2, 3, 4])
    #expect(samples.filter { $0.outcome == .timeoutFirstToken }.count == 2)
    #expect(samples.filter { $0.outcome == .droppedCap }.allSatisfy { $0.sent == nil })
    #expect(report.selfCheck.droppedCap == 3)
    #expect(report.selfCheck.inFlightMax == 2)
  }

  @Test("An arrival that the client is too late for is dropped as such")
  func late() async throws {
    let server = try LoadTests.service()
    // A bound below zero makes every arrival late.
    let (report, samples) = try await EngineFixture.run(
      EngineFixture.job(
        EngineFixture.target(server.url), [EngineFixture.open(3)], lateMax: Nanos(-1)))
    #expect(samples.map(\.outcome) == [.droppedLate, .droppedLate, .droppedLate])
    #expect(report.selfCheck.droppedLate == 3)
    #expect(report.selfCheck.sent == 0)
  }

  @Test("Connections are opened before load, and load runs on them")
  func warmConnections() async throws {
    let server = try LoadTests.service()
    let (report, samples) = try await EngineFixture.run(
      EngineFixture.job(
        EngineFixture.target(server.url), [EngineFixture.open(4)], warmConnections: 4))
    #expect(samples.allSatisfy { $0.outcome == .complete && $0.connectionReused })
    #expect(report.selfCheck.connectionsOpened == 4)
    #expect(report.selfCheck.connectionsReused == 4)
  }

  @Test("A fresh connection for each request is never reused")
  func freshConnections() async throws {
    let server = try LoadTests.service()
    let target = EngineFixture.target(server.url, connections: .fresh)
    let (report, samples) = try await EngineFixture.run(
      EngineFixture.job(
        target, [EngineFixture.open(6, every: .milliseconds(5))], warmConnections: 4))
    #expect(samples.allSatisfy { $0.outcome == .complete && !$0.connectionReused })
    #expect(report.selfCheck.connectionsOpened == 6)
    #expect(report.selfCheck.connectionsReused == 0)
  }

  @Test("A stop without grace cancels what is open and sends nothing more")
  func stop() async throws {
    let control = try EngineControl()
    let seen = Locked(0)
    let server = try RawServer { connection, _ in
      if connection.readRequest() != nil {
        let count = seen.withLock { count in
          count += 1
          return count
        }
        if count == 2 { control.stop(grace: .zero) }
      }
      connection.waitForClose()
      connection.close()
    }
    var profile = EngineFixture.open(2)
    guard case .open(var arrivals) = profile.load else { return }
    arrivals.append(Arrival(at: .seconds(3_600), request: arrivals[0].request))
    profile.load = .open(arrivals)
    let (report, samples) = try await EngineFixture.run(
      EngineFixture.job(EngineFixture.target(server.url), [profile, EngineFixture.open(1)]),
      control: control)
    #expect(report.end == .stopped)
    #expect(samples.map(\.outcome) == [.cancelled, .cancelled])
    #expect(report.profiles.count == 1)
  }

  @Test("A stop with grace lets open streams end")
  func gracefulStop() async throws {
    let control = try EngineControl()
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      guard connection.readRequest() != nil else { return }
      control.stop(grace: .seconds(60))
      connection.send(EngineFixture.head)
      connection.sendChunk(EngineFixture.token())
      connection.sendChunk(EngineFixture.marker)
      connection.send(EngineFixture.lastChunk)
    }
    let (report, samples) = try await EngineFixture.run(
      EngineFixture.job(
        EngineFixture.target(server.url), [EngineFixture.open(2, every: .seconds(3_600))]),
      control: control)
    #expect(report.end == .stopped)
    #expect(samples.map(\.outcome) == [.complete])
  }

  @Test("Streams that hang beyond the last arrival are no outage: the run goes on to its end")
  func hangingTail() async throws {
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      while let request = connection.readRequest() {
        if request.contains("/silent") { return connection.waitForClose() }
        connection.send(EngineFixture.head)
        connection.sendChunk(EngineFixture.token())
        connection.sendChunk(EngineFixture.marker)
        connection.send(EngineFixture.lastChunk)
      }
    }
    let answered = EngineFixture.target(server.url)
    var silent = EngineFixture.target(
      server.url, timeouts: Timeouts(firstToken: .milliseconds(300)))
    silent.path = "/silent"
    let arrivals = (0..<20).map { index in
      Arrival(
        at: .milliseconds(5) * Int64(index),
        request: PlannedRequest(scenario: index < 12 ? 0 : 1, prompt: 0))
    }
    let profile = ProfileSchedule(
      kind: .sustained, duration: .milliseconds(100), warmup: .zero, load: .open(arrivals))
    let job = EngineJob(
      targets: [answered, silent], schedule: Schedule(profiles: [profile]), inFlightMax: 64,
      abort: AbortRule(errorShare: 0.5, over: .milliseconds(50)), warmConnections: 0,
      lateMax: .seconds(60)
    ) { _, _, _ in Array("{}".utf8) }
    let (report, samples) = try await EngineFixture.run(job)
    #expect(report.end == .finished)
    #expect(samples.count { $0.outcome == .timeoutFirstToken } == 8)
  }

  @Test("A load that is over before its service's failures are seen is aborted at its end")
  func silentToTheEnd() async throws {
    let server = try LoadTests.silence()
    let timeouts = Timeouts(firstToken: .milliseconds(300))
    let (report, samples) = try await EngineFixture.run(
      EngineFixture.job(
        EngineFixture.target(server.url, timeouts: timeouts),
        [EngineFixture.open(20, every: .milliseconds(5)), EngineFixture.open(1)],
        abort: AbortRule(errorShare: 0.5, over: .seconds(10))))
    #expect(report.aborted?.profile == "sustained" && report.aborted?.isBeyondClient == false)
    #expect(samples.count == 20 && samples.allSatisfy { $0.outcome == .timeoutFirstToken })
    // Given up when the limit had passed, and in flight until then.
    for sample in samples { #expect(try #require(sample.end) >= .milliseconds(300)) }
  }

  @Test("A service that only fails ends the run by the abort rule")
  func abort() async throws {
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      while connection.readRequest() != nil {
        connection.send("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
      }
    }
    let rule = AbortRule(errorShare: 0.5, over: .milliseconds(50))
    let profile = EngineFixture.open(10_000, every: .milliseconds(10))
    // Slots for seconds: a service that has no CPU for so long is not what is tested.
    let (report, samples) = try await EngineFixture.run(
      EngineFixture.job(
        EngineFixture.target(server.url), [profile, EngineFixture.open(1)], inFlightMax: 512,
        abort: rule))
    let abort = try #require(report.aborted)
    #expect(abort.profile == "sustained")
    #expect(abort.rule == "error: 50%, over: 0.05s")
    #expect(abort.at >= rule.over)
    #expect(Set(samples.map(\.outcome)).isSubset(of: [.http5xx, .cancelled]))
    #expect(report.profiles.count == 1)
  }

  @Test("One request alone tells its reads")
  func single() async throws {
    let server = try LoadTests.service()
    let single = try await LoadEngine.sendOne(
      job: EngineFixture.job(EngineFixture.target(server.url), []),
      request: PlannedRequest(scenario: 0, prompt: 0), control: try EngineControl())
    #expect(single.sample.outcome == .complete)
    #expect(single.reads.map(\.contentEvents).reduce(0, +) == 1)
    #expect(single.reads.map(\.bytes).reduce(0, +) == single.sample.bodyBytes)
  }

  @Test("An endpoint that is down is said before load")
  func down() async throws {
    let server = try LoadTests.service()
    let target = EngineFixture.target(server.url)
    #expect(try await LoadEngine.probe(targets: [target]) == ["127.0.0.1"])
    server.stop()
    await #expect {
      try await LoadEngine.probe(targets: [target])
    } throws: { error in
      guard case EngineError.unreachable(let host, let port, _, let code?) = error else {
        return false
      }
      return host == "127.0.0.1" && port == server.port && code != 0
    }
  }

  @Test("A peer that does not speak TLS is said before load")
  func noTLS() async throws {
    let server = try RawServer { connection, _ in
      connection.send("HTTP/1.1 400 No\r\n\r\n")
      connection.waitForClose()
      connection.close()
    }
    let target = EngineFixture.target("https://127.0.0.1:\(server.port)")
    await #expect {
      try await LoadEngine.probe(targets: [target])
    } throws: { error in
      guard case EngineError.tls = error else { return false }
      return true
    }
  }

  @Test("A page in answer to what opens a connection is not taken for a stream's answer")
  func pageBeforeLoad() async throws {
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      while let request = connection.readRequest() {
        guard request.hasPrefix("POST ") else {
          let page = #"{"detail":"Method Not Allowed"}"#
          connection.send(
            "HTTP/1.1 405 No\r\nContent-Type: application/json\r\n"
              + "Content-Length: \(page.utf8.count)\r\n\r\n")
          // A slow service: who asked may think after the header that the answer is over.
          connection.pause(milliseconds: 20)
          connection.send(page)
          continue
        }
        connection.send(EngineFixture.head)
        connection.sendChunk(EngineFixture.token())
        connection.sendChunk(EngineFixture.marker)
        connection.send(EngineFixture.lastChunk)
      }
    }
    let job = EngineFixture.job(
      EngineFixture.target(server.url), [EngineFixture.open(1)], warmConnections: 1)
    let (report, samples) = try await EngineFixture.run(job)
    #expect(samples.map(\.outcome) == [.complete])
    #expect(samples.map(\.connectionReused) == [true])
    #expect(report.selfCheck.connectionsOpened == 1)
  }
}
