import Foundation
import Model
import TestKit
import Testing

@testable import Forge

@Suite("A comment on several gates")
struct SharedCommentTests {
  private static let other = String(repeating: "0a1b2c3d4e", count: 4)

  private func gate(
    _ name: String, variant: String? = "a",
    commit: String = String(repeating: "4f2a9c1be0", count: 4)
  ) -> CommentMark.Gate {
    CommentMark.Gate(subject: name, variant: variant, commit: commit, note: "\(name) on \(commit)")
  }

  private func mark(_ names: String..., key: String? = nil) -> CommentMark {
    CommentMark(key: key, gates: names.map { gate($0) })
  }

  private func texts(_ fixture: ForgeFixture) -> [String] {
    fixture.server.comments.map { comment in
      comment.body.split(separator: "\n").dropFirst().joined(separator: "|")
    }
  }

  private let head = "on " + String(repeating: "4f2a9c1be0", count: 4)

  @Test(
    "A gate is in one comment, whatever others are told of with it",
    arguments: ForgeServer.Shape.allCases)
  func subsets(shape: ForgeServer.Shape) throws {
    let fixture = try ForgeFixture(shape)
    try fixture.post("a and b", mark("a", "b"))
    #expect(try fixture.post("b", mark("b")) == .updated(id: 101))
    #expect(texts(fixture) == ["b|kept a \(head)"])
    #expect(try fixture.post("a", mark("a")) == .updated(id: 101))
    #expect(texts(fixture) == ["a|kept b \(head)"])
    try fixture.post("b and c", mark("b", "c"))
    #expect(texts(fixture) == ["b and c|kept a \(head)"])
    try fixture.post("d", mark("d"))
    #expect(fixture.server.comments.count == 2)
  }

  @Test("Comments of gates that are told of together from now on become the oldest of them")
  func joined() throws {
    let fixture = try ForgeFixture(.github)
    try fixture.post("a", mark("a"))
    try fixture.post("b and x", mark("b", "x"))
    try fixture.post("c", mark("c"))
    #expect(try fixture.post("all", mark("a", "b", "c")) == .updated(id: 101))
    #expect(texts(fixture) == ["all|kept x \(head)"])
  }

  @Test("A key keeps all that is told under it in one comment, apart from others")
  func keyed() throws {
    let fixture = try ForgeFixture(.github)
    try fixture.post("a", mark("a", key: "k"))
    try fixture.post("b", mark("b", key: "k"))
    try fixture.post("plain", mark("a"))
    #expect(texts(fixture) == ["b|kept a \(head)", "plain"])
  }

  @Test("A gate whose plan could not be read takes over what is told of any of its plans")
  func unknownVariant() throws {
    let fixture = try ForgeFixture(.github)
    try fixture.post("pass", mark("a"))
    let wrong = CommentMark(gates: [gate("a", variant: nil, commit: Self.other)])
    fixture.server.add(.init(number: 7, head: Self.other))
    #expect(try fixture.post("no verdict", wrong) == .updated(id: 101))
    let mended = CommentMark(gates: [gate("a", variant: "b", commit: Self.other)])
    #expect(try fixture.post("pass", mended) == .updated(id: 101))
    #expect(texts(fixture) == ["pass"])
  }

  @Test("Where no comment is to be made, none is, and the one that is there is brought up to date")
  func absent() throws {
    let fixture = try ForgeFixture(.github)
    func update() throws -> StickyComment.Outcome {
      try StickyComment(
        in: 7, client: try fixture.client(), mark: mark("a"), mayCreate: false
      ) { _, _ in "news" }.post()
    }
    #expect(try update() == .absent)
    #expect(fixture.server.comments.isEmpty)
    try fixture.post("old", mark("a"))
    #expect(try update() == .updated(id: 101))
    #expect(texts(fixture) == ["news"])
  }

  @Test("Two jobs of different gates that write one comment at once lose neither")
  func together() throws {
    let fixture = try ForgeFixture(.github)
    try fixture.post("old", mark("a", "b"))
    fixture.server.add(.init(number: 7, head: Self.other))
    // A writer that read before us and wrote after us: our gate is as it was.
    let old = fixture.server.comments[0].body
    let isFirst = Locked(true)
    let outcome = try StickyComment(in: 7, client: try fixture.client(), mark: newer("a")) {
      kept, _ in
      guard
        isFirst.withLock({ isFirst in
          defer { isFirst = false }
          return isFirst
        })
      else { return "again" }
      fixture.server.afterNext("PATCH") { $0[0].body = old }
      return "first"
    }.post()
    #expect(outcome == .updated(id: 101))
    #expect(fixture.server.comments.map { $0.body.split(separator: "\n")[1] } == ["again"])
  }

