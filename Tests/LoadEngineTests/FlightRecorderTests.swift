import LoadEngine
import Model
import Plan
import TestKit
import Testing

@Suite("The flight recorder under load")
struct FlightRecorderTests {
  private static let secret = "sk-very\"secret/token"

  /// A job against a server that repeats a secret, half of it in the next read.
  private func job(_ server: RawServer, _ mode: RecorderMode) -> EngineJob {
    var job = EngineFixture.job(
      EngineFixture.target(server.url), [EngineFixture.open(1)])
    job.recorder = mode
    job.redactor = Redactor(secrets: [FlightRecorderTests.secret])
    return job
  }

  private static func service() throws -> RawServer {
    try RawServer { connection, _ in
      defer { connection.close() }
      while connection.readRequest() != nil {
        connection.send(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-request-id: r-7\r\n"
            + "Server-Timing: \(secret)\r\n\r\n")
        connection.send(#"data: {"error":{"message":"no such key sk-very\"sec"#)
        connection.settle()
        connection.send(#"ret/token, sk-very\u0022secret\/token"}}"# + "\n\n")
        return
      }
    }
  }

  @Test("Full keeps the text, without a secret that is cut in two by reads or escaped")
  func full() async throws {
    let server = try FlightRecorderTests.service()
    let (report, samples) = try await EngineFixture.run(job(server, .full))
    let stream = try #require(report.streams.first)
    #expect(stream.sample == samples.first && stream.sample.outcome == .errorEvent)
    #expect(stream.ranks == StreamRanks(failure: 1))
    let body = try #require(stream.body)
    let text = String(decoding: body.bytes, as: UTF8.self)
    #expect(text.hasPrefix(#"data: {"error":{"message":"no such key *****"#))
    #expect(body.count == stream.sample.bodyBytes)
    #expect(stream.reads.map(\.bytes).reduce(0, +) == body.count)
    #expect(stream.headers.first == RecordedHeader(name: "x-request-id", value: "r-7"))
    let evidence = try #require(samples.first?.evidence)
    #expect(evidence.detail.hasSuffix("x-request-id: r-7"))
    for shown in [text, evidence.excerpt, stream.headers[1].value] {
      #expect(shown.contains("*****") && !shown.contains("secret") && !shown.contains("token"))
    }
  }

  @Test("Timing keeps the reads and no text, off keeps nothing")
  func modes() async throws {
    let server = try FlightRecorderTests.service()
    let timing = try await EngineFixture.run(job(server, .timing)).report.streams
    #expect(timing.count == 1 && timing[0].body == nil && !timing[0].reads.isEmpty)
    #expect(try await EngineFixture.run(job(server, .off)).report.streams.isEmpty)
  }
}
