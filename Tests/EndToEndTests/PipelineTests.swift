import Foundation
import Model
import TestKit
import Testing

@Suite("In a pipeline's log and summary", .waiting)
struct PipelineTests {
  private static let hostile =
    "::error::taken\r\n::stop-commands::x\n  ::set-output name=a::b\n##[set-env name=A]b"

  @Test("A summary that cannot be appended is one warning, with its file and why")
  func noSummary() throws {
    let product = try Product(plan: nil)
    product.environment["GITHUB_STEP_SUMMARY"] = "/nowhere/step.md"
    let runs = try (1...2).map { id in
      try JudgedRun.write(JudgedRun.make(id, branch: "main"), in: product)
    }
    let end = try product.run(["compare"] + runs)
    #expect(
      end.errors.hasPrefix("warning: no step summary: /nowhere/step.md: the file cannot be"),
      "\(end.errors)")
    #expect(!end.errors.contains("error: "))
  }

  @Test("A service's words give the runner no command, and the verdict is its only annotation")
  func fenced() throws {
    let body = PipelineTests.hostile
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
    product.environment = [
      "CI": "true", "GITHUB_ACTIONS": "true",
      "GITHUB_STEP_SUMMARY": product.folder.file("step.md").path(percentEncoded: false),
    ]
    let end = try product.run(
      "run", "--commit", PipelineTests.hostile, "--branch", PipelineTests.hostile, "--out", "out",
      "--verbose")
    #expect(end.code == 1, "\(end.errors)")
    #expect(ActionsRunner(end.output).commands == [])
    let runner = ActionsRunner(end.errors)
    #expect(end.errors.hasPrefix("::stop-commands::") && !runner.isStopped)
    #expect(runner.commands.map(\.name) == ["error"])
    #expect(runner.commands.first?.properties["title"] == "streamgate end-to-end: FAIL")
    #expect(runner.commands.first?.data.isEmpty == false)
    #expect(try product.text("step.md") == product.text("out/summary.md"))
    let metrics = try product.text("out/metrics.txt")
    #expect(MetricsFormat.openMetricsProblems(of: metrics) == [])
    #expect(metrics.contains("streamgate_verdict{verdict=\"fail\"} 1\n"))
    #expect(
      metrics.contains("streamgate_outcome_requests{profile=\"sustained\",outcome=\"http_5xx\"} "))
  }

  @Test("compare annotates too, and shows main's runs before those of the change")
  func compared() throws {
    let product = try Product(plan: nil)
    product.environment = [
      "GITHUB_ACTIONS": "true",
      "GITHUB_STEP_SUMMARY": product.folder.file("step.md").path(percentEncoded: false),
    ]
    let result = try JudgedRun.result("slower", in: product, scale: 1.3)
    let summary = try product.text("slower/summary.md")
    #expect(try product.text("step.md") == summary)
    let row = summary.split(separator: "\n").first { $0.hasPrefix("| `ttft_p50` | `▁") }
    #expect(row?.contains(/`[▁▂]{5} [▇█]{2}`( \| [\d.]+ ms){3} \|$/) == true, "\(summary)")
    #expect(summary.contains("\n```mermaid\nxychart-beta\n"))
    #expect(summary.contains(#"["-5", "-4", "-3", "-2", "-1", "this 1", "this 2"]"#))
    let metrics = try product.text("slower/metrics.txt")
    #expect(metrics.contains("\nstreamgate_composite_change_ratio{metric=\"ttft_p50\"} 0.2"))
    // Judged again from result.json, it is the same text.
    let again = try product.run("compare", result, "--out", "again")
    #expect(again.code == 1)
    let title = ActionsRunner(again.errors).commands.first?.properties["title"]
    #expect(title?.hasSuffix("FAIL") == true, "\(again.errors)")
    #expect(try product.text("again/summary.md") == summary)
    #expect(try product.text("again/metrics.txt") == metrics)
  }

  @Test("An error that ends the step is an annotation, told once, and the log is open again")
  func failed() throws {
    let product = try Product(plan: "version: 1\n")
    product.environment = ["GITHUB_ACTIONS": "true"]
    let end = try product.run("run")
    #expect(end.code == 65)
    let runner = ActionsRunner(end.errors)
    #expect(!runner.isStopped)
    #expect(runner.commands.map(\.name) == ["error"])
    #expect(runner.commands.first?.properties["title"] == "streamgate: exit code 65")
    #expect(end.errors.components(separatedBy: "error: the plan has").count == 2)
    let quiet = try product.run("run", "--annotations", "off")
    #expect(quiet.code == 65 && !quiet.errors.contains("::"))
  }
}
