import Forge
import Foundation
import Model
import TestKit
import Testing

@Suite("Git: what is checked out")
struct GitHeadTests {
  @Test("A clean branch gives its commit and name")
  func branch() throws {
    let repository = try Repository()
    let commit = try repository.commit("one")
    #expect(
      try repository.git.head() == GitHead(commit: commit, branch: "main", isDirty: false))
    #expect(try repository.git.toplevel() == repository.folder.path)
  }

  @Test("A folder inside the work tree finds its root, and files unknown to git are not dirt")
  func subfolder() throws {
    let repository = try Repository()
    try repository.commit("one")
    try repository.folder.write("{}", to: "out/result.json")
    let git = Git(
      folder: repository.folder.path + "/out", environment: repository.environment)
    #expect(try git.toplevel() == repository.folder.path)
    #expect(try git.head()?.isDirty == false)
  }

  @Test("A changed, a staged and a deleted file each make the tree dirty")
  func dirty() throws {
    let repository = try Repository()
    let commit = try repository.commit("one")
    try repository.folder.write("two", to: "file.txt")
    #expect(
      try repository.git.head() == GitHead(commit: commit, branch: "main", isDirty: true))
    try repository.run("add", "file.txt")
    #expect(try repository.git.head()?.isDirty == true)
    try repository.run("reset", "--quiet", "--hard")
    #expect(try repository.git.head()?.isDirty == false)
    try FileManager.default.removeItem(at: repository.folder.file("file.txt"))
    #expect(try repository.git.head()?.isDirty == true)
  }

  @Test("A detached head has no branch")
  func detached() throws {
    let repository = try Repository()
    let first = try repository.commit("one")
    try repository.commit("two")
    try repository.run("checkout", "--quiet", "--detach", first)
    #expect(try repository.git.head() == GitHead(commit: first, branch: nil, isDirty: false))
  }

  @Test("A branch without a commit has no commit")
  func unborn() throws {
    let repository = try Repository(branch: "trunk")
    #expect(try repository.git.head() == GitHead(commit: nil, branch: "trunk", isDirty: false))
    #expect(try repository.git.commit("HEAD") == nil)
    #expect(try repository.git.mergeBase("HEAD", "HEAD") == nil)
  }

  @Test("A folder outside every repository is an answer, not an error")
  func outside() throws {
    let folder = try TemporaryFolder()
    let git = Git(folder: folder.path, environment: Repository.environment(home: folder.path))
    #expect(try git.head() == nil)
    #expect(try git.toplevel() == nil)
    #expect(try git.commit("main") == nil)
  }

  @Test("A folder that does not exist is an error with git's words")
  func missingFolder() throws {
    let folder = try TemporaryFolder()
    let git = Git(
      folder: folder.path + "/none", environment: Repository.environment(home: folder.path))
    let error = #expect(throws: GitError.self) { try git.head() }
    guard case .refused(question: "status", status: 128, let said) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(said.contains("cannot change to"))
  }

  @Test(
    "A branch's name comes through whole, whatever marks it has",
    arguments: [
      "(detached)", "a'b", "a\"b", "$(touch${IFS}pwned)", "a;b", "a|b&c", "a`b`", "<b>x</b>",
      "@here",
      "feature/äöü-😀", "%s%n", "a]]>b", "-x", "HEAD", "##vso", "{{x}}", "a,b", "x.y",
      String(repeating: "n", count: 200),
    ])
  func hostileBranch(name: String) throws {
    let repository = try Repository()
    let commit = try repository.commit("one")
    // `git checkout -b` refuses some of these names; a repository can hold them all the same.
    try repository.run("symbolic-ref", "HEAD", "refs/heads/" + name)
    try repository.run("update-ref", "refs/heads/" + name, commit)
    #expect(try repository.git.head() == GitHead(commit: commit, branch: name, isDirty: false))
    let files = try FileManager.default.contentsOfDirectory(atPath: repository.folder.path)
    #expect(files.sorted() == [".git", "file.txt"])
  }

  @Test("The repository's own settings start no program")
  func hostileSettings() throws {
    let repository = try Repository()
    try repository.commit("one")
    let trap = try repository.folder.write("#!/bin/sh\ntouch trapped\n", to: ".git/trap")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: trap.path(percentEncoded: false))
    for name in ["core.fsmonitor", "core.pager", "core.editor", "core.askPass"] {
      try repository.run("config", name, trap.path(percentEncoded: false))
    }
    #expect(try repository.git.head()?.isDirty == false)
    _ = try repository.git.parents(of: "HEAD")
    let trapped = repository.folder.file("trapped").path(percentEncoded: false)
    #expect(!FileManager.default.fileExists(atPath: trapped))
  }
}
