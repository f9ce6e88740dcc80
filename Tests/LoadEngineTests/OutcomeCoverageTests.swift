import Curl
import Foundation
import LoadEngine
import Model
import Plan
import TestKit
import Testing

/// That each outcome of the taxonomy is brought about by something real: a row of the simulator's
/// table, or where no reply can, a test of its own.
@Suite("Every outcome is seen")
struct OutcomeCoverageTests {
  /// The tests of this folder that see what no reply can bring about.
  private static let tests: [Outcome: String] = [
    .connect: "A connection that nobody answers ends within the connect time limit",
    .dns: "A name without an address is said before load, and is its own outcome",
    .tls: "A service that forgets TLS between the probe and the load is its own outcome",
    .droppedCap: "Arrivals beyond the in-flight cap are dropped as such and never sent",
    .droppedLate: "An arrival that the client is too late for is dropped as such",
    .cancelled: "A stop without grace cancels what is open and sends nothing more",
  ]

  @Test("Every outcome is brought about by a row of the table or by a test that is named here")
  func covered() throws {
    let byRow = Set(try FaultEntry.table().map(\.outcome))
    let byTest = Set(OutcomeCoverageTests.tests.keys)
    #expect(Set(Outcome.allCases).subtracting(byRow).subtracting(byTest).isEmpty)
    #expect(byRow.isDisjoint(with: byTest))
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    let text = try files.map { try String(contentsOf: $0, encoding: .utf8) }.joined()
    for (outcome, name) in OutcomeCoverageTests.tests {
      #expect(text.contains("@Test(\"\(name)\")"), "\(outcome)")
    }
  }

  @Test("A connection that nobody answers ends within the connect time limit")
  func connectTimeout() async throws {
    // The probe's connection stays in the queue, and fills it.
    let listener = try FullListener()
    let target = EngineFixture.target(
      "http://127.0.0.1:\(listener.port)", timeouts: Timeouts(connect: .milliseconds(300)))
    let (_, samples) = try await EngineFixture.run(
      EngineFixture.job(target, [EngineFixture.open(1)]))
    let sample = try #require(samples.first)
    #expect(sample.outcome == .connect)
    #expect(sample.requestSent == nil && sample.httpStatus == nil)
    #expect(sample.evidence?.detail == "No connection within the connect time limit.")
    withExtendedLifetime(listener) {}
  }

  @Test("A name without an address is said before load, and is its own outcome")
  func dns() async throws {
    // No label may be so long (RFC 1035, 2.3.4): no server of names is asked.
    let name = String(repeating: "a", count: 64) + ".invalid"
    await #expect {
      try await LoadEngine.probe(targets: [EngineFixture.target("http://\(name)")])
    } throws: { error in
      guard case EngineError.unresolved(name, _) = error else { return false }
      return true
    }
    // Under load no name is resolved: what libcurl would say of one has its outcome all the same.
    #expect(TransportCode(rawValue: 6).kind(systemError: 0, isTLS: false) == .dns)
  }

  @Test("A service that forgets TLS between the probe and the load is its own outcome")
  func tls() async throws {
    let certificates = try Certificates(in: try TemporaryFolder())
    let server = try TLSServer(certificates)
    let port = try #require(URL(string: server.url)?.port)
    let isForgotten = Locked(false)
    let proxy = try RawServer { connection, _ in
      defer { connection.close() }
      guard isForgotten.withLock({ $0 }) else { return connection.forward(to: port) }
      connection.send("HTTP/1.1 400 This is no TLS\r\n\r\n")
      connection.waitForClose()
    }
    var target = EngineFixture.target("https://127.0.0.1:\(proxy.port)")
    target.tls = TLSPlan(caFile: certificates.path("ca.pem"))
    var job = EngineFixture.job(target, [EngineFixture.open(1)])
    // The body is asked for after the probe and before the connection.
    job.body = { _, _, _ in
      isForgotten.withLock { $0 = true }
      return []
    }
    let sample = try #require(try await EngineFixture.run(job).samples.first)
    #expect(sample.outcome == .tls)
    #expect(sample.httpStatus == nil && sample.requestSent == nil)
    #expect(sample.evidence?.transportCode == 35)
  }
}
