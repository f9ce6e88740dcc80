import Foundation
import Model
import ResultStore
import TestKit
import Testing

@Suite("A run that is watched while it goes on")
struct LiveTests {
  @Test("A rate that the client cannot reach is said at once, and the run is client-limited")
  func overload() throws {
    let product = try Product(plan: nil)
    // Far more than one core sends, of streams so short that the service has slots for all.
    let simulator = try Simulator(in: product.folder, "--ttft", "1ms", "--tokens", "1")
    try product.folder.write(
      TestPlan.sustained(
        url: simulator.url, rate: 20_000, lines: "limits: { requests: 1000000 }"),
      to: "streamgate.yaml")
    let run = try product.start(["run", "--commit", "a", "--branch", "main"])
    let warning = "warning: sustained: the client is behind: "
    _ = try run.errors(containing: warning)
    let end = try run.waitForEnd()
    #expect(end.code == 3, "\(end.errors)")
    #expect(end.output.contains("client-limited"), "\(end.output)")
    #expect(end.errors.components(separatedBy: warning).count == 2, "\(end.errors)")
    _ = try simulator.stop()
  }
}
