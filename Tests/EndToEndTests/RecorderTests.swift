import Foundation
import Model
import ResultStore
import TestKit
import Testing

@Suite("The flight recorder, from load to report", .waiting)
struct RecorderTests {
  private static let secret = "sk-very-secret"

  /// A product with a plan against a simulator that breaks some streams.
  private func product(_ recorder: String) throws -> (Product, Simulator) {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "300ms", "--gap", "5ms", "--tokens", "8", "--fault",
      "truncate=10%", "--fault", "http_500=10%")
    try product.folder.write(
      TestPlan.sustained(url: simulator.url, lines: "recorder: \(recorder)").replacing(
        "  timeouts:",
        with: "  headers: { Authorization: \"Bearer ${TOKEN}\" }\n  timeouts:"),
      to: "streamgate.yaml")
    product.environment["TOKEN"] = RecorderTests.secret
    return (product, simulator)
  }

  @Test("A failed stream's timeline is in the report of a stored run and of its files")
  func timing() throws {
    let (product, simulator) = try product("timing")
    let end = try product.run("run", "--commit", "a", "--branch", "main", "--out", "out")
    #expect([0, 1, 3].contains(end.code), "\(end.errors)")
    _ = try simulator.stop()
    let run = try RunFile.read(product.folder.file("out/run-1.jsonl.gz").path)
    let samples = try #require(run.samples)
    let id = run.header.runID

    let list = try product.run("report", id, "--stream")
    #expect(list.code == 0, "\(list.errors)")
    let truncated = samples.filter { $0.outcome == .truncated }
    let first = try #require(truncated.first { !$0.isWarmup })
    #expect(list.output.contains("sustained/short/\(first.seq) "))
    #expect(list.output.contains("truncated 5") && list.output.contains("http_5xx 5"))
    #expect(list.output.contains("slowest first token 1"))
    #expect(end.output.contains("streamgate report \(id) --stream"))
    #expect(try product.text("out/summary.md").contains("sustained/short/\(first.seq)"))

    let name = "sustained/short/\(first.seq)"
    let shown = try product.run("report", id, "--stream", name)
    #expect(shown.code == 0, "\(shown.errors)")
    for words in ["truncated, status 200", "due", "sent", "headers", "read 1, first token", "end"] {
      #expect(shown.output.contains(words), "\(words) is not in \(shown.output)")
    }
    #expect(shown.output.contains("text         not kept"))
    for place in ["out/run-1.jsonl.gz", "out/result.json", "main"] {
      #expect(try product.run("report", place, "--stream", name).output == shown.output)
    }
    let json = try product.run("report", id, "--stream", name, "--format", "json")
    let value = try JSONReader.parse(Array(json.output.utf8))
    #expect(value["seq"] == .integer(Int64(first.seq)))
    let reads = try #require(value["reads"]?.arrayValue)
    let events = reads.compactMap { $0.arrayValue?[2].intValue }.reduce(0, +)
    #expect(events == first.contentEvents)

    let file = product.folder.file(".streamgate/streams/\(id).jsonl.gz").path
    for path in [file, product.folder.file("out/streams-1.jsonl.gz").path] {
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      #expect(try StreamsFile.read(path).streams.allSatisfy { $0.body == nil })
    }
    let again = try product.run("compare", "out/result.json", "--out", "again")
    #expect(again.code == 0 || again.code == 3)
    #expect(try product.bytes("again/result.json") == product.bytes("out/result.json"))

    // Without the files it is said where they may be.
    #expect(try product.run("report", id, "--stream", "none/such/1").code == 66)
    #expect(try product.run("report", "0000", "--stream").code == 66)
    #expect(try product.run("runs", "delete", id).code == 0)
    #expect(!product.has(".streamgate/streams/\(id).jsonl.gz"))
    #expect(try product.run("report", "out/run-1.jsonl.gz", "--stream", name).code == 0)
    try FileManager.default.removeItem(at: product.folder.file("out/streams-1.jsonl.gz"))
    let gone = try product.run("report", "out/run-1.jsonl.gz", "--stream", name)
    #expect(gone.code == 66 && gone.errors.contains("another machine"))
  }

  @Test("Full keeps the text and no secret; off keeps nothing and says so")
  func modes() throws {
    let product = try Product(plan: nil)
    let secret = RecorderTests.secret
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      while connection.readRequest() != nil {
        Thread.sleep(forTimeInterval: 0.3)
        connection.send(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-request-id: \(secret)\r\n"
            + "Connection: close\r\n\r\n"
            + "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n"
            + "data: {\"error\":{\"message\":\"key \(secret.prefix(6))")
        connection.settle()
        connection.send("\(secret.dropFirst(6)) is not known\"}}\n\n")
        return
      }
    }
    try product.folder.write(
      TestPlan.sustained(
        url: server.url, rate: 20, lines: "recorder: full\nabort: { error: 50%, over: 1s }"
      ).replacing(
        "  timeouts:",
        with: "  headers: { Authorization: \"Bearer ${TOKEN}\" }\n  timeouts:"),
      to: "streamgate.yaml")
    product.environment["TOKEN"] = secret
    let end = try product.run("run", "--commit", "a", "--branch", "main", "--out", "out")
    #expect([1, 3].contains(end.code), "\(end.errors)")
    let kept = try StreamsFile.read(product.folder.file("out/streams-1.jsonl.gz").path)
    let stream = try #require(kept.streams.first)
    let body = String(decoding: try #require(stream.body).bytes, as: UTF8.self)
    #expect(body.contains("key ************** is not known"))
    let shown = try product.run(
      "report", kept.header.runID, "--stream", stream.id(in: kept.header))
    #expect(shown.output.contains("is not known") && !shown.output.contains(secret))
    for stream in kept.streams {
      #expect(!"\(stream)".contains(secret))
      let bytes = try #require(stream.body).bytes
      #expect(!String(decoding: bytes, as: UTF8.self).contains("very"))
    }
    for name in ["out", ".streamgate"] {
      let path = product.folder.file(name).path
      let plain = try RunningProcess.run("grep", ["-ral", secret, path])
      let packed = try RunningProcess.run(
        "sh", ["-c", "find '\(path)' -name '*.gz' -exec zcat {} + | grep -c '\(secret)'"])
      #expect(plain.output.isEmpty && packed.output == "0\n", "\(plain.output)")
    }

    let off = try product.run(
      "run", "--commit", "b", "--branch", "main", "--out", "out", "--recorder", "off")
    #expect([1, 3].contains(off.code), "\(off.errors)")
    #expect(!product.has("out/streams-1.jsonl.gz"))
    let files = try FileManager.default.contentsOfDirectory(
      atPath: product.folder.file(".streamgate/streams").path)
    #expect(files == ["\(kept.header.runID).jsonl.gz"])
    let none = try product.run(
      "report", "out/run-1.jsonl.gz", "--stream", "--set", "recorder=off")
    #expect(none.code == 66 && none.errors.contains("recorder: off"))
  }
}
