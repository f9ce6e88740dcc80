import Foundation

/// The variables of a job as a pipeline sets them, from `Tests/Golden/ci/NAME.env`.
///
/// Lines `NAME=value`; before them, `# fact = value` says what streamgate must read in them. The
/// event file of a GitHub job lies beside as `NAME.json`; `@folder@` stands for its folder.
public struct PipelineFixture: Sendable {
  /// The file's name without its ending.
  public let name: String
  /// The variables.
  public let variables: [String: String]
  /// What must be read in them, by the fact's name.
  public let facts: [String: String]

  /// Every fixture's name, sorted.
  public static var names: [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".env") }.map { String($0.dropLast(4)) }.sorted()
  }

  private static let folder = Golden.url("ci").path(percentEncoded: false)

  /// Reads a fixture.
  public init(_ name: String) throws {
    self.name = name
    var (variables, facts): ([String: String], [String: String]) = ([:], [:])
    for line in try Golden.text("ci/\(name).env").split(separator: "\n") {
      if line.hasPrefix("# ") {
        let parts = line.dropFirst(2).split(separator: " = ", maxSplits: 1)
        if parts.count == 2 { facts[String(parts[0])] = String(parts[1]) }
      } else if let sign = line.firstIndex(of: "=") {
        variables[String(line[..<sign])] = line[line.index(after: sign)...]
          .replacingOccurrences(of: "@folder@", with: PipelineFixture.folder)
      }
    }
    self.variables = variables
    self.facts = facts
  }

  /// The bytes of the event file, nil where there is none.
  public var event: [UInt8]? {
    variables["GITHUB_EVENT_PATH"].flatMap { try? [UInt8](Data(contentsOf: URL(filePath: $0))) }
  }
}
