import Model
import TestKit
import Testing

@Suite("Faults")
struct FaultTests {
  private static let error =
    #"{"error":{"message":"the simulated service failed","type":"server_error","code":500}}"#

  /// A fault's reply of six tokens, its fault after two.
  private func reply(_ name: String, _ flags: String = "") throws -> RawResponse {
    let simulator = try Simulator("--tokens 6 --fault-after 2 --stall 30ms", flags)
    return try simulator.chat("/fault/\(name)" + Wire.chat)
  }

  @Test("truncate: two tokens and a clean end without the end marker")
  func truncate() throws {
    let response = try reply("truncate")
    #expect(response.ending == .whole)
    #expect(response.chunks.count == 1 + 2)
    #expect(try response.words().count == 2)
  }

  @Test("no_marker: everything but the end marker, and a clean end")
  func noMarker() throws {
    let response = try reply("no_marker")
    #expect(response.ending == .whole)
    #expect(response.chunks.count == 1 + 6 + 1)
    #expect(!(try response.events().contains("[DONE]")))
  }

  @Test("rst: two tokens, then a reset inside a chunk")
  func reset() throws {
    let response = try reply("rst")
    #expect(response.ending == .reset)
    #expect(try response.words().count == 2)
    #expect(response.cutChunk == #"data: {"id":"chatcmpl-"#)
  }

  @Test("stall: two tokens, silence, then the rest as if nothing had been")
  func stall() throws {
    let simulator = try Simulator("--tokens 6 --fault-after 2 --stall 30ms")
    let response = try simulator.chat("/fault/stall" + Wire.chat)
    #expect(response.ending == .whole)
    #expect(try response.words().count == 6)
    #expect(try response.events().last == "[DONE]")
    _ = try simulator.stop()
    let due = try #require(try simulator.requests().first).numbers("token_due_ns")
    #expect(due[2] - due[1] == 30_000_000)
    #expect(due[1] == due[0] && due[5] == due[2])
  }

  @Test("error_event: two tokens, an error object, the end marker")
  func errorEvent() throws {
    let response = try reply("error_event")
    #expect(response.ending == .whole)
    #expect(try response.words().count == 2)
    #expect(try response.events().suffix(2) == [FaultTests.error, "[DONE]"])
  }

  @Test("http_429 comes with Retry-After, http_500 with an error, and the connection lives on")
  func statuses() throws {
    let simulator = try Simulator("--retry-after 7")
    let connection = try simulator.connect()
    connection.send(Wire.post("/fault/http_429" + Wire.chat))
    let limited = try connection.response()
    #expect(limited.status == 429)
    #expect(limited.headers["retry-after"] == "7")
    connection.send(Wire.post("/fault/http_500" + Wire.chat))
    let failed = try connection.response()
    #expect(failed.status == 500)
    #expect(failed.body == FaultTests.error)
    connection.send(Wire.post())
    #expect(try connection.response().status == 200)
  }

  @Test("Shares choose the faulty replies by seed, and the ledger names each")
  func shares() throws {
    let first = try outcomes(seed: 1)
    #expect(first == (try outcomes(seed: 1)))
    #expect(first != (try outcomes(seed: 2)))
    let truncated = first.filter { $0 == "truncated" }.count
    let failed = first.filter { $0 == "http_5xx" }.count
    // 60 draws at 50 % and 20 %: each bound is more than four deviations away.
    #expect((12...48).contains(truncated))
    #expect((1...26).contains(failed))
    #expect(truncated + failed + first.filter { $0 == "complete" }.count == 60)
  }

  private func outcomes(seed: Int) throws -> [String] {
    let simulator = try Simulator(
      "--seed \(seed) --tokens 2 --fault truncate=50% --fault http_500=0.2")
    let seen = try (0..<60).map { _ in
      let response = try simulator.chat()
      if response.status == 500 { return "http_5xx" }
      return try response.events().last == "[DONE]" ? "complete" : "truncated"
    }
    _ = try simulator.stop()
    #expect(try simulator.requests().map { $0["outcome"]?.stringValue } == seen)
    return seen
  }

  @Test("A fault inside a stream leaves a request without stream alone")
  func withoutStream() throws {
    let simulator = try Simulator("--fault truncate=100%")
    let response = try simulator.chat(Wire.chat, Wire.body(streams: false))
    #expect(response.status == 200)
    _ = try simulator.stop()
    #expect(try simulator.requests().first?["planned_fault"] == .null)
  }
}
