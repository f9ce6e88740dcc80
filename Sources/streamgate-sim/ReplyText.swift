/// The words that replies are made of. The number of each kind is a power of
/// two; each has a leading space.
enum ReplyWords: Sendable {
  /// English.
  case plain
  /// Two, three and four bytes a character.
  case wide
  /// Escapes of JSON, surrogates among them.
  case escaped

  /// The word at a place of the list, as it stands in JSON text.
  subscript(_ place: UInt64) -> [UInt8] {
    let words = list
    return words[Int(truncatingIfNeeded: place) & (words.count - 1)]
  }

  /// Token `index` of the reply of that identity, but for a first one that repeats a conversation.
  func word(_ index: Int, of identity: UInt64) -> [UInt8] { self[identity &+ UInt64(index) &* 7] }

  private var list: [[UInt8]] {
    switch self {
    case .plain: ReplyWords.plainList
    case .wide: ReplyWords.wideList
    case .escaped: ReplyWords.escapedList
    }
  }

  private static let plainList: [[UInt8]] =
    ("the of and to in is that for it as was with be by on not he this are or his from at which "
    + "but have an had they you were their one all we can her has there been if more when will "
    + "would who so no said what up its about into than them only other new some could time "
    + "these may")
    .split(separator: " ").map { Array((" " + $0).utf8) }

  private static let wideList: [[UInt8]] = ["né", "漢字", "😀", "über"].map { Array((" " + $0).utf8) }

  private static let escapedList: [[UInt8]] =
    [#"\n"#, #"\"q\""#, #"\u00e9"#, #"\ud83d\ude00"#].map { Array((" " + $0).utf8) }
}
