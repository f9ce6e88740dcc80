public import Model

/// Questions to git about one folder. Every call blocks for as long as git takes, so it belongs
/// on no thread of the cooperative pool.
///
/// A folder outside every repository, a branch without a commit and a commit that is not here are
/// answers, not errors.
public struct Git: Sendable {
  /// Time that one call of git may take, unless `init` says otherwise.
  public static let timeLimitDefault = Nanos.seconds(30)
  /// Bytes that one call of git may print, unless `init` says otherwise.
  public static let outputBytesMaxDefault = 4 << 20
  /// Commits that are asked for in one call: an argument each, far below the kernel's limit.
  static let commitsAskedMax = 4_096

  /// Commits that `distances` looks at: a fraction of what git may print.
  public static let commitsOrderedMax = 20_000

  private let folder: String
  private let environment: [String: String]
  private let timeLimit: Nanos
  private let outputBytesMax: Int

  /// Asks about `folder`, with `git` found in `environment`'s `PATH`.
  ///
  /// The environment is passed on to git but for what would make its answers depend on the user:
  /// language, pager, prompts, replaced objects.
  public init(
    folder: String = ".", environment: [String: String],
    timeLimit: Nanos = Git.timeLimitDefault, outputBytesMax: Int = Git.outputBytesMaxDefault
  ) {
    self.folder = folder.isEmpty ? "." : folder
    self.environment = environment.merging([
      "LC_ALL": "C", "GIT_PAGER": "cat", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0",
      "GIT_NO_LAZY_FETCH": "1", "GIT_NO_REPLACE_OBJECTS": "1",
    ]) { _, ours in ours }
    self.timeLimit = timeLimit
    self.outputBytesMax = outputBytesMax
  }

  /// The root of the work tree, nil outside every repository.
  public func toplevel() throws(GitError) -> String? {
    let answer = try ask(["rev-parse", "--show-toplevel"])
    if answer.isOutsideRepository { return nil }
    // Only the last line end is git's: a folder's name may hold others.
    let line = try answer.succeeded().output.dropLast()
    return String(decoding: line, as: UTF8.self)
  }

  /// What is checked out, nil outside every repository.
  public func head() throws(GitError) -> GitHead? {
    let status = try ask(
      ["status", "--porcelain=v2", "--branch", "--no-ahead-behind", "--untracked-files=no", "-z"],
      cutting: true)
    if status.isOutsideRepository { return nil }
    let records = try status.succeeded().output.split(separator: 0)
      .map { String(decoding: $0, as: UTF8.self) }
    let commit = records.lazy.compactMap { record -> String? in
      guard record.hasPrefix("# branch.oid ") else { return nil }
      let name = String(record.dropFirst("# branch.oid ".count))
      return Git.isCommitID(name) ? name : nil
    }.first
    let isDirty = records.contains { !$0.hasPrefix("# ") }
    return GitHead(commit: commit, branch: try branch(), isDirty: isDirty)
  }

  /// The name of who makes commits here, as git is configured; nil where it is not.
  public func userName() throws(GitError) -> String? {
    let answer = try ask(["config", "--get", "user.name"])
    if answer.status != 0 { return nil }
    return answer.line.isEmpty ? nil : answer.line
  }

  /// The branch that is checked out, nil for a detached head. A branch of the name `(detached)` is
  /// allowed, so that `status` cannot be asked for it.
  private func branch() throws(GitError) -> String? {
    let answer = try ask(["symbolic-ref", "--quiet", "HEAD"])
    if answer.status == 1 { return nil }
    let name = try answer.succeeded().line
    return name.hasPrefix("refs/heads/") ? String(name.dropFirst("refs/heads/".count)) : name
  }

  /// The full name of the commit that a branch, tag, or abbreviation stands for; nil if there is
  /// none here, or if `revision` starts with `-` or holds a control character.
  public func commit(_ revision: String) throws(GitError) -> String? {
    guard let first = revision.utf8.first, first != UInt8(ascii: "-"),
      revision.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else { return nil }
    let answer = try ask(["rev-parse", "--verify", "--quiet", revision + "^{commit}"])
    if answer.status != 0 { return nil }
    return Git.isCommitID(answer.line) ? answer.line : nil
  }

