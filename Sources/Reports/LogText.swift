/// Text for a log that a CI system reads too.
enum LogText {
  /// The text on one line without control characters; what a CI system would read as a command
  /// (`::error`, `##[error]`, `##vso[`) is parted by a zero-width space.
  static func inert(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if (scalar == ":" || scalar == "#") && out.last == scalar { out.append("\u{200B}") }
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      out.append(isControl ? " " : scalar)
    }
    return String(out)
  }
}
