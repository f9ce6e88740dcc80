import LoadEngine
import Model
import Plan
import TestKit
import Testing

@Suite("The content codings that are asked for")
struct AcceptEncodingTests {
  /// The lines about codings in the request of a target with these headers.
  private func asked(_ headers: [HeaderPlan]) async throws -> [String] {
    let requests = Locked<[String]>([])
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      guard let request = connection.readRequest() else { return }
      requests.withLock { $0.append(request) }
      connection.send(EngineFixture.head)
      connection.sendChunk(EngineFixture.token())
      connection.sendChunk(EngineFixture.marker)
      connection.send(EngineFixture.lastChunk)
    }
    var target = EngineFixture.target(server.url)
    target.headers = headers
    _ = try await EngineFixture.run(EngineFixture.job(target, [EngineFixture.open(1)]))
    let request = try #require(requests.withLock { $0.first })
    return request.split(separator: "\r\n").map { $0.lowercased() }
      .filter { $0.hasPrefix("accept-encoding:") }
  }

  @Test("A stream asks for gzip and deflate, unless the plan names what it wants")
  func streams() async throws {
    #expect(try await asked([]) == ["accept-encoding: gzip, deflate"])
    let plain = HeaderPlan(name: "accept-ENCODING", value: SecretText("identity"))
    #expect(try await asked([plain]) == ["accept-encoding: identity"])
  }

  @Test("A page that comes coded, as a plan's headers may ask for, is read as what it says")
  func page() async throws {
    let coded = Packed.frame([Array(#"{"commit":"abc"}"#.utf8)], bits: Packed.gzip)
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      guard connection.readRequest() != nil else { return }
      connection.send(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(coded.count)\r\n\r\n")
      connection.send(bytes: coded)
    }
    let outcome = try await LoadEngine.fetch(
      "/version", from: EngineFixture.target(server.url), within: .seconds(20))
    guard case .answered(200, let body) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(String(decoding: body, as: UTF8.self) == #"{"commit":"abc"}"#)
  }
}
