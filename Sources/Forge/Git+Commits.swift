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

  /// The commits that can be reached from `last` and not from `first`, the newest first, `limit` at
  /// most; nil if one of the two is not here, as in a shallow clone.
  public func commits(
    after first: String, upTo last: String, limit: Int
  ) throws(GitError) -> [GitCommit]? {
    guard let first = try commit(first), let last = try commit(last) else { return nil }
    let answer = try ask([
      "rev-list", "--topo-order", "--encoding=UTF-8", "--max-count=\(max(0, limit))",
      "--format=%H %s", last, "^" + first,
    ]).succeeded()
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
