import Foundation
import Model
import TestKit
import Testing

@Suite("Faults", .waiting)
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

  @Test("A date in Retry-After is as far ahead as the seconds would be")
  func retryDate() throws {
    let before = Date()
    let field = try #require(
      try reply("http_429_date", "--retry-after 120").headers["retry-after"])
    let form = DateFormatter()
    form.locale = Locale(identifier: "en_US_POSIX")
    form.timeZone = TimeZone(identifier: "GMT")
    form.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    let date = try #require(form.date(from: field))
    // A date has whole seconds.
    #expect(date >= before.addingTimeInterval(119) && date <= Date().addingTimeInterval(120))
  }

  @Test("A redirect leads to another name of the host, where the ledger sees who follows")
  func redirect() throws {
    let simulator = try Simulator()
    let response = try simulator.chat("/fault/redirect" + Wire.chat)
    let place = "http://localhost:\(simulator.port)/redirected/v1/chat/completions"
    #expect(response.headers["location"] == place)
    #expect(try simulator.chat("/redirected/v1/chat/completions").status == 404)
  }

  @Test("Usage stands where the row says, and only there")
  func usageShapes() throws {
    let own = try reply("usage_own_event").objects()
    #expect(own.compactMap { $0["usage"] }.count == 1)
    #expect(own.last?["choices"] == .array([]))
    let finish = try reply("usage_on_finish").objects()
    #expect(finish.count == 1 + 6 + 1)
    #expect(finish.compactMap { $0["usage"] }.count == 1)
    #expect(finish.last?["usage"]?["completion_tokens"] == .integer(6))
    let each = try reply("usage_on_each").objects()
    #expect(each.map { $0["usage"] == .null } == Array(repeating: true, count: 8) + [false])
  }

  @Test("The gzip bomb is a thousand times as long as it looks, and one line")
  func bomb() throws {
    let simulator = try Simulator()
    let connection = try simulator.connect()
    connection.send(Wire.post("/fault/gzip_bomb" + Wire.chat))
    #expect(try connection.line() == "HTTP/1.1 200 OK\r\n")
    while try connection.line() != "\r\n" {}
    var coded: [UInt8] = []
    while coded.count < 20_000 {
      let size = try #require(try connection.line().flatMap { Int($0.dropLast(), radix: 16) })
      coded += try connection.bytes(size)
      _ = try connection.line()
    }
    let plain = inflated(coded[...], bits: 31).bytes
    #expect(plain.count > 150 * coded.count)
    #expect(plain.allSatisfy { $0 == UInt8(ascii: "a") })
  }

  @Test(
    "A right reply says every word of the usual one, however it is cut",
    arguments: [
      "burst", "dribble", "small_chunks", "trailers", "content_length", "close_delimited",
      "chunk_extensions", "early_hints", "http_10", "gzip", "gzip_members",
      "deflate", "deflate_bare", "gzip_dribble", "deflate_small_chunks", "identity",
    ])
  func sameWords(fault: String) throws {
    for dialect in ServedDialect.all {
      let path = "/fault/\(fault)" + dialect.path
      let usual = try Simulator("--tokens 6")
      let unusual = try Simulator("--tokens 6")
      let hasWideWords = fault == "dribble" || fault == "small_chunks"
      let usualPath = (hasWideWords ? "/fault/wide_text" : "") + dialect.path
      let names = FaultRow.all.first { $0.fault == fault }?.dialects.map(\.name)
      guard names?.contains(dialect.name) == true else { continue }
      #expect(
        try body(unusual, path, dialect) == (try body(usual, usualPath, dialect)), "\(path)")
    }
  }

  private func body(
    _ simulator: Simulator, _ path: String, _ dialect: ServedDialect
  ) throws -> String {
    let connection = try simulator.connect()
    connection.send(Wire.post(path, dialect.body, header: "Connection: close\r\n"))
    let (bytes, ending) = try connection.rest()
    let body = try #require(try Judge(dialect: dialect).body(bytes, ending))
    return String(decoding: body, as: UTF8.self)
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
