import Model

/// What a comment of ours is known by: an HTML comment at its very start, which no forge shows.
///
/// It names the gates that the comment tells of, by digests, each with a note: what is to be told
/// of it once more when a later call has news of other gates alone. All of it is Base64, so that
/// nothing foreign stands in it.
public struct CommentMark: Sendable, Equatable {
  /// Gates of a comment at most.
  public static let gatesMax = 100
  /// Bytes of a mark at most, ours or found.
  public static let bytesMax = 40_000

  /// One gate that a comment tells of.
  public struct Gate: Sendable, Equatable {
    /// What it is about, whatever the plan says just now: the digest of a name.
    var subject: String
    /// The exact environment: another plan of the same names is another variant. Empty where it is
    /// not known, which is any.
    var variant: String
    /// The commit that is told of.
    var commit: String
    /// What its writer wants to be handed back. Whoever may edit the comment may change it.
    public var note: String

    /// A gate from texts of any kind; without a variant it is every one of its subject.
    public init(subject: String, variant: String?, commit: String, note: String = "") {
      self.subject = CommentMark.digest(subject)
      self.variant = variant.map(CommentMark.digest) ?? ""
      self.commit = CommentMark.digest(commit)
      self.note = note
    }

    fileprivate init?(_ value: JSONValue) {
      guard let parts = value.arrayValue?.map(\.stringValue), parts.count == 4,
        let subject = parts[0], let variant = parts[1], let commit = parts[2], let note = parts[3]
      else { return nil }
      (self.subject, self.variant, self.commit, self.note) = (subject, variant, commit, note)
    }

    fileprivate var value: JSONValue {
      .array([subject, variant, commit, note].map { .string($0) })
    }

    /// True if news of the one are news of the other.
    func isVariant(_ other: Gate) -> Bool {
      subject == other.subject
        && (variant == other.variant || variant.isEmpty || other.variant.isEmpty)
    }
  }

  /// The digest of the name that sets the comment apart from others; empty for none.
  var key: String
  /// The gates, no two of one variant; those told of newly first.
  public var gates: [Gate]

  /// A mark; a gate of a variant that was there already is left out.
  public init(key: String? = nil, gates: [Gate]) {
    self.init(keyDigest: key.map(CommentMark.digest) ?? "", gates: gates)
  }

  init(keyDigest: String, gates: [Gate]) {
    key = keyDigest
    self.gates = gates.reduce(into: []) { known, gate in
      if !known.contains(where: gate.isVariant) { known.append(gate) }
    }
  }

  private static let name = "<!-- streamgate/"
  private static let lead = name + "2 "
  private static let end = " -->"

  static func digest(_ text: String) -> String { String(SHA256.hexDigest(text).prefix(16)) }

  /// The line that a comment starts with, without a line end.
  public var line: String {
    let value = JSONValue.array([.string(key)] + gates.map(\.value))
    return CommentMark.lead + Base64.text(JSONWriter.bytes(value)) + CommentMark.end
  }

  /// True of a comment that a streamgate began, whether or not its mark can be read.
  static func begins(_ body: String) -> Bool { body.hasPrefix(name) }

  /// The mark that a comment starts with, nil for a comment that is none of ours.
  init?(of body: String) {
    guard body.hasPrefix(CommentMark.lead) else { return nil }
    let words = body.dropFirst(CommentMark.lead.count).utf8.prefix(CommentMark.bytesMax)
    let text = String(decoding: words.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
    guard body.dropFirst(CommentMark.lead.count + text.count).hasPrefix(CommentMark.end),
      let values = Base64.bytes(text).flatMap({ try? JSONReader.parse($0) })?.arrayValue,
      let key = values.first?.stringValue, values.count <= CommentMark.gatesMax + 1
    else { return nil }
    let gates = values.dropFirst().compactMap { Gate($0) }
    guard !gates.isEmpty, gates.count == values.count - 1 else { return nil }
    self.init(keyDigest: key, gates: gates)
  }
}
