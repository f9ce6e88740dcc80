import Foundation

/// The process' environment variables and the machine's facts that a run's key needs.
enum Environment {
  /// The variables, read once.
  static let variables = ProcessInfo.processInfo.environment

  /// True in a pipeline.
  static var isCI: Bool { ["1", "true"].contains(variables["CI", default: ""].lowercased()) }

  /// True where the locale's characters are UTF-8: the first of the three variables that is set
  /// names it.
  static var isUnicode: Bool { isUnicode(variables) }

  static func isUnicode(_ variables: [String: String]) -> Bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { variables[$0] }
    let locale = (names.first { !$0.isEmpty } ?? "").lowercased()
    return locale.contains("utf-8") || locale.contains("utf8")
  }

  /// The CPU's model as the kernel names it; empty where it does not.
  static func cpuModel() -> String {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else {
      return ""
    }
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").dropFirst().joined(separator: ":")
      .trimmingCharacters(in: .whitespaces) ?? ""
  }
}
