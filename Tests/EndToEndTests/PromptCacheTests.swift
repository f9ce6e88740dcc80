import Foundation
import Model
import ResultStore
import TestKit
import Testing

@Suite("Prompt caches, from the service's usage to the verdict", .waiting)
struct PromptCacheTests {
  /// A service whose usage says that `cached` of 100 prompt tokens came from its cache where it
  /// has seen the request before; it keeps the bodies in the order of their coming.
  private static func service(cached: Int, _ seen: Locked<[String]>) throws -> RawServer {
    try RawServer { connection, _ in
      while let request = connection.readRequest() {
        guard let end = request.range(of: "\r\n\r\n"), request.hasPrefix("POST") else {
          connection.send("HTTP/1.1 204 No Content\r\n\r\n")
          continue
        }
        let body = String(request[end.upperBound...])
        let isKnown = seen.withLock { seen in
          defer { seen.append(body) }
          return seen.contains(body)
        }
        // A first token that a busy client can measure.
        usleep(300_000)
        let hit = isKnown ? cached : 0
        connection.send(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n")
        connection.sendChunk(
          #"data: {"choices":[{"index":0,"delta":{"content":"a"}}]}"# + "\n\n"
            + #"data: {"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":1,"#
            + #""prompt_tokens_details":{"cached_tokens":\#(hit)}}}"# + "\n\ndata: [DONE]\n\n")
        connection.send("0\r\n\r\n")
      }
      connection.close()
    }
  }

  @Test("A warm pass comes before load and is not measured; moved cache hits are warned of")
  func warm() throws {
    var files: [String] = []
    var running: [(product: Product, seen: Locked<[String]>, process: RunningProcess)] = []
    for cached in [80, 20] {
      let seen = Locked<[String]>([])
      let server = try PromptCacheTests.service(cached: cached, seen)
      let product = try Product(
        plan: TestPlan.sustained(url: server.url, lines: "promptCache: warm"))
      let process = try product.start([
        "run", "--commit", "c\(cached)", "--branch", "main", "--out", "out",
      ])
      running.append((product, seen, process))
    }
    for (run, share) in zip(running, [0.8, 0.2]) {
      let end = try run.process.waitForEnd()
      #expect([0, 3].contains(end.code), "\(end.errors)")
      #expect(end.errors.contains("warm pass: 2 prompts sent, unmeasured"))
      let seen = run.seen.withLock { $0 }
      #expect(seen.count == 202)
      #expect(Set(seen.prefix(2)).count == 2 && Set(seen).count == 2)
      let path = run.product.folder.file("out/run-1.jsonl.gz").path
      let file = try RunFile.read(path)
      #expect(file.samples?.count == 200)
      let store = try ResultStore.open(
        .sqlite(path: run.product.folder.file(".streamgate/results.db").path), for: .read)
      let figures = try store.record(file.header.runID).figures
      #expect(
        figures.filter { $0.name == "cached.share" && $0.scenario == "short" }.map(\.value)
          == [share])
      files.append(path)
    }
    let compare = running[0].product
    let end = try compare.run(
      "compare", "--candidate", files[1], "--baseline", files[0], "--out", "compared")
    #expect([0, 3].contains(end.code), "\(end.errors)")
    let summary = try compare.text("compared/summary.md")
    #expect(
      summary.contains("The share of cached prompt tokens of short moved"), "\(summary)")
  }
}
