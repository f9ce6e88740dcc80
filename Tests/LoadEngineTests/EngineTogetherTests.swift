import Glibc
import Model
import Plan
import TestKit
import Testing
import Workload

@testable import LoadEngine

@Suite("What several engines share")
struct EngineTogetherTests {
  private static let engines = 3

  /// A server that answers every request with one token, after it has called `onRequest` with the
  /// request.
  private static func service(
    onRequest: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> RawServer {
    try RawServer { connection, _ in
      defer { connection.close() }
      while let request = connection.readRequest() {
        guard request.hasPrefix("POST ") else {
          connection.send("HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")
          continue
        }
        onRequest(request)
        connection.send(EngineFixture.head)
        connection.sendChunk(EngineFixture.token())
        connection.sendChunk(EngineFixture.marker)
        connection.send(EngineFixture.lastChunk)
      }
    }
  }

  /// A server that reads requests and never answers; it calls `onRequest` with how many came.
  private static func silence(
    onRequest: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws -> RawServer {
    let seen = Locked(0)
    return try RawServer { connection, _ in
      if connection.readRequest() != nil {
        let count = seen.withLock { seen in
          seen += 1
          return seen
        }
        onRequest(count)
      }
      connection.waitForClose()
      connection.close()
    }
  }

  private static func job(
    _ url: String, _ profiles: [ProfileSchedule], timeouts: Timeouts = Timeouts(),
    inFlightMax: Int = 64, warmConnections: Int = 0, abort: AbortRule = AbortRule()
  ) -> EngineJob {
    var job = EngineFixture.job(
      EngineFixture.target(url, timeouts: timeouts), profiles, inFlightMax: inFlightMax,
      abort: abort, warmConnections: warmConnections)
    job.engines = engines
    return job
  }

  /// `count` arrivals at zero and then one for each engine that is far away.
  private static func held(_ count: Int) -> ProfileSchedule {
    var profile = EngineFixture.open(count)
    guard case .open(var arrivals) = profile.load else { return profile }
    for _ in 0..<engines {
      arrivals.append(Arrival(at: .seconds(3_600), request: arrivals[0].request))
    }
    profile.load = .open(arrivals)
    profile.duration = .seconds(3_600)
    return profile
  }

  // MARK: Slots and limits

  @Test("The cap on streams at once holds for their sum, exactly")
  func cap() async throws {
    let server = try EngineTogetherTests.silence()
    let job = EngineTogetherTests.job(server.url, [EngineFixture.open(20)], inFlightMax: 7)
    let control = try EngineControl()
    let queue = BatchQueue<StreamSample>()
    // Nothing ends by itself: the open streams are cancelled once all others are told.
    async let told = onOwnThread(named: "samples") { () throws(EngineError) -> [StreamSample] in
      var samples: [StreamSample] = []
      while let more = queue.drain() {
        samples += more
        let dropped = samples.count { $0.outcome == .droppedCap }
        if dropped == 13 { control.stop(grace: .zero) }
      }
      return samples
    }
    let report = try await LoadEngine.run(job: job, samples: queue, control: control)
    let samples = try await told
    #expect(samples.count == 20)
    #expect(samples.count { $0.outcome == .cancelled && $0.sent != nil } == 7)
    #expect(samples.count { $0.outcome == .droppedCap } == 13)
    #expect(report.selfCheck.inFlightMax == 7)
    #expect(report.selfCheck.droppedCap == 13)
  }

  @Test("One engine may have all slots where the others need none")
  func unevenCap() async throws {
    let server = try EngineTogetherTests.silence()
    var profile = EngineFixture.closed(24, duration: .milliseconds(1), think: .milliseconds(1))
    guard case .closed(var users) = profile.load else { return }
    for user in users.indices where user % EngineTogetherTests.engines != 1 {
      users[user].steps = []
    }
    profile.load = .closed(users)
    let job = EngineTogetherTests.job(
      server.url, [profile], timeouts: Timeouts(firstToken: .milliseconds(200)), inFlightMax: 8)
    let samples = try await EngineFixture.run(job).samples
    #expect(samples.map(\.seq).sorted() == [1, 4, 7, 10, 13, 16, 19, 22])
    #expect(samples.allSatisfy { $0.outcome == .timeoutFirstToken })
  }

  @Test("Exactly as many requests are sent as the limit allows")
  func requestLimit() async throws {
    let seen = Locked(0)
    let server = try EngineTogetherTests.service { _ in seen.withLock { $0 += 1 } }
    var job = EngineTogetherTests.job(
      server.url, [EngineFixture.closed(9, duration: .seconds(60), think: .zero)])
    job.budget = RunBudget(limits: RunLimits(requests: 50), before: RunUse(requests: 4))
    let (report, samples) = try await EngineFixture.run(job)
    #expect(seen.withLock { $0 } == 46)
    #expect(report.use.requests == 46)
    #expect(samples.count { $0.sent != nil } == 46)
    #expect(samples.filter { $0.sent == nil }.allSatisfy { $0.outcome == .cancelled })
    #expect(
      report.end == .limit(LimitHit(path: "limits.requests", limit: "50", used: "50")))
  }

  @Test("Of engines that ask at once for the last request one gets it, and repeats are free")
  func lastRequest() throws {
    var job = EngineTogetherTests.job("http://127.0.0.1", [EngineFixture.open(6)])
    job.budget = RunBudget(limits: RunLimits(requests: 3), before: RunUse(requests: 1))
    let governor = RunGovernor(job: job, control: try EngineControl())
    var place = EngineTogetherTests.place(seq: 0)
    #expect((0..<3).map { _ in governor.admit(place) } == [.go, .go, .limit])
    #expect(governor.requestLimit()?.used == "3")
    place.isRepeated = true
    #expect(governor.admit(place) == .go)
  }

  private static func place(seq: Int) -> StreamPlace {
    StreamPlace(
      profile: 0, request: PlannedRequest(scenario: 0, prompt: 0), stage: 0, seq: seq,
      isWarmup: true, user: nil, intended: MonotonicNanos(0))
  }

  @Test("Output tokens of all engines count against the limit")
  func tokenLimit() async throws {
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      guard connection.readRequest() != nil else { return }
      connection.send(EngineFixture.head)
      for _ in 0..<20 { connection.sendChunk(EngineFixture.token()) }
      connection.waitForClose()
    }
    // Each engine has one stream of 20 tokens: only together they are 60.
    var job = EngineTogetherTests.job(server.url, [EngineTogetherTests.held(3)])
    job.budget = RunBudget(limits: RunLimits(outputTokens: 60))
    let (report, samples) = try await EngineFixture.run(job)
    #expect(
      report.end == .limit(LimitHit(path: "limits.outputTokens", limit: "60", used: "60")))
    #expect(samples.map(\.outcome) == [.cancelled, .cancelled, .cancelled])
  }

  @Test("The abort rule looks at the streams of all engines")
  func abort() async throws {
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      while connection.readRequest() != nil {
        connection.send("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
      }
    }
    // Two failures an engine are none's outage; six are the run's.
    let rule = AbortRule(errorShare: 0.5, over: .seconds(1))
    var profile = EngineTogetherTests.held(6)
    guard case .open(var arrivals) = profile.load else { return }
    for index in 0..<6 { arrivals[index].at = .milliseconds(1_100) }
    for index in 6..<arrivals.count { arrivals[index].at = .seconds(20) }
    profile.load = .open(arrivals)
    let job = EngineTogetherTests.job(server.url, [profile], abort: rule)
    let (report, samples) = try await EngineFixture.run(job)
    #expect(report.aborted?.rule == rule.text)
    #expect(samples.count { $0.outcome == .http5xx } >= AbortWindow.endedMin)
    #expect(samples.allSatisfy { $0.outcome == .http5xx || $0.outcome == .cancelled })
  }

  @Test("A used-up quota is seen in the refusals of all engines")
  func quota() throws {
    let job = EngineTogetherTests.job("http://127.0.0.1", [EngineFixture.open(6)])
    let governor = RunGovernor(job: job, control: try EngineControl())
    for seq in 0..<6 {
      #expect(governor.admit(EngineTogetherTests.place(seq: seq)) == .go)
    }
    for _ in 0..<2 { governor.countRefused() }
    #expect(governor.judgeWarmup() == .warmup(refused: 2, sent: 6))
    #expect(governor.judgeWarmup() == nil)
  }

  // MARK: Ends

  @Test("A stop reaches every engine at once")
  func stop() async throws {
    let control = try EngineControl()
    let server = try EngineTogetherTests.silence { count in
      if count == 6 { control.stop(grace: .zero) }
    }
    let job = EngineTogetherTests.job(server.url, [EngineTogetherTests.held(6)])
    let (report, samples) = try await EngineFixture.run(job, control: control)
    #expect(report.end == .stopped)
    #expect(samples.map(\.outcome) == Array(repeating: .cancelled, count: 6))
    #expect(Set(samples.map { $0.seq % EngineTogetherTests.engines }).count == 3)
    #expect(report.profiles.map(\.sent) == [6])
  }

  @Test("A stop before load sends nothing")
  func earlyStop() async throws {
    let seen = Locked(0)
    let server = try EngineTogetherTests.service { _ in seen.withLock { $0 += 1 } }
    let control = try EngineControl()
    control.stop(grace: .seconds(60))
    let job = EngineTogetherTests.job(
      server.url, [EngineFixture.open(6)], warmConnections: 6)
    let (report, samples) = try await EngineFixture.run(job, control: control)
    #expect(report.end == .stopped && report.profiles.isEmpty)
    #expect(samples.isEmpty && seen.withLock { $0 } == 0)
  }

  @Test("An engine that cannot go on ends the others, and its error is the run's")
  func failure() async throws {
    let governors = Locked<RunGovernor?>(nil)
    let server = try EngineTogetherTests.silence { count in
      guard count == 6 else { return }
      governors.withLock { $0 }?.fail(.system("epoll_wait", Int(EBADF)))
    }
    let job = EngineTogetherTests.job(server.url, [EngineTogetherTests.held(6)])
    let governor = RunGovernor(job: job, control: try EngineControl())
    governors.withLock { $0 = governor }
    await #expect(throws: EngineError.system("epoll_wait", Int(EBADF))) {
      try await LoadEngine.run(governor, samples: BatchQueue<StreamSample>())
    }
  }

  @Test("A login that one engine is refused ends the run before load")
  func refusedLogin() async throws {
    let service = try LoginService { request, _ in
      guard request.isLogin else { return LoginService.stream() }
      return request.body.contains("b@example.com")
        ? LoginService.response(401, "no") : LoginService.token("t")
    }
    let login = EngineFixture.login(
      ["a", "b", "c"].map { EngineFixture.account("\($0)@example.com", "p4ssw0rd") })
    let job = EngineFixture.job(service.url, login, [EngineFixture.open(6)]) {
      $0.engines = EngineTogetherTests.engines
    }
    await #expect {
      try await EngineFixture.run(job)
    } throws: { error in
      guard case EngineError.login(_, let account, .refused(let status, _)) = error else {
        return false
      }
      return account == 1 && status == 401
    }
    #expect(service.chats.isEmpty)
  }

  // MARK: Rounds

  @Test("The next profile begins only when every engine has drained the one before")
  func rounds() async throws {
    let events = Locked<[String]>([])
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      while let request = connection.readRequest() {
        let body = String(request.suffix(while: { $0 != "{" }))
        events.withLock { $0.append("begin \(body)") }
        connection.send(EngineFixture.head)
        connection.sendChunk(EngineFixture.token())
        if body.hasPrefix(#""profile":0,"seq":1}"#) { connection.pause(milliseconds: 200) }
        events.withLock { $0.append("end \(body)") }
        connection.sendChunk(EngineFixture.marker)
        connection.send(EngineFixture.lastChunk)
      }
    }
    let job = EngineTogetherTests.job(
      server.url,
      [
        EngineFixture.open(6, every: .milliseconds(1), kind: .rampUp),
        EngineFixture.closed(6, duration: .milliseconds(1), think: .milliseconds(1)),
      ])
    let (report, samples) = try await EngineFixture.run(job)
    let order = events.withLock { $0 }
    let slowEnd = try #require(order.firstIndex(of: #"end "profile":0,"seq":1}"#))
    let next = try #require(order.firstIndex { $0.contains(#"begin "profile":1"#) })
    #expect(slowEnd < next)
    #expect(samples.count == 12 && samples.allSatisfy { $0.outcome == .complete })
    // All engines have one time zero.
    #expect(
      samples.filter { $0.profile == 1 }.allSatisfy { $0.intended == .zero })
    #expect(report.profiles.map(\.kind) == [.rampUp, .stress])
    #expect(report.profiles.map(\.sent) == [6, 6])
    let first = report.profiles[0]
    #expect(first.startedAt == .zero && first.duration >= .milliseconds(200))
    #expect(report.profiles[1].startedAt >= first.duration)
  }

  @Test("Connections are opened by all engines, as many as one would open, and load runs on them")
  func warmConnections() async throws {
    let server = try EngineTogetherTests.service()
    let job = EngineTogetherTests.job(
      server.url, [EngineFixture.open(7)], warmConnections: 7)
    let (report, samples) = try await EngineFixture.run(job)
    #expect(samples.count == 7)
    #expect(samples.allSatisfy { $0.outcome == .complete && $0.connectionReused })
    #expect(report.selfCheck.connectionsOpened == 7)
    #expect(report.selfCheck.connectionsReused == 7)
  }

  @Test("The live view adds the engines up")
  func progress() async throws {
    let server = try EngineTogetherTests.service()
    let control = try EngineControl()
    _ = try await EngineFixture.run(
      EngineTogetherTests.job(server.url, [EngineFixture.open(7)]), control: control)
    let progress = control.progress
    #expect(progress.sent == 7 && progress.tokens == 7 && progress.firstTokens == 7)
    #expect(progress.ended == [.complete: 7])
    #expect(progress.inFlight == 0 && progress.profileCount == 1)
    #expect(progress.arrivalsDue == 7 && progress.arrivalsSent == 7)
  }
}

extension String {
  /// The longest end of it in which every character is as wanted.
  fileprivate func suffix(while isWanted: (Character) -> Bool) -> Substring {
    self[(lastIndex { !isWanted($0) }.map { index(after: $0) } ?? startIndex)...]
  }
}
