import Foundation
import Model
import TestKit
import Testing

@testable import App

@Suite("The server of metrics")
struct MetricsServerTests {
  private static func server() throws -> MetricsServer {
    try MetricsServer(port: 0) { Array("body\n".utf8) }
  }

  @Test(
    "It answers what it should and refuses the rest",
    arguments: [
      ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK", "body\n"),
      ("GET /metrics?a=b HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK", "body\n"),
      ("GET /metrics HTTP/1.1\n\n", "HTTP/1.1 200 OK", "body\n"),
      ("HEAD /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK", ""),
      ("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found", "the metrics are at /metrics\n"),
      ("POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed", "GET or HEAD\n"),
      ("GET /metrics\r\n\r\n", "HTTP/1.1 400 Bad Request", "no HTTP/1 request\n"),
      ("\u{0}\u{1}\r\n\r\n", "HTTP/1.1 400 Bad Request", "no HTTP/1 request\n"),
    ])
  func answers(request: String, status: String, body: String) throws {
    let server = try MetricsServerTests.server()
    defer { server.stop() }
    let reply = try Scrape.send(request, to: server.port)
    #expect(reply.hasPrefix(status + "\r\n"), "\(reply)")
    #expect(reply.hasSuffix("\r\n\r\n" + body), "\(reply)")
    #expect(reply.contains("Content-Length: "))
    #expect(reply.contains("Connection: close"))
  }

  @Test("A request that has no end is refused, and one that is cut is let go")
  func hostile() throws {
    let server = try MetricsServerTests.server()
    defer { server.stop() }
    let long = "GET /metrics HTTP/1.1\r\nX: " + String(repeating: "a", count: 20_000)
    #expect(try Scrape.send(long, to: server.port).hasPrefix("HTTP/1.1 431 "))
    let whole = long + "\r\n\r\n"
    #expect(try Scrape.send(whole, to: server.port).hasPrefix("HTTP/1.1 431 "))
    let cut = try Scrape.connect(to: server.port)
    Scrape.write("GET /met", to: cut)
    close(cut)
    #expect(try Scrape.get("http://127.0.0.1:\(server.port)/metrics").hasSuffix("body\n"))
  }

  @Test("Clients that say nothing hold up no other, and more than fit wait for their turn")
  func silent() throws {
    let server = try MetricsServer(port: 0, patience: .milliseconds(500)) { Array("body\n".utf8) }
    defer { server.stop() }
    let silent = try (0..<MetricsServer.clientsMax - 1).map { _ in
      try Scrape.connect(to: server.port)
    }
    defer { silent.forEach { close($0) } }
    for _ in 0..<5 {
      #expect(try Scrape.get("http://127.0.0.1:\(server.port)/metrics").hasSuffix("body\n"))
    }
    // One too many: it is served once the silent ones are over their time.
    let last = try Scrape.connect(to: server.port)
    defer { close(last) }
    #expect(try Scrape.get("http://127.0.0.1:\(server.port)/metrics").hasSuffix("body\n"))
  }

  @Test("A port that is taken is an error before load, with what to try")
  func taken() throws {
    let server = try MetricsServerTests.server()
    defer { server.stop() }
    let error = #expect(throws: MetricsServerError.self) {
      try MetricsServer(port: server.port) { [] }
    }
    let failure = Failure(try #require(error))
    #expect(failure.code == .unavailable)
    #expect(
      failure.text.hasPrefix(
        "error: 127.0.0.1:\(server.port): the metrics' port cannot be opened\n  because: "))
    #expect(failure.text.contains("--metrics 0"))
  }
}
