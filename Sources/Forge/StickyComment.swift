import Model

/// One comment that is kept up to date, however many jobs write it at once.
///
/// Comments of a subject and variant are in an order that all see alike, their ids. The oldest
/// stays: nobody deletes a comment without having seen an older one, so that the oldest of all is
/// never deleted; and whoever made a newer one finds the older when it lists again, puts its own
/// text there and takes its own away.
public struct StickyComment: Sendable {
  /// How often the whole is begun anew: after a creation of which nobody knows whether it
  /// succeeded, or when others delete what is to be updated.
  static let roundsMax = 5

  /// What was done.
  public enum Outcome: Sendable, Equatable {
    /// A comment was made.
    case created(id: Int)
    /// The comment that was there has the new text.
    case updated(id: Int)
    /// The comment there tells of the commit that the pull request is at, and ours of an older one.
    case outdated(id: Int)
  }

  private let comments: Comments
  private let mark: CommentMark
  private let body: String

  /// A comment in a pull request. `text` follows the mark's line.
  public init(in pullRequest: Int, client: ForgeClient, mark: CommentMark, text: String) {
    comments = Comments(client: client, pullRequest: pullRequest)
    self.mark = mark
    body = mark.line + "\n" + text
  }

  /// Makes the comment, or brings the one that is there up to date.
  public func post() throws(ForgeError) -> Outcome {
    let me = try comments.me()
    var pause = comments.client.patience.firstPause
    var round = 1
    while true {
      do throws(ForgeError) {
        if let outcome = try attempt(as: me) { return outcome }
      } catch .unreachable(let reason) where round < Self.roundsMax {
        // A creation: whether it was done is seen in the next round.
        _ = reason
      }
      guard round < Self.roundsMax else {
        throw .unexpected(what: "comments that vanish as soon as they are there")
      }
      comments.client.sleep(pause)
      pause = pause + pause
      round += 1
    }
  }

  /// One round; nil if what was to be updated is gone.
  private func attempt(as me: Comments.Author?) throws(ForgeError) -> Outcome? {
    let own = try ours(me)
    if let kept = keeper(of: own) {
      if try isOutdated(kept) { return .outdated(id: kept.id) }
      guard try comments.update(kept.id, body) else { return nil }
      try deleteOthers(own, but: kept.id)
      return .updated(id: kept.id)
    }
    let created = try comments.create(body)
    var after = try ours(me).filter { sameVariant($0) }.map(\.id)
    // A list may be behind what was just written.
    if !after.contains(created) { after.append(created) }
    guard let oldest = after.min(), oldest != created else { return .created(id: created) }
    guard try comments.update(oldest, body) else { return nil }
    for id in after where id != oldest { try comments.delete(id) }
    return .updated(id: oldest)
  }

  /// Comments of this subject that the token's owner wrote, oldest first; where nobody tells who
  /// that is, those of machines.
  private func ours(_ me: Comments.Author?) throws(ForgeError) -> [(id: Int, mark: CommentMark)] {
    try comments.all().compactMap { comment -> (id: Int, mark: CommentMark)? in
      guard let found = CommentMark(of: comment.body), found.subject == mark.subject else {
        return nil
      }
      let author = comment.author
      let isOwn: Bool
      if let me {
        isOwn = me.id == nil || author.id == nil ? me.name == author.name : me.id == author.id
      } else {
        isOwn = author.isBot
      }
      return isOwn ? (comment.id, found) : nil
    }
    .sorted { $0.id < $1.id }
  }

  private func sameVariant(_ comment: (id: Int, mark: CommentMark)) -> Bool {
    comment.mark.variant == mark.variant
  }

  /// The comment to bring up to date: the oldest of this variant. Without one, the oldest of
  /// another variant and another commit: a plan that changed within the pull request leaves no old
  /// verdict behind, and two plans of one commit keep a comment each.
  private func keeper(
    of own: [(id: Int, mark: CommentMark)]
  ) -> (id: Int, mark: CommentMark)? {
    own.first(where: sameVariant) ?? own.first { $0.mark.commit != mark.commit }
  }

  private func deleteOthers(
    _ own: [(id: Int, mark: CommentMark)], but kept: Int
  ) throws(ForgeError) {
    for comment in own where sameVariant(comment) && comment.id != kept {
      try comments.delete(comment.id)
    }
  }

  /// True if the comment tells of the pull request's head and ours does not: a slow job of an
  /// earlier push has nothing to say any more.
  private func isOutdated(_ kept: (id: Int, mark: CommentMark)) throws(ForgeError) -> Bool {
    guard kept.mark.commit != mark.commit else { return false }
    let head: String?
    do throws(ForgeError) {
      head = try comments.headCommit()
    } catch .refused {
      return false
    }
    guard let head else { return false }
    let now = CommentMark(subject: [], variant: [], commit: head).commit
    return now == kept.mark.commit
  }
}
