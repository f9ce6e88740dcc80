import Foundation
import Gate
import Model
import Plan
import Reports
import ResultStore

/// Finds what the flight recorder kept of the runs that a name means: a run id, a commit, a branch,
/// a run file or a `result.json`.
struct StreamFinder {
  let global: GlobalOptions

  /// The streams files of the runs of a name, the newest run first; never empty. Throws if none of
  /// the runs has one. The name of a streams file itself means that file.
  func files(_ name: String) throws -> [StreamsFile] {
    if let file = try? StreamsFile.read(name) { return [file] }
    let runs = try runs(name)
    var files: [StreamsFile] = []
    for run in runs.headers.reversed() {
      if let file = try file(of: run, in: runs.folder) { files.append(file) }
    }
    if files.isEmpty { throw nothingKept(runs.headers) }
    return files
  }

  /// Where the streams file of a run is that this machine made.
  static var folder: StreamsFolder { StreamsFolder(in: RunDriver.spoolFolder) }

  /// What this machine kept of a run, nil for nothing that can be read.
  static func kept(of run: RunHeader) -> StreamsFile? {
    folder.path(run.runID).flatMap { try? StreamsFile.read($0) }
  }

  /// The name of the streams file that belongs to a run file, `run-1.jsonl.gz`; nil for a file of
  /// another name.
  static func path(besideRunFile path: String) -> String? {
    let url = URL(filePath: path)
    let name = url.lastPathComponent
    guard name.hasPrefix("run-"), let point = name.firstIndex(of: ".") else { return nil }
    let number = name[..<point].dropFirst("run-".count)
    let folder = url.deletingLastPathComponent().relativePath
    return (folder == "." ? "" : folder + "/") + "streams-\(number).jsonl.gz"
  }

  /// The runs that a name means, the earliest first, and the folder of their files if it is a file.
  private func runs(_ name: String) throws -> (headers: [RunHeader], folder: String?) {
    guard FileManager.default.fileExists(atPath: name) else {
      return (try storedRuns(name), nil)
    }
    let folder = URL(filePath: name).deletingLastPathComponent().relativePath
    guard name.hasSuffix(".json") else { return ([try RunFile.read(name).header], folder) }
    let report = try Comparison(global: global, maxLooks: nil, inconclusive: nil).judgeAgain(name)
    return (report.input.candidates.map(\.header), folder)
  }

  private func storedRuns(_ name: String) throws -> [RunHeader] {
    let store = try StoreOptions.open(global, for: .read)
    guard planExists(global) else { return [try store.record(name).header] }
    return try RunFinder(store: store, loaded: try LoadedPlan.loadForStore(global)).runs(name).map(
      \.header)
  }

  /// The file of a run beside its other files, else this machine's; nil if there is none. A file
  /// that cannot be read is an error only where no other one is the run's.
  private func file(of run: RunHeader, in folder: String?) throws -> StreamsFile? {
    let own = StreamFinder.folder.path(run.runID)
    let names = folder.map { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] }
    let beside = (names ?? []).filter { $0.hasPrefix("streams-") }.sorted()
      .map { "\(folder ?? ".")/\($0)" }
    var damage: (any Error)?
    for path in beside + [own].compactMap({ $0 })
    where FileManager.default.fileExists(atPath: path) {
      do {
        let file = try StreamsFile.read(path)
        if file.header.runID == run.runID { return file }
      } catch {
        damage = damage ?? error
      }
    }
    if let damage { throw damage }
    return nil
  }

  /// The same where nothing else depends on it, of a run beside a file of it; nil too for a file
  /// that cannot be read.
  func file(of run: RunHeader, besideFile path: String?) -> StreamsFile? {
    let folder = path.map { URL(filePath: $0).deletingLastPathComponent().relativePath }
    return (try? file(of: run, in: folder)) ?? nil
  }

  private func nothingKept(_ headers: [RunHeader]) -> Failure {
    let plan = planExists(global) ? try? LoadedPlan.loadForStore(global) : nil
    let isOff = plan.map { plan in
      plan.plan.recorder == .off && headers.allSatisfy { $0.planDigest == plan.digest }
    }
    let ids = headers.map(\.runID).joined(separator: ", ")
    if isOff == true {
      return Failure(
        .input, "no stream of \(ids) was recorded", because: "the plan says recorder: off",
        remedy: "recorder: timing in the plan, and another run")
    }
    return Failure(
      .input, "no recorded streams of \(ids) are here",
      because: "the run was made on another machine or with recorder: off, or its streams were "
        + "removed: the latest \(StreamsFolder.filesMax) runs keep theirs",
      remedy: "the machine that made the run, or the run file with its streams-N.jsonl.gz beside it"
    )
  }
}
