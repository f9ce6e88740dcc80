import Foundation
import Model
import TestKit
import Testing

@Suite("What is asked of an endpoint before load", .waiting)
struct BeforeLoadTests {
  @Test("A service that starts up is waited for, and its build is told")
  func ready() throws {
    let folder = try TemporaryFolder()
    let simulator = try Simulator(in: folder, "--ready-after", "1500ms", "--commit", "abc1234")
    defer { _ = try? simulator.stop() }
    let product = try Product(
      plan: TestPlan.sustained(
        url: simulator.url,
        target:
          "ready: { path: /health, within: 60s }\n  identity: { path: /version, json: commit }"
      ))
    let end = try product.run("check")
    #expect(end.code == 0, "\(end.errors)")
    #expect(end.errors.contains("waiting for \(simulator.url)/health, 0 of 60 s: status 503"))
    #expect(end.errors.contains("ready after"))
    #expect(end.output.contains("build: abc1234"))
    #expect(end.output.contains("short: complete"))
  }

  @Test("A service that never gets ready ends the run with 69, before load")
  func neverReady() throws {
    let folder = try TemporaryFolder()
    let simulator = try Simulator(in: folder, "--ready-after", "3600s")
    let product = try Product(
      plan: TestPlan.sustained(
        url: simulator.url, target: "ready: { path: /health, within: 2s }"))
    let end = try product.run("run")
    #expect(end.code == 69)
    #expect(end.errors.contains("the endpoint was not ready within 2 s"))
    #expect(end.errors.contains("because: status 503"))
    #expect(try simulator.stop().isEmpty)
  }

  @Test("Another build than the one that is judged ends the run with 3, before load")
  func otherBuild() throws {
    let folder = try TemporaryFolder()
    let simulator = try Simulator(in: folder, "--commit", "abc1234")
    let target = "identity: { path: /version, json: commit, equals: \"${GIT_SHA}\" }"
    let product = try Product(plan: TestPlan.sustained(url: simulator.url, target: target))
    product.environment = ["GIT_SHA": "def5678"]
    let end = try product.run("run")
    #expect(end.code == 3)
    #expect(end.errors.contains("another build answers than the one that is judged"))
    #expect(end.errors.contains("it is abc1234, wanted is def5678"))
    let named = try product.run("run", "--set", "target.identity.equals=", "--commit", "0123456789")
    #expect(named.code == 3)
    #expect(named.errors.contains("it is abc1234, wanted is 0123456789"))
    let wrong = try product.run("run", "--set", "target.identity.json=build")
    #expect(wrong.code == 69)
    #expect(wrong.errors.contains("no text or number at build in: status 200"))
    #expect(try simulator.stop().isEmpty)
  }
}

@Suite("What ends a run early", .waiting)
struct EarlyEndTests {
  @Test("Refusals of a quota end the run with 3 as long as main's runs never ran without them")
  func quota() throws {
    let folder = try TemporaryFolder()
    let simulator = try Simulator(in: folder, "--ttft", "20ms", "--fault", "http_429_bare=60%")
    defer { _ = try? simulator.stop() }
    let product = try Product(plan: TestPlan.sustained(url: simulator.url, rate: 30))
    let end = try product.run("run", "--out", "out")
    #expect(end.code == 3)
    let said = try #require(end.output.range(of: "your quota, not your code: "))
    #expect(end.output[said.upperBound...].contains("requests of the warm-up were answered 429"))
    #expect(try product.text("out/junit.xml").contains("your quota, not your code"))
  }

  @Test("A run stops at the plan's limit, says which, and is kept")
  func limit() throws {
    let folder = try TemporaryFolder()
    let simulator = try Simulator(in: folder, "--ttft", "20ms", "--tokens", "400")
    // maxTokens in the plan is what the estimate counts with; this service sends more.
    let product = try Product(
      plan: TestPlan.sustained(
        url: simulator.url, lines: "limits: { outputTokens: 21k }\nprices: { input: 1, output: 2 }"
      ).replacing("maxTokens: 100", with: "maxTokens: 100, body: { max_tokens: 400 }"))
    let end = try product.run("run")
    #expect(end.code == 3, "\(end.errors)")
    #expect(end.output.contains("limits.outputTokens (21000) was reached"), "\(end.output)")
    let requests = try simulator.stop()
    #expect(!requests.isEmpty && requests.count < 200)
    #expect(try product.run("runs").output.contains("uncommitted"))
  }
}
