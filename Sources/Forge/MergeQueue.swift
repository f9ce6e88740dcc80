/// A merge queue of GitHub's: each entry has a branch of its own, at a commit that holds the entry
/// and all before it, and the branch that is merged into moves to that very commit once it is good.
public enum MergeQueue {
  /// What the names of the branches of a queue into `branch` begin with. No pull request can have
  /// such a name: a fork's begins with `fork/`, and GitHub keeps these for itself.
  public static func branchPrefix(into branch: String) -> String {
    "gh-readonly-queue/\(branch)/"
  }
}

extension Git {
  /// The newest commit of a branch that is known here: the remote's, which a pipeline's clone often
  /// has fresh while its own is stale, else its own; nil for neither.
  public func tip(ofBranch branch: String) throws(GitError) -> String? {
    for name in ["origin/" + branch, branch] {
      if let commit = try commit(name) { return commit }
    }
    return nil
  }
}
