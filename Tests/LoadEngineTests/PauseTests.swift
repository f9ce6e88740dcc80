import Glibc
import Model
import Plan
import StreamMeter
import TestKit
import Testing
import Workload

@testable import LoadEngine

@Suite("A client that stands still")
struct PauseTests {
  /// A job whose engine thread is kept busy while it makes the body of one request.
  private static func job(
    _ server: RawServer, every: Nanos, count: Int, inFlightMax: Int = 64, busyAt: Int,
    milliseconds: UInt32
  ) -> EngineJob {
    EngineJob(
      targets: [EngineFixture.target(server.url)],
      schedule: Schedule(profiles: [EngineFixture.open(count, every: every)]),
      inFlightMax: inFlightMax, warmConnections: 0, lateMax: .seconds(60)
    ) { _, _, seq in
      if seq == busyAt { usleep(milliseconds * 1_000) }
      return Array("{}".utf8)
    }
  }

  @Test("makes no stall of what came meanwhile, and tells of the pause")
  func stall() async throws {
    // A busy machine may stop the server too.
    let longest = Locked(Nanos.zero)
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      guard connection.readRequest() != nil else { return }
      connection.send(EngineFixture.head)
      var sentAt = monotonicNow()
      for _ in 0..<60 {
        connection.sendChunk(EngineFixture.token())
        connection.pause(milliseconds: 20)
        let now = monotonicNow()
        longest.withLock { $0 = max($0, now - sentAt) }
        sentAt = now
      }
      connection.sendChunk(EngineFixture.marker)
      connection.send(EngineFixture.lastChunk)
    }
    let job = PauseTests.job(
      server, every: .milliseconds(200), count: 2, busyAt: 1, milliseconds: 700)
    let (report, samples) = try await EngineFixture.run(job)
    #expect(samples.allSatisfy { $0.outcome == .complete })
    let own = longest.withLock { $0 }
    for sample in samples {
      #expect(sample.gapMax ?? .zero < own + .milliseconds(500), "\(own) \(sample)")
    }
    let resources = try #require(report.selfCheck.resources)
    #expect(resources.pauses >= 1 && resources.pausedTotal >= .milliseconds(700))
    #expect(resources.descriptorsMax > 2)
    #expect(resources.descriptorsAllowed >= resources.descriptorsMax)
  }

  @Test("tells of a lag that weighs as much as the streams that were read late")
  func lagOfReads() async throws {
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      guard connection.readRequest() != nil else { return }
      connection.send(EngineFixture.head)
      for _ in 0..<40 {
        connection.sendChunk(EngineFixture.token())
        connection.pause(milliseconds: 40)
      }
      connection.sendChunk(EngineFixture.marker)
      connection.send(EngineFixture.lastChunk)
    }
    // Thirty streams wait at once, one wake-up of hundreds.
    let job = PauseTests.job(
      server, every: .milliseconds(25), count: 31, busyAt: 30, milliseconds: 400)
    let (report, samples) = try await EngineFixture.run(job)
    #expect(samples.allSatisfy { $0.outcome == .complete })
    #expect(report.selfCheck.loopLagP99 >= .milliseconds(300))
  }

  @Test("tells of a pause that began while it waited, and of what came meanwhile")
  func stoppedInWait() async throws {
    // The engine's thread, known from its first request on; a signal's handler holds it up.
    let thread = Locked<pthread_t?>(nil)
    signal(SIGURG) { _ in usleep(400_000) }
    defer { signal(SIGURG, SIG_DFL) }
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      guard connection.readRequest() != nil else { return }
      connection.send(EngineFixture.head)
      for token in 0..<20 {
        connection.pause(milliseconds: 40)
        if token == 10, let thread = thread.withLock({ $0 }) { pthread_kill(thread, SIGURG) }
        connection.sendChunk(EngineFixture.token())
      }
      connection.sendChunk(EngineFixture.marker)
      connection.send(EngineFixture.lastChunk)
    }
    let job = EngineJob(
      targets: [EngineFixture.target(server.url)],
      schedule: Schedule(profiles: [EngineFixture.open(1)]), warmConnections: 0,
      lateMax: .seconds(60)
    ) { _, _, _ in
      thread.withLock { $0 = pthread_self() }
      var signals = sigset_t()
      sigaddset(&signals, SIGURG)
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      return Array("{}".utf8)
    }
    let (report, samples) = try await EngineFixture.run(job)
    #expect(samples.map(\.outcome) == [.complete])
    #expect(report.selfCheck.loopLagP99 >= .milliseconds(300))
    #expect(report.selfCheck.loopLagMax >= .milliseconds(300))
  }

  @Test("tells of the time in which nothing could be seen, each moment with what was left of it")
  func blindTime() {
    var time = BlindTime()
    // 45 ms of each 3.5 s, as a thief of the core takes them: 1.29 % of the time.
    for _ in 0..<100 { time.add(.milliseconds(45), of: .milliseconds(3_500)) }
    let p99 = time.quantile(0.99)
    // 45 ms x (1 - 1 / 1.2857), and the buckets' 3 %.
    #expect(p99 > .microseconds(9_700) && p99 < .microseconds(10_600))
    #expect(time.quantile(0.5) == .zero)
    time.add(.zero, of: .seconds(350))
    #expect(time.quantile(0.99) == .zero)
    #expect(time.quantile(1) >= .milliseconds(45))
    #expect(BlindTime().quantile(0.99) == .zero)
  }

  @Test("What its machine lacks for a connection is told from what the service refuses")
  func localResources() {
    #expect(LocalResource.missing(systemError: Int(EADDRNOTAVAIL)) == .port)
    #expect(LocalResource.missing(systemError: Int(EMFILE)) == .descriptor)
    #expect(LocalResource.missing(systemError: Int(ENOBUFS)) == .memory)
    #expect(LocalResource.missing(systemError: Int(ECONNREFUSED)) == nil)
    #expect(LocalResource.missing(systemError: 0) == nil)
    var meter = SelfMeter(at: MonotonicNanos(0))
    meter.countScheduled()
    meter.countSent(lag: .zero)
    meter.countMissing(.port)
    meter.stop(at: MonotonicNanos(1), largestDescriptor: 0)
    let check = meter.figures
    #expect(check.sent == 0 && check.droppedLate == 1 && check.resources?.portsMissing == 1)
  }

  @Test("A second's use of CPU and the connections of a minute are the largest seen")
  func resources() {
    var meter = ResourceMeter(at: MonotonicNanos(0))
    for second in 1...90 {
      meter.countOpened(second <= 30 ? 2 : 1)
      meter.look(at: MonotonicNanos(0) + .seconds(Int64(second)))
    }
    let figures = meter.figures(
      at: MonotonicNanos(0) + .seconds(90), largestDescriptor: 9)
    // A closed second and the one under way stand in for each other at the edges.
    #expect((90...92).contains(figures.connectionsMinuteMax))
    #expect(figures.cpuShareMax >= 0 && figures.descriptorsMax == 10)
    #expect((figures.cpuWaitShare ?? 0) >= 0 && (figures.stealShare ?? 0) >= 0)
  }
}
