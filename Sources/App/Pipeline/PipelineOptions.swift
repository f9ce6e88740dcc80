import ArgumentParser
import Forge
import Foundation
import Reports

/// What a report leaves in the CI system that runs it, beside files.
struct PipelineOptions: ParsableArguments {
  @Option(
    help: """
      Append the summary to this file; auto: to the one that GITHUB_STEP_SUMMARY names; off: to \
      none.
      """)
  var stepSummary = "auto"

  @Option(
    help: """
      on or off: annotations for GitHub Actions, Gitea and Forgejo among the lines of stderr; \
      auto: where these run.
      """)
  var annotations: AnnotationMode = .auto

  func validate() throws {
    if stepSummary.allSatisfy(\.isWhitespace) {
      throw ValidationError("--step-summary is empty: is the variable set that it comes from?")
    }
  }

  /// What these flags come to under these variables; the fence of the log is closed from here on.
  func open(_ variables: [String: String] = Environment.variables) -> PipelineOutput {
    let isOn =
      switch annotations {
      case .on: true
      case .off: false
      case .auto: PipelineOutput.readsCommands(variables)
      }
    return PipelineOutput.fenced(isOn, summary: summary(variables))
  }

  private func summary(_ variables: [String: String]) -> StepSummary? {
    switch stepSummary {
    case "off": return nil
    case "auto":
      let path = variables["GITHUB_STEP_SUMMARY", default: ""]
      return path.isEmpty ? nil : StepSummary(path: path, isAsked: false)
    default: return StepSummary(path: stepSummary, isAsked: true)
    }
  }
}

/// Whether annotations are written.
enum AnnotationMode: String, ExpressibleByArgument, CaseIterable {
  case auto
  case on
  case off
}

/// The CI system's places for a report: its step summary and its log.
struct PipelineOutput {
  /// The summary that is appended to, nil for none.
  var summary: StepSummary?
  /// Where annotations go, nil where the log is nobody's but a reader's.
  var annotations: LogFence?

  /// No CI system.
  static let none = PipelineOutput()

  /// A log whose fence is closed from here on, where it `isOn`: by default where a runner reads
  /// commands in it.
  static func fenced(
    _ isOn: Bool = readsCommands(Environment.variables), summary: StepSummary? = nil
  ) -> PipelineOutput {
    let pipeline = PipelineOutput(summary: summary, annotations: isOn ? LogFence() : nil)
    pipeline.annotations?.close()
    return pipeline
  }

  static func readsCommands(_ variables: [String: String]) -> Bool {
    PipelineFacts.detect(variables).provider?.readsCommands ?? false
  }

  /// Writes a finished report's annotations.
  func annotate(_ report: Report) {
    annotations?.pass(String(decoding: AnnotationReport.bytes(report.model), as: UTF8.self))
  }

  /// Opens the log's fence again: the command is at its end.
  func close() { annotations?.open() }

  /// An error as this log has it: told and annotated, and then only its code is left. Any error
  /// where there are no annotations.
  func told(_ error: any Error) -> any Error {
    guard let annotations, let failure = Failure(of: error) else { return error }
    Console.error(failure.text)
    annotations.pass(
      AnnotationReport.command(
        .error, title: "streamgate: exit code \(failure.code.rawValue)",
        message: failure.account))
    return failure.code
  }
}

extension PipelineProvider {
  /// True if the runner reads workflow commands in a step's log.
  fileprivate var readsCommands: Bool {
    switch self {
    case .github, .gitea, .forgejo: true
    case .gitlab, .jenkins, .buildkite, .circleci, .azure, .bitbucket: false
    }
  }
}
