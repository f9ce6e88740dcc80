import ArgumentParser
import Forge
import Foundation
import Model
import Reports

/// Posts or updates the comment of a pull request.
struct CommentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "comment",
    abstract: "Post the comment of a pull request, or bring it up to date, from result.json files.",
    discussion: """
      One comment a project and environment, found again by a hidden mark and its
      author; several files make one comment. A later call with some of them
      brings these up to date; the others keep their row. The token comes from
      STREAMGATE_FORGE_TOKEN, else from GITHUB_TOKEN, GITEA_TOKEN or GITLAB_TOKEN,
      never from a flag. What the forge refuses is a warning and no error: the
      verdict is the exit code of run.

      In a workflow_run of GitHub, the second step for pull requests from forks,
      the pull request is found by the event's commit; the file's own word on
      commit and branch is not used.

      Examples:
        streamgate comment out/result.json
        streamgate comment services/*/out/result.json
        streamgate comment out/result.json --provider gitlab \\
          --api-url https://git.example/api/v4 --repository acme/gateway \\
          --pull-request 7
      """)

  @OptionGroup var global: GlobalOptions

  @OptionGroup var forge: ForgeOptions

  @Argument(help: "result.json files.")
  var results: [String]

  @Option(help: "Keep a comment of its own under this name, whatever projects are in it.")
  var key: String?

  func validate() throws {
    let others = [
      global.config == GlobalOptions.defaultConfig ? nil : "--config",
      global.store == nil ? nil : "--store", global.overrides.isEmpty ? nil : "--set",
    ].compactMap { $0 }
    if let flag = others.first {
      throw ValidationError(
        "\(flag): a comment is made of result.json alone, which has plan and runs in it: leave the "
          + "flag out.")
    }
    guard results.count <= CommentMark.gatesMax else {
      throw ValidationError(
        "\(results.count) results: a comment holds \(CommentMark.gatesMax) at most; "
          + "give the others a comment of their own with --key.")
    }
  }

  func run() async throws {
    // The files may be a stranger's: no word of theirs is a command to the pipeline.
    let pipeline = PipelineOutput.fenced()
    defer { pipeline.close() }
    do { try await post() } catch { throw pipeline.told(error) }
  }

  private func post() async throws {
    // Everything is read and judged before anything is sent.
    let comparison = Comparison(global: global, maxLooks: nil, inconclusive: nil)
    let reports = try results.map { try comparison.judgeAgain($0) }
    let (pipeline, forge, key) = (Environment.pipeline, forge, key)
    if pipeline.isMergeQueue, forge.pullRequest == nil {
      return global.say("note: an entry of a merge queue has no pull request to comment on")
    }
    let git = Git(environment: Environment.variables)
    let address = try await onOwnThread { Result { try forge.address(pipeline, git: git) } }.get()
    let client = try ForgeClient.open(address)
    let outcome = await onOwnThread { () -> Result<Outcome, ForgeError> in
      Result { () throws(ForgeError) -> Outcome in
        guard let number = try number(client, pipeline, forge) else { return .noPullRequest }
        let comment = PullRequestComment(
          client: client, pullRequest: number,
          runURL: pipeline.followed?.runURL ?? pipeline.runURL, foreign: pipeline.foreignRun,
          key: key, expected: pipeline.commits)
        return .done(try comment.post(reports))
      }
    }
    switch outcome {
    case .success(.done(let outcome)):
      Console.print(Console.inertLine(outcome.text))
      if let warning = outcome.warning {
        Console.error("warning: " + Console.inertLine(warning))
      }
    case .success(.noPullRequest): try sayNoPullRequest(pipeline)
    case .failure(let error):
      Console.error(Console.inert(error.text("the comment was not written", at: address)))
    }
  }

  /// What came of it.
  private enum Outcome: Sendable {
    case done(PullRequestComment.Outcome)
    case noPullRequest
  }

  private func sayNoPullRequest(_ pipeline: PipelineFacts) throws {
    if let followed = pipeline.followed {
      return Console.error(
        "warning: no open pull request is at commit \(followed.commit) any more: nothing to "
          + "comment on")
    }
    throw Failure(
      .usage, "there is no pull request to comment on",
      because: pipeline.provider.map { "\($0.rawValue) names none for this job" }
        ?? "no pipeline is known here that names one",
      remedy: ForgeOptions.remedy)
  }
}

/// The pull request's number: the flag's, the pipeline's, else by the commit of the run that the
/// event tells of; nil if there is none.
private func number(
  _ client: ForgeClient, _ pipeline: PipelineFacts, _ forge: ForgeOptions
) throws(ForgeError) -> Int? {
  if let number = forge.pullRequest { return number }
  guard let followed = pipeline.followed else { return pipeline.pullRequest }
  return try client.openPullRequest(
    commit: followed.commit, repository: followed.repository)
}
