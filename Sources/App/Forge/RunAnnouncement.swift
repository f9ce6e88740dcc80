import ArgumentParser
import Forge
import Model
import Plan
import Reports

/// How a run is announced on the forge.
struct AnnouncementOptions: ParsableArguments {
  @Flag(
    help: "Post the verdict as a comment of the pull request, or bring the one there up to date.")
  var comment = false

  @Flag(
    inversion: .prefixedNo,
    help: """
      A check run of the commit on GitHub, in progress while the run lasts; by default in GitHub \
      Actions where the job has a token that may write checks.
      """)
  var check: Bool?

  @OptionGroup var forge: ForgeOptions
}

/// What a run says of itself on the forge. Nothing here changes the verdict or its exit code: what
/// the forge refuses is a warning.
struct RunAnnouncement: Sendable {
  private let address: ForgeAddress
  /// The pull request to comment on, nil for none.
  private let pullRequest: Int?
  /// The check run to make, nil for none.
  private let check: Check?
  private let pipeline: PipelineFacts
  private let options: GlobalOptions

  private struct Check {
    var project: String
    var commit: String
    /// True if a flag asks for it: then it is said why there is none.
    var isAsked: Bool
  }

  /// What the flags and the pipeline ask for; nil for nothing, or where it cannot be done, which
  /// is said before load.
  static func open(
    _ announcement: AnnouncementOptions, _ loaded: LoadedPlan, commit: String,
    options: GlobalOptions
  ) -> RunAnnouncement? {
    let pipeline = Environment.pipeline
    let number = announcement.forge.pullRequest ?? pipeline.pullRequest
    if announcement.comment, number == nil {
      options.say(
        "note: --comment: there is no pull request here, so that there will be no comment")
    }
    let pullRequest = announcement.comment ? number : nil
    let isCommit = Git.isCommitID(commit)
    let isAsked = announcement.check == true
    if isAsked, !isCommit {
      options.say("note: --check: \(commit) is no commit, so that there will be no check run")
    }
    let mayCheck = announcement.check ?? (pipeline.provider == .github)
    guard pullRequest != nil || (mayCheck && isCommit) else { return nil }
    do throws(Failure) {
      let address = try announcement.forge.address(pipeline, git: loaded.git)
      // The token is looked for now, so that a missing one is known before load.
      _ = try ForgeClient.open(address)
      let isCheck = mayCheck && isCommit && address.kind == .github
      if isAsked, !isCheck, isCommit {
        options.say("note: --check: only GitHub has check runs")
      }
      return RunAnnouncement(
        address: address, pullRequest: pullRequest,
        check: isCheck
          ? Check(project: loaded.plan.project, commit: commit, isAsked: isAsked) : nil,
        pipeline: pipeline, options: options)
    } catch {
      if pullRequest != nil || isAsked {
        let flag = pullRequest != nil ? "--comment" : "--check"
        options.say(error.text.replacing("error: ", with: "warning: \(flag): ", maxReplacements: 1))
      }
      return nil
    }
  }

  /// Starts the check run, where there is to be one.
  func begin() async -> RunningCheck? {
    guard let check else { return nil }
    let outcome = await onOwnThread { start(check) }
    switch outcome {
    case .success(let running): return running
    case .failure(let error):
      let text = error.text(
        "there is no check run", at: address, permission: "checks: write")
      if check.isAsked { options.say(text) } else { options.note(text) }
      return nil
    }
  }

  private func start(_ check: Check) -> Result<RunningCheck, ForgeError> {
    let client: ForgeClient
    do throws(Failure) {
      client = try ForgeClient.open(address)
    } catch {
      return .failure(.unexpected(what: error.what))
    }
    return Result { () throws(ForgeError) -> RunningCheck in
      try RunningCheck.start(
        project: check.project, commit: check.commit, runURL: pipeline.runURL, client: client)
    }
  }

  /// Posts the report, where there is one, and ends the check run, by what the gate came to.
  func end(
    _ report: Report?, _ result: Result<ExitCode, any Error>, _ running: RunningCheck?
  ) async {
    let (code, why): (ExitCode, String?)
    switch result {
    case .success(let ended): (code, why) = (ended, nil)
    case .failure(let error):
      let failure = Failure(of: error)
      (code, why) = (error as? ExitCode ?? failure?.code ?? .defect, failure?.what)
    }
    let said = await onOwnThread { () -> [String] in
      var said: [String] = []
      if let report, let pullRequest { said.append(comment(report, in: pullRequest)) }
      do throws(ForgeError) {
        try running?.end(report, code, why: why)
      } catch {
        said.append(
          error.text(
            "the check run was not ended", at: address, permission: "checks: write"))
      }
      return said
    }
    for text in said { options.say(text) }
  }

  /// Posts the report; what came of it in words.
  private func comment(_ report: Report, in pullRequest: Int) -> String {
    do throws(Failure) {
      let comment = PullRequestComment(
        client: try ForgeClient.open(address), pullRequest: pullRequest, runURL: pipeline.runURL)
      do throws(ForgeError) {
        return try comment.post([report])
      } catch {
        return error.text("the comment was not written", at: address)
      }
    } catch {
      return error.text
    }
  }
}
