import Foundation
import Model
import Plan
import Reports
import ResultStore

/// Writes reports where they belong: the terminal summary to stdout, files where flags and plan
/// ask for them.
struct Publisher {
  /// `--out`, nil for none.
  var out: String?
  /// The plan's own paths.
  var paths: ReportPaths
  var junit: ReportFormat
  var isColourful: Bool

  /// Writes every file; a file that cannot be written does not keep back the others. Returns
  /// the failures.
  func writeFiles(_ report: Report) -> [Failure] {
    var failures: [Failure] = []
    func write(_ path: String?, _ bytes: [UInt8]) {
      guard let path else { return }
      do throws(FileError) {
        try Publisher.write(bytes, to: path)
      } catch {
        failures.append(Failure(error))
      }
    }
    for (path, name, format) in [
      (paths.junit, "junit.xml", junit), (paths.markdown, "summary.md", .markdown),
      (paths.json, "result.json", .json),
    ] {
      guard path != nil || out != nil else { continue }
      let bytes = Reports.render(report, as: format)
      write(path, bytes)
      write(out.map { $0 + "/" + name }, bytes)
    }
    return failures
  }

  /// Writes `run-1.jsonl.gz` and so on into `--out`: the runs that are judged, one a look, as far
  /// as their requests are at hand. Returns the failures.
  func writeRunFiles(_ runs: [RunRecord]) -> [Failure] {
    guard let out else { return [] }
    var failures: [Failure] = []
    for (index, run) in runs.enumerated() where run.samples != nil {
      do throws(FileError) {
        try Publisher.makeFolder(out)
        try RunFile.write(run, to: "\(out)/run-\(index + 1).jsonl.gz")
      } catch {
        failures.append(Failure(error))
      }
    }
    return failures
  }

  /// Prints the summary for a person.
  func printSummary(_ report: Report) {
    Console.print(bytes: Reports.render(report, as: isColourful ? .terminalColour : .terminal))
  }

  /// Writes a file whole or not at all, in a folder that is made if it is missing.
  static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let url = URL(filePath: path)
    try makeFolder(url.deletingLastPathComponent().relativePath)
    do {
      try Data(bytes).write(to: url, options: .atomic)
    } catch {
      throw .notWritten(path: path, reason: error.localizedDescription)
    }
  }

  private static func makeFolder(_ path: String) throws(FileError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .notWritten(path: path, reason: error.localizedDescription)
    }
  }
}
