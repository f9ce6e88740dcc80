import Forge
import Foundation
import TestKit
import Testing

@testable import App

/// A pull request in a repository, as a pipeline checks it out.
private struct Checkout {
  let folder: TemporaryFolder
  let environment: [String: String]
  let base, head, merge: String

  init(merging first: String = "main", with second: String = "feature") throws {
    let folder = try TemporaryFolder()
    let environment = Checkout.environment(home: folder.path)
    func git(_ arguments: String...) throws -> String {
      let end = try RunningProcess.run(
        "git", ["-C", folder.path] + arguments, environment: environment)
      try #require(end.code == 0, "git \(arguments): \(end.errors)")
      return end.output.trimmingCharacters(in: .newlines)
    }
    func commit(_ text: String) throws -> String {
      try folder.write(text, to: "file.txt")
      _ = try git("add", "file.txt")
      _ = try git("commit", "--quiet", "--message", text)
      return try git("rev-parse", "HEAD")
    }
    _ = try git("init", "--quiet", "--initial-branch", "main")
    _ = try commit("one")
    _ = try git("checkout", "--quiet", "-b", "feature")
    head = try commit("feature")
    _ = try git("checkout", "--quiet", "main")
    base = try commit("two")
    _ = try git("checkout", "--quiet", "--detach", first)
    _ = try git(
      "merge", "--quiet", "--no-ff", "--strategy", "ours", "--message", "merge", second)
    merge = try git("rev-parse", "HEAD")
    self.folder = folder
    self.environment = environment
  }

  static func environment(home: String) -> [String: String] {
    [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": home,
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com",
      "GIT_COMMITTER_NAME": "C", "GIT_COMMITTER_EMAIL": "c@example.com",
    ]
  }

  var git: Git { Git(folder: folder.path, environment: environment) }

  func identity(
    _ pipeline: PipelineFacts, commit: String? = nil, branch: String? = nil, isCI: Bool = false
  ) throws -> CandidateIdentity {
    CandidateIdentity.find(
      commit: commit, branch: branch, pipeline: pipeline, isCI: isCI, git: git, mainBranch: "main")
  }

  /// A pull request of these commits.
  var pull: PipelineFacts {
    var facts = PipelineFacts()
    facts.provider = .github
    facts.commit = head
    facts.testedCommit = merge
    facts.branch = "feature"
    facts.baseBranch = "main"
    facts.baseCommit = base
    facts.pullRequest = 7
    return facts
  }
}

@Suite("Which commit a run belongs to")
struct CandidateTests {
  @Test("A pull request's commit is its head's, and what was tested is what is checked out")
  func pullRequest() throws {
    let checkout = try Checkout()
    let identity = try checkout.identity(checkout.pull)
    #expect(
      identity
        == CandidateIdentity(
          commit: checkout.head, testedCommit: checkout.merge, branch: "feature",
          isKnownToGit: true, notes: []))
  }

  @Test("Flags go before the pipeline, and the pipeline before git")
  func order() throws {
    let checkout = try Checkout()
    let flagged = try checkout.identity(
      checkout.pull, commit: checkout.base, branch: "release")
    #expect(flagged.commit == checkout.base && flagged.branch == "release")
    #expect(flagged.testedCommit == checkout.merge)
    let alone = try checkout.identity(PipelineFacts())
    #expect(alone.commit == checkout.merge && alone.testedCommit == nil && alone.branch == "")
    #expect(alone.notes == ["no branch is checked out and no variable names one: give --branch"])
    let unknown = try checkout.identity(PipelineFacts(), isCI: true)
    #expect(unknown.notes.count == 2)
    #expect(unknown.notes.last?.contains("this pipeline is none that streamgate knows") ?? false)
  }

  @Test("A changed tree is kept as the commit that the pipeline names, and that is said")
  func dirty() throws {
    let checkout = try Checkout()
    try checkout.folder.write("changed", to: "file.txt")
    let identity = try checkout.identity(checkout.pull)
    #expect(identity.commit == checkout.head && identity.testedCommit == checkout.merge)
    #expect(identity.notes.count == 1 && identity.notes[0].contains("as GitHub Actions says"))
    #expect(try checkout.identity(PipelineFacts()).isUncommitted)
  }

  @Test("A merge that the pipeline makes anew for each build is known by its head")
  func ownMerge() throws {
    let checkout = try Checkout(merging: "feature", with: "main")
    var facts = checkout.pull
    facts.provider = .jenkins
    (facts.commit, facts.testedCommit, facts.isOwnMerge) = (checkout.merge, nil, true)
    let identity = try checkout.identity(facts)
    #expect(identity.commit == checkout.head && identity.testedCommit == checkout.merge)
    #expect(identity.isKnownToGit)
    // What is no merge is the head itself.
    facts.commit = checkout.head
    #expect(try checkout.identity(facts).commit == checkout.head)
  }

  @Test("A pull request from a branch of main's name does not pass for main")
  func notMain() throws {
    let checkout = try Checkout()
    var facts = checkout.pull
    facts.branch = "main"
    facts.baseBranch = "develop"
    let identity = try checkout.identity(facts)
    #expect(identity.branch == "pull/7/main")
    #expect(identity.notes.count == 1 && identity.notes[0].contains("pull/7/main"))
    // A build of main, for which a pull request to elsewhere happens to be open, is main's.
    (facts.baseBranch, facts.baseCommit, facts.testedCommit) = (nil, nil, nil)
    #expect(try checkout.identity(facts).branch == "main")
  }

  @Test("A shallow clone is said with what makes it whole, and knows the merge that it holds")
  func shallow() throws {
    let checkout = try Checkout()
    let clone = try TemporaryFolder()
    let end = try RunningProcess.run(
      "git",
      [
        "clone", "--quiet", "--depth", "1",
        URL(filePath: checkout.folder.path, directoryHint: .isDirectory).absoluteString, clone.path,
      ], environment: checkout.environment)
    try #require(end.code == 0, "\(end.errors)")
    let identity = CandidateIdentity.find(
      commit: nil, branch: nil, pipeline: checkout.pull, isCI: true,
      git: Git(folder: clone.path, environment: checkout.environment), mainBranch: "main")
    #expect(identity.commit == checkout.head && identity.testedCommit == checkout.merge)
    #expect(identity.isKnownToGit)
    #expect(identity.notes.count == 1 && identity.notes[0].contains("fetch-depth: 0"))
  }

  @Test("A checkout of the base in place of the pull request is said")
  func baseCheckedOut() throws {
    let checkout = try Checkout()
    let end = try RunningProcess.run(
      "git", ["-C", checkout.folder.path, "checkout", "--quiet", "main"],
      environment: checkout.environment)
    try #require(end.code == 0)
    var facts = checkout.pull
    facts.testedCommit = nil
    let identity = try checkout.identity(facts)
    #expect(identity.notes.contains { $0.contains("the base of the pull request") })
  }
}
