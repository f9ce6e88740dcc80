import Forge
import Foundation
import Model
import TestKit
import Testing

@Suite("Git: history")
struct GitHistoryTests {
  /// main: one - two - three - merge; side branches off two and is merged; lost has its own root.
  private struct History {
    let repository: Repository
    let one, two, three, side, merge, lost: String

    init() throws {
      repository = try Repository()
      one = try repository.commit("one")
      two = try repository.commit("two")
      try repository.run("checkout", "--quiet", "-b", "side")
      side = try repository.commit("side")
      try repository.run("checkout", "--quiet", "main")
      three = try repository.commit("three")
      merge = try repository.merge("side")
      try repository.run("checkout", "--quiet", "--orphan", "lost")
      lost = try repository.commit("lost")
      try repository.run("checkout", "--quiet", "main")
    }
  }

  private let absent = String(repeating: "0123456789", count: 4)

  @Test("Every commit is placed: ancestors, others, and those that are not here")
  func ancestry() throws {
    let history = try History()
    let commits = [
      history.one, history.two, history.three, history.side, history.lost, absent,
      history.one.uppercased(), String(history.one.prefix(12)), "main", "uncommitted", "",
      "--output=x", "HEAD; rm -rf .",
    ]
    let wanted: [Ancestry] = [
      .ancestor, .ancestor, .ancestor, .notAncestor, .notAncestor, .unknown, .unknown, .unknown,
      .unknown, .unknown, .unknown, .unknown, .unknown,
    ]
    let answer = try history.repository.git.ancestry(of: history.three, commits: commits)
    #expect(commits.map { answer[$0] } == wanted)
    #expect(
      try history.repository.git.ancestry(of: "main", commits: [history.side, history.merge])
        == [history.side: .ancestor, history.merge: .ancestor])
  }

  @Test("A lineage places every commit as git does, and asks it once")
  func lineage() throws {
    let history = try History()
    let git = history.repository.git
    let lineage = Lineage(of: history.three, git: git)
    let commits = [
      history.one, history.two, history.three, history.side, history.lost, absent, "main", "",
    ]
    let wanted = try git.ancestry(of: history.three, commits: commits)
    let distances = try git.distances(from: history.three)
    #expect(lineage.ancestry(of: commits) == wanted)
    #expect(lineage.distances == distances && distances.count == 3)
    try FileManager.default.removeItem(at: history.repository.folder.file(".git"))
    #expect(lineage.ancestry(of: commits) == wanted)
    #expect(lineage.distances == distances)
    // What git cannot be asked any more is not known.
    #expect(lineage.ancestry(of: [history.merge]) == [history.merge: .unknown])
    #expect(Lineage(of: history.three, git: git).distances.isEmpty)
  }

  @Test("The commits between two are told with their subjects, the newest first")
  func commits() throws {
    let history = try History()
    let git = history.repository.git
    let found = try #require(try git.commits(after: history.two, upTo: "main", limit: 10))
    #expect(Set(found.map(\.id)) == [history.merge, history.three, history.side])
    #expect(found.first?.id == history.merge && found.first?.subject == "merge")
    #expect(found.last.map { ["three", "side"].contains($0.subject) } ?? false)
    #expect(try git.commits(after: history.two, upTo: "main", limit: 2)?.count == 2)
    #expect(try git.commits(after: "main", upTo: history.one, limit: 10) == [])
    #expect(try git.commits(after: absent, upTo: "main", limit: 10) == nil)
    #expect(try git.commits(after: history.one, upTo: "--all", limit: 10) == nil)
  }

  @Test("A commit's subject stands on one line, whatever its message")
  func subjects() throws {
    let repository = try Repository()
    let first = try repository.commit("first")
    try repository.run(
      "commit", "--quiet", "--allow-empty", "--message", "commit \(first)\nsecond\n\nbody")
    try repository.run(
      "commit", "--quiet", "--allow-empty", "--allow-empty-message", "--message", "")
    try repository.run(
      "commit", "--quiet", "--allow-empty", "--message", String(repeating: "x", count: 5_000))
    try repository.run("config", "log.showSignature", "true")
    let found = try #require(try repository.git.commits(after: first, upTo: "main", limit: 10))
    #expect(
      found.map(\.subject) == [
        String(repeating: "x", count: 500), "", "commit \(first) second",
      ])
    #expect(found.allSatisfy { $0.id.count == 40 })
  }

  @Test("Ancestors lie behind each other, a merged branch between, and others nowhere")
  func distances() throws {
    let history = try History()
    let git = history.repository.git
    let distances = try git.distances(from: "main")
    #expect(
      Set(distances.keys) == [
        history.merge, history.three, history.side, history.two, history.one,
      ])
    let line = [history.merge, history.three, history.two, history.one]
    let places = line.compactMap { distances[$0] }
    #expect(places.count == 4 && places == places.sorted() && places[0] == 0)
    let side = try #require(distances[history.side])
    #expect(side > 0 && side < places[2])
    #expect(try git.distances(from: history.two) == [history.two: 0, history.one: 1])
    #expect(try git.distances(from: absent).isEmpty)
  }

  @Test("One commit is placed by any of its names")
  func oneCommit() throws {
    let history = try History()
    let git = history.repository.git
    #expect(try git.ancestry(of: "main", commit: "side") == .ancestor)
    #expect(try git.ancestry(of: "side", commit: "main") == .notAncestor)
    #expect(try git.ancestry(of: "main", commit: String(history.one.prefix(10))) == .ancestor)
    #expect(try git.ancestry(of: "main", commit: "no-such") == .unknown)
    #expect(try git.ancestry(of: "no-such", commit: "main") == .unknown)
  }

  @Test("The answer about many commits is the answer about each")
  func many() throws {
    let repository = try Repository()
    var line: [String] = []
    for i in 0..<6 { line.append(try repository.commit("\(i)")) }
    try repository.run("checkout", "--quiet", "-b", "side", line[2])
    for i in 0..<3 { line.append(try repository.commit("side \(i)")) }
    for head in line {
      let answer = try repository.git.ancestry(of: head, commits: line)
      for commit in line {
        let base = try repository.git.mergeBase(commit, head)
        #expect(answer[commit] == (base == commit ? .ancestor : .notAncestor))
      }
    }
  }

  @Test("More commits than one call takes are placed by several")
  func beyondOneCall() throws {
    let history = try History()
    let foreign = (0..<5_000).map { SHA256.hexDigest("\($0)").prefix(40) }.map(String.init)
    let answer = try history.repository.git.ancestry(
      of: "main", commits: foreign + [history.one, history.lost])
    #expect(answer.count == 5_002)
    #expect(answer[history.one] == .ancestor)
    #expect(answer[history.lost] == .notAncestor)
    #expect(answer.values.filter { $0 == .unknown }.count == 5_000)
  }

  @Test("A shallow clone knows what it can reach and nothing else")
  func shallow() throws {
    let history = try History()
    let clone = try Repository(cloning: history.repository, "--depth", "2", "--branch", "main")
    #expect(
      try clone.git.ancestry(
        of: "HEAD", commits: [history.merge, history.three, history.one, history.lost])
        == [
          history.merge: .ancestor, history.three: .ancestor, history.one: .unknown,
          history.lost: .unknown,
        ])
    #expect(try clone.git.parents(of: history.three) == [])
    #expect(try clone.git.mergeBase("HEAD", history.one) == nil)
    // A branch that is fetched apart is here, but what joins it to the head is cut away.
    try clone.run("fetch", "--quiet", "--depth", "1", "origin", "lost")
    #expect(try clone.git.ancestry(of: "HEAD", commits: [history.lost])[history.lost] == .unknown)
  }

  @Test("A merge commit names what it was merged into; another commit does not")
  func parents() throws {
    let history = try History()
    let git = history.repository.git
    #expect(try git.parents(of: "main") == [history.three, history.side])
    #expect(try git.mergedInto("main") == history.three)
    #expect(try git.parents(of: history.two) == [history.one])
    #expect(try git.mergedInto(history.two) == nil)
    #expect(try git.parents(of: history.one) == [])
    #expect(try git.parents(of: absent) == nil)
    #expect(try git.mergedInto(absent) == nil)
  }

  @Test("The merge base is the fork point; without shared history there is none")
  func mergeBase() throws {
    let history = try History()
    let git = history.repository.git
    #expect(try git.mergeBase(history.side, history.three) == history.two)
    #expect(try git.mergeBase("main", "lost") == nil)
    #expect(try git.mergeBase("main", absent) == nil)
    #expect(try git.mergeBase("main", "no-such") == nil)
  }

  @Test(
    "A revision that is no name of a commit is refused before git can take it for an option",
    arguments: [
      "", "-", "--all", "--output=pwned", "-n1", "a\nb", "a\0b", "\u{7F}", "no-such", "HEAD^9",
      "main^{tree}", ":/none", "a b", "$(id)",
    ])
  func hostileRevision(revision: String) throws {
    let history = try History()
    #expect(try history.repository.git.commit(revision) == nil)
  }

  @Test("Branches, tags and abbreviations stand for their commit")
  func names() throws {
    let history = try History()
    try history.repository.run("tag", "--annotate", "--message", "v1", "v1", history.two)
    for name in ["v1", "side~1", history.two, String(history.two.prefix(8))] {
      #expect(try history.repository.git.commit(name) == history.two, "\(name)")
    }
  }
}
