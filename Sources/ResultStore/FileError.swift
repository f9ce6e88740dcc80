/// Why a run file or a baseline file could not be read or written.
public enum FileError: Error, Sendable, Equatable {
  /// The system's own words.
  case unreadable(path: String, reason: String)
  /// What is wrong in it; lines count from 1, nil where the file as a whole is meant.
  case wrong(path: String, line: Int?, what: String)
  /// The system's own words; a file that was there before is as it was.
  case notWritten(path: String, reason: String)
}
