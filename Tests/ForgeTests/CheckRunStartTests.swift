import TestKit
import Testing

@testable import Forge

@Suite("Starting a check run")
struct CheckRunStartTests {
  private func start(_ fixture: ForgeFixture, mark: String = "m1") throws -> CheckRun {
    try CheckRun.start(
      "streamgate: gate", commit: "4f2a9c1be0", runURL: nil, mark: mark,
      client: try fixture.client())
  }

  @Test("A fault of the forge is tried again, and one whose answer was lost is found again")
  func faults() throws {
    let fixture = try ForgeFixture(.github)
    fixture.server.fail("POST", .answer(503, headers: [], body: ""), .reset)
    let first = try start(fixture)
    #expect(fixture.server.checks.map(\.id) == [first.id])
    // Another job's of the same name and commit is not taken for it.
    fixture.server.fail("POST", .doneAndReset)
    let second = try start(fixture, mark: "m2")
    #expect(fixture.server.checks.map(\.id) == [first.id, second.id])
  }

  @Test("A forge that stays down has no check run, which is told")
  func down() throws {
    let fixture = try ForgeFixture(.github)
    for _ in 0..<9 { fixture.server.fail("POST", .answer(503, headers: [], body: "")) }
    #expect(throws: ForgeError.unreachable(reason: "it answers with status 503")) {
      try start(fixture)
    }
    #expect(fixture.server.requests.count { $0.method == "POST" } == CheckRun.creationsMax)
  }
}
