/// Where a commit stands to another, as far as git knows.
public enum Ancestry: Sendable, Equatable {
  /// It is the other commit, or can be reached from it.
  case ancestor
  /// The whole history is here, and it cannot be reached.
  case notAncestor
  /// Git cannot say: the commit is not here (force-pushed, never fetched), or history is cut.
  case unknown
}
