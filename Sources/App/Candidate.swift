import Forge
import Model

/// Which commit and branch a run belongs to: flags first, then git.
struct CandidateIdentity: Equatable {
  /// A commit's name where the tree is not what any commit holds.
  static let uncommitted = "uncommitted"

  var commit: String
  var testedCommit: String?
  var branch: String
  /// True if git knows the commit, so that ancestry can be asked for.
  var isKnownToGit: Bool
  /// What a reader should know about it.
  var notes: [String]

  /// True if runs of this commit cannot be told from runs of another tree.
  var isUncommitted: Bool { commit == CandidateIdentity.uncommitted }

  /// The commits that a build of this tree may be called by; none for a tree that no commit holds.
  var buildNames: [String] {
    isUncommitted ? [] : [commit, testedCommit].compactMap { $0 }
  }

  /// What the flags say, and git where they do not.
  static func find(commit: String?, branch: String?, git: Git) throws -> CandidateIdentity {
    var notes: [String] = []
    var head: GitHead?
    do {
      head = try git.head()
    } catch {
      notes.append("git could not be asked: \(error)")
    }
    let isDirty = head?.isDirty ?? false
    let headCommit = isDirty ? nil : head?.commit
    if commit == nil, head == nil {
      notes.append("not a git repository: the run is kept as \(uncommitted)")
    } else if commit == nil, isDirty {
      notes.append("the working tree has changes: the run is kept as \(uncommitted)")
    }
    if let commit, isDirty {
      notes.append("the working tree has changes; the run is kept as \(commit), as --commit says")
    }
    let resolved = commit.flatMap { name in (try? git.commit(name)) ?? nil }
    return CandidateIdentity(
      commit: resolved ?? commit ?? headCommit ?? uncommitted,
      testedCommit: commit == nil ? nil : headCommit,
      branch: branch ?? head?.branch ?? "",
      isKnownToGit: resolved != nil || (commit == nil && headCommit != nil),
      notes: notes)
  }
}
