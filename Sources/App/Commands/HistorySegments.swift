/// `--history` may be given once for each segment, which the argument parser joins into one list:
/// a mark before each keeps them apart.
enum HistorySegments {
  /// No file has this name.
  private static let mark = "\u{0}segment"

  /// The arguments with a mark after each `--history`.
  static func marked(_ arguments: [String]) -> [String] {
    arguments.flatMap { $0 == "--history" ? [$0, mark] : [$0] }
  }

  /// The files between the marks, empty segments left out.
  static func split(_ files: [String]) -> [[String]] {
    files.split(separator: mark).map(Array.init)
  }
}
