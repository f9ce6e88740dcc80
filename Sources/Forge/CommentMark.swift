import Model

/// What a comment of ours is known by: an HTML comment at its very start, which no forge shows.
///
/// It holds digests instead of names, so that nothing foreign stands in it.
public struct CommentMark: Sendable, Equatable {
  /// What the comment is about, whatever the plan says just now: project and environment names.
  public var subject: String
  /// The exact environments: another plan of the same names is another variant.
  public var variant: String
  /// The commit that the comment tells of.
  public var commit: String

  /// A mark from texts of any kind. `subject` and `variant` are lists: their order does not matter.
  public init(subject: [String], variant: [String], commit: String) {
    self.subject = CommentMark.digest(subject)
    self.variant = CommentMark.digest(variant)
    self.commit = CommentMark.digest([commit])
  }

  private init(subject: String, variant: String, commit: String) {
    (self.subject, self.variant, self.commit) = (subject, variant, commit)
  }

  private static let lead = "<!-- streamgate/1 "
  private static let digestCount = 16

  private static func digest(_ texts: [String]) -> String {
    let list = JSONValue.array(Set(texts).sorted().map { .string($0) })
    let hex = SHA256.hexDigest(String(decoding: JSONWriter.bytes(list), as: UTF8.self))
    return String(hex.prefix(digestCount))
  }

  /// The line that a comment starts with, without a line end.
  public var line: String { "\(CommentMark.lead)\(subject) \(variant) \(commit) -->" }

  /// The mark that a comment starts with, nil for a comment that is none of ours.
  init?(of body: String) {
    guard body.hasPrefix(CommentMark.lead) else { return nil }
    let words = body.dropFirst(CommentMark.lead.count)
      .prefix(3 * CommentMark.digestCount + 6).split(separator: " ")
    guard words.count >= 4, words[3].hasPrefix("-->"),
      words.prefix(3).allSatisfy({ $0.utf8.count == CommentMark.digestCount })
    else { return nil }
    self.init(
      subject: String(words[0]), variant: String(words[1]), commit: String(words[2]))
  }
}
