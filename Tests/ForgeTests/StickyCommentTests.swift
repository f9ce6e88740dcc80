import Foundation
import Model
import TestKit
import Testing

@testable import Forge

/// A comment against a forge of the tests.
struct ForgeFixture {
  static let token = "s3cret-t0ken-0123456789"

  let server: ForgeServer
  let kind: ForgeKind

  init(
    _ shape: ForgeServer.Shape, user: ForgeServer.User = ForgeServer.User(), pageSize: Int = 100
  ) throws {
    server = try ForgeServer(shape, users: [Self.token: user], pageSize: pageSize)
    kind = try #require(ForgeKind(rawValue: shape.rawValue))
  }

  func client(_ patience: ForgePatience = .short, apiURL: String? = nil) throws -> ForgeClient {
    let token = try ForgeToken(for: kind, in: ["STREAMGATE_FORGE_TOKEN": Self.token])
    let address = try #require(
      ForgeAddress(kind: kind, apiURL: apiURL ?? server.apiURL, repository: "acme/gateway"))
    return ForgeClient(address, token: token, patience: patience)
  }

  func mark(
    _ subject: String = "gateway", variant: String = "a",
    commit: String = String(repeating: "4f2a9c1be0", count: 4)
  ) -> CommentMark {
    CommentMark(gates: [.init(subject: subject, variant: variant, commit: commit)])
  }

  @discardableResult
  func post(
    _ text: String, _ mark: CommentMark? = nil, _ patience: ForgePatience = .short
  ) throws -> StickyComment.Outcome {
    try StickyComment(in: 7, client: try client(patience), mark: mark ?? self.mark()) { kept, _ in
      ([text] + kept.map { "kept " + $0.note }).joined(separator: "\n")
    }.post()
  }
}

extension ForgePatience {
  /// Long for a machine under load, with pauses that no test waits for.
  static let short = ForgePatience(
    firstPause: .milliseconds(1), requestTimeMax: .seconds(60), timeMax: .seconds(120))
}

@Suite("The sticky comment")
struct StickyCommentTests {
  @Test("It is made once and brought up to date ever after", arguments: ForgeServer.Shape.allCases)
  func createAndUpdate(shape: ForgeServer.Shape) throws {
    let fixture = try ForgeFixture(shape)
    guard case .created(let id) = try fixture.post("red") else {
      Issue.record("not created")
      return
    }
    #expect(try fixture.post("green") == .updated(id: id))
    #expect(fixture.server.comments.map(\.body) == [fixture.mark().line + "\ngreen"])
  }

  @Test("It is found behind two hundred others", arguments: ForgeServer.Shape.allCases)
  func pages(shape: ForgeServer.Shape) throws {
    let fixture = try ForgeFixture(shape)
    for i in 0..<230 { fixture.server.comment("remark \(i)", by: 5) }
    try fixture.post("one")
    for i in 0..<20 { fixture.server.comment("remark \(i)", by: 5) }
    try fixture.post("two")
    #expect(fixture.server.comments.count == 251)
    #expect(fixture.server.comments.count { $0.body.hasSuffix("two") } == 1)
  }

  @Test("Pages are followed where the forge makes them smaller than was asked")
  func smallPages() throws {
    let fixture = try ForgeFixture(.github, pageSize: 3)
    for i in 0..<10 { fixture.server.comment("remark \(i)", by: 5) }
    try fixture.post("one")
    try fixture.post("two")
    #expect(fixture.server.comments.count == 11)
  }

  @Test(
    "Someone else's comment with our mark is left alone, also where the token cannot ask who it is",
    arguments: [ForgeServer.User(), .job])
  func foreign(user: ForgeServer.User) throws {
    let fixture = try ForgeFixture(.github, user: user)
    let foreign = fixture.mark().line + "\nnot yours"
    fixture.server.comment(foreign, by: 999)
    fixture.server.comment("> " + fixture.mark().line + "\nquoted", by: user.id)
    try fixture.post("ours")
    try fixture.post("ours again")
    let bodies = fixture.server.comments.map(\.body)
    #expect(bodies.count == 3 && bodies[0] == foreign)
    #expect(bodies[2] == fixture.mark().line + "\nours again")
  }

  @Test("Surplus comments of the same variant go, the oldest stays")
  func surplus() throws {
    let fixture = try ForgeFixture(.gitea)
    let first = fixture.server.comment(fixture.mark().line + "\na", by: 1)
    fixture.server.comment(fixture.mark().line + "\nb", by: 1)
    #expect(try fixture.post("now") == .updated(id: first))
    #expect(fixture.server.comments.map(\.body) == [fixture.mark().line + "\nnow"])
  }

  @Test("Two plans of one commit keep a comment each; a plan that changed takes its own over")
  func variants() throws {
    let fixture = try ForgeFixture(.github)
    let other = String(repeating: "0a1b2c3d4e", count: 4)
    try fixture.post("quick", fixture.mark(variant: "quick"))
    try fixture.post("full", fixture.mark(variant: "full"))
    #expect(fixture.server.comments.count == 2)
    // The next push changes both plans.
    fixture.server.add(.init(number: 7, head: other))
    try fixture.post("quick 2", fixture.mark(variant: "quick 2", commit: other))
    try fixture.post("full 2", fixture.mark(variant: "full 2", commit: other))
    #expect(Set(fixture.server.comments.map { $0.body.suffix(7) }) == ["quick 2", "\nfull 2"])
    try fixture.post("another project", fixture.mark("docs"))
    #expect(fixture.server.comments.count == 3)
  }

  @Test("A slow job of an earlier push does not write over the verdict on the newer one")
  func outdated() throws {
    let fixture = try ForgeFixture(.gitlab)
    let newer = String(repeating: "0a1b2c3d4e", count: 4)
    fixture.server.add(.init(number: 7, head: newer))
    guard case .created(let id) = try fixture.post("newer", fixture.mark(commit: newer)) else {
      Issue.record("not created")
      return
    }
    #expect(try fixture.post("older") == .outdated(id: id))
    #expect(fixture.server.comments.map { $0.body.suffix(5) } == ["newer"])
  }

  @Test("Two that both found nothing leave one comment", arguments: ForgeServer.Shape.allCases)
  func race(shape: ForgeServer.Shape) async throws {
    let fixture = try ForgeFixture(shape)
    for round in 0..<10 {
      fixture.server.clear()
      fixture.server.holdCreation(untilLists: 2)
      let threads = (0..<2).map { number in
        Locked<Result<StickyComment.Outcome, any Error>?>(nil).started {
          try fixture.post("from \(number)")
        }
      }
      for thread in threads {
        _ = try thread.withLock(when: { $0 != nil }) { try $0?.get() }
      }
      #expect(fixture.server.comments.count == 1, "round \(round)")
    }
  }
}

extension Locked {
  /// Does `work` on a thread of its own and leaves what came of it here.
  fileprivate func started<Success>(
    _ work: @escaping @Sendable () throws -> Success
  ) -> Locked<Value> where Value == Result<Success, any Error>? {
    Thread.detachNewThread { [self] in
      let result = Result { try work() }
      withLockNotifying { $0 = result }
    }
    return self
  }
}
