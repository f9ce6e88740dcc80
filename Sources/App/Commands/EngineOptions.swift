import ArgumentParser
import LoadEngine

/// How many engines send the load.
struct EngineOptions: ParsableArguments {
  @Option(
    help: """
      Engine threads that send parts of the load: 1 to \(EngineJob.enginesMax), or auto: the cores \
      that this process may use, less one. What is sent when does not depend on it.
      """)
  var engines = "1"

  func validate() throws {
    guard EngineCount(engines) != nil else {
      throw ValidationError("--engines \(engines): 1 to \(EngineJob.enginesMax), or auto.")
    }
  }

  /// The engines of each run; says so where they are more than the cores that they may use.
  func count(_ options: GlobalOptions) -> Int {
    let cores = UsableCores.count()
    let count = EngineCount(engines)?.resolved(cores: cores) ?? 1
    if count > cores {
      options.say("warning: \(count) engines on \(cores) usable cores wait for each other")
    }
    options.note("engines: \(count)")
    return count
  }
}
