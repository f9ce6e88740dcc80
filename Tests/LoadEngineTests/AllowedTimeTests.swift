import Foundation
import Glibc
import Model
import Plan
import TestKit
import Testing
import Workload

@testable import LoadEngine

@Suite("A right to load that ends")
struct AllowedTimeTests {
  private static func job(_ server: RawServer, seconds: Int) -> EngineJob {
    EngineFixture.job(
      EngineFixture.target(server.url),
      [EngineFixture.open(seconds * 20, every: .milliseconds(50))])
  }

  private static func service(counting count: Locked<Int>) throws -> RawServer {
    try RawServer { connection, _ in
      defer { connection.close() }
      while connection.readRequest() != nil {
        count.withLock { $0 += 1 }
        connection.send(EngineFixture.head)
        connection.sendChunk(EngineFixture.token())
        connection.sendChunk(EngineFixture.marker)
        connection.send(EngineFixture.lastChunk)
      }
    }
  }

  @Test("Where it has ended before load nothing is sent")
  func ended() async throws {
    let count = Locked(0)
    let server = try AllowedTimeTests.service(counting: count)
    let control = try EngineControl()
    control.allowLoad(until: MonotonicNanos(1))
    let (report, _) = try await EngineFixture.run(
      AllowedTimeTests.job(server, seconds: 60), control: control)
    #expect(report.end == .stopped)
    #expect(count.withLock { $0 } == 0)
  }

  @Test("Where it ends in mid-run no request is sent after that, and nobody has to call stop")
  func inMidRun() async throws {
    let count = Locked(0)
    let server = try AllowedTimeTests.service(counting: count)
    let control = try EngineControl()
    let end = monotonicNow() + .seconds(3)
    control.allowLoad(until: end)
    let (report, samples) = try await EngineFixture.run(
      AllowedTimeTests.job(server, seconds: 600), control: control)
    #expect(report.end == .stopped)
    #expect(samples.count { $0.outcome == .cancelled && $0.sent == nil } <= 1)
    #expect(count.withLock { $0 } < 600 * 20)
  }

  @Test("Where it is put off the run comes to its own end")
  func putOff() async throws {
    let count = Locked(0)
    let server = try AllowedTimeTests.service(counting: count)
    let control = try EngineControl()
    control.allowLoad(until: MonotonicNanos(1))
    control.allowLoad(until: MonotonicNanos(.max))
    let (report, _) = try await EngineFixture.run(
      AllowedTimeTests.job(server, seconds: 1), control: control)
    #expect(report.end == .finished)
    #expect(count.withLock { $0 } == 20)
  }
}
