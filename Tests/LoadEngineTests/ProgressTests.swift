import Glibc
import Model
import Plan
import TestKit
import Testing
import Workload

@testable import LoadEngine

@Suite("What others see of a running engine")
struct ProgressTests {
  @Test("It ends with every request counted, in its scenario and its cell")
  func counted() async throws {
    let server = try LoadTests.service()
    let control = try EngineControl()
    let profiles = [EngineFixture.open(7), EngineFixture.open(3)]
    _ = try await EngineFixture.run(
      EngineFixture.job(EngineFixture.target(server.url), profiles), control: control)
    let progress = control.progress
    #expect(progress.sent == 10)
    #expect(progress.arrivalsDue == 10 && progress.arrivalsSent == 10)
    #expect(progress.ended == [.complete: 10])
    #expect(progress.tokens == 10)
    #expect(progress.firstTokens == 10)
    #expect(progress.inFlight == 0)
    #expect(progress.ttft.map(\.count) == [7, 3])
    #expect(progress.scheduleLag.count == 10)
    #expect(progress.scenarios.count == 1)
    #expect(progress.scenarios[0].operations.mapValues(\.count) == [.complete: 10])
    #expect(progress.scenarios[0].ttft.count == 10)
    #expect(progress.scenarios[0].duration.count == 10)
  }

  @Test("Warm-up shows in what others see and in no figure of the run")
  func warmup() async throws {
    let server = try LoadTests.service()
    let control = try EngineControl()
    let profile = EngineFixture.open(5, every: .milliseconds(1), warmup: .seconds(600))
    let (report, _) = try await EngineFixture.run(
      EngineFixture.job(EngineFixture.target(server.url), [profile]), control: control)
    #expect(control.progress.scheduleLag.count == 5)
    #expect(control.progress.loopLag.count > 0)
    #expect(report.selfCheck.sent == 0 && report.selfCheck.loopLagMax == .zero)
  }

  @Test("It names stage, target and what is left of the run while that is under way")
  func place() async throws {
    let control = try EngineControl()
    let seen = Locked<EngineProgress?>(nil)
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      while connection.readRequest() != nil {
        // Answers once the second stage is under way.
        for _ in 0..<5_000 where control.progress.stage == 0 { usleep(1_000) }
        seen.withLock { if $0 == nil { $0 = control.progress } }
        connection.send(EngineFixture.head)
        connection.sendChunk(EngineFixture.token())
        connection.sendChunk(EngineFixture.marker)
        connection.send(EngineFixture.lastChunk)
      }
    }
    let arrivals = [0, 100, 200, 300, 350].map { at in
      Arrival(
        at: .milliseconds(at), request: PlannedRequest(scenario: 0, prompt: 0),
        stage: at < 200 ? 0 : 1)
    }
    let staged = ProfileSchedule(
      kind: .rampUp, duration: .milliseconds(400), warmup: .zero, stageCount: 2,
      load: .open(arrivals))
    let users = EngineFixture.closed(3, duration: .milliseconds(150), think: .seconds(1))
    _ = try await EngineFixture.run(
      EngineFixture.job(EngineFixture.target(server.url), [staged, users]), control: control)
    let during = try #require(seen.withLock { $0 })
    #expect(during.profile == .rampUp && during.stage == 1 && during.stageCount == 2)
    #expect(during.targetRate == 15 && during.targetUsers == 0)
    #expect(during.duration == .milliseconds(400))
    #expect(during.laterDuration == .milliseconds(150))
    #expect(during.arrivalsDue >= 3 && during.inFlight >= 1 && during.stamp > MonotonicNanos(0))
    let last = control.progress
    #expect(last.profile == .stress && last.profileIndex == 1 && last.profileCount == 2)
    #expect(last.targetUsers == 3 && last.targetRate == 0)
    #expect(last.laterDuration == .zero && last.arrivalsDue == 5 && last.arrivalsSent == 5)
    #expect(last.sent > 5)
  }
}
