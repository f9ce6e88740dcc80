import LoadEngine
import Model
import Plan
import ResultStore

extension RunDriver {
  /// Keeps what the flight recorder saw, beside the run's other files. Nothing is judged by it:
  /// that it cannot be written is said, and the run goes on.
  func keepStreams(
    _ outcome: Result<EngineReport, EngineError>, of header: RunHeader, _ plan: Plan
  ) -> StreamsFile? {
    guard plan.recorder != .off, case .success(let report) = outcome else { return nil }
    let file = StreamsFile(header: header, mode: plan.recorder, streams: report.streams)
    do throws(FileError) {
      try StreamFinder.folder.write(file)
      return file
    } catch {
      options.say(Failure(error).warning("the recorded streams are lost"))
      return nil
    }
  }
}
