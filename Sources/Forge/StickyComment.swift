import Model

/// One comment that is kept up to date, however many jobs write it at once.
///
/// Comments are in an order that all see alike, their ids. The oldest that tells of one of our
/// gates stays: nobody deletes a comment without having seen an older one, so that the oldest of
/// all is never deleted; and whoever made a newer one finds the older when it lists again, puts its
/// own text there and takes its own away. What the comments that were found tell of other gates
/// stays, in words that are made anew of their marks' notes.
///
/// No forge's interface changes a comment only if nobody else has: a job that read before we wrote
/// and writes after it takes our news away. So whoever writes a comment that others may write too
/// looks again after several times what its own reading and writing took, and writes once more
/// where its news are gone.
public struct StickyComment: Sendable {
  /// How often the whole is begun anew: after a creation of which nobody knows whether it
  /// succeeded, when others delete what is to be updated, or write over it.
  static let roundsMax = 8
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

  /// Comments of ours, oldest first.
  private struct OwnComments {
    var known: [Own] = []
    /// Ids of those whose marks cannot be read: somebody's hand, or another version.
    var unread: [Int] = []
  }

  /// What a round came to.
  private enum Round {
    case done(Outcome)
    /// What was to be updated is gone.
    case gone
    /// Another job wrote over it.
    case lost
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
    var number = 1
    while true {
      let isLast = number == Self.roundsMax || !client.hasTime(after: pause)
      var round = Round.gone
      do throws(ForgeError) {
        round = try attempt(as: me)
      } catch .unreachable(let reason) {
        // A creation: whether it was done is seen in the next round.
        guard !isLast else { throw .unreachable(reason: reason) }
      }
      switch round {
      case .done(let outcome): return outcome
      case .gone:
        guard !isLast else {
          throw .unexpected(what: "comments that vanish as soon as they are there")
        }
        client.sleep(pause)
        pause = pause + pause
      case .lost:
        guard !isLast else {
          throw .unexpected(what: "other jobs that write over the comment again and again")
        }
      }
      number += 1
    }
  }

  private func attempt(as me: Comments.Author?) throws(ForgeError) -> Round {
    let readAt = Subprocess.now()
    let own = try ours(me)
    let before = Known(own.known, mark)
    guard before.touched.isEmpty else {
      let kept = before.touched[0]
      if isOutdated(before.taken) { return .done(.outdated(id: kept.id)) }
      return try update(kept.id, before, me, readAt: readAt)
    }
    guard mayCreate else { return .done(.absent) }
    // What it told is not known: it is better gone than taken for a verdict on this commit.
    if let unread = own.unread.first { return try update(unread, before, me, readAt: readAt) }
    let created = try comments.create(body(keeping: []))
    let againAt = Subprocess.now()
    var now = try ours(me).known
    // A list may be behind what was just written.
    if !now.contains(where: { $0.id == created }) { now.append(Own(id: created, mark: mark)) }
    let after = Known(now, mark)
    guard let oldest = after.touched.first, oldest.id < created else {
      return .done(.created(id: created))
    }
    return try update(oldest.id, after, me, readAt: againAt)
  }

  /// Puts all that the touched comments tell into the one, and deletes the others.
  private func update(
    _ id: Int, _ known: Known, _ me: Comments.Author?, readAt: MonotonicNanos
  ) throws(ForgeError) -> Round {
    guard try comments.update(id, body(keeping: known.kept)) else { return .gone }
    for comment in known.touched where comment.id != id { try comments.delete(comment.id) }
    let isOurAlone = known.touched.count == 1 && known.kept.isEmpty && mark.gates.count == 1
    guard !isOurAlone else { return .done(.updated(id: id)) }
    let client = comments.client
    client.sleep(
      Self.pauseBeforeLook(
        took: Subprocess.now() - readAt, firstPause: client.patience.firstPause,
        left: client.waitMax))
    // It is written: a look that fails takes nothing from that.
    guard let own = try? ours(me).known else { return .done(.updated(id: id)) }
    let now = Known(own, mark)
    let isThere = now.touched.map(\.id) == [id] && !isLost(before: known.taken, now.taken)
    return isThere ? .done(.updated(id: id)) : .lost
  }

  /// True if one of our gates is told of as it was before we wrote, or not at all. One that is told
  /// of in a third way has later news, which are not ours to take away.
  private func isLost(before: [CommentMark.Gate], _ now: [CommentMark.Gate]) -> Bool {
    mark.gates.contains { gate in
      guard let told = now.first(where: gate.isVariant) else { return true }
      return told != gate && before.contains(told)
    }
  }

  /// How long to wait before the look: a job that began to read before our writing has written by
  /// then, unless it takes as many times as long as we did. Jobs that began together look at
  /// moments of their own.
  static func pauseBeforeLook(took: Nanos, firstPause: Nanos, left: Nanos) -> Nanos {
    let spread = max(took, firstPause).rawValue
    // Two jobs must not draw the same: no seed makes it.
    let jitter = Nanos(Int64.random(in: 0...max(spread, 0)))
    let least = Nanos(max(took.rawValue * 4, firstPause.rawValue * 2))
    return min(least + jitter, left)
  }

  private func body(keeping kept: [CommentMark.Gate]) -> String {
    let kept = Array(kept.prefix(max(0, CommentMark.gatesMax - mark.gates.count)))
    let whole = CommentMark(keyDigest: mark.key, gates: mark.gates + kept)
    let line = whole.line + "\n"
    return line + text(kept, Self.bytesMax - line.utf8.count)
  }

  /// Comments with this key that the token's owner wrote, and those whose key nobody can read any
  /// more; where nobody tells who that is, those of machines.
  private func ours(_ me: Comments.Author?) throws(ForgeError) -> OwnComments {
    var own = OwnComments()
    for comment in try comments.all().sorted(by: { $0.id < $1.id }) where isOwn(comment, me) {
      if let found = CommentMark(of: comment.body) {
        if found.key == mark.key { own.known.append(Own(id: comment.id, mark: found)) }
      } else if CommentMark.begins(comment.body) {
        own.unread.append(comment.id)
      }
    }
    return own
  }

  private func isOwn(_ comment: Comments.Comment, _ me: Comments.Author?) -> Bool {
    let author = comment.author
    guard let me else { return author.isBot }
    return me.id == nil || author.id == nil ? me.name == author.name : me.id == author.id
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
  private func isOutdated(_ taken: [CommentMark.Gate]) -> Bool {
    let ours = Set(mark.gates.map(\.commit))
    let others = Set(taken.map(\.commit)).subtracting(ours)
    guard !others.isEmpty, let digest = comments.headCommit().map(CommentMark.digest) else {
      return false
    }
    return others.contains(digest) && !ours.contains(digest)
  }
}