  @Test("A job whose news are lost again tells them again")
  func lostTwice() throws {
    let fixture = try ForgeFixture(.github)
    try fixture.post("old", mark("a", "b"))
    fixture.server.add(.init(number: 7, head: Self.other))
    // Another job posts `b` with the old `a` beside it, twice: right after our writing, and right
    // after we have written again.
    let stale = CommentMark(gates: [gate("b", commit: Self.other), gate("a")])
    let writes = Locked(0)
    let outcome = try StickyComment(in: 7, client: try fixture.client(), mark: newer("a")) {
      kept, _ in
      let number = writes.withLock { writes in
        writes += 1
        return writes
      }
      if number <= 2 {
        fixture.server.afterNext("PATCH") { $0[0].body = stale.line + "\nstale" }
      }
      return "write \(number), kept \(kept.map(\.note))"
    }.post()
    #expect(outcome == .updated(id: 101))
    #expect(texts(fixture) == ["write 3, kept [\"b on \(Self.other)\"]"])
  }

  @Test("Two jobs with news of the same gate do not write over each other for ever")
  func sameGate() throws {
    let fixture = try ForgeFixture(.github)
    try fixture.post("old", mark("a", "b"))
    fixture.server.add(.init(number: 7, head: Self.other))
    let theirs = CommentMark(gates: [
      CommentMark.Gate(subject: "a", variant: "a", commit: Self.other, note: "theirs"), gate("b"),
    ])
    let outcome = try StickyComment(in: 7, client: try fixture.client(), mark: newer("a")) { _, _ in
      fixture.server.afterNext("PATCH") { $0[0].body = theirs.line + "\ntheirs" }
      return "ours"
    }.post()
    #expect(outcome == .updated(id: 101))
    #expect(texts(fixture) == ["theirs"])
    #expect(fixture.server.requests.count { $0.method == "PATCH" } == 1)
  }

  @Test("A comment of ours whose mark is damaged or of another version is taken over")
  func damaged() throws {
    for lead in ["<!-- streamgate/2 X", "<!-- streamgate/3 W", "<!-- streamgate/1 W"] {
      let fixture = try ForgeFixture(.github)
      fixture.server.comment(lead + "10=\nFAIL", by: 999)
      fixture.server.comment(lead + "10=\nFAIL", by: 1)
      #expect(try fixture.post("pass", mark("a")) == .updated(id: 102))
      #expect(fixture.server.comments.count == 2)
      #expect(texts(fixture)[1] == "pass")
      // Beside one that tells of our gate it may be another job's: it waits for that one.
      fixture.server.comment(lead + "10=\nFAIL", by: 1)
      #expect(try fixture.post("pass again", mark("a")) == .updated(id: 102))
      #expect(try fixture.post("b", mark("b")) == .updated(id: 103))
      #expect(texts(fixture)[1...] == ["pass again", "b"])
    }
  }

  @Test(
    "A look comes after several times what reading and writing took, within the time that there is",
    arguments: [(0.1, 90.0, 2.0, 3.1), (2, 90, 8, 10.01), (30, 20, 20, 20), (0.1, 1, 1, 1)])
  func lookAgain(took: Double, left: Double, least: Double, most: Double) {
    for _ in 0..<100 {
      let wait = StickyComment.pauseBeforeLook(
        took: Nanos(seconds: took), firstPause: .seconds(1), left: Nanos(seconds: left))
      #expect(wait >= Nanos(seconds: least) && wait <= Nanos(seconds: most), "\(wait)")
    }
  }

  private func newer(_ name: String) -> CommentMark {
    CommentMark(gates: [gate(name, commit: Self.other)])
  }

  @Test("A mark is read as it was written, and what was made of it by others is no mark")
  func marks() throws {
    let mark = CommentMark(
      key: "k", gates: [gate("a --> <b>\n"), gate("b", variant: nil), gate("a --> <b>\n")])
    #expect(mark.gates.count == 2)
    #expect(CommentMark(of: mark.line + "\ntext") == mark)
    #expect(mark.line.count { $0 == ">" } == 1)
    #expect(!mark.line.dropFirst(4).dropLast(3).contains("--"))
    for body in [
      "", "<!-- streamgate/2 -->", "<!-- streamgate/2 !!!! -->", " " + mark.line,
      "<!-- streamgate/2 \(Base64.text(Array("[]".utf8))) -->",
      "<!-- streamgate/2 \(Base64.text(Array(#"["",["a"]]"#.utf8))) -->",
      String(mark.line.dropLast(4)), mark.line.replacing("streamgate/2", with: "streamgate/3"),
    ] {
      #expect(CommentMark(of: body) == nil, "\(body)")
    }
  }
}
