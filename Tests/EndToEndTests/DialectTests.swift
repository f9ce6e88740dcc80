import Foundation
import Model
import TestKit
import Testing

@Suite("Every dialect against the simulated service", .waiting)
struct DialectTests {
  /// A scenario for each dialect that the simulator serves, its own two as custom ones.
  private static func plan(_ url: String) -> String {
    """
    version: 1
    project: dialects
    target: { url: \(url), model: m }
    scenarios:
      chat: { prompts: [a], maxTokens: 7, system: "be brief" }
      chat-whole: { prompts: [a], maxTokens: 7, stream: false }
      completions: { dialect: openai-completions, prompts: [a], maxTokens: 7 }
      responses: { dialect: openai-responses, prompts: [a], maxTokens: 7, system: "be brief" }
      anthropic: { dialect: anthropic-messages, prompts: [a], maxTokens: 7, system: "be brief" }
      anthropic-whole: { dialect: anthropic-messages, prompts: [a], maxTokens: 7, stream: false }
      ollama-chat: { dialect: ollama-chat, prompts: [a], maxTokens: 7 }
      ollama: { dialect: ollama-generate, prompts: [a], maxTokens: 7 }
      ollama-whole: { dialect: ollama-generate, prompts: [a], maxTokens: 7, stream: false }
      tgi: { dialect: tgi, prompts: [a], maxTokens: 7 }
      tgi-whole: { dialect: tgi, prompts: [a], maxTokens: 7, stream: false }
      raw: { dialect: raw-text, path: /raw, prompts: [a], maxTokens: 7 }
      plain-input:
        dialect: custom
        path: /api/v1/generate/stream
        prompts: [a]
        maxTokens: 7
        body: { input: "{{prompt}}", metadata: { max_tokens: "{{maxTokens}}", tenant: acme } }
        custom:
          content: $.output.text
          finish: $.finish_reason
          usage: { output: $.usage.output_tokens, input: $.usage.input_tokens }
          error: $.failure
          end: { event: end }
      inference-chat:
        dialect: custom
        path: /inference/chat/stream
        prompts: [a]
        maxTokens: 7
        body: { messages: "{{messages}}", max_tokens: "{{maxTokens}}" }
        custom:
          framing: ndjson
          content: $.delta.text
          finish: $.finish_reason
          usage: { output: $.usage.output_tokens, input: $.usage.input_tokens }
          error: $.failure.message
          end: { path: $.type, equals: done }
    rate: 10
    profiles: [sustained]
    size: quick
    """
  }

  @Test("Each stream is complete, with as many tokens as the service says and the plan asks")
  func dialects() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(in: product.folder, "--ttft", "20ms", "--gap", "1ms")
    try product.folder.write(DialectTests.plan(simulator.url), to: "streamgate.yaml")
    let end = try product.run("check", "--json", "check.json")
    #expect(end.code == 0, "\(end.output)\n\(end.errors)")
    let streams = try #require(
      try JSONReader.parse(try product.bytes("check.json")).arrayValue)
    #expect(streams.count == 14)
    for stream in streams {
      let name = try #require(stream["scenario"]?.stringValue)
      let isRaw = name == "raw"
      #expect(stream["outcome"] == .string(isRaw ? "complete_no_marker" : "complete"), "\(name)")
      if !isRaw { #expect(stream["output_tokens"]?.intValue == 7, "\(name)") }
      let events = try #require(stream["content_events"]?.intValue)
      if name.hasSuffix("-whole") {
        #expect(events == 1, "\(name)")
      } else if isRaw {
        #expect((1...7).contains(events), "\(name)")
      } else {
        #expect(events == 7, "\(name)")
      }
    }
    // What the service understood of each request.
    let requests = try simulator.stop()
    #expect(requests.count == 14)
  }

  @Test("check finds a path that never matches, and names what was there instead")
  func neverMatched() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(in: product.folder, "--ttft", "20ms", "--gap", "1ms")
    defer { _ = try? simulator.stop() }
    let plan = DialectTests.plan(simulator.url)
      .replacing("content: $.delta.text", with: "content: $.delta.txt")
      .replacing("output: $.usage.output_tokens", with: "output: $.usage.outputs")
    try product.folder.write(plan, to: "streamgate.yaml")
    let end = try product.run("check")
    #expect(end.code == 1)
    #expect(end.output.contains("content $.delta.txt never matched; seen: $.delta.text \""))
    let hint = "usage output $.usage.outputs never matched; seen: $.usage.output_tokens \"7\""
    #expect(end.output.contains(hint), "\(end.output)")
  }

  @Test("Replies that do not stream are gated on their duration, and are labelled")
  func unstreamed() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(in: product.folder, "--ttft", "300ms", "--gap", "2ms")
    defer { _ = try? simulator.stop() }
    try product.folder.write(
      TestPlan.sustained(
        url: simulator.url, target: "stream: false",
        lines: "objectives: [duration.p50 < 5s]"), to: "streamgate.yaml")
    let end = try product.run("run", "--out", "out")
    #expect(end.code == 0, "\(end.output)\n\(end.errors)")
    let summary = try product.text("out/summary.md")
    let row = try #require(
      summary.split(separator: "\n").first { $0.contains("sustained/short (not streamed)") })
    let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    // ttft p50, p95, p99, sent and tpot are not there, the duration is.
    #expect(cells[2...6].allSatisfy { $0 == "–" }, "\(row)")
    #expect(cells[7].hasSuffix("ms") || cells[7].hasSuffix("s"), "\(row)")
  }
}
