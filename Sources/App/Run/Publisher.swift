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
  /// How the terminal summary is laid out.
  var form: TerminalForm
  /// The CI system's own places.
  var pipeline = PipelineOutput.none

  /// The files of a report in words.
  static let names = "junit.xml, summary.md, result.json, report.html, metrics.txt"

  /// True if the page is written: it wants more of a report than the other forms.
  var writesPage: Bool { out != nil || paths.html != nil }

  /// Makes the folders that reports go to and proves that they take files, so that one that does
  /// not is known before load. O(paths).
  func prepare() throws(FileError) {
    let own = [paths.junit, paths.markdown, paths.json, paths.html, paths.openMetrics]
    let files = ([out.map { $0 + "/x" }] + own).compactMap { $0 }
    for folder in Set(files.map { URL(filePath: $0).deletingLastPathComponent().relativePath }) {
      let probe = folder + "/.streamgate-write-check"
      try Publisher.write([], to: probe)
      unlink(probe)
    }
  }

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
      (paths.json, "result.json", .json), (paths.html, "report.html", .html),
      (paths.openMetrics, "metrics.txt", .openMetrics),
    ] {
      guard path != nil || out != nil else { continue }
      let bytes = Reports.render(report, as: format)
      write(path, bytes)
      write(out.map { $0 + "/" + name }, bytes)
    }
    return failures
  }

  /// Writes `run-1.jsonl.gz` and so on into `--out`: the runs that are judged, one a look, as far
  /// as their requests are at hand, and their recorded streams. Returns the failures.
  func writeRunFiles(_ runs: [RunRecord], firstNumber: Int = 1) -> [Failure] {
    guard let out else { return [] }
    var failures: [Failure] = []
    for (index, run) in runs.enumerated() where run.samples != nil {
      do throws(FileError) {
        try Publisher.makeFolder(out)
        let path = "\(out)/run-\(firstNumber + index).jsonl.gz"
        try RunFile.write(run, to: path)
        try Publisher.writeStreams(of: run, beside: path)
      } catch {
        failures.append(Failure(error))
      }
    }
    return failures
  }

  /// Writes what the flight recorder kept of a run, as `streams-1.jsonl.gz` and so on; one that is
  /// there of an earlier run goes.
  private static func writeStreams(of run: RunRecord, beside path: String) throws(FileError) {
    guard let own = StreamFinder.path(besideRunFile: path) else { return }
    unlink(own)
    guard let kept = StreamFinder.folder.path(run.header.runID),
      FileManager.default.fileExists(atPath: kept)
    else { return }
    try StreamsFile.read(kept).write(to: own)
  }

  /// Appends the summary to the CI system's. Returns the failure where a flag asked for it; what
  /// was only found there never changes an exit code.
  func appendSummary(_ model: ReportModel) -> [Failure] {
    guard let summary = pipeline.summary else { return [] }
    do throws(FileError) {
      try summary.append(model)
      return []
    } catch {
      let failure = Failure(error)
      guard !summary.isAsked else { return [failure] }
      Console.error(failure.warning("no step summary"))
      return []
    }
  }

  /// Writes and shows a report everywhere it belongs, `isPrinted` also where a person sees it;
  /// returns the codes of the verdict and of whatever could not be written.
  func publish(
    _ report: Report, runs: [RunRecord] = [], firstNumber: Int = 1, isPrinted: Bool = true
  ) -> [ExitCode] {
    var failures = writeFiles(report)
    failures += writeRunFiles(runs, firstNumber: firstNumber)
    if isPrinted { failures += appendSummary(report.model) }
    for failure in failures { Console.error(failure.text) }
    if isPrinted { printSummary(report) }
    let code = ExitCode(rawValue: Int32(report.facts.exitCode)) ?? .defect
    return [code] + failures.map(\.code)
  }

  /// Prints the summary for a person, and marks what a reviewer should see.
  func printSummary(_ report: Report) {
    Console.print(bytes: Reports.text(report, form: form))
    pipeline.annotate(report)
  }

  /// Writes a file whole or not at all, in a folder that is made if it is missing.
  static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let url = URL(filePath: path)
    try makeFolder(url.deletingLastPathComponent().relativePath)
    do {
      try Data(bytes).write(to: url, options: .atomic)
    } catch {
      throw .notWritten(path: path, reason: Publisher.reason(error))
    }
  }

  /// The system's own words where it has some.
  private static func reason(_ error: any Error) -> String {
    let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
    return cause.domain == NSPOSIXErrorDomain
      ? String(cString: strerror(Int32(cause.code))) : error.localizedDescription
  }

  private static func makeFolder(_ path: String) throws(FileError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .notWritten(path: path, reason: Publisher.reason(error))
    }
  }
}