  /// The parents of a commit, first parent first; nil if it is not here. A root has none, nor has
  /// a commit at which a shallow clone is cut.
  public func parents(of revision: String) throws(GitError) -> [String]? {
    guard let commit = try commit(revision) else { return nil }
    let answer = try ask(["rev-list", "--parents", "--max-count=1", commit]).succeeded()
    return answer.line.split(separator: " ").dropFirst().map(String.init)
  }

  /// The first parent of a merge commit, which is what the branch was merged into; nil for a
  /// commit that is no merge or not here.
  public func mergedInto(_ revision: String) throws(GitError) -> String? {
    guard let parents = try parents(of: revision), parents.count >= 2 else { return nil }
    return parents[0]
  }

  /// The best common ancestor of two revisions, nil if none is known: one of them is not here,
  /// they share no history, or the shared part is cut away.
  public func mergeBase(_ a: String, _ b: String) throws(GitError) -> String? {
    guard let a = try commit(a), let b = try commit(b) else { return nil }
    let answer = try ask(["merge-base", a, b])
    if answer.status == 1 { return nil }
    return try answer.succeeded().line
  }

  /// Where one commit stands to `head`; as `ancestry(of:commits:)`, but any revision is taken.
  public func ancestry(of head: String, commit revision: String) throws(GitError) -> Ancestry {
    guard let commit = try commit(revision) else { return .unknown }
    return try ancestry(of: head, commits: [commit])[commit] ?? .unknown
  }

  /// Where each of many commits stands to `head`, a revision. Commits are full names of 40 or 64
  /// lowercase hexadecimal digits; any other text is `unknown`. At most four calls of git for each
  /// 4,096 commits.
  public func ancestry(
    of head: String, commits: [String]
  ) throws(GitError) -> [String: Ancestry] {
    var answer: [String: Ancestry] = [:]
    for name in commits { answer[name] = .unknown }
    let asked = answer.keys.filter(Git.isCommitID).sorted()
    guard !asked.isEmpty, let tip = try commit(head) else { return answer }
    for start in stride(from: 0, to: asked.count, by: Git.commitsAskedMax) {
      let part = asked[start..<min(start + Git.commitsAskedMax, asked.count)]
      let here = try list(["--no-walk=unsorted"] + part)
      guard !here.isEmpty else { continue }
      let outside = Set(try list(here + ["^" + tip]))
      // A commit that a shallow clone does not connect may still be an ancestor.
      let isCut = outside.isDisjoint(with: here) ? false : try isShallow()
      for name in here {
        answer[name] = outside.contains(name) ? (isCut ? .unknown : .notAncestor) : .ancestor
      }
    }
    return answer
  }

  /// How many commits lie between `head` and each of its ancestors in git's topological order, 0
  /// for `head` itself; the nearest `commitsOrderedMax` of them. Empty if `head` is not here.
  public func distances(from head: String) throws(GitError) -> [String: Int] {
    // A name that is not here is passed over by `list`.
    guard let tip = try Git.isCommitID(head) ? head : commit(head) else { return [:] }
    let line = try list(["--topo-order", "--max-count=\(Git.commitsOrderedMax)", tip])
    var distances: [String: Int] = [:]
    for (distance, name) in line.enumerated() { distances[name] = distance }
    return distances
  }

  /// True if history is cut here, as in a clone with a depth; also outside every repository.
  public func isShallow() throws(GitError) -> Bool {
    let answer = try ask(["rev-parse", "--is-shallow-repository"])
    return answer.isOutsideRepository ? true : try answer.succeeded().line != "false"
  }

  /// Where `origin` lies, as git has it, with whatever secret is in it; nil without one.
  public func originURL() throws(GitError) -> String? {
    let answer = try ask(["config", "--get", "remote.origin.url"])
    return answer.status == 0 && !answer.line.isEmpty ? answer.line : nil
  }

