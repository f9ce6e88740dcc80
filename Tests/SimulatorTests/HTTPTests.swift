import Model
import TestKit
import Testing

@Suite("HTTP", .waiting)
struct HTTPTests {
  @Test("A connection serves one request after another, streams and pages")
  func keepAlive() throws {
    let simulator = try Simulator("--commit abc123")
    let connection = try simulator.connect()
    for _ in 0..<3 {
      connection.send(Wire.post(Wire.chat, Wire.body(maxTokens: 2)))
      #expect(try connection.response().words().count == 2)
      connection.send(Wire.get("/health"))
      #expect(try connection.response().body == #"{"status":"ok"}"#)
      connection.send(Wire.get("/version?x=1"))
      #expect(try connection.response().body == #"{"commit":"abc123"}"#)
    }
  }

  @Test("Requests sent together are answered in order")
  func pipelining() throws {
    let simulator = try Simulator("--ttft 5ms")
    let connection = try simulator.connect()
    connection.send((1...5).map { Wire.post(Wire.chat, Wire.body(maxTokens: $0)) }.joined())
    for count in 1...5 { #expect(try connection.response().words().count == count) }
  }

  @Test("A request cut at any byte is the same request")
  func anyCut() throws {
    let simulator = try Simulator("--tokens 1")
    let connection = try simulator.connect()
    let request = Array(Wire.post().utf8)
    for cut in 1..<request.count {
      connection.send(Array(request[..<cut]))
      // A page on another connection: the simulator has seen the first part before the second.
      let other = try simulator.connect()
      other.send(Wire.get("/health"))
      _ = try other.response()
      connection.send(Array(request[cut...]))
      #expect(try connection.response().words().count == 1)
    }
  }

  @Test("The connection ends after a response to a request that closes it")
  func close() throws {
    let simulator = try Simulator()
    let connection = try simulator.connect()
    connection.send(Wire.post(Wire.chat, Wire.body(), header: "Connection: close\r\n"))
    #expect(try connection.response().ending == .whole)
    #expect(try connection.end() == .closed)
  }

  @Test(
    "A wrong request is answered by its status",
    arguments: [
      (Wire.get("/nothing"), 404), (Wire.post("/fault/nothing/v1/chat/completions"), 404),
      (Wire.post("/health"), 405), (Wire.get("/v1/chat/completions"), 405),
      (Wire.post(Wire.chat, "{"), 400), (Wire.post(Wire.chat, "[]"), 400),
      (Wire.post(Wire.chat, #"{"messages":[]}"#), 400),
      (Wire.post(Wire.chat, #"{"messages":[{"role":"user"}]}"#), 400),
      (Wire.post(Wire.chat, #"{"stream":1,"messages":[{"content":""}]}"#), 400),
      (Wire.post(Wire.chat, Wire.body(maxTokens: 0)), 400),
    ])
  func wrongRequest(request: String, status: Int) throws {
    let simulator = try Simulator()
    let connection = try simulator.connect()
    connection.send(request)
    let response = try connection.response()
    #expect(response.status == status)
    let error = try JSONReader.parse(Array(response.body.utf8))["error"]
    #expect(error?["code"] == .integer(Int64(status)))
    connection.send(Wire.get("/health"))
    #expect(try connection.response().status == 200)
  }

  @Test(
    "Bytes that are no request are answered by a status, and the connection ends",
    arguments: [
      ("HELLO\r\n\r\n", 400), ("GET /health HTTP/1.0\r\n\r\n", 505),
      ("GET /health HTTP/1.1\r\nbroken\r\n\r\n", 400),
      ("GET /health HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
      ("POST / HTTP/1.1\r\nContent-Length: 16777217\r\n\r\n", 413),
      ("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
      ("GET / HTTP/1.1\r\nA: " + String(repeating: "a", count: 70_000) + "\r\n\r\n", 431),
    ])
  func noRequest(bytes: String, status: Int) throws {
    let simulator = try Simulator()
    let connection = try simulator.connect()
    connection.send(bytes)
    #expect(try connection.response().status == status)
    #expect(try connection.end() == .closed)
  }

  @Test("A body of the largest size is read, one byte more is refused while it is being sent")
  func largestBody() throws {
    let simulator = try Simulator("--tokens 1")
    let largest = 16 << 20
    let empty = Wire.body(prompt: "").utf8.count
    let body = Wire.body(prompt: String(repeating: "a", count: largest - empty))
    #expect(try simulator.chat(Wire.chat, body).status == 200)
    #expect(try simulator.chat(Wire.chat, body + " ").status == 413)
  }

  @Test("A client that asks is told to go on with its body")
  func proceed() throws {
    let simulator = try Simulator()
    let connection = try simulator.connect()
    let body = Wire.body(maxTokens: 1)
    let request = Wire.post(Wire.chat, body, header: "Expect: 100-continue\r\n")
    connection.send(String(request.dropLast(body.count)))
    #expect(try connection.response().status == 100)
    connection.send(body)
    #expect(try connection.response().words().count == 1)
  }
}
