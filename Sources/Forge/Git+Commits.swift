/// A commit and the first line of its message.
public struct GitCommit: Sendable, Equatable {
  /// The full name.
  public var id: String
  /// The first line of its message; foreign text.
  public var subject: String
}

extension Git {
  /// Bytes of a subject that are kept.
  static let subjectBytesMax = 500

  /// Those of some revisions that are here: one call of git for 4,096 full names of commits, and
  /// one for each other revision.
  public func present(_ revisions: some Sequence<String>) throws(GitError) -> Set<String> {
    var found: Set<String> = []
    var names: [String] = []
    for revision in Set(revisions).sorted() {
      if Git.isCommitID(revision) {
        names.append(revision)
      } else if try commit(revision) != nil {
        found.insert(revision)
      }
    }
    for start in stride(from: 0, to: names.count, by: Git.commitsAskedMax) {
      let part = names[start..<min(start + Git.commitsAskedMax, names.count)]
      let answer = try ask(["rev-list", "--ignore-missing", "--no-walk=unsorted"] + part)
      if answer.isOutsideRepository { break }
      for line in try answer.succeeded().output.split(separator: 0x0A) {
        found.insert(String(decoding: line, as: UTF8.self))
      }
    }
    return found
  }

  /// The commits that can be reached from `last` and not from `first`, the newest first, `limit` at
  /// most; nil if one of the two is not here, as in a shallow clone. Full names, which
  /// `present` found, take one call of git.
  public func commits(
    after first: String, upTo last: String, limit: Int
  ) throws(GitError) -> [GitCommit]? {
    guard let first = try Git.isCommitID(first) ? first : commit(first),
      let last = try Git.isCommitID(last) ? last : commit(last)
    else { return nil }
    let answer = try ask([
      "rev-list", "--topo-order", "--encoding=UTF-8", "--max-count=\(max(0, limit))",
      "--format=%H %s", last, "^" + first,
    ])
    if answer.isMissingObject { return nil }
    _ = try answer.succeeded()
    // Two lines each: `commit NAME`, then the name and the subject, which has no line end.
    let lines = answer.output.split(separator: 0x0A)
    return stride(from: 1, to: lines.count, by: 2).map { index in
      let parts = lines[index].split(
        separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
      return GitCommit(
        id: String(decoding: parts[0], as: UTF8.self),
        subject: parts.count < 2
          ? "" : String(decoding: parts[1].prefix(Git.subjectBytesMax), as: UTF8.self))
    }
  }
}