  private func list(_ arguments: [String]) throws(GitError) -> [String] {
    let answer = try ask(["rev-list", "--ignore-missing"] + arguments).succeeded()
    return answer.output.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
  }

  /// True for the full name of an object, under SHA-1 or SHA-256.
  public static func isCommitID(_ text: String) -> Bool {
    let digits = text.utf8
    return (digits.count == 40 || digits.count == 64)
      && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// One call of git. `core.fsmonitor` is put off: it names a program that `status` would start.
  func ask(
    _ arguments: [String], cutting isCutAllowed: Bool = false
  ) throws(GitError) -> GitAnswer {
    let command = ["git", "-C", folder, "--no-pager", "-c", "core.fsmonitor=false"] + arguments
    let result: Subprocess.Result
    do throws(SubprocessError) {
      result = try Subprocess.run(
        command, environment: environment, timeLimit: timeLimit, outputBytesMax: outputBytesMax)
    } catch {
      throw GitError(error, question: arguments[0], timeLimit: timeLimit)
    }
    if result.isCut && !isCutAllowed {
      throw .tooMuchOutput(question: arguments[0], bytesMax: outputBytesMax)
    }
    return GitAnswer(question: arguments[0], result: result)
  }
}

/// What is checked out.
public struct GitHead: Sendable, Equatable {
  /// The commit's full name, nil on a branch that has none yet.
  public var commit: String?
  /// The branch's short name, nil for a detached head. Foreign text: git allows quotes, `$` and
  /// other marks in it.
  public var branch: String?
  /// True if a tracked file differs from the commit. Files that git does not know do not count.
  public var isDirty: Bool

  /// A head.
  public init(commit: String?, branch: String?, isDirty: Bool) {
    self.commit = commit
    self.branch = branch
    self.isDirty = isDirty
  }
}

/// Why git gave no answer.
public enum GitError: Error, Sendable, Equatable {
  /// There is no program `git` in `PATH`.
  case notInstalled
  /// The program could not be started; `errno`.
  case notStarted(code: Int32)
  /// It took longer than it may, and was killed.
  case timedOut(question: String, after: Nanos)
  /// It printed more than it may, and was killed.
  case tooMuchOutput(question: String, bytesMax: Int)
  /// It ended by a signal.
  case killed(question: String, signal: Int32)
  /// It refused, with its exit status and the first line of what it said, foreign text.
  case refused(question: String, status: Int32, said: String)

  init(_ error: SubprocessError, question: String, timeLimit: Nanos) {
    switch error {
    case .notFound: self = .notInstalled
    case .notStarted(let code): self = .notStarted(code: code)
    case .timedOut: self = .timedOut(question: question, after: timeLimit)
    }
  }
}

/// What one call of git gave.
struct GitAnswer {
  var question: String
  var result: Subprocess.Result

  var status: Int32? { if case .exited(let status) = result.end { status } else { nil } }

  var output: [UInt8] { result.output }

  /// The first line.
  var line: String { String(decoding: output.prefix { $0 != 0x0A }, as: UTF8.self) }

  /// Git has one exit status, 128, for every refusal; only its words, in LC_ALL=C, tell this one.
  var isOutsideRepository: Bool {
    status == 128 && said.hasPrefix("fatal: not a git repository")
  }

  /// True where a full name is of nothing that is here.
  var isMissingObject: Bool { status == 128 && said.hasPrefix("fatal: bad object ") }

  private var said: String {
    String(decoding: result.errorOutput.prefix { $0 != 0x0A }.prefix(500), as: UTF8.self)
  }

  /// The answer, if git had one. Output that was cut ended the program by our signal.
  func succeeded() throws(GitError) -> GitAnswer {
    switch result.end {
    case .exited(0): return self
    case .exited(let status):
      throw .refused(question: question, status: status, said: said)
    case .signalled(let signal):
      if result.isCut { return self }
      throw .killed(question: question, signal: signal)
    }
  }
}
