import Foundation
import TestKit
import Testing

@Suite("An address that is a secret of the pipeline", .waiting)
struct SecretAddressTests {
  /// A job whose plan takes its endpoint from `TARGET_URL`.
  private func job(_ address: String, url: String = "\"${TARGET_URL}\"", target: String = "") throws
    -> Job
  {
    let job = try Job(plan: TestPlan.sustained(url: url, target: target))
    job.product.environment["TARGET_URL"] = address
    return job
  }

  /// Ends a run that finds no endpoint; none of `words` is anywhere that a person could look.
  private func expectHidden(
    _ words: [String], _ job: Job, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let end = try job.run("run", "--comment", "--out", "out")
    #expect(end.code == 69, "\(end.errors)", sourceLocation: sourceLocation)
    #expect(end.errors.contains("error: ${TARGET_URL}"), sourceLocation: sourceLocation)
    #expect(job.bodies.count == 1 && job.server.checks.count == 1, sourceLocation: sourceLocation)
    let files = try job.product.contents().values.map { String(decoding: $0, as: UTF8.self) }
    let sent = job.server.requests.map(\.body)
    for text in [end.output, end.errors] + files + sent + job.bodies {
      for word in words {
        #expect(!text.contains(word), "\(word) in \(text)", sourceLocation: sourceLocation)
      }
    }
  }

  @Test("A name without an address, and an address without a service, are told by the variable")
  func unreachable() throws {
    try expectHidden(["secret-host"], job("http://secret-host.invalid:9"))
    try expectHidden(["127.0.0.77"], job("http://127.0.0.77:9"))
    let check = try job("http://127.0.0.77:9").run("check")
    #expect(check.code == 69 && !check.errors.contains("127.0.0.77"), "\(check.errors)")
  }

  @Test("Libcurl's own words give neither host nor port away: TLS, and a path that is waited for")
  func transport() throws {
    let listener = try RawServer { connection, _ in
      _ = connection.readRequest()
      connection.send("no TLS here\r\n")
      connection.close()
    }
    let port = try #require(listener.url.split(separator: ":").last)
    try expectHidden(["127.0.0.1:\(port)"], job("https://127.0.0.1:\(port)"))
    let ready = "ready: { path: /health, within: 1s }"
    try expectHidden(
      ["127.0.0.77", "port 9", "secret-host"], job("http://127.0.0.77:9", target: ready))
    try expectHidden(["secret-host"], job("http://secret-host.invalid:9", target: ready))
    withExtendedLifetime(listener) {}
  }

  @Test("An address that stands in the plan is no secret")
  func plain() throws {
    let end = try job("", url: "http://127.0.0.77:9").run("run", "--no-check")
    #expect(end.code == 69 && end.errors.contains("error: 127.0.0.77:9: "), "\(end.errors)")
  }
}
