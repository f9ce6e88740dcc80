// App: the shell. It reads the plan file and the command line, opens the edges, passes values
// through the core in one straight line, and ends the process with the right code.
//
// It judges nothing and computes no figure; all error texts and exit codes are made here.

import ArgumentParser

/// The `streamgate` command line.
public enum App {
  /// The version, as `--version` prints it and as runs carry it.
  public static let version = "0.1.0"

  /// Runs the command line and gives the process' exit code; never throws, so that an error that
  /// nobody foresaw is a defect (70) and not a failed gate (1).
  public static func main(arguments: [String]) async -> Int32 {
    ignoreBrokenPipes()
    do {
      var command = try StreamgateCommand.parseAsRoot(
        RecordedStreams.marked(HistorySegments.marked(NegativeValues.joined(arguments))))
      let global = (command as? any SharedFlags)?.global
      if let global { (Console.flags, Console.isQuiet) = (global.flags, global.quiet) }
      let watch = global?.quiet ?? true ? nil : StoreWatch()
      defer { watch?.end() }
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      return ExitCode.pass.rawValue
    } catch let code as ExitCode {
      return code.rawValue
    } catch {
      guard let failure = Failure(of: error) else { return end(with: error) }
      Console.error(failure.text)
      return failure.code.rawValue
    }
  }

  /// ArgumentParser's own errors carry help texts and usage errors; anything else is a defect.
  private static func end(with error: any Error) -> Int32 {
    let code = StreamgateCommand.exitCode(for: error)
    let text = StreamgateCommand.fullMessage(for: error)
    if code.isSuccess {
      Console.print(text)
      return ExitCode.pass.rawValue
    }
    if code == .validationFailure {
      Console.error(text)
      return ExitCode.usage.rawValue
    }
    Console.error(
      Failure(
        .defect, "an error that streamgate does not know: \(error)",
        remedy: "please report it with the command line and the plan"
      ).text)
    return ExitCode.defect.rawValue
  }
}

/// The root of the command line.
struct StreamgateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "streamgate",
    abstract: "A merge gate for streaming LLM endpoints.",
    discussion: """
      Drives an endpoint under fixed load profiles, measures what a reader of the
      stream feels, keeps the run under its commit, compares it with the runs of
      main, and answers with an exit code, JUnit XML and a Markdown summary.

      First steps:
        streamgate init            write a plan for your endpoint
        streamgate check           send one stream a scenario and print its timeline
        streamgate run --out out   the pipeline step

      Exit codes: 0 pass, 1 fail, 2 inconclusive, 3 cannot evaluate, 64 usage,
      65 plan, 66 input file, 69 unavailable, 70 defect, 74 not stored,
      77 refused, 130/143 interrupted.
      """,
    version: App.version,
    subcommands: [
      InitCommand.self, CheckCommand.self, PlanCommand.self, RunCommand.self,
      CapacityCommand.self, CompareCommand.self, ReportCommand.self, RunsCommand.self,
      BaselineCommand.self, TrendsCommand.self, StoreCommand.self, CommentCommand.self,
      CheckWatchCommand.self,
    ])

  /// Every error of ours begins alike, so that a log can be searched for it.
  // swift-format-ignore: NoLeadingUnderscores
  static let _errorPrefix = "error: "
}
