import Foundation
import Gate
import Model
import Reports
import ResultStore

/// What only the page shows of a report: plots of single requests, and timelines of recorded
/// streams. Nothing is judged by it, so that what is not at hand is left out.
struct PageDetail {
  /// Runs of main whose requests are read: what a reader compares with is recent.
  static let baselineRunsMax = 3

  /// A run's requests, nil where they are not at hand.
  var samples: (String) -> [StreamSample]?
  /// What the flight recorder kept of a run, nil where it is not at hand.
  var streams: (RunHeader) -> StreamsFile?

  /// Adds it to a report.
  func add(to report: inout Report) {
    let input = report.input
    let candidates = report.runs(input.candidates, [.candidate])
    let baseline = report.runs(input.baseline + input.fresh, [.baseline, .fresh])
    report.plots = Gate.plots(
      candidates: candidates.map(withSamples),
      baseline: baseline.suffix(PageDetail.baselineRunsMax).map(withSamples))
    guard let last = candidates.last, let file = streams(last.header) else { return }
    report.streams = file.streams
    if report.facts.streams.isEmpty { report.facts.streams = file.notes }
  }

  private func withSamples(_ record: RunRecord) -> RunRecord {
    var record = record
    record.samples = samples(record.header.runID)
    return record
  }
}

/// Gives the requests of runs, each read once.
final class SampleReader {
  private var known: [String: [StreamSample]?] = [:]
  private let read: (String) -> [StreamSample]?

  /// The runs whose requests are at hand, and what reads those of others.
  init(_ runs: [RunRecord] = [], read: @escaping (String) -> [StreamSample]? = { _ in nil }) {
    self.read = read
    for run in runs where run.samples != nil { known[run.header.runID] = run.samples }
  }

  /// A run's requests, nil where they are not to be had.
  func samples(_ runID: String) -> [StreamSample]? {
    if let found = known[runID] { return found }
    let found = read(runID)
    known[runID] = .some(found)
    return found
  }
}

/// The run files that `--out` left beside a `result.json`.
struct RunFilesBeside {
  private let folder: String

  init(_ path: String) {
    folder = URL(filePath: path).deletingLastPathComponent().relativePath
  }

  /// Gives the requests of the runs that have a file here; one that cannot be read is passed over.
  var reader: SampleReader {
    var runs: [String: String] = [:]
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    for name in names where name.hasPrefix("run-") && name.hasSuffix(".jsonl.gz") {
      let path = "\(folder)/\(name)"
      if let runID = RunFile.runID(in: path) { runs[runID] = path }
    }
    return SampleReader { runID in
      runs[runID].flatMap { try? RunFile.read($0).samples }
    }
  }
}
