import LoadEngine
import Model
import Plan
import TestKit
import Testing

@Suite("libcurl's silent second attempt")
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
}
