import Forge
import Model

/// Which commit and branch a run belongs to: flags first, then the pipeline's variables, then git.
struct CandidateIdentity: Equatable {
  var commit: String
  /// The commit that is checked out, where `commit` was named by a flag or the pipeline.
  var testedCommit: String?
  var branch: String
  /// True if git knows the commit, so that ancestry can be asked for.
  var isKnownToGit: Bool
  /// What a reader should know about it.
  var notes: [String]

  /// The commit whose history counts, nil where git does not know it: of a merge commit that is
  /// tested, all that it merges.
  var tip: String? { isKnownToGit ? testedCommit ?? commit : nil }

  /// That history, nil where git does not know the commit.
  func lineage(_ git: Git) -> Lineage? { tip.map { Lineage(of: $0, git: git) } }

  /// True if runs of this commit cannot be told from runs of another tree.
  var isUncommitted: Bool { commit == RunHeader.uncommitted }

  /// The commits that a build of this tree may be called by; none for a tree that no commit holds.
  var buildNames: [String] {
    isUncommitted ? [] : [commit, testedCommit].compactMap { $0 }
  }

  /// What the flags say, the pipeline where they do not, and git where that does not either.
  /// `mainBranch` is the one whose runs are the baseline: no pull request may pass for it. `isCI`
  /// is true in any pipeline, also in one that is not known.
  static func find(
    commit flag: String?, branch: String?, pipeline: PipelineFacts, isCI: Bool, git: Git,
    mainBranch: String
  ) -> CandidateIdentity {
    var finder = CandidateFinder(flag: flag, pipeline: pipeline, git: git)
    finder.askGit()
    let commit = finder.commit()
    let known = finder.branch(flag: branch, mainBranch: mainBranch)
    if isCI { finder.noteUnknownPipeline() }
    finder.noteHistory()
    return CandidateIdentity(
      commit: commit ?? RunHeader.uncommitted, testedCommit: finder.testedCommit(beside: commit),
      branch: known, isKnownToGit: finder.isKnown(commit), notes: finder.notes)
  }
}

/// Puts together what flags, pipeline and git say.
private struct CandidateFinder {
  let flag: String?
  let pipeline: PipelineFacts
  let git: Git
  var head: GitHead?
  var notes: [String] = []

  private var isDirty: Bool { head?.isDirty ?? false }

  /// The commit that the tree equals, nil for a tree with changes.
  private var headCommit: String? { isDirty ? nil : head?.commit }

  /// What stands before git's own answer, with the words for where it comes from.
  private var named: (commit: String, by: String)? {
    if let flag { return (flag, "--commit") }
    guard let commit = pipeline.commit, let provider = pipeline.provider else { return nil }
    return (commit, provider.rawValue)
  }

  mutating func askGit() {
    do {
      head = try git.head()
    } catch {
      notes.append("git could not be asked: \(error)")
    }
  }

  /// The commit's name; nil for a tree that no commit holds.
  mutating func commit() -> String? {
    guard let named else {
      if head == nil {
        notes.append("not a git repository: the run is kept as \(RunHeader.uncommitted)")
      } else if isDirty {
        notes.append(
          "the working tree has changes: the run is kept as \(RunHeader.uncommitted)")
      }
      return headCommit
    }
    if isDirty {
      notes.append(
        "the working tree has changes; the run is kept as \(named.commit), as \(named.by) says")
    }
    let resolved = (try? git.commit(named.commit)) ?? nil
    // A merge that the pipeline made for itself has another name in each build.
    if flag == nil, pipeline.isOwnMerge, named.commit == headCommit,
      let parents = try? git.parents(of: named.commit), parents.count >= 2
    {
      return parents[0]
    }
    return resolved ?? named.commit
  }

  /// What is checked out: git's word, else the pipeline's. Nil where git alone gave the commit.
  func testedCommit(beside commit: String?) -> String? {
    if flag != nil { return headCommit }
    guard pipeline.commit != nil else { return nil }
    let tested = headCommit ?? pipeline.testedCommit
    return tested == commit ? nil : tested
  }

  /// True if ancestry can be asked for. A pipeline's clone often holds the merge that it tests
  /// alone; a flag may name a commit of another repository, of which HEAD says nothing.
  func isKnown(_ commit: String?) -> Bool {
    guard let commit else { return false }
    if named == nil { return true }
    if ((try? git.commit(commit)) ?? nil) != nil { return true }
    guard flag == nil, let headCommit else { return false }
    return [pipeline.commit, pipeline.testedCommit].contains(headCommit)
  }

  /// The branch. A pull request from a branch of main's name, or from a fork's main, is not main.
  mutating func branch(flag: String?, mainBranch: String) -> String {
    if let flag { return flag }
    guard let branch = pipeline.branch else {
      if pipeline.provider == nil, let own = head?.branch { return own }
      let own = head?.branch ?? ""
      if own.isEmpty, head != nil {
        notes.append("no branch is checked out and no variable names one: give --branch")
      }
      return own
    }
    guard branch == mainBranch, let number = pipeline.pullRequest,
      pipeline.baseBranch != nil || pipeline.commit == nil
    else { return branch }
    let other = "pull/\(number)/\(branch)"
    notes.append(
      "the pull request comes from a branch \(branch), which is not main itself: the run is kept "
        + "under branch \(other)")
    return other
  }

  /// Says of a pipeline that none of its variables tells anything.
  mutating func noteUnknownPipeline() {
    guard pipeline.provider == nil else { return }
    notes.append(
      "this pipeline is none that streamgate knows: commit and branch come from git unless "
        + "--commit and --branch are given")
  }

  /// Says where git's history is cut, and what to fetch.
  mutating func noteHistory() {
    if let tested = headCommit, tested == pipeline.baseCommit, tested != pipeline.commit {
      notes.append("what is checked out is the base of the pull request, not the pull request")
    }
    guard head != nil, (try? git.isShallow()) == true else { return }
    let remedy = pipeline.provider?.wholeHistory ?? "git fetch --unshallow"
    notes.append(
      "git's history is cut here (a shallow clone): runs of main that it cannot place stay in the "
        + "baseline, marked; to place them, \(remedy)")
  }
}
