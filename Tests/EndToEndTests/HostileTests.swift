import Foundation
import Model
import TestKit
import Testing

@Suite("Foreign text", .waiting)
struct HostileTests {
  private static let hostile =
    "\u{1B}[31m</failure><script>alert(1)</script>]]>&\"' | `x` @everyone [a](http://x) "
    + "'; DROP TABLE run; --\u{202E}\u{7}\r\n::set-output name=a::b\n##[error]x\n"

  @Test("Names and a service's words are inert in every output")
  func inert() throws {
    let body = HostileTests.hostile + String(repeating: "A", count: 100_000)
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      while connection.readRequest() != nil {
        connection.send(
          "HTTP/1.1 500 No\r\nContent-Type: text/plain\r\nContent-Length: "
            + "\(body.utf8.count)\r\n\r\n\(body)")
      }
    }
    let product = try Product(
      plan: TestPlan.sustained(
        url: server.url, rate: 20, lines: "abort: { error: 50%, over: 2s }"))
    let end = try product.run(
      "run", "--commit", HostileTests.hostile, "--out", "out",
      "--branch", HostileTests.hostile + String(repeating: "b", count: 100_000))
    #expect(end.code == 1, "\(end.errors)")
    let list = try product.run("runs", "list")
    #expect(list.code == 0)
    let shown = try product.run(
      "runs", "show", String(list.output.split(separator: "\n")[1].prefix(36)))
    for text in [end.output, end.errors, list.output, shown.output] {
      #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}") && !text.contains("\u{7}"))
      for line in text.split(separator: "\n") {
        #expect(!line.hasPrefix("::") && !line.hasPrefix("##["))
      }
    }
    let junit = try RunningProcess.run(
      "xmllint", ["--noout", product.folder.file("out/junit.xml").path])
    #expect(junit.code == 0, "\(junit.errors)")
    let summary = try product.text("out/summary.md")
    #expect(!summary.contains("\u{1B}") && !summary.contains("\n::"))
    // In a code span nothing is Markdown; that none can be left early, ReportsTests hold.
    let outside = summary.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset.isMultiple(of: 2) }.map(\.element).joined(separator: "`")
    for piece in ["<script", "](http", "@everyone", "\n##["] {
      #expect(!outside.contains(piece), "\(piece) is in the summary")
    }
    #expect(summary.utf8.count <= 60_000)
    let page = HTMLFile(try product.bytes("out/report.html"))
    #expect(page.problems == [])
    #expect(page.elements["script"] == nil)
    let result = try JSONReader.parse(product.bytes("out/result.json"))
    #expect(result["format"] == .string("streamgate-result/1"))
    let again = try product.run("compare", "out/result.json", "--out", "again")
    #expect(again.code == 1)
    #expect(try product.bytes("again/result.json") == product.bytes("out/result.json"))
  }

  @Test("A token from the environment is in no output and no file")
  func secrets() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "300ms", "--gap", "1ms", "--tokens", "3", "--fault",
      "http_500=20%")
    try product.folder.write(
      TestPlan.sustained(url: simulator.url).replacing(
        "  timeouts:", with: "  headers: { Authorization: \"Bearer ${TOKEN}\" }\n  timeouts:"),
      to: "streamgate.yaml")
    product.environment["TOKEN"] = "sk-very-secret"
    let end = try product.run(
      "run", "--commit", "a", "--branch", "main", "--out", "out", "--verbose")
    // Client-limited (3) where a busy machine gives no CPU: it writes as much.
    #expect([0, 1, 3].contains(end.code), "\(end.errors)")
    let plan = try product.run("plan")
    #expect(plan.output.contains("${TOKEN}"))
    for text in [end.output, end.errors, plan.output] {
      #expect(!text.contains("sk-very-secret"))
    }
    let found = try RunningProcess.run("grep", ["-rl", "sk-very-secret", product.folder.path])
    #expect(found.code == 1, "\(found.output)")
    #expect(try !simulator.stop().isEmpty)
  }
}
