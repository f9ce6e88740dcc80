import Foundation
import Model
import TestKit
import Testing

@Suite("The page of a run, from load to browser", .waiting)
struct PageTests {
  @Test("run leaves a page with plots, and it is had again from store and files")
  func page() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(
      in: product.folder, "--ttft", "60ms", "--ttft-sigma", "0.3", "--gap", "5ms", "--tokens", "20",
      "--tokens-sigma", "0.5", "--fault", "truncate=5%", "--fault", "http_500=5%")
    let plan = TestPlan.sustained(url: simulator.url, lines: "reports: { html: page/own.html }")
      .replacing("[sustained]", with: "[ramp-up]")
    try product.folder.write(plan, to: "streamgate.yaml")
    let first = try product.run("run", "--commit", "a", "--branch", "main")
    #expect([0, 1, 3].contains(first.code), "\(first.errors)")
    let end = try product.run("run", "--commit", "b", "--branch", "feature", "--out", "out")
    #expect([0, 1, 3].contains(end.code), "\(end.errors)")
    _ = try simulator.stop()

    let runs = try product.run("runs", "list").output.split(separator: "\n").dropFirst()
    // On a machine that is too busy the run of main is no baseline.
    let main = runs.first?.contains(" usable") == true ? ["main, p50"] : []
    let bytes = try product.bytes("out/report.html")
    #expect(try product.bytes("page/own.html") == bytes)
    let file = HTMLFile(bytes)
    #expect(file.problems == [])
    #expect(try HTMLFile.parserError(bytes) == nil)
    let verdict = end.output.split(separator: "\n").first.map(String.init) ?? ""
    for words in main + [
      "Distributions", "ttft over time, ramp-up", "ttft over streams in flight",
      "ttft over load, ramp-up", "duration over tokens, ramp-up", "slowest first token",
      "first truncated: ramp-up/short/", "first http_5xx: ramp-up/short/",
    ] {
      #expect(file.text.contains(words), "\(words) is not in the page; the verdict: \(verdict)")
    }
    try look(at: product.folder.file("out/report.html"))

    let id = try #require(runs.last).prefix(36)
    let again = try product.run("report", String(id), "--format", "html")
    #expect(again.code == 0, "\(again.errors)")
    for words in main + ["candidate, p50", "first truncated: ramp-up/short/"] {
      #expect(again.output.contains(words), "\(words)")
    }

    // Beside its run file a result has its own plots, elsewhere none.
    let beside = try product.run("compare", "out/result.json", "--out", "again")
    #expect(beside.errors.isEmpty)
    let kept = try product.text("again/report.html")
    #expect(kept.contains("candidate, p50") && !kept.contains("main, p50"))
    try product.folder.write(product.text("out/result.json"), to: "alone/result.json")
    let alone = try product.run("report", "alone/result.json", "--format", "html").output
    #expect(alone.contains("The single requests of this run are not at hand"))
    #expect(alone.contains("ttft over load, ramp-up"))
  }

  private func look(at page: URL) throws {
    guard !Browser.isMissed else { return }
    let browser = try Browser()
    for scheme in ["light", "dark"] {
      for width in [375, 1280] {
        let look = try browser.look(at: page, width: width, scheme: scheme)
        #expect(look.problems == [], "\(width) pixels, \(scheme)")
        #expect(look.texts > 100 && look.shapes > 20)
      }
    }
  }
}
