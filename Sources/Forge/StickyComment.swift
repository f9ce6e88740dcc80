import Model

/// One comment that is kept up to date, however many jobs write it at once.
///
/// Comments are in an order that all see alike, their ids. The oldest that tells of one of our
/// gates stays: nobody deletes a comment without having seen an older one, so that the oldest of
/// all is never deleted; and whoever made a newer one finds the older when it lists again, puts its
/// own text there and takes its own away. What the comments that were found tell of other gates
/// stays, in words that are made anew of their marks' notes.
public struct StickyComment: Sendable {
  /// How often the whole is begun anew: after a creation of which nobody knows whether it
  /// succeeded, when others delete what is to be updated, or write over it.
  static let roundsMax = 5
  /// Bytes of a comment at most: forges take 65,536 characters.
  public static let bytesMax = 60_000

  /// What was done.
  public enum Outcome: Sendable, Equatable {
    /// A comment was made.
    case created(id: Int)
    /// The comment that was there has the new text.
    case updated(id: Int)
    /// The comment there tells of the commit that the pull request is at, and ours of an older one.
    case outdated(id: Int)
    /// There is none, and none was to be made.
    case absent
  }

  /// A comment of ours.
  private struct Own {
    var id: Int
    var mark: CommentMark
  }

  private let comments: Comments
  private let mark: CommentMark
  private let mayCreate: Bool
  private let text: @Sendable (_ kept: [CommentMark.Gate], _ bytesMax: Int) -> String

  /// A comment in a pull request on the gates of `mark`. `text` follows the mark's line; it is
  /// given the gates that the comment told of before and `mark` does not name, and the bytes that
  /// it may have. Without `mayCreate` only a comment that is there is brought up to date.
  public init(
    in pullRequest: Int, client: ForgeClient, mark: CommentMark, mayCreate: Bool = true,
    text: @escaping @Sendable (_ kept: [CommentMark.Gate], _ bytesMax: Int) -> String
  ) {
    comments = Comments(client: client, pullRequest: pullRequest)
    self.mark = mark
    self.mayCreate = mayCreate
    self.text = text
  }

  /// Makes the comment, or brings the one that is there up to date.
  public func post() throws(ForgeError) -> Outcome {
    let me = try comments.me()
    let client = comments.client
    var pause = client.patience.firstPause
    var round = 1
    while true {
      let isLast = round == Self.roundsMax || !client.hasTime(after: pause)
      do throws(ForgeError) {
        if let outcome = try attempt(as: me, isLast: isLast) { return outcome }
      } catch .unreachable(let reason) {
        // A creation: whether it was done is seen in the next round.
        guard !isLast, client.hasTime(after: pause) else { throw .unreachable(reason: reason) }
      }
      guard !isLast else {
        throw .unexpected(what: "comments that vanish as soon as they are there")
      }
      client.sleep(pause)
      pause = pause + pause
      round += 1
    }
  }

  /// One round; nil if what was to be updated is gone or was written over, unless it is the last.
  private func attempt(as me: Comments.Author?, isLast: Bool) throws(ForgeError) -> Outcome? {
    let before = Known(try ours(me), mark)
    if before.touched.isEmpty {
      guard mayCreate else { return .absent }
      let created = try comments.create(body(keeping: []))
      var own = try ours(me)
      // A list may be behind what was just written.
      if !own.contains(where: { $0.id == created }) { own.append(Own(id: created, mark: mark)) }
      let after = Known(own, mark)
      guard let oldest = after.touched.first, oldest.id < created else {
        return .created(id: created)
      }
      return try update(oldest.id, after, me, isLast)
    }
    let kept = before.touched[0]
    if try isOutdated(before.taken) { return .outdated(id: kept.id) }
    return try update(kept.id, before, me, isLast)
  }

  /// Puts all that the touched comments tell into the one, and deletes the others.
  private func update(
    _ id: Int, _ known: Known, _ me: Comments.Author?, _ isLast: Bool
  ) throws(ForgeError) -> Outcome? {
    guard try comments.update(id, body(keeping: known.kept)) else { return nil }
    for comment in known.touched where comment.id != id { try comments.delete(comment.id) }
    // Another job may have read the comment before this and written it after: its gates, not ours.
    if !known.kept.isEmpty, !isLast,
      let now = try ours(me).first(where: { $0.id == id })?.mark,
      !mark.gates.allSatisfy(now.gates.contains)
    {
      return nil
    }
    return .updated(id: id)
  }

  private func body(keeping kept: [CommentMark.Gate]) -> String {
    let kept = Array(kept.prefix(max(0, CommentMark.gatesMax - mark.gates.count)))
    let whole = CommentMark(keyDigest: mark.key, gates: mark.gates + kept)
    let line = whole.line + "\n"
    return line + text(kept, Self.bytesMax - line.utf8.count)
  }

  /// Comments with this key that the token's owner wrote, oldest first; where nobody tells who that
  /// is, those of machines.
  private func ours(_ me: Comments.Author?) throws(ForgeError) -> [Own] {
    try comments.all().compactMap { comment -> Own? in
      guard let found = CommentMark(of: comment.body), found.key == mark.key else { return nil }
      let author = comment.author
      let isOwn: Bool
      if let me {
        isOwn = me.id == nil || author.id == nil ? me.name == author.name : me.id == author.id
      } else {
        isOwn = author.isBot
      }
      return isOwn ? Own(id: comment.id, mark: found) : nil
    }
    .sorted { $0.id < $1.id }
  }

  /// What comments of ours mean for a mark.
  private struct Known {
    /// Those that the mark's text goes into, oldest first.
    var touched: [Own] = []
    /// Gates that the mark has news of, as they were told of.
    var taken: [CommentMark.Gate] = []
    /// The other gates of those comments.
    var kept: [CommentMark.Gate] = []

    init(_ own: [Own], _ mark: CommentMark) {
      let gates = own.flatMap(\.mark.gates)
      var isTaken = gates.map { old in mark.gates.contains(where: old.isVariant) }
      // A plan that changed within the pull request leaves no old verdict behind: a gate without
      // one of its variant takes over one of its names, of another variant and another commit. Two
      // plans of one commit stay apart.
      for gate in mark.gates where !gates.contains(where: gate.isVariant) {
        let index = gates.indices.first { index in
          !isTaken[index] && gates[index].subject == gate.subject
            && gates[index].commit != gate.commit
        }
        if let index { isTaken[index] = true }
      }
      var index = 0
      for comment in own {
        let places = index..<index + comment.mark.gates.count
        index = places.upperBound
        guard !mark.key.isEmpty || places.contains(where: { isTaken[$0] }) else { continue }
        touched.append(comment)
        taken += places.filter { isTaken[$0] }.map { gates[$0] }
        kept += places.filter { !isTaken[$0] }.map { gates[$0] }
      }
    }
  }

  /// True if the comment tells of the pull request's head and ours does not: a slow job of an
  /// earlier push has nothing to say any more.
  private func isOutdated(_ taken: [CommentMark.Gate]) throws(ForgeError) -> Bool {
    let ours = Set(mark.gates.map(\.commit))
    let others = Set(taken.map(\.commit)).subtracting(ours)
    guard !others.isEmpty else { return false }
    let head: String?
    do throws(ForgeError) {
      head = try comments.headCommit()
    } catch .refused {
      return false
    }
    guard let digest = head.map(CommentMark.digest) else { return false }
    return others.contains(digest) && !ours.contains(digest)
  }
}
